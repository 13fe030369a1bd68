/*
 * Losses of B rows: each returns the sum over the rows and adds `share` times its gradient.
 *
 * The loss to lower is the mean over a mini-batch, and B rows are a part of it:
 * `share` is what a row of weight 1 counts in that mean, 1 / (weight of the batch).
 */
#ifndef USERCLS_NN_LOSS_H
#define USERCLS_NN_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

/* p (C) = softmax(score (C)), in place if p is score. */
extern void softmax(real *p, const real *score, size_t C);

/* Σ weight[label] · -log softmax(score)[label]. weight: C, NULL: 1 each; dscore: B × C, NULL: no gradient is wanted. */
extern double loss_cross_entropy(real *dscore, const real *score, const int32_t *label, const real *weight,
								 real share, size_t B, size_t C);

/*
 * Σ weight[label] · Σ over k < C - 1 of (P(class <= k) - [label <= k])²: the ranked probability score, of classes that have an
 * order (Epstein 1969). To be wrong by a class costs little, by many much. Arguments as of loss_cross_entropy.
 */
extern double loss_ranked(real *dscore, const real *score, const int32_t *label, const real *weight,
						  real share, size_t B, size_t C);

/* Σ (score - target)². dscore: B, NULL: no gradient is wanted. */
extern double loss_square(real *dscore, const real *score, const real *target, real share, size_t B);

#endif

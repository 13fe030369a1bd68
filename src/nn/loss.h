/*
 * Losses of B rows: each returns the sum over the rows and adds `share` times its gradient.
 *
 * A chunk is a part of a mini-batch, so the caller gives the share of the
 * batch's mean that a row of weight 1 has.
 */
#ifndef USERCLS_NN_LOSS_H
#define USERCLS_NN_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

/* p (C) = softmax(score (C)), in place if p is score. */
extern void softmax(real *p, const real *score, size_t C);

/* Σ weight[label] · -log softmax(score)[label]; weight (C) may be NULL for 1, dscore (B × C) NULL for none.
 */
extern double loss_cross_entropy(real *dscore, const real *score, const int32_t *label, const real *weight,
								 real share, size_t B, size_t C);

/* Σ (score - target)²; dscore (B) may be NULL. */
extern double loss_square(real *dscore, const real *score, const real *target, real share, size_t B);

#endif

/*
 * Which sequences an epoch trains on, in which order, and how classes are balanced.
 */
#ifndef USERCLS_SEQUENCE_PURE_TRAIN_SAMPLE_H
#define USERCLS_SEQUENCE_PURE_TRAIN_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sequence/pure/dataset.h"
#include "nn/real.h"
#include "nn/rng.h"

/*
 * Lists the sequences that have a label or target: those trained on, class after class, and those held out.
 * begin (C + 1, or 2 when C = 0): where each class begins in train.
 */
extern void sample_split(uint32_t *train, size_t *begin, uint32_t *held, size_t *n_held,
						 const SequenceSet *set, size_t C);

/*
 * Sequences an epoch draws of each class, of C whose numbers are begin's: samples_per_class of them, or up to 1 that
 * share of the largest class; 0: the mean class size.
 */
extern size_t sample_per_class(const size_t *begin, size_t C, double samples_per_class);

/* The most that it can be of n sequences. */
extern size_t sample_per_class_max(size_t n, double samples_per_class);

/*
 * Fills order with per_class sequences of each class: each as often as any other, but for one. A class with
 * fewer is up-sampled, one with more is down-sampled to other sequences in every epoch. Shuffles within
 * train.
 */
extern void sample_balanced(uint32_t *order, uint32_t *train, const size_t *begin, size_t per_class, size_t C,
							Rng *rng);

/* Draws order[from .. to - 1] at random from order[from .. n - 1]: a shuffle of all, paid for as it is used.
 */
extern void sample_draw(uint32_t *order, size_t from, size_t to, size_t n, Rng *rng);

/* Sorts n sequences longest first, stably. scratch: n and count: longest + 2. */
extern void sample_sort_by_length(uint32_t *index, uint32_t *scratch, size_t *count, const SequenceSet *set,
								  size_t n, size_t longest);

/* Loss weights of C classes whose numbers are begin's: inverse to the share of each, 1 on average over
 * sequences. */
extern void sample_class_weights(double *weight, const size_t *begin, size_t C);

/*
 * bias = log(share / share trained with), of classes that were drawn equally often, or each sequence once,
 * with these loss weights.
 */
extern void sample_prior_bias(real *bias, const size_t *begin, const real *weight, bool equal_draws,
							  size_t C);

#endif

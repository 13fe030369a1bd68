/*
 * MiniRocket (Dempster, Schmidt and Webb 2021): features of a series by 84 fixed convolutions of nine taps.
 *
 * Six taps are -1, three are 2: a kernel is which three. Each is applied with several dilations; a feature is the
 * share of positions where the convolution is above a bias. The biases are quantiles of convolutions of training
 * sequences. Of several channels each kernel, at each dilation, reads the sum of some.
 *
 * Features are in the order of the reference implementation: dilation, kernel, bias.
 */
#ifndef USERCLS_SEQUENCE_PURE_MINIROCKET_H
#define USERCLS_SEQUENCE_PURE_MINIROCKET_H

#include <stdint.h>

#include "nn/arena.h"
#include "nn/real.h"
#include "nn/rng.h"
#include "sequence/pure/rocketkernel.h"

#define ROCKET_KERNELS 84
#define ROCKET_DILATIONS_MAX 32
#define ROCKET_STEPS_MAX 10000

typedef struct Rocket
{
	size_t
		T; /* steps that are read: shorter sequences have zeros before them, of longer ones the last steps count */
	size_t I;         /* channels */
	size_t biases;    /* of a kernel, over all dilations */
	size_t dilations; /* how many, and each of them */
	size_t dilation[ROCKET_DILATIONS_MAX];
	size_t count[ROCKET_DILATIONS_MAX]; /* biases of a kernel at that dilation */
	uint8_t tap[ROCKET_KERNELS][3];     /* those that are 2 */
} Rocket;

/* features: at least 84; it is rounded down to a multiple of that. steps: the least there may be is taken for fewer. */
extern Rocket rocket_make(size_t steps, size_t I, size_t features);

/* A kernel at a dilation is a pair; pair p has the features rocket_feature(p) .. rocket_feature(p + 1) - 1. */
extern size_t rocket_pairs(const Rocket *rocket);
extern size_t rocket_feature(const Rocket *rocket, size_t pair);

/* Where a sequence is read; one worker's. */
typedef struct RocketWork
{
	const RocketLevel *level;
	real *x; /* I channels, with zeros on both sides: see rocket_channel() */
	size_t pad;
	RocketBlock *block;
	real *conv;     /* T */
	int32_t *count; /* of the features of a dilation */
	real *share;    /* what a position adds to each feature */
} RocketWork;

extern void rocket_carve(RocketWork *work, Arena *arena, const Rocket *rocket);

/* Before a sequence is read: zeros. Then the caller writes the T values of each channel. */
extern void rocket_clear(const Rocket *rocket, RocketWork *work);
extern real *rocket_channel(const Rocket *rocket, RocketWork *work, size_t i);

/* Features of pairs from .. to - 1 of the sequence that was read. channel: pairs × I; bias: one for each feature. */
extern void rocket_features(real *out, const Rocket *rocket, RocketWork *work, const real *channel,
							const real *bias, size_t from, size_t to);

/* Which channels a pair reads (channel: I), at random of those that are not constant (I); and its biases, from the sequence that was read. */
extern void rocket_draw_channels(real *channel, const Rocket *rocket, const bool *constant, Rng *rng);
extern void rocket_fit_biases(real *bias, const Rocket *rocket, RocketWork *work, const real *channel,
							  size_t pair);

#endif

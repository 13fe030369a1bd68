/*
 * What a minirocket does with a block of positions: compiled for each level of processor (nn/levels.h) from rockettile.h.
 *
 * A block is so short that all its series stay in the first-level cache while the 84 kernels of a dilation pass, and a
 * convolution of it in registers while it is compared with biases.
 */
#ifndef USERCLS_SEQUENCE_PURE_ROCKETKERNEL_H
#define USERCLS_SEQUENCE_PURE_ROCKETKERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

#define ROCKET_TAPS 9
#define ROCKET_BLOCK 128 /* positions, at most; fewer are 64 or 32 */

/* A number for each position of a block. */
typedef struct RocketLine
{
	real at[ROCKET_BLOCK] __attribute__((aligned(64)));
} RocketLine;

/* What the kernels of a dilation read of a channel. */
typedef struct RocketChannel
{
	RocketLine tap[ROCKET_TAPS]; /* three times what a tap sees */
	RocketLine all;              /* minus what all nine see */
} RocketChannel;

typedef struct RocketRead
{
	const RocketChannel *channel;
	real factor;
} RocketRead;

/* Positions that count. */
typedef struct RocketRange
{
	RocketLine limit; /* 0 there, and minus infinity elsewhere */
	real share;       /* what a position adds to a feature */
} RocketRange;

/* A block of positions of one sequence, and pairs of a kernel and one dilation. */
typedef struct RocketBlock
{
	size_t n;               /* positions: ROCKET_BLOCK, half or a quarter of it */
	RocketChannel *channel; /* I */
	size_t I;

	size_t pairs;
	const uint8_t (*tap)[3]; /* pairs: the taps that are 2, the first changing least */
	const real *factor;      /* pairs × I: of the channels */
	size_t biases;           /* of a pair */
	const real *bias;        /* pairs × biases */

	/* All of the sequence, and those whose taps are all within it: pairs take them in turn, beginning with [first]. */
	RocketRange range[2];
	size_t first;

	/* Of the pair at hand. */
	RocketRead *read; /* I: channels that it reads */
	size_t reads;
	RocketLine base; /* what it has in common with those that differ in the last tap alone */
} RocketBlock;

typedef struct RocketLevel
{
	const char *name;
	bool (*supported)(void);
	size_t block; /* positions of a block, at most: their vectors fit the registers */

	/* The n positions from x on: as many as a block has. */
	void (*read)(RocketChannel *channel, const real *x, ptrdiff_t dilation, size_t n);

	/* The convolution of the first pair (n). */
	void (*convolve)(real *conv, RocketBlock *block);

	/* out (pairs × biases) += share · how many positions are above the bias */
	void (*add_features)(real *out, RocketBlock *block);
} RocketLevel;

extern const RocketLevel rocket_levels[]; /* best first; the last is supported everywhere */
extern const RocketLevel *rocket_best_level(void);

#endif

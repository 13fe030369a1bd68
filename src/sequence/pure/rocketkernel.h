/*
 * What a minirocket does with a block of positions: compiled for each level of processor (nn/levels.h) from rockettile.h.
 *
 * A block is so short that all its series stay in the first-level cache while the 84 kernels of a dilation pass, and a
 * convolution of it in registers while it is compared with biases. Of every second pair only the positions count whose
 * taps are all within the sequence: vectors that have none of them are left out.
 */
#ifndef USERCLS_SEQUENCE_PURE_ROCKETKERNEL_H
#define USERCLS_SEQUENCE_PURE_ROCKETKERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

#define ROCKET_TAPS 9
#define ROCKET_BLOCK 128 /* positions, at most */
#define ROCKET_VECTORS 8 /* vectors of a block, at most; it has an even number of them */

/* A number for each position of a block. */
typedef struct RocketLine
{
	real at[ROCKET_BLOCK] __attribute__((aligned(64)));
} RocketLine;

/* What the kernels of a dilation read of a channel. */
typedef struct RocketChannel
{
	RocketLine all;              /* minus what all nine taps see */
	RocketLine tap[ROCKET_TAPS]; /* three times what a tap sees */
} RocketChannel;

/* Positions that count: whole vectors of a block, and which of their positions. */
typedef struct RocketRange
{
	size_t begin, vectors; /* the first vector, and how many: even */
	RocketLine limit;      /* 0 where a position counts, and minus infinity elsewhere */
} RocketRange;

/* A block of positions of one sequence, and pairs of a kernel and one dilation. */
typedef struct RocketBlock
{
	size_t vectors;         /* even */
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
} RocketBlock;

typedef struct RocketLevel
{
	const char *name;
	bool (*supported)(void);
	size_t block; /* positions of a block, at most: their ROCKET_VECTORS vectors fit the registers */

	/* The positions from x on, as many as these vectors have. */
	void (*read)(RocketChannel *channel, const real *x, ptrdiff_t dilation, size_t vectors);

	/* The convolution of the first pair, at all positions of the block that are in range[0]. */
	void (*convolve)(real *conv, const RocketBlock *block);

	/* count (pairs × biases) += how many positions are above the bias */
	void (*count)(int32_t *count, const RocketBlock *block);
} RocketLevel;

extern const RocketLevel rocket_levels[]; /* best first; the last is supported everywhere */
extern const RocketLevel *rocket_best_level(void);

#endif

/*
 * Batch normalisation (Ioffe and Szegedy 2015) of the columns of a packed chunk: y = gain · (x - mean) / sd +
 * shift.
 *
 * In training mean and sd are those of the chunk's needed rows; a chunk is never larger than a work item, so
 * that results do not depend on how many workers there are. Otherwise they are the stored ones, which
 * training averages over its chunks.
 */
#ifndef USERCLS_SEQUENCE_PURE_NORM_H
#define USERCLS_SEQUENCE_PURE_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "nn/real.h"
#include "sequence/pure/steps.h"

/* H each. As gradients, mean and var take what the chunk had. */
typedef struct NormTensors
{
	real *gain, *shift, *mean, *var;
} NormTensors;

typedef struct Norm
{
	size_t H; /* 0: none, and nothing below is used */

	/* Packed: shared between workers. */
	real *gain, *shift;
	real *mean, *inverse; /* stored mean, 1 / sd */
	real *scale, *offset; /* the stored ones' whole effect: y = scale · x + offset (conv_fold) */

	/* One worker's, for training. */
	real *hat;                         /* rows × H: (x - mean) / sd */
	real *chunk_mean, *chunk_var;      /* of the chunk last gone forward */
	real *chunk_inverse, *chunk_scale; /* 1 / sd, gain / sd */
	real *step_sum[2];                 /* sums over a step */
	double *sum[2];                    /* and over all of them */
} Norm;

extern void norm_carve_weights(Norm *norm, Arena *arena);
extern void norm_carve_work(Norm *norm, Arena *arena, size_t rows, bool training);
extern void norm_pack(Norm *norm, const NormTensors *tensors);

/* After carving for training: y (rows × H) at the steps of need, in place; batch: by the chunk's own mean and sd. */
extern void norm_forward(Norm *norm, real *y, const uint8_t *need, const Steps *steps, bool batch);

/* dy becomes dx; batch: as it was in forward. */
extern void norm_backward(Norm *norm, const NormTensors *d, real *dy, const uint8_t *need, const Steps *steps,
						  bool batch);

#endif

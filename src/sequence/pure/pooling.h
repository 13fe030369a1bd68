/*
 * Pooling over time: one vector of D numbers for each sequence of a packed chunk.
 */
#ifndef USERCLS_SEQUENCE_PURE_POOLING_H
#define USERCLS_SEQUENCE_PURE_POOLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "nn/real.h"
#include "sequence/pure/steps.h"

typedef enum PoolingKind
{
	POOLING_LAST, /* the last step; of a reverse direction the first one, which it reads last */
	POOLING_MEAN, /* over a sequence's own steps, as the others */
	POOLING_MAX,
	POOLING_ATTENTION /* mean weighted by softmax(y · w) over time (Bahdanau et al. 2015, with one query) */
} PoolingKind;

typedef struct Pooling
{
	int kind;       /* Pooling */
	size_t D;       /* columns of y */
	size_t forward; /* the columns after these come from a reverse direction */

	size_t *first;  /* B: first step of each sequence */
	uint32_t *best; /* B × D: step of the maximum */
	real *share;    /* rows: attention */
	real *sum;      /* B */
} Pooling;

extern void pooling_carve(Pooling *pooling, Arena *arena, size_t rows, size_t B);

/* out (B × D) of y (rows × D); w (D) is read for attention alone. */
extern void pooling_forward(Pooling *pooling, real *out, const real *y, const real *w, const Steps *steps);
extern void pooling_backward(Pooling *pooling, real *dy, real *dw, const real *dout, const real *y,
							 const real *w, const Steps *steps);

#endif

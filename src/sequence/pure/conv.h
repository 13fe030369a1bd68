/*
 * Causal dilated convolution over a packed chunk: y_t = b + Σ_j W_j x_{t - (taps - 1 - j) · dilation}.
 *
 * What is before a sequence's first step is zero. Only the steps that are needed
 * are computed, and only they are read: rows of other steps are never touched.
 */
#ifndef USERCLS_SEQUENCE_PURE_CONV_H
#define USERCLS_SEQUENCE_PURE_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "nn/real.h"
#include "sequence/pure/steps.h"

typedef struct Conv
{
	size_t I, O, taps, dilation;

	/* Panels (nn/panel.h) of each tap, shared between workers. */
	real *w;    /* I × O */
	real *wt;   /* O × I */
	real *bias; /* O */

	/* One worker's. */
	real *dw; /* taps × I × O */
} Conv;

extern void conv_carve_weights(Conv *conv, Arena *arena);
extern void conv_carve_work(Conv *conv, Arena *arena, bool training);

/* w is O × I × taps, b is O. */
extern void conv_pack(Conv *conv, const real *w, const real *b);

/* After that: what forward gives becomes scale · y + offset (O each). Backward knows nothing of it. */
extern void conv_fold(Conv *conv, const real *scale, const real *offset);

/* need_in (T) |= the steps that those of need_out read. */
extern void conv_need(const Conv *conv, uint8_t *need_in, const uint8_t *need_out, size_t T);

/* y (rows × O) of x (rows × I), at the steps of need. */
extern void conv_forward(Conv *conv, real *y, const real *x, const uint8_t *need, const Steps *steps);

/* dx may be NULL; dy is read at the steps of need alone. */
extern void conv_backward(Conv *conv, real *dx, real *dw, real *db, const real *dy, const real *x,
						  const uint8_t *need, const Steps *steps);

#endif

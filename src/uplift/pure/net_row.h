/*
 * The uplift network one user and one edge at a time: plain SQL's way to score.
 *
 * A user's state is a vector of uplift_state_width reals: h, with gated depth the
 * memory beside it, and last the levels of a linear path (uplift/pure/linear.h).
 * A layer makes new states of old ones:
 *
 *   uplift_row_input     features                            → state 0
 *   uplift_row_start     an accumulator of a user
 *   uplift_row_attend    + one neighbour's state, any order, each neighbour once for each relation
 *   uplift_row_merge     + another accumulator of the same user
 *   uplift_row_finish    + the user itself                    → state l + 1
 *   uplift_row_heads     state L → answer
 *
 * uplift_row_finish adds what the user says itself; do not attend to it. Neighbours are
 * counted, so edges between the same users come as one of their summed weight.
 * Of an ensemble, states and accumulators are those of its networks, one after the other.
 * Softmax is kept as a running maximum, sum and weighted sum per head, so
 * accumulators merge.
 *
 * Equal to uplift/pure/score.h to 1e-5. Vectors are the caller's; w is the values of
 * upliftmodel_params' table.
 */
#ifndef USERCLS_UPLIFT_PURE_NET_ROW_H
#define USERCLS_UPLIFT_PURE_NET_ROW_H

#include "uplift/pure/net.h"

extern size_t uplift_state_width(const UpliftNet *net);
extern size_t uplift_accumulator_width(const UpliftNet *net);

/* feature: F values, NaN = missing. */
extern void uplift_row_input(real *state, const UpliftNet *net, const real *w, const float *feature);

extern void uplift_row_start(real *accumulator, const UpliftNet *net);

/* A neighbour's edge to a user: of a relation from 0 on; weight > 0 and finite, 1 in a graph without weights. */
typedef struct UpliftRowEdge
{
	const real *neighbour; /* its state */
	size_t relation;
	double weight;
} UpliftRowEdge;

/* layer is 0 .. L-1. */
extern void uplift_row_attend(real *accumulator, const UpliftNet *net, const real *w, size_t layer,
							  const real *self, const UpliftRowEdge *edge);
extern void uplift_row_merge(real *accumulator, const UpliftNet *net, const real *other);
extern void uplift_row_finish(real *state, const UpliftNet *net, const real *w, size_t layer,
							  const real *self, const real *accumulator);

/* The answer for each treatment: score holds net->treatments. */
extern void uplift_row_heads(UpliftScore *score, const UpliftNet *net, const real *w, const real *state);

#endif

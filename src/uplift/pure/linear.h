/*
 * The linear path of networks that sum, where outcomes are numbers and edges of one relation.
 *
 * A layer's tanh ends at 1, and the sum over a hundred neighbours does not. What is linear in features and in their sums
 * over neighbours therefore goes past the layers, straight to the heads:
 *
 *   logit += Σ_k B_k S^k [x, 1],  k = 0 .. L
 *
 * x: a user's F features, standardised, 0 where missing. S: the sum over those a user listens to and the user itself, by
 * the weights of the edges, / degree_mean; what it makes of the 1 counts them. B (C × (L + 1) × (F + 1)) is the tensor
 * "linear.weight": fitted before the first epoch (uplift/pure/train_linear.c), and fixed while the layers learn what it
 * leaves.
 *
 * To score, B comes before S: a user has a row of L + 1 levels of C numbers, t_k = B_k [x, 1]; layer l replaces the levels
 * above l by their sums, and the heads add all levels up.
 */
#ifndef USERCLS_UPLIFT_PURE_LINEAR_H
#define USERCLS_UPLIFT_PURE_LINEAR_H

#include "uplift/pure/adjacency.h"
#include "uplift/pure/net.h"

/* Numbers of [x, 1]. */
static inline size_t
linear_inputs(const UpliftNet *net)
{
	return net->F + 1;
}

/* Numbers of a user's row of levels; 0: the network has no linear path. */
static inline size_t
linear_width(const UpliftNet *net)
{
	return net->levels > 0 ? net->C + net->levels : 0;
}

/* The first number of the levels that layer l replaces. */
static inline size_t
linear_above(const UpliftNet *net, size_t l)
{
	return (l + 1) * net->C;
}

/* own = [x, 1] of a user. */
extern void linear_input(real *own, const UpliftNet *net, const real *w, const float *feature);

/* The user's row of levels before the first layer. */
extern void linear_levels(real *level, const UpliftNet *net, const real *w, const float *feature);

/*
 * sum = scale × what node i hears of numbers first .. first + n - 1 of the others' rows and of its own: rows of `width`
 * numbers.
 */
extern void linear_sum(real *sum, const real *rows, size_t width, size_t first, size_t n, const Adjacency *in,
					   size_t i, real scale);

/* logit (C) += a row of n numbers, C of each level. */
extern void linear_add(real *logit, const real *level, size_t n, size_t C);

#endif

/*
 * Mean and variance in parts: exact enough to be merged in any tree, and the same for the same tree.
 */
#ifndef USERCLS_MODEL_MOMENTS_H
#define USERCLS_MODEL_MOMENTS_H

#include <stddef.h>

#include "nn/real.h"

typedef struct Moments
{
	double n, mean;
	double m2; /* sum of squared distances from the mean */
} Moments;

/* The moments of n values that lie `stride` apart; NaN is left out. */
extern Moments moments_of(const float *value, size_t n, size_t stride);

/* Add `from` to `into` (Chan, Golub and LeVeque 1979). */
extern void moments_merge(Moments *into, const Moments *from);

/* The standard deviation, to divide by: 1 where it is 0, not finite, or of no values. */
extern real moments_scale(const Moments *moments);

#endif

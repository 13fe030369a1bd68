/*
 * Confidence by resampling (Efron 1979): how much would a metric differ on other users of the same kind?
 *
 * A replicate draws n of the n rows with replacement; what it measures is the
 * metric with the draws as weights. The interval is that of the percentiles.
 */
#ifndef USERCLS_METRICS_PURE_BOOTSTRAP_H
#define USERCLS_METRICS_PURE_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "nn/rng.h"

/* weight: how often each of n rows was drawn. Replicate i depends on seed and i alone. */
extern void bootstrap_draw(uint32_t *weight, uint64_t seed, uint64_t replicate, size_t n);

typedef struct Interval95
{
	double low, high; /* NaN when the metric is undefined in half of the replicates or more */
} Interval95;

/* The 2.5th and 97.5th percentile of a metric in n replicates, NaN where it was undefined; value is reordered. */
extern Interval95 bootstrap_interval(double *value, size_t n);

#endif

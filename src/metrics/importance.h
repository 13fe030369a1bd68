/*
 * How much a model needs each of its features: what its metrics lose when the feature's values are shuffled among the users
 * (Breiman 2001, as a property of a model: Fisher, Rudin and Dominici 2019).
 */
#ifndef USERCLS_METRICS_IMPORTANCE_H
#define USERCLS_METRICS_IMPORTANCE_H

#include "metrics/sample.h"

/* Shuffles of each feature. */
#define IMPORTANCE_SHUFFLES 3

typedef struct ImportanceRequest
{
	size_t users; /* at most so many rows of the sample are looked at */
	int64 seed;
} ImportanceRequest;

typedef struct Importance
{
	int features;
	const char *const *feature;
	int metrics;    /* rows of each feature */
	MetricSet *set; /* features × metrics rows: the metric's name, and what it loses */
} Importance;

/*
 * as_is: the metrics of the sample; shuffled: those of the same rows in the same order (or of the same users by number), of
 * each feature IMPORTANCE_SHUFFLES sets. In the current memory context.
 */
extern Importance *importance_of(MetricSet *as_is, MetricSet *const *shuffled, const char *const *feature,
								 int features);

/* Who gives his values to row i: a shuffle of n rows, the same for the same feature, shuffle and seed. */
extern void importance_donors(uint32 *donor, size_t n, int feature, int shuffle, int64 seed);

#endif

/*
 * The figures of a set of metrics, with their intervals by bootstrap (metrics/pure/bootstrap.h).
 *
 * Users are drawn, with all their rows. Sets that share the numbers of users and the seed are drawn alike: what one
 * measures in a replicate can be compared with what the other does.
 */
#ifndef USERCLS_METRICS_INTERVALS_H
#define USERCLS_METRICS_INTERVALS_H

#include "metrics/sample.h"

/* What an SQL function was asked for. */
typedef struct Replicates
{
	int n; /* 0: no intervals */
	int64 seed;
} Replicates;

/* An error unless there are 0 to 100,000 of them. */
extern Replicates replicates_arg(FunctionCallInfo fcinfo, int n_arg, int seed_arg);

/* Fill in value, low and high of each row. */
extern void metric_set_measure(MetricSet *set, Replicates replicates);

#endif

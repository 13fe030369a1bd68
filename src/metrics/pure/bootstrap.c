/*
 * Confidence by resampling:
 *
 *   for r = 1 .. replicates:  draw n of the n rows with replacement;  weight = how often each was drawn
 *                             value[r] = the metric with these weights
 *   the interval: the 2.5th and the 97.5th percentile of value
 */
#include "metrics/pure/bootstrap.h"

#include <math.h>
#include <string.h>

void
bootstrap_draw(uint32_t *weight, uint64_t seed, uint64_t replicate, size_t n)
{
	Rng rng = rng_seed(seed, replicate);

	memset(weight, 0, n * sizeof *weight);
	for (size_t i = 0; i < n; i++)
		weight[rng_below(&rng, n)]++;
}

/* Heapsort: no recursion, no scratch, and n is in the hundreds. */
static void
sift(double *value, size_t root, size_t n)
{
	for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1)
	{
		if (child + 1 < n && value[child + 1] > value[child])
			child++;
		if (value[root] >= value[child])
			return;

		const double moved = value[root];

		value[root] = value[child];
		value[child] = moved;
		root = child;
	}
}

static void
sort_rising(double *value, size_t n)
{
	for (size_t root = n / 2; root-- > 0;)
		sift(value, root, n);
	for (size_t last = n; last-- > 1;)
	{
		const double largest = value[0];

		value[0] = value[last];
		value[last] = largest;
		sift(value, 0, last);
	}
}

/* Between the two nearest ranks in proportion: numpy's default. */
static double
percentile(const double *sorted, size_t n, double share)
{
	const double at = share * (double) (n - 1);
	const size_t below = (size_t) at;
	const size_t above = below + 1 < n ? below + 1 : below;

	return sorted[below] + (at - (double) below) * (sorted[above] - sorted[below]);
}

Interval95
bootstrap_interval(double *value, size_t n)
{
	size_t defined = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
			value[defined++] = value[i];
	if (defined * 2 <= n)
		return (Interval95){NAN, NAN};
	sort_rising(value, defined);
	return (Interval95){percentile(value, defined, 0.025), percentile(value, defined, 0.975)};
}

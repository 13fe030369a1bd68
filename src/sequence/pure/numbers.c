/*
 * Ranges of a number, and what their probabilities say:
 *
 *   weight of a number = a share of being one + a share of its distance from the median
 *   a range ends where it has its share of the weight that is left, but never between two equal numbers
 *
 * By count alone the largest twentieth, which may be most of the sum, would be one range, whose numbers no forecast could tell apart.
 */
#include "sequence/pure/numbers.h"

#include <float.h>
#include <math.h>

/* Of all weight, what numbers have for their distance from the median; the rest they have alike. */
#define DISTANCE_SHARE 0.7

/* A range holds so many numbers, where there are enough. */
#define RANGE_LEAST 10

/* What weighs a number: its distance is taken within low and high, so that a few far off do not count for all. */
typedef struct Weighing
{
	double each, by_distance, median, low, high;
} Weighing;

static size_t
range_count(size_t n)
{
	const size_t ranges = n / RANGE_NUMBERS_MIN;

	return ranges < 2 ? 2 : ranges > RANGES_MAX ? RANGES_MAX : ranges;
}

static size_t
range_least(size_t n)
{
	const size_t half = n / range_count(n) / 2;

	return half < RANGE_LEAST ? half : RANGE_LEAST;
}

/* Halved, as the distance of two numbers may be too large to say. */
static double
distance(const Weighing *of, double number)
{
	return fabs(0.5 * fmin(fmax(number, of->low), of->high) - 0.5 * of->median);
}

static double
weigh(const Weighing *of, double number)
{
	return of->each + of->by_distance * distance(of, number);
}

/* So that all n weigh 1; by count alone when they are the same. */
static Weighing
weighing_make(const double *rising, size_t n)
{
	const size_t rank = n > 2 * RANGE_LEAST ? RANGE_LEAST : 1;
	Weighing of = {
		.each = 1 / (double) n, .median = rising[n / 2], .low = rising[rank - 1], .high = rising[n - rank]};
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += distance(&of, rising[i]) / (double) n;
	if (!(mean > DBL_MIN))
		return of;
	of.each = (1 - DISTANCE_SHARE) / (double) n;
	of.by_distance = DISTANCE_SHARE / mean / (double) n;
	return of;
}

/* Behind the last number equal to rising[at]. */
static size_t
after_equal(const double *rising, size_t n, size_t at)
{
	while (at + 1 < n && rising[at + 1] == rising[at])
		at++;
	return at + 1;
}

/* Where the range that begins at `from` ends; *weight is what it has. So many equal numbers as `frequent` are a range. */
static size_t
range_end(double *weight, const double *rising, size_t n, size_t from, const Weighing *of, double share)
{
	const size_t least = range_least(n), frequent = n / range_count(n);
	size_t at = after_equal(rising, n, from);

	*weight = (double) (at - from) * weigh(of, rising[from]);
	if (at - from >= frequent)
		return at;
	while (at < n && (*weight < share || at - from < least))
	{
		const size_t next = after_equal(rising, n, at);

		if (next - at >= frequent)
			return at;
		*weight += (double) (next - at) * weigh(of, rising[at]);
		at = next;
	}
	return from > 0 && n - at < least ? n : at;
}

NumberRanges
ranges_make(const double *rising, size_t n)
{
	const size_t most = range_count(n);
	const Weighing of = n > 0 ? weighing_make(rising, n) : (Weighing){0};
	NumberRanges ranges = {0};
	double left = 1, weight = 0;

	for (size_t from = 0; from < n; left -= weight)
	{
		const size_t ranges_left = most - (size_t) ranges.n;
		const size_t end =
			ranges_left == 1 ? n : range_end(&weight, rising, n, from, &of, left / (double) ranges_left);

		ranges.low[ranges.n] = rising[from];
		ranges.high[ranges.n] = rising[end - 1];
		ranges.n++;
		from = end;
	}
	return ranges;
}

int
ranges_find(const NumberRanges *ranges, double number)
{
	int k = 0;

	while (k < ranges->n - 1 && number > ranges->high[k])
		k++;
	return k;
}

void
ranges_measure(NumberRanges *ranges, const double *number, const int32_t *range, size_t n)
{
	double count[RANGES_MAX] = {0};

	for (int k = 0; k < ranges->n; k++)
		ranges->mean[k] = 0;
	for (size_t i = 0; i < n; i++)
		if (range[i] >= 0)
			ranges->mean[range[i]] += (number[i] - ranges->mean[range[i]]) / ++count[range[i]];
	for (int k = 0; k < ranges->n; k++)
		if (count[k] == 0)
			ranges->mean[k] = 0.5 * ranges->low[k] + 0.5 * ranges->high[k];
}

/* The number that a share u of range k lies below: a power of u from low to high, whose mean is that of the range. */
static double
within_range(const NumberRanges *ranges, int k, double u)
{
	const double low = ranges->low[k], high = ranges->high[k];
	const double above = 0.5 * ranges->mean[k] - 0.5 * low, wide = 0.5 * high - 0.5 * low;

	if (!(above > 0))
		return low;
	if (!(above < wide))
		return high;

	const double way = pow(u, wide / above - 1);

	return (1 - way) * low + way * high;
}

/* The number that a share q of the forecast lies below. */
static double
quantile(const NumberRanges *ranges, const double *probability, double q)
{
	double below = 0;
	int last = 0;

	for (int k = 0; k < ranges->n; k++)
	{
		if (probability[k] <= 0)
			continue;
		if (below + probability[k] >= q)
			return within_range(ranges, k, fmax(0, (q - below) / probability[k]));
		below += probability[k];
		last = k;
	}
	return ranges->high[last];
}

NumberForecast
ranges_forecast(const NumberRanges *ranges, const double *probability)
{
	NumberForecast forecast = {.low = quantile(ranges, probability, 0.1),
							   .median = quantile(ranges, probability, 0.5),
							   .high = quantile(ranges, probability, 0.9)};

	for (int k = 0; k < ranges->n; k++)
		forecast.mean += probability[k] * ranges->mean[k];
	return forecast;
}

/*
 * Ranges of about as many numbers each, and what their probabilities say:
 *
 *   share = numbers that are left / ranges that are left
 *   a range ends where it has its share, but never between two equal numbers
 */
#include "sequence/pure/numbers.h"

#include <math.h>

static size_t
range_count(size_t n)
{
	const size_t ranges = n / RANGE_NUMBERS_MIN;

	return ranges < 2 ? 2 : ranges > RANGES_MAX ? RANGES_MAX : ranges;
}

/* Behind the last number equal to rising[at]. */
static size_t
after_equal(const double *rising, size_t n, size_t at)
{
	while (at + 1 < n && rising[at + 1] == rising[at])
		at++;
	return at + 1;
}

/* Where the range that begins at `from` ends: where it has its share, or before a frequent number. */
static size_t
range_end(const double *rising, size_t n, size_t from, size_t share)
{
	const size_t first = after_equal(rising, n, from);
	size_t at = first;

	while (at < n && at - from < share)
	{
		const size_t next = after_equal(rising, n, at);

		if (next - at >= share)
			return at;
		at = next;
	}
	return at;
}

NumberRanges
ranges_make(const double *rising, size_t n)
{
	const size_t most = range_count(n);
	NumberRanges ranges = {0};

	for (size_t from = 0; from < n;)
	{
		const size_t left = most - (size_t) ranges.n;
		const size_t share = (n - from + left - 1) / left;
		const size_t end = left == 1 ? n : range_end(rising, n, from, share);

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

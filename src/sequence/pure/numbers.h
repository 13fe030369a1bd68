/*
 * A number as an answer: ranges of it are classes, and a forecast of the classes is one of the number.
 *
 * Range k holds the numbers above high[k - 1] up to high[k]; the last one holds those above, too. A network that knows the
 * probability p[k] of each says of the number
 *
 *   mean     Σ p[k] mean[k], where mean[k] is that of the learned numbers in range k
 *   quantile where Σ p reaches it, as if a share u of the numbers of a range lay below low[k] + (high[k] - low[k]) u^e,
 *            where e is such that their mean is mean[k]: evenly when that is the middle, and near low[k] in a long tail
 *
 * Regression by classification (Torgo and Gama 1997): no shape of the distribution is assumed, so that many zeros and few
 * large numbers do no harm, and the calibration of the probabilities is that of the quantiles.
 */
#ifndef USERCLS_SEQUENCE_PURE_NUMBERS_H
#define USERCLS_SEQUENCE_PURE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

#define RANGES_MAX 20

/* There is no more than a range for so many numbers. */
#define RANGE_NUMBERS_MIN 20

typedef struct NumberRanges
{
	int n;
	double low[RANGES_MAX],
		high[RANGES_MAX]; /* the least and the largest number that was seen in each; low <= high */
	double mean[RANGES_MAX];
} NumberRanges;

/*
 * Ranges of numbers, which are rising: as many numbers in each near the median, and the fewer the further off; a frequent
 * number has its own.
 */
extern NumberRanges ranges_make(const double *rising, size_t n);

/* The range of a number. */
extern int ranges_find(const NumberRanges *ranges, double number);

/* Set the means: of numbers whose range is not -1. A range without any keeps its middle. */
extern void ranges_measure(NumberRanges *ranges, const double *number, const int32_t *range, size_t n);

typedef struct NumberForecast
{
	double mean, low, median, high; /* low and high: in four of five cases the number is between */
} NumberForecast;

extern NumberForecast ranges_forecast(const NumberRanges *ranges, const double *probability);

#endif

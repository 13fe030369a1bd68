/* Ranges of a number, and what their probabilities say of it: by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "sequence/pure/numbers.h"

#define N 100

/* Half of the numbers are 0, the others 1 to 50. */
static void
half_zero(double *rising)
{
	for (int i = 0; i < N; i++)
		rising[i] = i < N / 2 ? 0 : i - N / 2 + 1;
}

static void
ranges_hold_all(void **state)
{
	double rising[N];
	int32_t range[N];
	int count[RANGES_MAX] = {0};

	(void) state;
	half_zero(rising);

	NumberRanges ranges = ranges_make(rising, N);

	/* A hundred numbers make five ranges at most, of ten numbers at least: the zeros are one, and of the others the smaller ones share more. */
	assert_int_equal(ranges.n, 4);
	assert_float_equal(ranges.low[0], 0, 0);
	assert_float_equal(ranges.high[0], 0, 0);
	for (int i = 0; i < N; i++)
	{
		range[i] = ranges_find(&ranges, rising[i]);
		assert_true(rising[i] >= ranges.low[range[i]] && rising[i] <= ranges.high[range[i]]);
		count[range[i]]++;
	}
	assert_int_equal(count[0], 50);
	for (int k = 1; k < 4; k++)
		assert_in_range(count[k], 10, 30);
	assert_true(count[1] > count[2]);
	assert_int_equal(ranges_find(&ranges, -3), 0);
	assert_int_equal(ranges_find(&ranges, 1000), 3);

	/* The mean of the forecast of the shares is the mean of all: 1275 / 100. */
	double share[RANGES_MAX] = {0};

	ranges_measure(&ranges, rising, range, N);
	for (int k = 0; k < 4; k++)
		share[k] = count[k] / (double) N;
	assert_float_equal(ranges_forecast(&ranges, share).mean, 12.75, 1e-9);
	assert_float_equal(ranges_forecast(&ranges, share).low, 0, 0);
	assert_float_equal(ranges_forecast(&ranges, share).high, 40, 1.5);
}

#define MANY 4000

/* Numbers of which few are most of the sum: these get ranges, too, and one that is far off gets none of its own. */
static void
long_tail(void **state)
{
	static double rising[MANY];

	(void) state;
	for (int i = 0; i < MANY; i++)
		rising[i] = exp(9.0 * i / MANY);

	NumberRanges ranges = ranges_make(rising, MANY);

	assert_int_equal(ranges.n, RANGES_MAX);
	assert_true(ranges.low[ranges.n - 1] > rising[MANY - MANY / 40]);
	assert_true(ranges.low[ranges.n - 1] < rising[MANY - 10]);
	assert_true(ranges.high[0] > rising[MANY / 20]);
	rising[MANY - 1] = 1e300;

	const NumberRanges outlier = ranges_make(rising, MANY);

	assert_int_equal(outlier.n, ranges.n);
	for (int k = 0; k < ranges.n; k++)
		assert_float_equal(outlier.low[k], ranges.low[k], 1e-9 * ranges.low[k]);
}

static void
few_values(void **state)
{
	const double same[] = {7, 7, 7};
	const double two[] = {1, 1, 1, 2, 2};
	NumberRanges ranges = ranges_make(same, 3);

	(void) state;
	assert_int_equal(ranges.n, 1);
	ranges = ranges_make(two, 5);
	assert_int_equal(ranges.n, 2);
	assert_float_equal(ranges.high[0], 1, 0);
	assert_float_equal(ranges.low[1], 2, 0);
	assert_int_equal(ranges_make(two, 0).n, 0);
}

static void
quantiles(void **state)
{
	const NumberRanges ranges = {.n = 3, .low = {0, 10, 20}, .high = {0, 20, 40}, .mean = {0, 16, 25}};
	const double even[] = {0.5, 0.25, 0.25};
	const double last[] = {0, 0, 1};

	(void) state;
	assert_float_equal(ranges_forecast(&ranges, even).mean, 10.25, 1e-12);
	assert_float_equal(ranges_forecast(&ranges, even).median, 0, 1e-12);
	assert_float_equal(ranges_forecast(&ranges, even).high, 20 + 20 * 0.216, 1e-9);
	assert_float_equal(ranges_forecast(&ranges, last).mean, 25, 1e-12);
	assert_float_equal(ranges_forecast(&ranges, last).low, 20.02, 1e-9);
	assert_float_equal(ranges_forecast(&ranges, last).median, 22.5, 1e-9);
}

/* In a range whose mean is its middle numbers lie evenly; a long tail's are near its beginning; the ends hold. */
static void
tails(void **state)
{
	NumberRanges range = {.n = 1, .low = {10}, .high = {20}, .mean = {15}};
	const double sure[] = {1};

	(void) state;
	assert_float_equal(ranges_forecast(&range, sure).low, 11, 1e-12);
	assert_float_equal(ranges_forecast(&range, sure).median, 15, 1e-12);
	range.high[0] = 10010;
	range.mean[0] = 110; /* 10 + 10000 / (99 + 1) */
	assert_float_equal(ranges_forecast(&range, sure).high, 10 + 10000 * pow(0.9, 99), 1e-6);
	range.mean[0] = 10;
	assert_float_equal(ranges_forecast(&range, sure).high, 10, 0);
	range.mean[0] = 10010;
	assert_float_equal(ranges_forecast(&range, sure).low, 10010, 0);
	range = (NumberRanges){.n = 1, .low = {-DBL_MAX}, .high = {DBL_MAX}, .mean = {0}};
	assert_true(fabs(ranges_forecast(&range, sure).median) < 1e300);
}

/* Numbers whose range is not known do not count; a range without any keeps its middle. */
static void
means(void **state)
{
	NumberRanges ranges = {.n = 2, .low = {0, 10}, .high = {4, 20}};
	const double number[] = {1, 2, 99};
	const int32_t range[] = {0, 0, -1};

	(void) state;
	ranges_measure(&ranges, number, range, 3);
	assert_float_equal(ranges.mean[0], 1.5, 1e-12);
	assert_float_equal(ranges.mean[1], 15, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_hold_all), cmocka_unit_test(long_tail), cmocka_unit_test(few_values),
		cmocka_unit_test(quantiles),       cmocka_unit_test(tails),     cmocka_unit_test(means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sums that do not depend on the order, and both stored forms there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "nn/rng.h"
#include "labeler/pure/trend.h"

#define N 2000
#define CELLS 40

static void
sum_in_order(TrendSlot *slot, const double *value, const uint32_t *order, size_t n)
{
	*slot = (TrendSlot){0};
	for (size_t i = 0; i < n; i++)
		trend_slot_add(slot, value[order[i]]);
}

/* Amounts of money in any order give one sum, which plain addition does not. */
static void
test_order(void **state)
{
	Rng rng = rng_seed(1, 1);
	double value[N];
	uint32_t order[N];
	double plain[2] = {0, 0};
	TrendSlot first, again;

	for (uint32_t i = 0; i < N; i++)
	{
		value[i] = (double) (int64_t) (rng_below(&rng, 2000000) - 500000) / 100.0;
		order[i] = i;
	}
	sum_in_order(&first, value, order, N);
	for (int round = 0; round < 50; round++)
	{
		rng_shuffle(&rng, order, N);
		sum_in_order(&again, value, order, N);
		assert_memory_equal(&first, &again, sizeof(first));
	}
	for (uint32_t i = 0; i < N; i++)
	{
		plain[0] += value[i];
		plain[1] += value[order[i]];
	}
	assert_true(plain[0] != plain[1]);
	assert_true(fabs(first.sum - plain[0]) < 1e-6);
	assert_int_equal(first.count, (N - 1) % TREND_COUNT_MAX + 1);
	assert_int_equal(first.negative, 13 + TREND_NEGATIVE_BIAS); /* above -5000 */
}

/* Buckets of a series have the sums that their values have one by one. */
static void
test_series(void **state)
{
	Rng rng = rng_seed(3, 1);
	double value[N], sum[N];
	float rest[N];
	uint8_t negative[N];

	for (uint32_t i = 0; i < N; i++)
		value[i] = (double) (int64_t) (rng_below(&rng, 2000000) - 500000) / 100.0;
	for (size_t bucket = 1; bucket < 50; bucket++)
	{
		const size_t buckets = rng_below(&rng, N / bucket + 1);

		trend_series(sum, rest, negative, value, bucket, buckets);
		for (size_t i = 0; i < buckets; i++)
		{
			TrendSlot slot = {0};

			for (size_t j = 0; j < bucket; j++)
				trend_slot_add(&slot, value[i * bucket + j]);
			assert_true(sum[i] == slot.sum && rest[i] == slot.rest && negative[i] == slot.negative);
		}
	}
	value[5] = INFINITY;
	trend_series(sum, rest, negative, value, 3, 9);
	assert_true(isfinite(sum[0]) && !isfinite(sum[1]) && isfinite(sum[2]));
}

static void
test_count_wraps(void **state)
{
	TrendSlot slot = {.count = TREND_COUNT_MAX - 1};

	assert_true(trend_slot_add(&slot, 1.0));
	assert_int_equal(slot.count, TREND_COUNT_MAX);
	assert_false(trend_slot_add(&slot, 1.0));
	assert_int_equal(slot.count, 1);
	assert_true(slot.sum == 2.0);
}

/* The sum of n amounts in cents, and how far it may be from what was meant. */
static double
cents(TrendSlot *slot, const int64_t *cent, size_t n)
{
	*slot = (TrendSlot){0};
	for (size_t i = 0; i < n; i++)
		trend_slot_add(slot, (double) cent[i] / 100.0);
	return trend_slack(slot->sum, slot->rest, slot->negative, slot->count);
}

/*
 * Two periods of amounts in cents, refunds among them, compare as integers do: of the same sum, or of one that
 * differs by a cent or two.
 */
static void
test_slack(void **state)
{
	Rng rng = rng_seed(7, 1);

	for (int round = 0; round < 200000; round++)
	{
		const size_t n = 2 + rng_below(&rng, 20), m = 1 + rng_below(&rng, 20);
		const uint64_t most = UINT64_C(1) << rng_below(&rng, 41); /* numeric(12,2) has 10^12 */
		const uint64_t refunds = rng_below(&rng, 2) ? most : 0;
		int64_t a[32], b[32], sum = 0, other = 0;
		TrendSlot s, t;

		for (size_t i = 0; i < n; i++)
			sum += a[i] = (int64_t) rng_below(&rng, most + refunds) - (int64_t) refunds;
		for (size_t i = 0; i < m; i++)
			other += b[i] = (int64_t) rng_below(&rng, most + refunds) - (int64_t) refunds;
		b[m] = sum - other + (int64_t) rng_below(&rng, 5) - 2;
		other += b[m];

		const double slack = cents(&s, a, n) + cents(&t, b, m + 1);
		const double d = t.sum - s.sum;

		assert_int_equal((d > slack) - (d < -slack), (other > sum) - (other < sum));
	}

	/* Integers compare to the last one; what float8 cannot tell apart is alike. */
	assert_true(trend_slack(9007199254740991.0, 0.0f, 0, 1) == 0.0);
	assert_true(trend_slack(1e15 + 0.1, 0.0f, 0, 1) > 0.1);
	assert_true(trend_slack(-1e-300, 0.0f, 0, 1) < 1e-315);
	assert_true(isfinite(trend_slack(1e300, 0.5f, UINT8_MAX, UINT64_C(1) << 53)));
}

/* What was added exactly can be taken away, and leaves what is left. */
static void
test_taking_away(void **state)
{
	double sum = 0, left = 0;
	float rest = 0, left_rest = 0;

	assert_true(trend_sum_exact(&sum, &rest, 1e16));
	assert_true(trend_sum_exact(&sum, &rest, 0.5));
	assert_true(sum == 1e16 && rest == 0.5f);
	assert_true(trend_sum_exact(&sum, &rest, -1e16));
	assert_true(sum == 0.5 && rest == 0.0f);
	assert_true(trend_sum_exact(&sum, &rest, 1e16));
	assert_false(trend_sum_exact(&sum, &rest, 0.1));

	sum = 0, rest = 0;
	for (int i = 1; i <= 9; i++)
		assert_true(trend_sum_exact(&sum, &rest, i * 0.1));
	for (int i = 1; i <= 4; i++)
		assert_true(trend_sum_exact(&sum, &rest, -(i * 0.1)));
	for (int i = 5; i <= 9; i++)
		assert_true(trend_sum_exact(&left, &left_rest, i * 0.1));
	assert_true(sum == left && rest == left_rest);

	sum = 1e300, rest = 0;
	assert_false(trend_sum_exact(&sum, &rest, 1e-300) && trend_sum_exact(&sum, &rest, 1.0));
}

static TrendShape
random_shape(Rng *rng)
{
	TrendShape shape = {.width = 1 + (uint32_t) rng_below(rng, 3),
						.periods = 1 + (uint32_t) rng_below(rng, CELLS)};

	shape.grid.time = (TrendTime) rng_below(rng, 4);
	shape.grid.windowed = rng_below(rng, 2);
	shape.grid.step = (int64_t) (1 + rng_below(rng, UINT64_C(1) << 62));
	if (shape.grid.time == TREND_TIMESTAMP)
		shape.grid.months = INT32_MAX;
	shape.grid.origin = (int64_t) rng_next(rng);
	shape.first = (int64_t) (rng_next(rng) >> 3) * (rng_below(rng, 2) ? -1 : 1);
	shape.cut = shape.grid.windowed && rng_below(rng, 2);
	return shape;
}

static TrendCell
random_cell(Rng *rng, uint32_t index)
{
	static const double sums[] = {0,   1,   -7,  1e300, -1e-300, 9007199254740992.0, 9007199254740994.0,
								  0.1, 0.5, 1e20};
	TrendCell cell = {.index = index, .count = 1 + rng_below(rng, UINT64_C(1) << rng_below(rng, 50))};

	cell.sum = rng_below(rng, 2) ? sums[rng_below(rng, 10)] : rng_normal(rng);
	if (cell.sum == 0.1)
		cell.rest = -1e-18f;
	if (rng_below(rng, 3) == 0)
		cell.negative = (uint8_t) rng_below(rng, 256);
	return cell;
}

static size_t
write_random(unsigned char *bytes, Rng rng)
{
	const TrendShape shape = random_shape(&rng);
	TrendWriter writer = trend_writer(bytes, &shape);

	for (uint32_t i = 0; i < shape.periods * shape.width; i++)
		if (rng_below(&rng, 3) != 0)
		{
			const TrendCell cell = random_cell(&rng, i);

			trend_write(&writer, &cell);
		}
	return writer.used;
}

static void
test_round_trips(void **state)
{
	for (uint64_t seed = 0; seed < 500; seed++)
	{
		const size_t size = write_random(NULL, rng_seed(seed, 2));
		unsigned char *bytes = malloc(size), *again = malloc(size);
		size_t used, where;

		assert_int_equal(write_random(bytes, rng_seed(seed, 2)), size);

		/* bytes to cells to bytes */
		TrendReader reader = trend_reader(bytes, size);
		TrendWriter writer = trend_writer(again, &reader.shape);
		TrendCell cell;
		size_t cells = 0;

		for (; trend_read(&reader, &cell); cells++)
			trend_write(&writer, &cell);
		assert_null(reader.damaged);
		assert_int_equal(writer.used, size);
		assert_memory_equal(bytes, again, size);

		/* bytes to text to bytes */
		char *text = malloc(trend_text_size(cells));

		reader = trend_reader(bytes, size);
		trend_text(text, &reader);
		assert_true(strlen(text) < trend_text_size(cells));
		assert_null(trend_parse(NULL, &used, &where, text));
		assert_int_equal(used, size);
		memset(again, 0, size);
		assert_null(trend_parse(again, &used, &where, text));
		assert_memory_equal(bytes, again, size);

		/* any cut of the bytes is noticed, or ends between two cells */
		for (size_t n = 0; n < size; n++)
		{
			reader = trend_reader(bytes, n);
			while (trend_read(&reader, &cell))
				;
			assert_true(reader.damaged || reader.at == n);
		}
		free(text);
		free(bytes);
		free(again);
	}
}

/* A rest that was rounded up to half of the sum's last digit is stored below it, one by one and in a run: both are read. */
static void
test_rest_of_half_a_digit(void **state)
{
	const double sum[] = {0x1.8p50 + 0x1p-2, -0x1.8p50 - 0x1p-2, 0x1p-96 + 0x1p-148, 0x1.8p50};
	const float rest[] = {0x1p-3f, -0x1p-3f, 0x1p-149f, 0x1p-3f};

	for (size_t i = 0; i < sizeof(sum) / sizeof(sum[0]); i++)
		for (int run = 0; run < 2; run++)
		{
			const TrendShape shape = {.grid.step = 1, .width = 1, .periods = 1};
			unsigned char bytes[128];
			TrendWriter writer = trend_writer(bytes, &shape);
			const TrendCell cell = {.sum = sum[i], .rest = rest[i], .count = 2};
			TrendCell back;

			if (run)
				trend_write_run(&writer, 0, &sum[i], &rest[i], (uint8_t[]){0}, 2, 1);
			else
				trend_write(&writer, &cell);

			TrendReader reader = trend_reader(bytes, writer.used);

			assert_true(trend_read(&reader, &back));
			assert_null(reader.damaged);
			assert_true(back.sum == sum[i] && fabsf(back.rest) <= fabsf(rest[i]));
			assert_true(fabs((double) back.rest - (double) rest[i]) <=
						0x1p-23 * fabs((double) rest[i]) + 0x1p-149);
		}
}

/* Cells side by side have the bytes that they have one by one, and read back. */
static void
test_run(void **state)
{
	const double sum[] = {0.1, 3.0, 0.25, 1e300, 0.3, -2.5e9, 1e17, -0.0, 12.34};
	const float rest[] = {0, 0, 0, 0, 1e-20f, 0, 0.5f, 0, 0};
	const uint8_t negative[] = {0, 0, 0, 3, 0, 158, 0, 0, 120};
	const uint64_t count[] = {1, 31, 32, 100000};
	enum
	{
		CELLS_RUN = sizeof(sum) / sizeof(sum[0])
	};
	const TrendShape shape = {
		.grid = {.time = TREND_NUMBER, .windowed = true, .step = 1}, .periods = 20, .width = 1};

	for (size_t c = 0; c < sizeof(count) / sizeof(count[0]); c++)
		for (uint32_t from = 0; from < 3; from++)
		{
			unsigned char one[TREND_HEAD_MAX + CELLS_RUN * TREND_CELL_MAX];
			unsigned char run[sizeof(one)];
			TrendWriter by_one = trend_writer(one, &shape), by_run = trend_writer(run, &shape);

			trend_write_run(&by_run, from, sum, rest, negative, count[c], CELLS_RUN);
			for (uint32_t i = 0; i < CELLS_RUN; i++)
			{
				const TrendCell cell = {.index = from + i,
										.sum = sum[i],
										.rest = rest[i],
										.negative = negative[i],
										.count = count[c]};

				trend_write(&by_one, &cell);
			}
			assert_int_equal(by_one.used, by_run.used);
			assert_memory_equal(one, run, by_one.used);

			TrendReader reader = trend_reader(run, by_run.used);
			TrendCell cell;

			for (uint32_t i = 0; i < CELLS_RUN; i++)
			{
				assert_true(trend_read(&reader, &cell));
				assert_int_equal(cell.index, from + i);
				assert_true(cell.sum == sum[i] && cell.rest == rest[i] && cell.count == count[c] &&
							cell.negative == negative[i]);
			}
			assert_false(trend_read(&reader, &cell));
			assert_null(reader.damaged);
		}
}

static void
test_bad_text(void **state)
{
	static const struct
	{
		const char *text;
		size_t where;
	} bad[] = {
		{"", 0},
		{"{", 1},
		{"{bigints 0 0 1 from 0 first 0 periods 1: }", 1},
		{"{bigint 0 0 0 from 0 first 0 periods 1:}", 39},
		{"{bigint 0 1 1 from 0 first 0 periods 1:}", 39},
		{"{bigint 0 0 1 from 0 first 0 periods 65537:}", 38},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 1=1/1}", 41},
		{"{bigint 0 0 1 from 0 first 0 periods 2: 1=1/1 0=1/1}", 47},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 0=nan/1}", 42},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 0=1/0}", 44},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 0=1~1/1}", 45},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 0=1e999/1}", 42},
		{"{bigint 0 0 1 from 0 first 0 periods 1: 0=1/1} x", 47},
		{"{series 0 0 1 from 0 first 0 periods 0 windowed cut:}", 52},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		size_t used, where;

		if (!trend_parse(NULL, &used, &where, bad[i].text))
			fail_msg("accepted %s", bad[i].text);
		if (where > strlen(bad[i].text) || where + 3 < bad[i].where || where > bad[i].where + 3)
			fail_msg("%s: at %zu, expected %zu", bad[i].text, where, bad[i].where);
	}
}

static TrendReader
reader_of(unsigned char *bytes, const char *text)
{
	size_t used, where;

	assert_null(trend_parse(bytes, &used, &where, text));
	return trend_reader(bytes, used);
}

/* By the values from the first period on, of which a missing one is 0; not by what a sum keeps for its rounding. */
static void
test_trend_order(void **state)
{
	static const struct
	{
		const char *a, *b;
		int order;
	} cases[] = {
		{"0=0.3~1e-17/2", "0=0.3^-1/2", 0},
		{"0=-0/1", "0=0/1", 0},
		{"0=1/1", "0=1/2", -1},
		{"1=1/1", "0=1/1", -1},
		{"1=1/1", "0=-1/1", 1},
		{"0=5/1 2=-1/1", "0=5/1", -1},
		{"", "1=0/1", -1},
		{"0=5/1", "0=5/1 1=1/1", -1},
		{"0=5/1 1=1/1", "0=5/1 2=9/1", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int turned = 0; turned < 2; turned++)
		{
			static const char head[] = "{bigint 0 0 1 from 0 first 0 periods 3: %s}";
			unsigned char bytes[2][200];
			char text[2][200];

			snprintf(text[turned], sizeof(text[0]), head, cases[i].a);
			snprintf(text[!turned], sizeof(text[0]), head, cases[i].b);

			TrendReader a = reader_of(bytes[0], text[0]), b = reader_of(bytes[1], text[1]);

			assert_int_equal(trend_order(&a, &b), turned ? -cases[i].order : cases[i].order);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_count_wraps),
		cmocka_unit_test(test_slack),
		cmocka_unit_test(test_taking_away),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_rest_of_half_a_digit),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_trend_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

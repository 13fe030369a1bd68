/* The options table: defaults, parsing with ranges, and text that reads back to the same value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/config.h"
#include "sequence/pure/net.h"
#include "uplift/pure/net.h"

typedef struct Sample
{
	int layers;
	double rate;
	bool mask;
	int pooling;
} Sample;

static const char *const poolings[] = {"last", "mean", NULL};

static const Option options[] = {
	{"layers", OPTION_INT, offsetof(Sample, layers), 2, 1, 8, NULL, "Layers."},
	{"rate", OPTION_REAL, offsetof(Sample, rate), 0.1, 0, 1, NULL, "Rate."},
	{"mask", OPTION_BOOL, offsetof(Sample, mask), 1, 0, 0, NULL, "Mask."},
	{"pooling", OPTION_CHOICE, offsetof(Sample, pooling), 1, 0, 0, poolings, "Pooling."},
};

#define N (sizeof(options) / sizeof(options[0]))

static Sample
defaults(void)
{
	Sample sample;

	memset(&sample, 0xff, sizeof(sample));
	config_defaults(&sample, options, N);
	return sample;
}

static void
test_defaults(void **state)
{
	const Sample sample = defaults();

	assert_int_equal(sample.layers, 2);
	assert_true(sample.rate == 0.1);
	assert_true(sample.mask);
	assert_int_equal(sample.pooling, 1);
	assert_ptr_equal(config_find(options, N, "mask"), &options[2]);
	assert_null(config_find(options, N, "Mask"));
}

static void
test_set(void **state)
{
	Sample sample = defaults();

	assert_int_equal(config_set(&sample, options, N, "layers", "8").code, STATUS_SUCCESS);
	assert_int_equal(config_set(&sample, options, N, "rate", "2.5e-1").code, STATUS_SUCCESS);
	assert_int_equal(config_set(&sample, options, N, "mask", "false").code, STATUS_SUCCESS);
	assert_int_equal(config_set(&sample, options, N, "pooling", "last").code, STATUS_SUCCESS);
	assert_int_equal(sample.layers, 8);
	assert_true(sample.rate == 0.25);
	assert_false(sample.mask);
	assert_int_equal(sample.pooling, 0);
}

static void
test_refusals_change_nothing(void **state)
{
	static const char *const bad[][2] = {
		{"layers", "0"},    {"layers", "9"},   {"layers", "1.5"}, {"layers", ""},  {"layers", "2x"},
		{"layers", "true"}, {"rate", "-0.1"},  {"rate", "1.1"},   {"rate", "nan"}, {"rate", "inf"},
		{"rate", "1e999"},  {"mask", "1"},     {"mask", "TRUE"},  {"mask", ""},    {"pooling", "max"},
		{"pooling", "1"},   {"pooling", "las"}};
	const Sample before = defaults();
	Sample sample = defaults();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		const Status status = config_set(&sample, options, N, bad[i][0], bad[i][1]);

		assert_int_equal(status.code, STATUS_BAD_VALUE);
		assert_string_equal(status.what, bad[i][0]);
	}
	assert_int_equal(config_set(&sample, options, N, "layer", "1").code, STATUS_UNKNOWN_OPTION);
	assert_memory_equal(&sample.layers, &before.layers, sizeof(int));
	assert_true(sample.rate == before.rate && sample.mask == before.mask && sample.pooling == before.pooling);
}

static void
test_text_reads_back(void **state)
{
	static const double rates[] = {0, 1, 0.1, 1.0 / 3, 2.0 / 3, 1e-300, 0.30000000000000004};
	char text[CONFIG_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
	{
		Sample sample = defaults(), back = defaults();

		sample.rate = rates[i];
		assert_in_range(config_text(text, sizeof(text), &sample, &options[1]), 1, CONFIG_TEXT_MAX - 1);
		assert_int_equal(config_set(&back, options, N, "rate", text).code, STATUS_SUCCESS);
		assert_true(back.rate == rates[i]);
	}
}

/* Every option that we ship: its default is in its range, survives its text, and says what it is for. */
static void
check_table(const Option *table, size_t n, void *config, void *back, size_t size)
{
	config_defaults(config, table, n);
	memcpy(back, config, size);
	for (size_t i = 0; i < n; i++)
	{
		char text[CONFIG_TEXT_MAX];

		config_text(text, sizeof(text), config, &table[i]);
		assert_int_equal(config_set(back, table, n, table[i].name, text).code, STATUS_SUCCESS);
		assert_true(strlen(table[i].help) > 5);
		assert_true(strlen(table[i].name) < 60);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(table[i].name, table[j].name);
	}
	assert_memory_equal(config, back, size);
}

static void
test_tables(void **state)
{
	static SequenceConfig sequence, sequence_back;
	static UpliftConfig uplift, uplift_back;

	check_table(sequence_options, sequence_option_count, &sequence, &sequence_back, sizeof(sequence));
	check_table(uplift_options, uplift_option_count, &uplift, &uplift_back, sizeof(uplift));
	assert_int_equal(sequence_config_check(&sequence).code, STATUS_SUCCESS);
	assert_int_equal(uplift_config_check(&uplift).code, STATUS_SUCCESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_refusals_change_nothing),
		cmocka_unit_test(test_text_reads_back),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

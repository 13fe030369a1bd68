/*
 * Gradients of whole sequence networks against finite differences, for every tensor:
 * cells, directions, layers, poolings and losses, over sequences of unequal length with missing values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sequence/pure/network.h"
#include "nn/loss.h"
#include "sequences.h"

#define N 5
#define F 2
#define TOLERANCE 1e-6
#define FLOOR 1e-9 /* below it a gradient is as good as 0 */

typedef struct Case
{
	const char *name;
	int architecture, hidden, layers, bidirectional, kernel, pooling;
	double dropout;
	size_t C;
	int normalization;
	bool forecast; /* with the labeler's channels, a summary and a baseline */
	int attributes;
} Case;

static const AttributeShapes attributes = {.n = 4, .of = {{0}, {5, 3}, {0}, {2, 1}}};

static const uint32_t every[N] = {0, 1, 2, 3, 4};

static double
loss(Network *net, real *w, const SequenceSet *set, bool backward)
{
	const real weight[] = {0.7, 1.9, 0.4};
	int32_t label[N];
	real target[N];
	Rng rng = rng_seed(5, 5);

	network_pack(net, w);
	network_forward(net, w, set, every, N, &rng);
	for (size_t b = 0; b < N; b++)
	{
		label[b] = set->label ? set->label[net->order[b]] : 0;
		target[b] = set->target ? (real) set->target[net->order[b]] : 0;
	}

	real *dscore = backward ? net->dscore : NULL;

	if (dscore)
		memset(dscore, 0, N * net->O * sizeof(real));
	if (net->C)
		return loss_cross_entropy(dscore, net->score, label, weight, 1, N, net->C);
	return loss_square(dscore, net->score, target, 1, N);
}

/* Central differences of fourth order. */
static double
difference(Network *net, real *w, const SequenceSet *set, size_t i)
{
	const double h = 1e-5; /* small, so that hardly any relu or maximum changes its mind */
	const real kept = w[i];
	double at[4];

	for (int k = 0; k < 4; k++)
	{
		w[i] = kept + h * (double[]){-2, -1, 1, 2}[k];
		at[k] = loss(net, w, set, false);
	}
	w[i] = kept;
	return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h);
}

static void
check(const Case *c)
{
	SequenceConfig config = {.architecture = c->architecture,
							 .hidden_size = c->hidden,
							 .num_layers = c->layers,
							 .bidirectional = c->bidirectional,
							 .kernel_size = c->kernel,
							 .num_features = 168,
							 .normalization = c->normalization,
							 .pooling = c->pooling,
							 .dropout = c->dropout,
							 .mask = true,
							 .inputs = c->forecast ? INPUTS_CHANGES : INPUTS_VALUES,
							 .summary_size = c->forecast ? 4 : 0,
							 .baseline = c->forecast,
							 .window_periods = c->forecast ? 6 : 0,
							 .horizon_periods = c->forecast ? 2 : 0,
							 .trend_feature = c->forecast && c->C ? 2 : 0};
	const double push =
		c->architecture == SEQUENCE_MINIROCKET ? 0.02 : 0.4; /* its head adds up many features */
	Rng rng = rng_seed(1, 2);
	TestSet data = test_set_random(&rng, N, F, c->C, 1, 7, 0.2);
	ParamTable table;
	Network net;
	Arena measured = arena_measure();
	void *block;

	config.attributes = attributes;
	config.attributes.n = c->attributes;
	test_set_attributes(&data, &rng, &config.attributes, 0.3);
	seqnet_params(&table, &config, F, c->C);
	network_init(&net, &config, F, c->C);
	network_carve_weights(&net, &measured);
	network_carve_work(&net, &measured, 7, N, true);

	Arena arena = test_arena(&measured, &block);

	network_carve_weights(&net, &arena);
	network_carve_work(&net, &arena, 7, N, true);

	real *w = malloc(table.total * sizeof(real));
	real *dw = calloc(table.total, sizeof(real));

	params_init(w, &table, &rng);
	for (size_t i = 0; (c->forecast || c->attributes) && i < table.total; i++)
		w[i] += push * (0.25 + rng_uniform(&rng)); /* what begins at 0 has no gradient behind it */
	loss(&net, w, &data.set, true);
	network_backward(&net, dw, w, true);
	for (size_t p = 0; p < table.count; p++)
		for (size_t i = 0; i < table.param[p].size && !table.param[p].fixed; i++)
		{
			const size_t at = table.param[p].offset + i;
			const double want = difference(&net, w, &data.set, at);
			const double error = fabs(dw[at] - want);

			if (error > TOLERANCE * fmax(fabs(want), fabs(dw[at])) + FLOOR)
				fail_msg("%s: %s[%zu] is %.12g, differences give %.12g", c->name, table.param[p].name, i,
						 dw[at], want);
		}
	free(w);
	free(dw);
	free(block);
	test_set_free(&data);
}

static void
test_lstm(void **state)
{
	static const Case cases[] = {
		{"lstm", SEQUENCE_LSTM, 3, 1, 0, 3, POOLING_LAST, 0, 3},
		{"lstm, bidirectional", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_LAST, 0, 3},
		{"lstm, three layers, both", SEQUENCE_LSTM, 2, 3, 1, 3, POOLING_LAST, 0, 3},
		{"lstm, dropout", SEQUENCE_LSTM, 4, 2, 1, 3, POOLING_MEAN, 0.4, 3},
		{"lstm, number", SEQUENCE_LSTM, 3, 1, 0, 3, POOLING_LAST, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void
test_gru(void **state)
{
	static const Case cases[] = {
		{"gru", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0, 3},
		{"gru, bidirectional", SEQUENCE_GRU, 3, 1, 1, 3, POOLING_LAST, 0, 3},
		{"gru, three layers, both", SEQUENCE_GRU, 2, 3, 1, 3, POOLING_LAST, 0, 3},
		{"gru, dropout", SEQUENCE_GRU, 4, 2, 1, 3, POOLING_MEAN, 0.4, 3},
		{"gru, number", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void
test_tcn(void **state)
{
	static const Case cases[] = {
		{"tcn, one block", SEQUENCE_TCN, 3, 1, 0, 2, POOLING_LAST, 0, 3},
		{"tcn, as wide as its input", SEQUENCE_TCN, 4, 2, 0, 3, POOLING_LAST, 0, 3},
		{"tcn, three blocks", SEQUENCE_TCN, 3, 3, 0, 3, POOLING_LAST, 0, 3},
		{"tcn, all steps", SEQUENCE_TCN, 3, 3, 0, 2, POOLING_MEAN, 0, 3},
		{"tcn, dropout", SEQUENCE_TCN, 5, 2, 0, 3, POOLING_ATTENTION, 0.3, 3},
		{"tcn, number", SEQUENCE_TCN, 3, 2, 0, 3, POOLING_LAST, 0, 0},
		{"tcn, normalised", SEQUENCE_TCN, 3, 2, 0, 3, POOLING_MEAN, 0, 3, NORMALIZATION_BATCH},
		{"tcn, normalised, dropout", SEQUENCE_TCN, 4, 2, 0, 2, POOLING_ATTENTION, 0.3, 3,
		 NORMALIZATION_BATCH},
		{"tcn, normalised, last step", SEQUENCE_TCN, 3, 2, 0, 3, POOLING_LAST, 0, 0, NORMALIZATION_BATCH},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void
test_forecasts(void **state)
{
	static const Case cases[] = {
		{"gru, forecast", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0.3, 3, .forecast = true},
		{"lstm, forecast", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_MEAN, 0, 3, .forecast = true},
		{"tcn, forecast", SEQUENCE_TCN, 3, 2, 0, 3, POOLING_MAX, 0, 3, NORMALIZATION_BATCH, true},
		{"gru, forecast of a number", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0, 0, .forecast = true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

/* Its features are measured, and have no gradient: the head and the summary have. */
static void
test_minirocket(void **state)
{
	static const Case cases[] = {
		{"minirocket", SEQUENCE_MINIROCKET, 1, 1, 0, 3, POOLING_LAST, 0, 3, .forecast = true},
		{"minirocket, dropout", SEQUENCE_MINIROCKET, 1, 1, 0, 3, POOLING_LAST, 0.3, 3, .forecast = true},
		{"minirocket, number", SEQUENCE_MINIROCKET, 1, 1, 0, 3, POOLING_LAST, 0, 0, .forecast = true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void
test_attributes(void **state)
{
	static const Case cases[] = {
		{"gru, attributes", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0.3, 3, .forecast = true,
		 .attributes = 4},
		{"lstm, both ways, attributes", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_MEAN, 0, 3, .forecast = true,
		 .attributes = 4},
		{"tcn, attributes", SEQUENCE_TCN, 3, 2, 0, 3, POOLING_MAX, 0, 3, NORMALIZATION_BATCH, true, 3},
		{"gru, a number by one attribute", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0, 0, .forecast = true,
		 .attributes = 1},
		{"gru, attributes without hidden units", SEQUENCE_GRU, 3, 1, 0, 3, POOLING_LAST, 0.3, 3,
		 .attributes = 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void
test_poolings(void **state)
{
	static const Case cases[] = {
		{"mean", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_MEAN, 0, 3},
		{"max", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_MAX, 0, 3},
		{"attention", SEQUENCE_LSTM, 3, 1, 1, 3, POOLING_ATTENTION, 0, 3},
		{"attention, number", SEQUENCE_GRU, 3, 2, 0, 3, POOLING_ATTENTION, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lstm),       cmocka_unit_test(test_gru),
		cmocka_unit_test(test_tcn),        cmocka_unit_test(test_poolings),
		cmocka_unit_test(test_forecasts),  cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_minirocket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

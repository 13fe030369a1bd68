/* Cases worked by hand: cells, convolution, pooling, losses, AdamW, sampling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sequence/pure/attributes.h"
#include "model/moments.h"
#include "sequence/pure/train_sample.h"
#include "nn/adam.h"
#include "sequence/pure/conv.h"
#include "nn/dense.h"
#include "nn/dropout.h"
#include "nn/loss.h"
#include "sequence/pure/norm.h"
#include "sequence/pure/pooling.h"
#include "sequence/pure/recurrent.h"
#include "sequences.h"

static void
near(double got, double want)
{
	if (!(fabs(got - want) < 1e-5))
		fail_msg("%.9g is not %.9g", got, want);
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* Sequence 0 has both steps, sequence 1 the last alone. */
static size_t two_steps_row[] = {0, 1, 3};
static const Steps two_steps = {2, 2, two_steps_row};

static void
run_cell(const RecurrentCell *cell, real *y, const real *x, RecurrentTensors *tensors)
{
	Recurrent layer = {.I = 1, .H = 1};
	Arena measured = arena_measure();
	void *block;

	recurrent_carve_weights(&layer, &measured);
	recurrent_carve_work(&layer, &measured, 4, 2, false);

	Arena arena = test_arena(&measured, &block);

	recurrent_carve_weights(&layer, &arena);
	recurrent_carve_work(&layer, &arena, 4, 2, false);
	cell->pack(&layer, tensors);
	cell->forward(&layer, y, 1, x, &two_steps);
	free(block);
}

static void
test_lstm(void **state)
{
	real w_ih[] = {0.5f, -0.3f, 0.8f, 0.2f};
	real w_hh[] = {0.1f, 0.4f, -0.6f, 0.7f};
	real b_ih[] = {0, 1, 0, 0.1f};
	real b_hh[] = {0.2f, 0, 0, 0};
	const real x[] = {1, 2, -1};
	RecurrentTensors tensors = {w_ih, w_hh, b_ih, b_hh};
	real y[3];

	run_cell(&lstm_cell, y, x, &tensors);

	const double c0 = sigmoid(0.7) * tanh(0.8);
	const double h0 = sigmoid(0.3) * tanh(c0);
	const double c1 = sigmoid(0.4 + 0.4 * h0) * c0 + sigmoid(1.2 + 0.1 * h0) * tanh(1.6 - 0.6 * h0);

	near(y[0], h0);
	near(y[1], sigmoid(0.5 + 0.7 * h0) * tanh(c1));
	near(y[2], sigmoid(-0.1) * tanh(sigmoid(-0.3) * tanh(-0.8)));
}

static void
test_gru(void **state)
{
	real w_ih[] = {0.5f, -0.3f, 0.8f};
	real w_hh[] = {0.1f, 0.4f, -0.6f};
	real b_ih[] = {0, 1, 0.3f};
	real b_hh[] = {0.2f, 0, -0.4f};
	const real x[] = {1, 2, -1};
	RecurrentTensors tensors = {w_ih, w_hh, b_ih, b_hh};
	real y[3];

	run_cell(&gru_cell, y, x, &tensors);

	const double h0 = (1 - sigmoid(0.7)) * tanh(1.1 + sigmoid(0.7) * -0.4);
	const double n1 = tanh(1.9 + sigmoid(1.2 + 0.1 * h0) * (-0.4 - 0.6 * h0));
	const double z1 = sigmoid(0.4 + 0.4 * h0);

	near(y[0], h0);
	near(y[1], (1 - z1) * n1 + z1 * h0);
	near(y[2], (1 - sigmoid(1.3)) * tanh(-0.5 + sigmoid(-0.3) * -0.4));
}

/* Two taps, two steps apart, over four steps: y_t = 10 + 2 x_{t-2} + 3 x_t. */
static void
test_conv(void **state)
{
	Conv conv = {.I = 1, .O = 1, .taps = 2, .dilation = 2};
	size_t row[] = {0, 1, 2, 3, 4};
	const Steps steps = {4, 1, row};
	const real w[] = {2, 3};
	const real b[] = {10};
	const real x[] = {1, 2, 3, 4};
	const uint8_t need[] = {1, 0, 1, 1};
	uint8_t need_in[4] = {0};
	real y[] = {-1, -1, -1, -1};
	Arena measured = arena_measure();
	void *block;

	conv_carve_weights(&conv, &measured);
	conv_carve_work(&conv, &measured, false);

	Arena arena = test_arena(&measured, &block);

	conv_carve_weights(&conv, &arena);
	conv_carve_work(&conv, &arena, false);
	conv_pack(&conv, w, b);
	conv_forward(&conv, y, x, need, &steps);
	near(y[0], 13);
	near(y[1], -1);
	near(y[2], 10 + 2 + 9);
	near(y[3], 10 + 4 + 12);
	conv_need(&conv, need_in, (const uint8_t[]){0, 0, 0, 1}, 4);
	assert_memory_equal(need_in, ((const uint8_t[]){0, 1, 0, 1}), 4);
	free(block);
}

static void
test_pool(void **state)
{
	const real y[] = {4, 1, /* second step: */ 2, 5, -3, 7}; /* D = 2, the second column reversed */
	const real w[] = {0, 0};
	const double want[][4] = {{2, 1, -3, 7}, {3, 3, -3, 7}, {4, 5, -3, 7}, {3, 3, -3, 7}};

	for (int kind = POOLING_LAST; kind <= POOLING_ATTENTION; kind++)
	{
		Pooling pooling = {.kind = kind, .D = 2, .forward = 1};
		Arena measured = arena_measure();
		void *block;
		real out[4];

		pooling_carve(&pooling, &measured, 4, 2);

		Arena arena = test_arena(&measured, &block);

		pooling_carve(&pooling, &arena, 4, 2);
		pooling_forward(&pooling, out, y, w, &two_steps);
		for (int i = 0; i < 4; i++)
			near(out[i], want[kind][i]);
		free(block);
	}
}

static void
test_dense_and_losses(void **state)
{
	const real w[] = {1, 2, 3, 4};
	const real b[] = {10, 20};
	const real x[] = {1, -1};
	const real weight[] = {1, 4};
	const int32_t label[] = {1};
	const real target[] = {21};
	real y[2];
	real dy[2] = {0};

	dense_forward(y, x, w, b, 1, 2, 2);
	near(y[0], 9);
	near(y[1], 19);
	near(loss_cross_entropy(dy, y, label, weight, 0.5f, 1, 2), 4 * log(1 + exp(-10)));
	near(dy[0], 2 / (1 + exp(10)));
	near(dy[1], -2 / (1 + exp(10)));
	dy[0] = 0;
	near(loss_square(dy, y + 1, target, 0.5f, 1), 4);
	near(dy[0], -2);
	softmax(y, (const real[]){1000, 1000}, 2);
	near(y[0], 0.5);
}

/* P(class <= k) of the three classes: 1/4, 3/4, 1; and the gradient against differences. */
static void
test_ranked_loss(void **state)
{
	const real score[] = {0, logf(2), 0};
	const real weight[] = {1, 1, 3};
	const real h = 0.01f;

	for (int32_t label = 0; label < 3; label++)
	{
		const double want[] = {0.5625 + 0.0625, 0.0625 + 0.0625, 3 * (0.0625 + 0.5625)};
		real dscore[3] = {0};

		near(loss_ranked(dscore, score, &label, weight, 0.5f, 1, 3), want[label]);
		for (int j = 0; j < 3; j++)
		{
			real up[3], down[3];

			memcpy(up, score, sizeof(up));
			memcpy(down, score, sizeof(down));
			up[j] += h;
			down[j] -= h;
			assert_float_equal(dscore[j],
							   0.5 *
								   (loss_ranked(NULL, up, &label, weight, 1, 1, 3) -
									loss_ranked(NULL, down, &label, weight, 1, 1, 3)) /
								   (2 * (double) h),
							   1e-4);
		}
	}
	(void) state;
}

/* The first step moves every weight by the learning rate, whatever the gradient's size. */
static void
test_adam(void **state)
{
	real w[] = {1, 1};
	real m[2] = {0};
	real v[2] = {0};
	const real dw[] = {100, -0.5f};
	const AdamStep step = {.learning_rate = 0.1, .weight_decay = 0.5, .gradient_scale = 0.25, .step = 1};

	adam_update(w, m, v, dw, &step, 2);
	near(w[0], 0.95 - 0.1);
	near(w[1], 0.95 + 0.1);
	near(adam_square_norm(dw, 2), 10000.25);
	near(adam_clip(4, 1), 0.25);
	near(adam_clip(0.5, 1), 1);
	near(adam_clip(4, 0), 1);
	near(adam_schedule(1, 0, 4, 8, 1), 0.25);
	near(adam_schedule(1, 4, 4, 8, 1), 1);
	near(adam_schedule(1, 6, 4, 8, 1), 0.505);
	near(adam_schedule(1, 8, 4, 8, 1), 0.01);
	near(adam_schedule(1, 7, 4, 8, 0), 1);
}

static void
test_dropout(void **state)
{
	Rng rng = rng_seed(1, 1);
	real x[10000];
	uint8_t keep[10000];
	double kept = 0;

	for (int i = 0; i < 10000; i++)
		x[i] = 3;
	dropout_forward(x, keep, &rng, 0.25, 10000);
	for (int i = 0; i < 10000; i++)
	{
		near(x[i], keep[i] ? 4 : 0);
		kept += keep[i];
	}
	assert_true(fabs(kept / 10000 - 0.75) < 0.02);
}

static void
test_dropout_of_channels(void **state)
{
	Rng rng = rng_seed(1, 1);
	real factor[10000];
	double kept = 0;

	dropout_draw(factor, &rng, 0.25, 10000);
	for (int i = 0; i < 10000; i++)
	{
		real x = 3;

		near(factor[i], factor[i] > 0 ? 1 / 0.75 : 0);
		dropout_apply(&x, factor + i, 1);
		near(x, factor[i] > 0 ? 4 : 0);
		kept += factor[i] > 0;
	}
	assert_true(fabs(kept / 10000 - 0.75) < 0.02);
}

/* Every sequence of a class is drawn as often as any other, but for one; all classes equally often. */
static void
test_sampling(void **state)
{
	Rng rng = rng_seed(3, 3);
	TestSet s = test_set_random(&rng, 50, 1, 2, 1, 9, 0);
	uint32_t train[50];
	uint32_t held[50];
	uint32_t order[60];
	uint32_t scratch[50];
	size_t count[11];
	size_t begin[3];
	size_t n_held;
	size_t drawn[50] = {0};

	for (size_t i = 0; i < 50; i++)
	{
		s.label[i] = i < 8 ? 1 : 0;
		s.held_out[i] = i >= 45;
	}
	s.label[49] = -1;
	sample_split(train, begin, held, &n_held, &s.set, 2);
	assert_int_equal(n_held, 4);
	assert_int_equal(begin[1], 37);
	assert_int_equal(begin[2], 45);
	assert_int_equal(sample_per_class(begin, 2, 0), 23);
	assert_int_equal(sample_per_class(begin, 2, 30), 30);
	assert_int_equal(sample_per_class(begin, 2, 1), 37);
	assert_int_equal(sample_per_class(begin, 2, 0.26), 10);
	sample_balanced(order, train, begin, 30, 2, &rng);
	for (size_t i = 0; i < 60; i++)
		drawn[order[i]]++;
	for (size_t i = 0; i < 45; i++)
		assert_true(i < 8 ? drawn[i] == 3 || drawn[i] == 4 : drawn[i] <= 1);

	sample_sort_by_length(train, scratch, count, &s.set, 45, 9);
	for (size_t i = 1; i < 45; i++)
		assert_true(s.start[train[i - 1] + 1] - s.start[train[i - 1]] >=
					s.start[train[i] + 1] - s.start[train[i]]);

	double weight[2];
	real bias[2];
	const real ones[] = {1, 1};

	sample_class_weights(weight, begin, 2);
	near(37 * weight[0], 8 * weight[1]);
	sample_prior_bias(bias, begin, ones, true, 2);
	near(bias[0] - bias[1], log(37.0 / 8.0));
	sample_prior_bias(bias, begin, ones, false, 2);
	near(bias[0] - bias[1], 0);
	test_set_free(&s);
}

static void
run_norm(real *y, const uint8_t *need, bool batch)
{
	real tensors[] = {2, 1, 1, 4}; /* gain, shift, mean, var */
	Norm norm = {.H = 1};
	Arena measured = arena_measure();
	void *block;

	norm_carve_weights(&norm, &measured);
	norm_carve_work(&norm, &measured, 3, true);

	Arena arena = test_arena(&measured, &block);

	norm_carve_weights(&norm, &arena);
	norm_carve_work(&norm, &arena, 3, true);
	norm_pack(&norm, &(NormTensors){tensors, tensors + 1, tensors + 2, tensors + 3});
	norm_forward(&norm, y, need, &two_steps, batch);
	free(block);
}

static void
test_norm(void **state)
{
	static const uint8_t both[] = {1, 1};
	static const uint8_t last[] = {0, 1};
	real all[] = {1, 2, 6};
	real needed[] = {1, 2, 6};
	real stored[] = {1, 2, 6};

	/* Mean 3, variance 14/3. */
	run_norm(all, both, true);
	near((double) all[0], 1 - 4 / sqrt(14.0 / 3));
	near((double) all[2], 1 + 6 / sqrt(14.0 / 3));

	/* Of the last step alone: mean 4, variance 4. */
	run_norm(needed, last, true);
	near((double) needed[0], 1);
	near((double) needed[1], -1);
	near((double) needed[2], 3);

	/* By what is stored: (y - 1) / 2 · 2 + 1. */
	run_norm(stored, both, false);
	near((double) stored[0], 1);
	near((double) stored[1], 2);
	near((double) stored[2], 6);
}

static void
test_moments(void **state)
{
	const float v[] = {1e6f, 1e6f + 1, NAN, 1e6f + 2, 1e6f + 3};
	Moments all = moments_of(v, 2, 1);
	const Moments rest = moments_of(v + 2, 3, 1);
	Moments none = {0};

	moments_merge(&all, &rest);
	near(all.mean, 1e6 + 1.5);
	near(moments_scale(&all), sqrt(1.25));
	near(moments_scale(&none), 1);
	moments_merge(&none, &all);
	near(none.mean, all.mean);
}

/* Eighths of the users; of a number with few values each is an edge; one that is the same for all says nothing. */
static void
test_attribute_edges(void **state)
{
	float many[801], few[] = {2, 0, 1, 0, 2, 2}, same[] = {7, 7};
	real edge[ATTRIBUTE_BINS + 1];

	for (int i = 0; i <= 800; i++)
		many[i] = (float) ((i * 7) % 801);
	attribute_edges(edge, many, 801);
	for (int k = 0; k <= ATTRIBUTE_BINS; k++)
		assert_float_equal(edge[k], 100 * k, 1e-6);
	attribute_edges(edge, few, 6);
	for (int k = 0; k <= ATTRIBUTE_BINS; k++)
		assert_float_equal(edge[k], k < 2 ? k : 2, 1e-6);
	attribute_edges(edge, same, 2);
	assert_float_equal(edge[0], 7, 0);
	assert_float_equal(edge[ATTRIBUTE_BINS], 7, 0);
	attribute_edges(edge, same, 0);
	assert_float_equal(edge[ATTRIBUTE_BINS], 0, 0);
}

/* A number, a category of two rows more than its one value, by hand. */
static void
test_attributes(void **state)
{
	const AttributeShapes shapes = {.n = 2, .of = {{0}, {3, 2}}};
	const float value[] = {2.5f, ATTRIBUTE_VALUES}, unknown[] = {NAN, ATTRIBUTE_UNKNOWN};
	const real dout[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 6};
	real w[] = {0, 1, 2, 4, 4, 4, 4, 4, 4, 10, 11, 20, 21, 30, 31}, out[11], dw[15] = {0};
	ParamTable table = {0};

	attributes_params(&table, &shapes);
	assert_int_equal(table.total, 15);
	assert_int_equal(attributes_inputs(&shapes), 11);

	const AttributeTensors at = attributes_locate(&table, &shapes);

	attributes_write(out, value, w, &at, &shapes);
	for (int k = 0; k < 11; k++)
		assert_float_equal(out[k], ((real[]){1, 1, 0.25f, 0, 0, 0, 0, 0, 0, 30, 31})[k], 1e-6);
	attributes_write(out, unknown, w, &at, &shapes);
	for (int k = 0; k < 11; k++)
		assert_float_equal(out[k], ((real[]){0, 0, 0, 0, 0, 0, 0, 0, 1, 10, 11})[k], 1e-6);
	attributes_backward(dw, dout, value, &at, &shapes);
	for (int k = 0; k < 15; k++)
		assert_float_equal(dw[k], k == 13 ? 5 : k == 14 ? 6 : 0, 0);
}

/* One value in fifty: of a category half of them as unknown, half as unseen. */
static void
test_attributes_hidden(void **state)
{
	const AttributeShapes shapes = {.n = 2, .of = {{0}, {3, 2}}};
	Rng rng = rng_seed(3, 4);
	int numbers = 0, unknown = 0, unseen = 0;

	for (int i = 0; i < 10000; i++)
	{
		float value[] = {1, ATTRIBUTE_VALUES};

		attributes_hide(value, &shapes, &rng);
		numbers += isnan(value[0]);
		unknown += value[1] == ATTRIBUTE_UNKNOWN;
		unseen += value[1] == ATTRIBUTE_UNSEEN;
	}
	assert_in_range(numbers, 150, 250);
	assert_in_range(unknown, 60, 140);
	assert_in_range(unseen, 60, 140);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lstm),
		cmocka_unit_test(test_gru),
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_adam),
		cmocka_unit_test(test_dense_and_losses),
		cmocka_unit_test(test_ranked_loss),
		cmocka_unit_test(test_dropout),
		cmocka_unit_test(test_dropout_of_channels),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_attribute_edges),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_attributes_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

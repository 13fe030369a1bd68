/*
 * MiniRocket: features against the reference implementation's (test/fixtures, see make_minirocket_fixtures.py there), a
 * case worked by hand, and the closed form of a head.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/codec.h"
#include "sequence/pure/closed_state.h"
#include "sequence/pure/minirocket.h"
#include "sequence/pure/train.h"
#include "sequences.h"

typedef struct Fixture
{
	void *bytes;
	Codec codec;
} Fixture;

static float *
tensor(const Fixture *f, const char *name, const CodecTensor **shape)
{
	*shape = codec_find(&f->codec, name);
	assert_non_null(*shape);

	float *v = malloc((*shape)->size * sizeof(float));

	assert_int_equal(codec_read_tensor(&f->codec, *shape, v).code, STATUS_SUCCESS);
	return v;
}

static Fixture *
open_fixture(const char *name)
{
	Fixture *f = calloc(1, sizeof(*f));
	char path[256];

	snprintf(path, sizeof(path), "test/fixtures/minirocket_%s.safetensors", name);

	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("cannot open %s: tests run from the top of the project", path);
	f->bytes = malloc(1 << 20);

	const size_t size = fread(f->bytes, 1, 1 << 20, file);

	fclose(file);
	assert_int_equal(codec_open(&f->codec, f->bytes, size).code, STATUS_SUCCESS);
	return f;
}

static RocketWork
work_for(const Rocket *rocket, void **block)
{
	RocketWork work;
	Arena measured = arena_measure();

	rocket_carve(&work, &measured, rocket);

	Arena arena = test_arena(&measured, block);

	rocket_carve(&work, &arena, rocket);
	return work;
}

static void
check_dilations(const Fixture *f, const Rocket *rocket)
{
	const CodecTensor *shape;
	float *dilation = tensor(f, "dilation", &shape);
	float *count = tensor(f, "count", &shape);

	assert_int_equal(rocket->dilations, shape->size);
	for (size_t d = 0; d < rocket->dilations; d++)
	{
		assert_int_equal(rocket->dilation[d], (size_t) dilation[d]);
		assert_int_equal(rocket->count[d], (size_t) count[d]);
	}
	free(dilation);
	free(count);
}

/*
 * The features of each series, all at once and in two parts, by the code for each level of this processor. Sums are rounded in another order there, so that a position
 * on the bias itself may fall to the other side: one in a thousand features may differ by one position.
 */
static void
check_reference(const char *name, const RocketLevel *level)
{
	Fixture *f = open_fixture(name);
	const CodecTensor *shape, *features, *of_channel, *of_bias;
	float *x = tensor(f, "x", &shape), *want = tensor(f, "feature", &features);
	float *channel = tensor(f, "channel", &of_channel), *bias = tensor(f, "bias", &of_bias);
	const Rocket rocket = rocket_make(shape->dim[2], shape->dim[1], of_bias->size);
	const size_t pairs = rocket_pairs(&rocket), P = rocket_feature(&rocket, pairs), half = pairs / 2;
	const size_t split = rocket_feature(&rocket, half);
	real *got = malloc(P * sizeof(real));
	size_t differ = 0;
	void *block;
	RocketWork work = work_for(&rocket, &block);

	work.level = level;
	check_dilations(f, &rocket);
	assert_int_equal(P, of_bias->size);
	assert_int_equal(pairs, of_channel->dim[0]);
	for (size_t i = 0; i < shape->dim[0]; i++)
	{
		rocket_clear(&rocket, &work);
		for (size_t c = 0; c < rocket.I; c++)
			memcpy(rocket_channel(&rocket, &work, c), x + (i * rocket.I + c) * rocket.T,
				   rocket.T * sizeof(float));
		rocket_features(got, &rocket, &work, channel, bias, 0, half);
		rocket_features(got + split, &rocket, &work, channel, bias, half, pairs);
		for (size_t j = 0; j < P; j++)
			differ += fabsf(got[j] - want[i * P + j]) > 1e-6f;
	}
	if (differ * 1000 > P * shape->dim[0])
		fail_msg("%s, %s: %zu of %zu features differ", name, level->name, differ, P * shape->dim[0]);
	free(got);
	free(x);
	free(want);
	free(channel);
	free(bias);
	free(block);
	free(f->bytes);
	free(f);
}

static void
test_reference(void **state)
{
	const RocketLevel *level = rocket_levels;

	for (;; level++)
	{
		if (level->supported())
			check_reference(*state, level);
		if (strcmp(level->name, "any") == 0)
			return;
	}
}

/* A one in the middle of nine zeros: the convolution is 2 where a tap of 2 meets it, and -1 elsewhere. */
static void
test_by_hand(void **state)
{
	const Rocket rocket = rocket_make(0, 1, 84);
	const real channel[ROCKET_KERNELS] = {[0 ... ROCKET_KERNELS - 1] = 1};
	const real bias[ROCKET_KERNELS] = {0};
	real got[ROCKET_KERNELS];
	void *block;
	RocketWork work = work_for(&rocket, &block);

	assert_int_equal(rocket.T, 9);
	rocket_clear(&rocket, &work);
	rocket_channel(&rocket, &work, 0)[4] = 1;
	rocket_features(got, &rocket, &work, channel, bias, 0, ROCKET_KERNELS);
	for (size_t k = 0; k < ROCKET_KERNELS; k++)
	{
		const uint8_t *tap = rocket.tap[k];
		const bool middle = tap[0] == 4 || tap[1] == 4 || tap[2] == 4;

		assert_true(fabsf(got[k] - (k % 2 == 0 ? 3.0f / 9 : middle)) < 1e-6f);
	}
	free(block);
}

/* Of one channel all pairs read it; of many, from 1 to 9, not always the same, and none that is constant. */
static void
test_channels(void **state)
{
	const Rocket one = rocket_make(30, 1, 84), many = rocket_make(30, 20, 84);
	Rng rng = rng_seed(1, 1);
	real channel[20];
	bool constant[20] = {false};
	size_t fewest = 20, most = 0;

	(void) state;
	constant[3] = constant[19] = true;

	for (int i = 0; i < 200; i++)
	{
		size_t n = 0;

		rocket_draw_channels(channel, &one, constant, &rng);
		assert_true(channel[0] == 1);
		rocket_draw_channels(channel, &many, constant, &rng);
		assert_true(channel[3] == 0 && channel[19] == 0);
		for (size_t j = 0; j < 20; j++)
			n += channel[j] == 1;
		fewest = n < fewest ? n : fewest;
		most = n > most ? n : most;
	}
	assert_int_equal(fewest, 1);
	assert_int_equal(most, 9);
}

/* Quantiles of the convolution: at least one position above the least of many, none above the largest value. */
static void
test_biases(void **state)
{
	const Rocket rocket = rocket_make(20, 1, 84 * 7);
	real channel[64 * ROCKET_KERNELS], bias[84 * 7], got[84 * 7];
	Rng rng = rng_seed(2, 1);
	double mean = 0;
	void *block;
	RocketWork work = work_for(&rocket, &block);

	assert_true(rocket_pairs(&rocket) <= 64 * ROCKET_KERNELS);
	for (size_t i = 0; i < rocket_pairs(&rocket); i++)
		channel[i] = 1;
	rocket_clear(&rocket, &work);
	for (size_t t = 0; t < rocket.T; t++)
		rocket_channel(&rocket, &work, 0)[t] = (real) rng_normal(&rng);
	for (size_t pair = 0; pair < rocket_pairs(&rocket); pair++)
		rocket_fit_biases(bias, &rocket, &work, channel, pair);
	rocket_features(got, &rocket, &work, channel, bias, 0, rocket_pairs(&rocket));
	for (size_t i = 0; i < 84 * 7; i++)
		mean += (double) got[i] / (84 * 7);
	assert_true(mean > 0.4 && mean < 0.6);
	free(block);
}

/* ---- Training ---- */

#define FEATURES (84 * 4)

/* Classes by where a bump is; a number by how high it is. */
static void
make_bumps(TestSet *data, Rng *rng, size_t C)
{
	for (size_t i = 0; i < data->set.N; i++)
	{
		const size_t class = rng_below(rng, 3), T = data->start[i + 1] - data->start[i];
		const float height = (float) (1 + rng_uniform(rng));

		data->label[i] = (int32_t) class;
		data->target[i] = height;
		data->held_out[i] = i % 4 == 0;
		for (size_t t = 0; t < T; t++)
			data->value[data->start[i] + t] =
				(float) rng_normal(rng) * 0.2f + (t / 8 == class ? (C ? 2 : height) : 0);
	}
}

static SequenceTask *
train_bumps(const TestSet *data, size_t C, int num_features, int balance, int max_epochs, void **block)
{
	SequenceTask *task = calloc(1, sizeof(*task));
	SequenceSetup setup = {
		.N = data->set.N, .F = 1, .C = C, .steps = data->start[data->set.N], .longest = 24};
	Arena measured = arena_measure();

	config_defaults(&setup.config, sequence_options, sequence_option_count);
	setup.config.architecture = SEQUENCE_MINIROCKET;
	setup.config.window_periods = 24;
	setup.config.num_features = num_features;
	setup.config.max_epochs = max_epochs;
	setup.balance = balance;
	setup.seed = 7;
	assert_int_equal(sequence_config_check(&setup.config).code, STATUS_SUCCESS);
	seqtrain_carve(task, &measured, &setup);
	seqtrain_carve_work(task, &measured);

	Arena arena = test_arena(&measured, block);

	seqtrain_carve(task, &arena, &setup);
	seqtrain_carve_work(task, &arena);
	memcpy(task->data.start, data->start, (setup.N + 1) * sizeof(size_t));
	memcpy(task->data.value, data->value, setup.steps * sizeof(float));
	memcpy(task->data.held_out, data->held_out, setup.N);
	if (C)
		memcpy(task->data.label, data->label, setup.N * sizeof(int32_t));
	else
		memcpy(task->data.target, data->target, setup.N * sizeof(float));

	const Job job = seqtrain_job(task);

	for (size_t items; (items = job_next(&job)) > 0;)
		for (size_t i = 0; i < items; i++)
			job_item(&job, i, 0);
	return task;
}

static void
test_closed_form(void **state)
{
	Rng rng = rng_seed(8, 1);
	TestSet data = test_set_random(&rng, 160, 1, 3, 24, 24, 0);
	static const int balances[] = {BALANCE_NONE, BALANCE_WEIGHTS, BALANCE_RESAMPLE};

	make_bumps(&data, &rng, 3);
	for (int i = 0; i < 3; i++)
	{
		void *block;
		SequenceTask *task = train_bumps(&data, 3, FEATURES, balances[i], 0, &block);
		const SequenceResult *result = seqtrain_result(task);

		assert_int_equal(result->report.epoch, 0);
		assert_true(result->valid_metric > 0.95);
		assert_true(result->valid_loss < 0.25 * result->baseline_loss);
		free(task);
		free(block);
	}
	test_set_free(&data);
}

/* So many features that they are made in parts, and twice. */
static void
test_parts(void **state)
{
	Rng rng = rng_seed(11, 1);
	TestSet data = test_set_random(&rng, 400, 1, 3, 24, 24, 0);
	void *block;

	make_bumps(&data, &rng, 3);

	SequenceTask *task = train_bumps(&data, 3, 50000, BALANCE_WEIGHTS, 0, &block);

	assert_true(task->closed.state->pair > 0);
	assert_true(seqtrain_result(task)->valid_metric > 0.95);
	assert_true(seqtrain_result(task)->valid_loss < 0.25 * seqtrain_result(task)->baseline_loss);
	free(task);
	free(block);
	test_set_free(&data);
}

/* Epochs go on from the closed form, and are kept only where they are better on the held-out part. */
static void
test_epochs_after(void **state)
{
	Rng rng = rng_seed(9, 1);
	TestSet data = test_set_random(&rng, 160, 1, 3, 24, 24, 0);
	void *block, *longer_block;

	make_bumps(&data, &rng, 3);

	SequenceTask *task = train_bumps(&data, 3, FEATURES, BALANCE_NONE, 0, &block);
	SequenceTask *longer = train_bumps(&data, 3, FEATURES, BALANCE_NONE, 2, &longer_block);

	assert_int_equal(seqtrain_result(longer)->report.epoch, 2);
	assert_true(seqtrain_result(longer)->valid_loss <= seqtrain_result(task)->valid_loss + 1e-6);
	free(task);
	free(longer);
	free(block);
	free(longer_block);
	test_set_free(&data);
}

static void
test_closed_form_of_numbers(void **state)
{
	Rng rng = rng_seed(10, 1);
	TestSet data = test_set_random(&rng, 160, 1, 0, 24, 24, 0);
	void *block;

	make_bumps(&data, &rng, 0);

	SequenceTask *task = train_bumps(&data, 0, FEATURES, BALANCE_NONE, 0, &block);

	assert_true(seqtrain_result(task)->valid_metric > 0.5);
	free(task);
	free(block);
	test_set_free(&data);
}

#define REFERENCE(name)                                                                                      \
	{                                                                                                        \
#name, test_reference, NULL, NULL, (void *) #name                                                    \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		REFERENCE(short),
		REFERENCE(one),
		REFERENCE(many),
		REFERENCE(long),
		REFERENCE(published),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_biases),
		cmocka_unit_test(test_closed_form),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_epochs_after),
		cmocka_unit_test(test_closed_form_of_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

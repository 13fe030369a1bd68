/* Outputs and gradients against PyTorch's, from test/fixtures (see make_sequence_fixtures.py there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/codec.h"
#include "sequence/pure/network.h"
#include "nn/loss.h"
#include "sequences.h"

#define TOLERANCE 1e-5

typedef struct Fixture
{
	void *bytes;
	Codec codec;
	SequenceConfig config;
	size_t F, C;
	SequenceSet set;
} Fixture;

static float *
tensor(const Fixture *f, const char *name, size_t *size)
{
	const CodecTensor *t = codec_find(&f->codec, name);

	if (!t)
		fail_msg("no tensor %s", name);

	float *v = malloc((t->size + 1) * sizeof(float));

	assert_int_equal(codec_read_tensor(&f->codec, t, v).code, STATUS_SUCCESS);
	if (size)
		*size = t->size;
	return v;
}

static size_t
number(const Fixture *f, const char *key)
{
	char text[32];

	assert_true(codec_metadata(&f->codec, key, text, sizeof(text)));
	return (size_t) atoi(text);
}

static size_t
number_or_none(const Fixture *f, const char *key)
{
	char text[32];

	return codec_metadata(&f->codec, key, text, sizeof(text)) ? (size_t) atoi(text) : 0;
}

static void
open_file(Fixture *f, const char *name)
{
	char path[256];
	size_t size;

	snprintf(path, sizeof(path), "test/fixtures/sequence_%s.safetensors", name);

	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("cannot open %s: tests run from the top of the project", path);
	f->bytes = malloc(1 << 20);
	size = fread(f->bytes, 1, 1 << 20, file);
	fclose(file);
	assert_int_equal(codec_open(&f->codec, f->bytes, size).code, STATUS_SUCCESS);
}

static void
read_config(Fixture *f)
{
	char text[CONFIG_TEXT_MAX];

	config_defaults(&f->config, sequence_options, sequence_option_count);
	f->config.inputs = INPUTS_VALUES;
	f->config.summary_size = 0;
	f->config.bins = false;
	f->config.baseline = false;
	for (size_t i = 0; i < sequence_option_count; i++)
		if (codec_metadata(&f->codec, sequence_options[i].name, text, sizeof(text)))
			assert_int_equal(config_set(&f->config, sequence_options, sequence_option_count,
										sequence_options[i].name, text)
								 .code,
							 STATUS_SUCCESS);
	assert_true(codec_metadata(&f->codec, "architecture", text, sizeof(text)));
	f->config.architecture = sequence_architecture(text);
	assert_int_equal(sequence_config_check(&f->config).code, STATUS_SUCCESS);
	f->F = number(f, "F");
	f->C = number(f, "C");
	f->config.window_periods = (int) number_or_none(f, "window_periods");
	f->config.horizon_periods = (int) number_or_none(f, "horizon_periods");
	f->config.trend_feature = (int) number_or_none(f, "trend_feature");
}

/* Of a fixture without attributes there is nothing to read. */
static void
read_attributes(Fixture *f)
{
	size_t n;
	size_t values;

	if (!codec_find(&f->codec, "test.attribute"))
		return;

	float *shape = tensor(f, "test.attribute_shape", &n);
	float *value = tensor(f, "test.attribute", &values);
	float *known = tensor(f, "test.attribute_known", NULL);

	f->config.attributes.n = (int) n / 2;
	for (size_t i = 0; i < n / 2; i++)
		f->config.attributes.of[i] = (AttributeShape){(int) shape[2 * i], (int) shape[2 * i + 1]};
	for (size_t i = 0; i < values; i++)
		if (known[i] == 0)
			value[i] = NAN;
	f->set.attribute = value;
	free(shape);
	free(known);
}

static void
read_set(Fixture *f)
{
	size_t N;
	size_t values;
	float *length = tensor(f, "test.length", &N);
	float *label = tensor(f, "test.label", NULL);
	float *missing = tensor(f, "test.missing", &values);
	float *value = tensor(f, "test.value", NULL);
	size_t *start = malloc((N + 1) * sizeof(size_t));
	int32_t *class = malloc(N * sizeof(int32_t));

	start[0] = 0;
	for (size_t i = 0; i < N; i++)
	{
		start[i + 1] = start[i] + (size_t) length[i];
		class[i] = (int32_t) label[i];
	}
	for (size_t i = 0; i < values; i++)
		if (missing[i] > 0)
			value[i] = NAN;
	f->set = (SequenceSet){N, f->F, start, value, class, tensor(f, "test.target", NULL), NULL, NULL};
	read_attributes(f);
	free(length);
	free(label);
	free(missing);
}

static void
fixture_free(Fixture *f)
{
	free((void *) f->set.start);
	free((void *) f->set.value);
	free((void *) f->set.label);
	free((void *) f->set.target);
	free((void *) f->set.attribute);
	free(f->bytes);
	free(f);
}

static void
check_near(const char *fixture, const char *what, const float *got, const float *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs((double) got[i] - (double) want[i]) <= TOLERANCE * fmax(1, fabs((double) want[i]))))
			fail_msg("%s: %s[%zu] is %.9g, PyTorch has %.9g", fixture, what, i, (double) got[i],
					 (double) want[i]);
}

static void
check_outputs(const char *name, const Fixture *f, const real *w)
{
	const size_t N = f->set.N;
	const size_t O = f->C ? f->C : 1;
	const size_t batches[] = {1, 3, 64};
	float *want = tensor(f, "test.output", NULL);
	real *got = malloc(N * O * sizeof(real));

	for (int i = 0; i < 3; i++)
	{
		Arena measured = arena_measure();
		void *block;

		seqscorer_carve(&measured, &f->config, f->F, f->C, 30, batches[i]);

		Arena arena = test_arena(&measured, &block);
		SequenceScorer *scorer = seqscorer_carve(&arena, &f->config, f->F, f->C, 30, batches[i]);

		seqscorer_load(scorer, w);
		seqscorer_run(scorer, got, &f->set, 0, N);
		check_near(name, "output", got, want, N * O);
		free(block);
	}
	free(want);
	free(got);
}

/* All sequences gone forward; *block is what to free. */
static void
run_forward(Network *net, void **block, const Fixture *f, const real *w)
{
	static const uint32_t every[] = {0, 1, 2, 3, 4, 5, 6};
	const size_t N = f->set.N;
	Arena measured = arena_measure();

	network_init(net, &f->config, f->F, f->C);
	network_carve_weights(net, &measured);
	network_carve_work(net, &measured, 30, N, true);

	Arena arena = test_arena(&measured, block);

	network_carve_weights(net, &arena);
	network_carve_work(net, &arena, 30, N, true);
	network_pack(net, w);
	network_forward(net, w, &f->set, every, N, NULL);
}

/* What the head makes of an embedding, as the score of row b. */
static void
check_head(const char *name, const Network *net, const real *w, const real *embedding, size_t b)
{
	const size_t O = net->O, D = net->D, U = network_embedding_width(net) - D;
	real *score = malloc(O * sizeof(real));

	for (size_t o = 0; o < O; o++)
	{
		double sum = w[net->head_bias + o];

		for (size_t d = 0; d < D; d++)
			sum += (double) w[net->head_weight + o * D + d] * (double) embedding[d];
		for (size_t u = 0; u < U; u++)
			sum += (double) w[net->summary_head + o * U + u] * (double) embedding[D + u];
		if (net->config.baseline)
			sum += w[net->baseline + net->row[b] * O + o];
		score[o] = (real) sum;
	}
	check_near(name, "score of an embedding", score, net->score + b * O, O);
	free(score);
}

/* The scores are linear in the embeddings, and a scorer gives the same in any batch, in the order of the sequences. */
static void
check_embeddings(const char *name, const Fixture *f, const real *w)
{
	const size_t N = f->set.N;
	Network net;
	void *block, *scorer_block;

	run_forward(&net, &block, f, w);

	const size_t width = network_embedding_width(&net);
	real *one = malloc(width * sizeof(real)), *all = malloc(N * width * sizeof(real));
	Arena measured = arena_measure();

	seqscorer_carve(&measured, &f->config, f->F, f->C, 30, 3);

	Arena arena = test_arena(&measured, &scorer_block);
	SequenceScorer *scorer = seqscorer_carve(&arena, &f->config, f->F, f->C, 30, 3);

	assert_int_equal(seqscorer_width(scorer), width);
	seqscorer_load(scorer, w);
	seqscorer_embed(scorer, all, &f->set, 0, N);
	for (size_t b = 0; b < N; b++)
	{
		network_embedding(&net, one, b);
		check_head(name, &net, w, one, b);
		check_near(name, "embedding", all + net.order[b] * width, one, width);
	}
	free(one);
	free(all);
	free(block);
	free(scorer_block);
}

static void
check_gradients(const char *name, const Fixture *f, const ParamTable *table, const real *w)
{
	const size_t N = f->set.N;
	Network net;
	void *block;
	int32_t label[64];
	real target[64];

	run_forward(&net, &block, f, w);
	memset(net.dscore, 0, N * net.O * sizeof(real));
	for (size_t b = 0; b < N; b++)
	{
		label[b] = f->set.label[net.order[b]];
		target[b] = f->set.target[net.order[b]];
	}
	if (f->C)
		loss_cross_entropy(net.dscore, net.score, label, NULL, 1, N, f->C);
	else
		loss_square(net.dscore, net.score, target, 1, N);

	real *dw = calloc(table->total, sizeof(real));

	network_backward(&net, dw, w, false);
	for (size_t i = 0; i < table->count; i++)
	{
		char gradient[2 * PARAM_NAME_MAX];
		float *want;

		if (table->param[i].fixed)
			continue;
		snprintf(gradient, sizeof(gradient), "gradient.%s", table->param[i].name);
		want = tensor(f, gradient, NULL);
		check_near(name, gradient, dw + table->param[i].offset, want, table->param[i].size);
		free(want);
	}
	free(dw);
	free(block);
}

static void
test_fixture(void **state)
{
	const char *name = *state;
	Fixture *f = calloc(1, sizeof(*f));
	ParamTable table;

	open_file(f, name);
	read_config(f);
	read_set(f);
	seqnet_params(&table, &f->config, f->F, f->C);

	real *w = malloc(table.total * sizeof(real));

	for (size_t i = 0; i < table.count; i++)
	{
		size_t size;
		float *v = tensor(f, table.param[i].name, &size);

		assert_int_equal(size, table.param[i].size);
		memcpy(w + table.param[i].offset, v, size * sizeof(float));
		free(v);
	}
	check_outputs(name, f, w);
	check_embeddings(name, f, w);
	check_gradients(name, f, &table, w);
	free(w);
	fixture_free(f);
}

#define FIXTURE(name)                                                                                        \
	{                                                                                                        \
#name, test_fixture, NULL, NULL, (void *) #name                                                      \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(lstm),
		FIXTURE(lstm_layers),
		FIXTURE(lstm_both_ways),
		FIXTURE(lstm_attention),
		FIXTURE(gru),
		FIXTURE(gru_layers),
		FIXTURE(gru_both_ways),
		FIXTURE(gru_number),
		FIXTURE(gru_forecast),
		FIXTURE(lstm_forecast),
		FIXTURE(tcn_summary),
		FIXTURE(tcn),
		FIXTURE(tcn_wide),
		FIXTURE(tcn_number),
		FIXTURE(tcn_normalised),
		FIXTURE(gru_attributes),
		FIXTURE(tcn_attributes),
		FIXTURE(minirocket),
		FIXTURE(minirocket_number),
		FIXTURE(gru_bins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

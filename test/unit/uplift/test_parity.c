/* Outputs and gradients against PyTorch's, from test/fixtures (see make_graph_fixtures.py there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/codec.h"
#include "uplifttrial.h"

#define TOLERANCE 1e-5

static float *
tensor(const Codec *codec, const char *name, size_t *size)
{
	const CodecTensor *t = codec_find(codec, name);

	if (!t)
		fail_msg("no tensor %s", name);

	float *v = malloc((t->size + 1) * sizeof(float));

	assert_int_equal(codec_read_tensor(codec, t, v).code, STATUS_SUCCESS);
	*size = t->size;
	return v;
}

static void
check_near(const char *fixture, const char *what, const float *got, const float *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs((double) got[i] - (double) want[i]) <= TOLERANCE * fmax(1, fabs((double) want[i]))))
			fail_msg("%s: %s[%zu] is %.9g, PyTorch has %.9g", fixture, what, i, (double) got[i],
					 (double) want[i]);
}

static UpliftConfig
read_config(const Codec *codec)
{
	char text[CONFIG_TEXT_MAX];
	UpliftConfig config;

	config_defaults(&config, uplift_options, uplift_option_count);
	for (size_t i = 0; i < uplift_option_count; i++)
	{
		const char *name = uplift_options[i].name;

		if (codec_metadata(codec, name, text, sizeof(text)))
			assert_int_equal(config_set(&config, uplift_options, uplift_option_count, name, text).code,
							 STATUS_SUCCESS);
	}
	return config;
}

/* The fixture's graph and users in place of the random ones. */
static void
read_graph(UpliftCase *c, const Codec *codec, const GraphSetup *setup)
{
	size_t E, n;
	float *source = tensor(codec, "test.source", &E);
	float *target = tensor(codec, "test.target", &E);
	float *weight = tensor(codec, "test.weight", &E);
	float *related = codec_find(codec, "test.relation") ? tensor(codec, "test.relation", &E) : NULL;
	float *feature = tensor(codec, "test.feature", &n);
	float *missing = tensor(codec, "test.missing", &n);
	uint32_t *from = malloc(E * sizeof(*from));
	uint32_t *to = malloc(E * sizeof(*to));
	uint8_t *relation = malloc(E);
	GraphBuild build;
	Arena measure = arena_measure();

	for (size_t e = 0; e < E; e++)
	{
		from[e] = (uint32_t) source[e];
		to[e] = (uint32_t) target[e];
		relation[e] = related ? (uint8_t) related[e] : 0;
	}
	graphbuild_carve(&build, &measure, setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	graphbuild_carve(&build, &arena, setup);
	graphbuild_start(&build, &c->graph, &(GraphEdges){from, to, weight, relation, E});
	while (graphbuild_step(&build))
		;
	for (size_t i = 0; i < n; i++)
		c->feature[i] = missing[i] > 0 ? NAN : feature[i];
	free(block);
	free(source);
	free(target);
	free(weight);
	free(feature);
	free(missing);
	free(from);
	free(to);
	free(relation);
	free(related);
}

static void
test_fixture(void **state)
{
	const char *fixture = *state;
	char name[256];
	void *bytes = malloc(1 << 20);
	Codec codec;
	size_t size, E;
	ParamTable table;
	UpliftCase c;

	snprintf(name, sizeof(name), "test/fixtures/uplift_%s.safetensors", fixture);

	FILE *file = fopen(name, "rb");

	if (!file)
		fail_msg("cannot open %s: tests run from the top of the project", name);
	size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	assert_int_equal(codec_open(&codec, bytes, size).code, STATUS_SUCCESS);
	free(tensor(&codec, "test.source", &E));

	const UpliftConfig config = read_config(&codec);
	char relations[16] = "1";

	codec_metadata(&codec, "relations", relations, sizeof(relations));

	const GraphSetup setup = {30, E, true, true, strtoul(relations, NULL, 10)};

	case_make(&c, &config, &setup, 3, true, 1);
	uplift_params(&table, &config, &(UpliftShape){3, 1, setup.relations});
	for (size_t i = 0; i < table.count; i++)
	{
		float *value = tensor(&codec, table.param[i].name, &size);

		assert_int_equal(size, table.param[i].size);
		memcpy(c.w + table.param[i].offset, value, size * sizeof(float));
		free(value);
	}
	read_graph(&c, &codec, &setup);

	real *logit = malloc(setup.N * c.net.C * sizeof(real));
	real *h = malloc(setup.N * c.net.H * sizeof(real));
	real *dw = calloc(c.net.total, sizeof(real));
	float *output = tensor(&codec, "test.output", &size);
	float *coefficient = tensor(&codec, "test.coefficient", &size);

	const UpliftScoreSetup whole = {.config = config, .graph = setup, .F = 3};
	UpliftScoreTask task;
	void *block = score_graph(&task, &c, &whole, 1);

	check_near(fixture, "score", task.logit, output, size);
	c.pass.linear = task.rows.linear;
	c.pass.levels = c.net.L + 1;
	case_forward(logit, h, &c);
	check_near(fixture, "output", logit, output, size);
	case_backward(dw, &c, coefficient, h);
	for (size_t i = 0; i < table.count; i++)
	{
		if (table.param[i].fixed)
			continue;
		snprintf(name, sizeof(name), "gradient.%s", table.param[i].name);

		float *gradient = tensor(&codec, name, &size);

		check_near(fixture, name, dw + table.param[i].offset, gradient, size);
		free(gradient);
	}
	free(block);
	free(output);
	free(coefficient);
	free(logit);
	free(h);
	free(dw);
	free(bytes);
	case_free(&c);
}

#define FIXTURE(name)                                                                                        \
	{                                                                                                        \
#name, test_fixture, NULL, NULL, (void *) #name                                                      \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(attention), FIXTURE(heads),  FIXTURE(gated),     FIXTURE(residual),
		FIXTURE(sum),       FIXTURE(linear), FIXTURE(relations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

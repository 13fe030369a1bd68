/*
 * Out-of-fold predictions of the uplift network, for bench/uplift/run.py and bench/uplift/arms.py.
 *
 *   oof DIR OUT [option=value ...]
 *
 * DIR holds sizes.txt (N F E S K), feature.f32 (N × F), edge.u32 (E × 2), treated.i8, outcome.f32 (N), and fold.i8
 * (S × N): fold 0 .. K-1 of each user of the experiment in each of S repetitions, -1 outside. With relations=n
 * relation.u8 (E) is that of each edge. OUT gets S × N doubles, NaN outside. Options are those of train_uplift, and
 *   sd=FILE     write the same of how far the networks of an ensemble differ
 *   inner=K     predict within the training part of each fold instead, by K inner folds: S × K × N doubles. That is
 *               what options are chosen by, so that no test fold is looked at
 *   batch=n     steps on mini-batches of n users, as above usercls.max_memory; without edges always
 *   share=s     held-out share of the training part
 *   treatments=n   treated.i8 is the arm of 1 + n, and each number of OUT becomes n, one for each treatment
 *   relations=n   kinds of edges, that the network tells apart
 *   folds=n     predict the first n folds only
 *   from=s, to=s   repetitions
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplift/pure/train.h"
#include "uplift/pure/score.h"

typedef struct Bench
{
	size_t N, F, E, S, K;
	float *feature, *outcome;
	uint32_t *source, *target;
	uint8_t *relation; /* NULL: there is one */
	size_t relations;
	int8_t *treated, *fold;
	UpliftConfig config;
	int inner;
	const char *sd;
	size_t treatments;
	size_t batch;
	double share;
	size_t from, to, folds;
} Bench;

static void *
read_file(const char *dir, const char *name, size_t bytes)
{
	char path[4096];
	void *data = malloc(bytes + 1);

	snprintf(path, sizeof(path), "%s/%s", dir, name);

	FILE *file = fopen(path, "rb");

	if (!file || fread(data, 1, bytes, file) != bytes)
	{
		fprintf(stderr, "cannot read %zu bytes of %s\n", bytes, path);
		exit(1);
	}
	fclose(file);
	return data;
}

static void
write_file(const char *name, const double *values, size_t n)
{
	FILE *file = fopen(name, "wb");

	if (!file || fwrite(values, sizeof(*values), n, file) != n || fclose(file) != 0)
	{
		fprintf(stderr, "cannot write %s\n", name);
		exit(1);
	}
}

static void
job_run(Job job)
{
	for (size_t items; (items = job_next(&job)) > 0;)
		for (size_t item = 0; item < items; item++)
			job_item(&job, item, 0);
}

/* What a network is trained on: 0 users learned from, 1 held-out ones, 2 those who are in no experiment of it. */
typedef uint8_t Part;

static GraphSetup
graph_setup(const Bench *b)
{
	return (GraphSetup){b->N, b->E, false, false, b->relations};
}

static void
build_graph(Graph *graph, const Bench *b)
{
	const GraphSetup setup = graph_setup(b);
	GraphBuild build;
	Arena measure = arena_measure();

	graphbuild_carve(&build, &measure, &setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	graphbuild_carve(&build, &arena, &setup);
	graphbuild_start(
		&build, graph,
		&(GraphEdges){.source = b->source, .target = b->target, .relation = b->relation, .E = b->E});
	while (graphbuild_step(&build))
		;
	free(block);
}

/* Train a network, and write its weights to w. Returns its best epoch. */
static double
train(real *w, const Bench *b, const Part *part, uint64_t seed)
{
	const UpliftSetup setup = {.config = b->config,
							   .graph = graph_setup(b),
							   .F = b->F,
							   .treatments = b->treatments,
							   .batch = b->batch,
							   .seed = seed};
	UpliftTask task;
	Arena measure = arena_measure();

	uplifttrain_carve(&task, &measure, &setup, 1);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	uplifttrain_carve(&task, &arena, &setup, 1);
	if (b->E > 0)
		build_graph(&task.graph, b);
	memcpy(task.data.feature, b->feature, b->N * b->F * sizeof(float));
	memcpy(task.data.outcome, b->outcome, b->N * sizeof(float));
	for (size_t i = 0; i < b->N; i++)
	{
		task.data.arm[i] = part[i] == 2 ? UPLIFT_OUTSIDE : b->treated[i];
		task.data.held_out[i] = part[i] == 1;
	}
	job_run(uplifttrain_job(&task));
	memcpy(w, uplifttrain_weights(&task), task.net.total * sizeof(real));

	const double best = uplifttrain_result(&task)->report.best_epoch;

	free(block);
	return best;
}

/* The uplift of everybody, and its standard deviation among the networks, by the model of these weights. */
static void
score(double *uplift, double *sd, const Bench *b, real *w)
{
	const UpliftScoreSetup setup = {
		.config = b->config, .graph = graph_setup(b), .F = b->F, .treatments = b->treatments};
	UpliftScoreTask task;
	Arena measure = arena_measure();

	upliftscore_carve(&task, &measure, &setup, 1);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	upliftscore_carve(&task, &arena, &setup, 1);
	build_graph(&task.graph, b);
	memcpy(task.feature, b->feature, b->N * b->F * sizeof(float));
	task.weights = w;
	job_run(upliftscore_job(&task));
	for (size_t i = 0; i < b->N; i++)
		for (size_t k = 0; k < b->treatments; k++)
		{
			const UpliftScore answer = upliftscore_get(&task, i, 1 + k);

			uplift[i * b->treatments + k] = answer.uplift;
			sd[i * b->treatments + k] = answer.sd;
		}
	free(block);
}

/* A model that never sees users with test[i] set: as train_uplift() makes it, with `share` of the others held out. */
static double
predict(double *uplift, double *sd, const Bench *b, const uint8_t *test, uint64_t seed)
{
	Part *version = malloc(b->N), *part = malloc(b->N);
	UpliftNet net;
	Rng rng = rng_seed(seed, 1000);
	double epochs = 0;

	uplift_net(&net, &b->config, &(UpliftShape){b->F, b->treatments, b->relations});

	real *w = malloc(net.networks * net.total * sizeof(real));

	for (size_t i = 0; i < b->N; i++)
		version[i] = test[i] ? 2 : rng_uniform(&rng) < b->share;
	for (size_t network = 0; network < net.networks; network++)
	{
		rng = rng_seed(seed, 2000 + (uint64_t) network);
		for (size_t i = 0; i < b->N; i++)
			part[i] = net.networks == 1 ? version[i] : version[i] ? 2 : rng_uniform(&rng) < b->share;
		epochs +=
			train(w + network * net.total, b, part, seed + 7919 * (uint64_t) network) / (double) net.networks;
	}
	score(uplift, sd, b, w);
	free(w);
	free(part);
	free(version);
	return epochs;
}

static void
set_option(Bench *b, const char *argument)
{
	char name[64];
	const char *value = strchr(argument, '=');

	if (!value || value - argument >= (long) sizeof(name))
		exit((fprintf(stderr, "not option=value: %s\n", argument), 1));
	memcpy(name, argument, (size_t) (value - argument));
	name[value++ - argument] = '\0';
	if (strcmp(name, "sd") == 0)
		b->sd = value;
	else if (strcmp(name, "inner") == 0)
		b->inner = atoi(value);
	else if (strcmp(name, "batch") == 0)
		b->batch = (size_t) atoi(value);
	else if (strcmp(name, "treatments") == 0)
		b->treatments = (size_t) atoi(value);
	else if (strcmp(name, "relations") == 0)
		b->relations = (size_t) atoi(value);
	else if (strcmp(name, "share") == 0)
		b->share = atof(value);
	else if (strcmp(name, "folds") == 0)
		b->folds = (size_t) atoi(value);
	else if (strcmp(name, "from") == 0)
		b->from = (size_t) atoi(value);
	else if (strcmp(name, "to") == 0)
		b->to = (size_t) atoi(value);
	else if (config_set(&b->config, uplift_options, uplift_option_count, name, value).code != STATUS_SUCCESS)
		exit((fprintf(stderr, "bad option: %s\n", argument), 1));
}

int
main(int argc, char **argv)
{
	Bench b = {.share = 0.2, .treatments = 1};
	char sizes[200] = "";

	if (argc < 3)
		return fprintf(stderr, "usage: oof DIR OUT [option=value ...]\n"), 1;
	snprintf(sizes, sizeof(sizes), "%s/sizes.txt", argv[1]);

	FILE *file = fopen(sizes, "r");

	if (!file || fscanf(file, "%zu %zu %zu %zu %zu", &b.N, &b.F, &b.E, &b.S, &b.K) != 5)
		return fprintf(stderr, "cannot read %s\n", sizes), 1;
	fclose(file);
	b.to = b.S;
	b.folds = b.K;
	config_defaults(&b.config, uplift_options, uplift_option_count);
	for (int i = 3; i < argc; i++)
		set_option(&b, argv[i]);
	b.feature = read_file(argv[1], "feature.f32", b.N * b.F * sizeof(float));
	b.outcome = read_file(argv[1], "outcome.f32", b.N * sizeof(float));
	b.treated = read_file(argv[1], "treated.i8", b.N);
	b.fold = read_file(argv[1], "fold.i8", b.S * b.N);

	if (b.relations > 1)
		b.relation = read_file(argv[1], "relation.u8", b.E);

	uint32_t *edge = read_file(argv[1], "edge.u32", b.E * 2 * sizeof(uint32_t));

	b.source = malloc(b.E * sizeof(uint32_t));
	b.target = malloc(b.E * sizeof(uint32_t));
	for (size_t e = 0; e < b.E; e++)
	{
		b.source[e] = edge[2 * e];
		b.target[e] = edge[2 * e + 1];
	}

	const size_t users = b.N * b.treatments;
	const size_t width = b.inner ? b.K * users : users;
	double *out = malloc(b.S * width * sizeof(double)), *out_sd = malloc(b.S * width * sizeof(double));
	double *uplift = malloc(users * sizeof(double)), *sd = malloc(users * sizeof(double));
	uint8_t *test = malloc(b.N);
	double epochs = 0;
	size_t trained = 0;

	for (size_t i = 0; i < b.S * width; i++)
		out[i] = out_sd[i] = NAN;
	for (size_t s = b.from; s < b.to; s++)
		for (size_t k = 0; k < b.folds; k++)
		{
			const int8_t *fold = b.fold + s * b.N;
			const uint64_t seed = 1 + 100 * s + k;

			for (int inner = 0; inner < (b.inner ? b.inner : 1); inner++)
			{
				Rng rng = rng_seed(seed, 5);

				for (size_t i = 0; i < b.N; i++)
				{
					const bool member = fold[i] >= 0 && fold[i] != (int8_t) k;
					const int inner_fold = b.inner ? (int) rng_below(&rng, (uint64_t) b.inner) : 0;

					test[i] = !member || (b.inner && inner_fold == inner) ? member ? 2 : 1 : 0;
				}
				epochs += predict(uplift, sd, &b, test, seed + 13 * (uint64_t) inner);
				trained++;
				for (size_t i = 0; i < b.N; i++)
					if (b.inner ? test[i] == 2 : fold[i] == (int8_t) k)
					{
						const size_t at = s * width + (b.inner ? k * users : 0) + i * b.treatments;

						memcpy(out + at, uplift + i * b.treatments, b.treatments * sizeof(double));
						memcpy(out_sd + at, sd + i * b.treatments, b.treatments * sizeof(double));
					}
			}
		}

	write_file(argv[2], out, b.S * width);
	if (b.sd)
		write_file(b.sd, out_sd, b.S * width);
	printf("models %zu, mean best epoch %.1f\n", trained, epochs / (double) trained);
	return 0;
}

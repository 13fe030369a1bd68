/*
 * Out-of-fold predictions of the uplift network, for bench/uplift/run.py and bench/uplift/arms.py.
 *
 *   oof DIR OUT [option=value ...]
 *
 * DIR holds sizes.txt (N F E S K), feature.f32 (N × F), edge.u32 (E × 2), treated.i8, outcome.f32 (N), and fold.i8
 * (S × N): fold 0 .. K-1 of each user of the experiment in each of S repetitions, -1 outside. OUT gets S × N
 * doubles, NaN outside. Options are those of train_uplift, and
 *   members=n   average n networks that differ in seed and in which users are held out
 *   inner=K     predict within the training part of each fold instead, by K inner folds: S × K × N doubles. That is
 *               what options are chosen by, so that no test fold is looked at
 *   batch=n     steps on mini-batches of n users, as above usercls.max_memory; without edges always
 *   share=s     held-out share of the training part
 *   treatments=n   treated.i8 is the arm of 1 + n, and each number of OUT becomes n, one for each treatment
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
	int8_t *treated, *fold;
	UpliftConfig config;
	int members, inner;
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
job_run(Job job)
{
	for (size_t items; (items = job_next(&job)) > 0;)
		for (size_t item = 0; item < items; item++)
			job_item(&job, item, 0);
}

/* One network: train on users with part 0, hold out part 1, add the uplift of all to sum. */
static double
train(double *sum, const Bench *b, const uint8_t *part, uint64_t seed)
{
	const GraphSetup graph = {b->N, b->E, false, false};
	const UpliftSetup setup = {.config = b->config,
							   .graph = graph,
							   .F = b->F,
							   .treatments = b->treatments,
							   .batch = b->batch,
							   .seed = seed};
	const UpliftScoreSetup score_setup = {
		.config = b->config, .graph = graph, .F = b->F, .treatments = b->treatments};
	UpliftTask task;
	UpliftScoreTask score;
	GraphBuild build;
	Arena measure = arena_measure();

	uplifttrain_carve(&task, &measure, &setup, 1);
	upliftscore_carve(&score, &measure, &score_setup, 1);
	graphbuild_carve(&build, &measure, &graph);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	uplifttrain_carve(&task, &arena, &setup, 1);
	upliftscore_carve(&score, &arena, &score_setup, 1);
	graphbuild_carve(&build, &arena, &graph);
	graphbuild_start(&build, &score.graph, b->source, b->target, NULL, b->E);
	while (graphbuild_step(&build))
		;
	if (b->E > 0)
		task.graph = score.graph;
	memcpy(task.data.feature, b->feature, b->N * b->F * sizeof(float));
	memcpy(task.data.outcome, b->outcome, b->N * sizeof(float));
	for (size_t i = 0; i < b->N; i++)
	{
		task.data.arm[i] = part[i] == 2 ? UPLIFT_OUTSIDE : b->treated[i];
		task.data.held_out[i] = part[i] == 1;
	}
	job_run(uplifttrain_job(&task));

	score.feature = task.data.feature;
	score.weights = (real *) uplifttrain_weights(&task);
	job_run(upliftscore_job(&score));
	for (size_t i = 0; i < b->N; i++)
		for (size_t k = 0; k < b->treatments; k++)
			sum[i * b->treatments + k] += upliftscore_get(&score, i, 1 + k).uplift / b->members;

	const double best = uplifttrain_result(&task)->report.best_epoch;

	free(block);
	return best;
}

/* Networks that never see users with test[i] set. */
static double
predict(double *uplift, const Bench *b, const uint8_t *test, uint64_t seed)
{
	uint8_t *part = malloc(b->N);
	double epochs = 0;

	memset(uplift, 0, b->N * b->treatments * sizeof(double));
	for (int member = 0; member < b->members; member++)
	{
		Rng rng = rng_seed(seed, 1000 + (uint64_t) member);

		for (size_t i = 0; i < b->N; i++)
			part[i] = test[i] ? 2 : rng_uniform(&rng) < b->share;
		epochs += train(uplift, b, part, seed + 7919 * (uint64_t) member) / b->members;
	}
	free(part);
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
	if (strcmp(name, "members") == 0)
		b->members = atoi(value);
	else if (strcmp(name, "inner") == 0)
		b->inner = atoi(value);
	else if (strcmp(name, "batch") == 0)
		b->batch = (size_t) atoi(value);
	else if (strcmp(name, "treatments") == 0)
		b->treatments = (size_t) atoi(value);
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
	Bench b = {.members = 1, .share = 0.2, .treatments = 1};
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
	double *out = malloc(b.S * width * sizeof(double));
	double *uplift = malloc(users * sizeof(double));
	uint8_t *test = malloc(b.N);
	double epochs = 0;
	size_t trained = 0;

	for (size_t i = 0; i < b.S * width; i++)
		out[i] = NAN;
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
				epochs += predict(uplift, &b, test, seed + 13 * (uint64_t) inner);
				trained++;
				for (size_t i = 0; i < b.N; i++)
					if (b.inner ? test[i] == 2 : fold[i] == (int8_t) k)
						memcpy(out + s * width + (b.inner ? k * users : 0) + i * b.treatments,
							   uplift + i * b.treatments, b.treatments * sizeof(double));
			}
		}

	file = fopen(argv[2], "wb");
	if (!file || fwrite(out, sizeof(double), b.S * width, file) != b.S * width || fclose(file) != 0)
		return fprintf(stderr, "cannot write %s\n", argv[2]), 1;
	printf("networks %zu, mean best epoch %.1f\n", trained * (size_t) b.members, epochs / (double) trained);
	return 0;
}

/*
 * MiniRocket's training and scoring on one core: 1,000 series of 128 steps, two classes.
 *
 * Prints lines of: what seconds-of-CPU.  what: train (all of a training), score (one series at a time, each).
 * usage: minirocket FILE     lines of FILE: the class (0 or 1), then 128 values; the first half is trained on
 */
#include "../accuracy/learn.h"

#define STEPS 128
#define SERIES_MAX 4096
#define ROUNDS 5

static size_t start[SERIES_MAX + 1];
static float value[SERIES_MAX * STEPS];
static int32_t label[SERIES_MAX];
static uint8_t held_out[SERIES_MAX];

static size_t
read_series(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n = 0;

	if (!file)
	{
		fprintf(stderr, "cannot open %s\n", path);
		exit(1);
	}
	for (; n < SERIES_MAX && fscanf(file, "%d", &label[n]) == 1; n++)
	{
		start[n + 1] = start[n] + STEPS;
		for (size_t t = 0; t < STEPS; t++)
			if (fscanf(file, "%f", &value[start[n] + t]) != 1)
				exit(1);
	}
	fclose(file);
	return n;
}

static double
best_of_scores(const SequenceTask *task, const SequenceSet *set, double *right)
{
	const SequenceSetup *setup = &task->setup;
	Arena measured = arena_measure();
	double best = INFINITY;
	real p[2];

	seqscorer_carve(&measured, &setup->config, 1, 2, STEPS, 1);

	Arena arena = block_for(&measured);
	SequenceScorer *scorer = seqscorer_carve(&arena, &setup->config, 1, 2, STEPS, 1);

	seqscorer_load(scorer, seqtrain_weights(task));
	for (int round = 0; round < ROUNDS; round++)
	{
		const double begin = cpu_seconds();

		*right = 0;
		for (size_t i = 0; i < set->N; i++)
		{
			seqscorer_run(scorer, p, set, i, 1);
			*right += (p[1] > p[0]) == (set->label[i] == 1);
		}
		best = fmin(best, cpu_seconds() - begin);
	}
	*right /= (double) set->N;
	free(arena.base);
	return best / (double) set->N;
}

int
main(int argc, char **argv)
{
	const size_t all = read_series(argc > 1 ? argv[1] : "");
	const SequenceSet train = {all / 2, 1, start, value, label, NULL, held_out};
	const SequenceSet test = {all - all / 2, 1, start + all / 2, value, label + all / 2, NULL, NULL};
	SequenceTask *task = malloc(sizeof(*task));
	double best = INFINITY, right;
	void *block = NULL;

	for (int round = 0; round < ROUNDS; round++)
	{
		SequenceSetup setup = {.C = 2, .seed = 1};
		const double begin = cpu_seconds();

		free(block);
		config_defaults(&setup.config, sequence_options, sequence_option_count);
		setup.config.architecture = SEQUENCE_MINIROCKET;
		for (int i = 2; i < argc; i++)
			set_option(&setup, argv[i]);
		learn(task, &block, setup, &train, false);
		best = fmin(best, cpu_seconds() - begin);
	}
	printf("train\t%.4f\n", best);
	printf("score\t%.7f\n", best_of_scores(task, &test, &right));
	printf("right\t%.4f\n", right);
	free(block);
	free(task);
	return 0;
}

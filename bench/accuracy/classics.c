/*
 * Two tasks of long memory (Hochreiter and Schmidhuber 1997; Bai, Kolter and Koltun 2018).
 *
 * adding: channel 1 is uniform in (0, 1), channel 2 marks two steps, the target is the sum of their values.
 * copy: ten symbols of eight kinds, T blanks, ten signals; at each signal the next of the ten symbols is due. A
 * network here answers once, so a sequence ends with the signal whose answer it is asked for: a random one when
 * it is trained on, each of the ten when tested. The published task has an answer at every step and its loss is the
 * mean over all T + 20, of which the blanks' part is next to nothing; so it is a loss of ours times 10 / (T + 20).
 *
 * usage: classics adding|copy T SEQUENCES SEED [option=value ...]
 *
 * Prints task, architecture, T, weights, squared error or loss of an answer, share of right answers, epochs, CPU
 * seconds.
 */
#include "learn.h"

#define TEST_SEQUENCES 1000
#define KINDS 8
#define SYMBOLS 10
#define COPY_F (KINDS + 1) /* one channel for each kind, none for a blank, the last for the signal */

typedef struct Task
{
	SequenceSet set;
	size_t *start;
	float *value;
	int32_t *label;
	float *target;
	uint8_t *held_out;
} Task;

/* Fills sequence i from start[i] on, and returns its steps. */
typedef size_t (*Fill)(Task *task, size_t i, size_t T, bool test, Rng *rng);

static size_t
fill_adding(Task *task, size_t i, size_t T, bool test, Rng *rng)
{
	float *v = task->value + task->start[i] * 2;
	const size_t a = rng_below(rng, T);
	const size_t b = (a + 1 + rng_below(rng, T - 1)) % T;

	(void) test;
	for (size_t t = 0; t < T; t++)
		v[2 * t] = (float) rng_uniform(rng);
	v[2 * a + 1] = v[2 * b + 1] = 1;
	task->target[i] = v[2 * a] + v[2 * b];
	return T;
}

/* In a test ten sequences in turn are the same symbols, asked for each. */
static size_t
fill_copy(Task *task, size_t i, size_t T, bool test, Rng *rng)
{
	static size_t kind[SYMBOLS];
	float *v = task->value + task->start[i] * COPY_F;
	const size_t due = test ? i % SYMBOLS : rng_below(rng, SYMBOLS);

	for (size_t t = 0; t < SYMBOLS; t++)
	{
		if (!test || due == 0)
			kind[t] = rng_below(rng, KINDS);
		v[t * COPY_F + kind[t]] = 1;
	}
	for (size_t t = 0; t <= due; t++)
		v[(SYMBOLS + T + t) * COPY_F + KINDS] = 1;
	task->label[i] = (int32_t) kind[due];
	return SYMBOLS + T + due + 1;
}

static Task
make_task(size_t N, size_t held_out, size_t T, size_t longest, size_t F, bool test, Fill fill, Rng *rng)
{
	Task t = {.start = calloc(N + 1, sizeof(size_t)), .value = calloc(N * longest * F, sizeof(float))};

	t.label = calloc(N, sizeof(int32_t));
	t.target = calloc(N, sizeof(float));
	t.held_out = calloc(N, 1);
	for (size_t i = 0; i < N; i++)
	{
		t.held_out[i] = i < held_out;
		t.start[i + 1] = t.start[i] + fill(&t, i, T, test, rng);
	}
	t.set = (SequenceSet){N, F, t.start, t.value, t.label, t.target, t.held_out};
	return t;
}

int
main(int argc, char **argv)
{
	if (argc < 5)
	{
		fprintf(stderr, "usage: classics adding|copy T SEQUENCES SEED [option=value ...]\n");
		return 1;
	}

	const bool adding = strcmp(argv[1], "adding") == 0;
	const Fill fill = adding ? fill_adding : fill_copy;
	const size_t T = (size_t) atoi(argv[2]);
	const size_t longest = adding ? T : T + 2 * SYMBOLS;
	const size_t N = (size_t) atoi(argv[3]) + TEST_SEQUENCES;
	const size_t N_test = adding ? TEST_SEQUENCES : TEST_SEQUENCES * SYMBOLS;
	const size_t F = adding ? 2 : COPY_F;
	SequenceSetup setup = {.C = adding ? 0 : KINDS, .seed = (uint64_t) atoi(argv[4])};
	Rng rng = rng_seed(setup.seed, 7);
	const Task train = make_task(N, TEST_SEQUENCES, T, longest, F, false, fill, &rng);
	const Task test = make_task(N_test, 0, T, longest, F, true, fill, &rng);
	const double begin = cpu_seconds();
	SequenceTask *task = malloc(sizeof(*task));
	real *p = malloc(N_test * KINDS * sizeof(real));
	double loss = 0;
	double right = 0;
	void *block;

	config_defaults(&setup.config, sequence_options, sequence_option_count);
	setup.config.mask = false;
	setup.config.dropout = 0;
	for (int i = 5; i < argc; i++)
		set_option(&setup, argv[i]);
	learn(task, &block, setup, &train.set, getenv("VERBOSE") != NULL);
	predict(p, task, &test.set);
	for (size_t i = 0; i < N_test; i++)
	{
		const real *q = p + i * KINDS;
		size_t best = 0;

		if (adding)
		{
			loss += pow((double) p[i] - (double) test.target[i], 2);
			continue;
		}
		for (size_t k = 1; k < KINDS; k++)
			best = q[k] > q[best] ? k : best;
		loss -= log(fmax((double) q[test.label[i]], 1e-12));
		right += (int32_t) best == test.label[i];
	}
	printf("%s\t%s\t%zu\t%zu\t%.3g\t%.4f\t%d\t%.0f\n", argv[1],
		   sequence_architectures[setup.config.architecture], T, task->params.total, loss / (double) N_test,
		   adding ? NAN : right / (double) N_test, seqtrain_report(task)->epoch, cpu_seconds() - begin);
	return 0;
}

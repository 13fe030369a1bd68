/*
 * Two tasks of long memory (Hochreiter and Schmidhuber 1997; Bai, Kolter and Koltun 2018).
 *
 * adding: channel 1 is uniform in (0, 1), channel 2 marks two steps, the target is the sum of their values.
 * recall: copy memory for a network of one answer: of ten symbols and T blanks, name the first symbol (8
 * classes).
 *
 * usage: classics adding|recall T SEQUENCES SEED [option=value ...]
 */
#include "learn.h"

#define TEST_SEQUENCES 1000
#define SYMBOLS 8

typedef struct Task
{
	SequenceSet set;
	size_t *start;
	float *value;
	int32_t *label;
	float *target;
	uint8_t *held_out;
} Task;

static Task
make_task(size_t N, size_t T, size_t F, Rng *rng, void (*fill)(Task *task, size_t i, size_t T, Rng *rng))
{
	Task t = {.start = malloc((N + 1) * sizeof(size_t)), .value = calloc(N * T * F, sizeof(float))};

	t.label = calloc(N, sizeof(int32_t));
	t.target = calloc(N, sizeof(float));
	t.held_out = calloc(N, 1);
	for (size_t i = 0; i <= N; i++)
		t.start[i] = i * T;
	t.set = (SequenceSet){N, F, t.start, t.value, t.label, t.target, t.held_out};
	for (size_t i = 0; i < N; i++)
	{
		t.held_out[i] = i < TEST_SEQUENCES;
		fill(&t, i, T, rng);
	}
	return t;
}

static void
fill_adding(Task *task, size_t i, size_t T, Rng *rng)
{
	float *v = task->value + i * T * 2;
	const size_t a = rng_below(rng, T);
	const size_t b = (a + 1 + rng_below(rng, T - 1)) % T;

	for (size_t t = 0; t < T; t++)
		v[2 * t] = (float) rng_uniform(rng);
	v[2 * a + 1] = v[2 * b + 1] = 1;
	task->target[i] = v[2 * a] + v[2 * b];
}

/* One channel for each symbol; a blank has none. */
static void
fill_recall(Task *task, size_t i, size_t T, Rng *rng)
{
	float *v = task->value + i * T * SYMBOLS;

	for (size_t t = 0; t < 10; t++)
	{
		const size_t symbol = rng_below(rng, SYMBOLS);

		v[t * SYMBOLS + symbol] = 1;
		if (t == 0)
			task->label[i] = (int32_t) symbol;
	}
}

int
main(int argc, char **argv)
{
	if (argc < 5)
	{
		fprintf(stderr, "usage: classics adding|recall T SEQUENCES SEED [option=value ...]\n");
		return 1;
	}

	const bool adding = strcmp(argv[1], "adding") == 0;
	const size_t T = (size_t) atoi(argv[2]) + (adding ? 0 : 10);
	const size_t N = (size_t) atoi(argv[3]) + TEST_SEQUENCES;
	const size_t F = adding ? 2 : SYMBOLS;
	SequenceSpec spec = {.C = adding ? 0 : SYMBOLS, .seed = (uint64_t) atoi(argv[4])};
	Rng rng = rng_seed(spec.seed, 7);
	const Task train = make_task(N, T, F, &rng, adding ? fill_adding : fill_recall);
	const Task test = make_task(TEST_SEQUENCES, T, F, &rng, adding ? fill_adding : fill_recall);
	const double begin = cpu_seconds();
	SequenceTask *task = malloc(sizeof(*task));
	real *p = malloc(TEST_SEQUENCES * SYMBOLS * sizeof(real));
	double loss = 0;
	void *block;

	config_defaults(&spec.config, sequence_options, sequence_option_count);
	spec.config.mask = false;
	spec.config.dropout = 0;
	for (int i = 5; i < argc; i++)
		set_option(&spec, argv[i]);
	learn(task, &block, spec, &train.set, getenv("VERBOSE") != NULL);
	predict(p, task, &test.set);
	for (size_t i = 0; i < TEST_SEQUENCES; i++)
		loss += adding ? pow((double) p[i] - (double) test.target[i], 2)
					   : -log(fmax((double) p[i * SYMBOLS + (size_t) test.label[i]], 1e-12));
	printf("%s\t%s\t%zu\t%zu\t%.3g\t%d\t%.0f\n", argv[1], sequence_architectures[spec.config.architecture], T,
		   task->params.total, loss / TEST_SEQUENCES, seqtrain_report(task)->epoch, cpu_seconds() - begin);
	return 0;
}

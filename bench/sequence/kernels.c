/*
 * Throughput of the sequence kernels on one core: training steps, bulk and single scoring, and sgemm's peak.
 *
 * Prints lines of: what architecture hidden batch sequences-per-CPU-second GFLOP/s.
 * usage: kernels [seconds per measurement [lstm | gru | tcn | tcn-max [hidden [train | score]]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sequence/pure/network.h"
#include "nn/adam.h"
#include "nn/blas.h"
#include "nn/denormal.h"
#include "nn/loss.h"
#include "nn/panel.h"

#define T 52
#define F 1
#define C 3
#define BATCH_MAX 1024

static double seconds = 0.5;

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double) usage.ru_utime.tv_sec + (double) usage.ru_stime.tv_sec +
		   1e-6 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static Arena
carve_block(const Arena *measured)
{
	void *block = aligned_alloc(ARENA_ALIGNMENT, measured->used + ARENA_ALIGNMENT);

	memset(block, 0, measured->used);
	return arena_over(block, measured->used);
}

static SequenceSet
random_set(void)
{
	static size_t start[BATCH_MAX + 1];
	static float value[BATCH_MAX * T * F];
	static int32_t label[BATCH_MAX];
	Rng rng = rng_seed(1, 1);

	for (size_t i = 0; i < BATCH_MAX; i++)
	{
		start[i + 1] = start[i] + T;
		label[i] = (int32_t) rng_below(&rng, C);
	}
	for (size_t i = 0; i < BATCH_MAX * T * F; i++)
		value[i] = (float) rng_normal(&rng);
	return (SequenceSet){BATCH_MAX, F, start, value, label, NULL, NULL};
}

/* Products of a sequence forward, as a framework counts them: every step of every layer. */
static double
flops_forward(const SequenceConfig *config)
{
	const double H = config->hidden_size;
	const double taps = config->kernel_size;

	if (config->architecture == SEQUENCE_TCN)
		return 2.0 * T * ((taps * F + F) * H + taps * H * H + (config->num_layers - 1) * 2 * taps * H * H);
	return 2.0 * T * (config->architecture == SEQUENCE_LSTM ? 4 : 3) * H * (H + F);
}

typedef struct Trainee
{
	Network net;
	ParamTable table;
	real *w, *m, *v, *dw;
	size_t step;
} Trainee;

static void
train_step(Trainee *t, const SequenceSet *set, size_t batch)
{
	static uint32_t index[BATCH_MAX];

	memset(t->dw, 0, t->table.total * sizeof(real));
	for (size_t from = 0; from < batch; from += NETWORK_CHUNK_MAX)
	{
		for (size_t i = 0; i < NETWORK_CHUNK_MAX; i++)
			index[i] = (uint32_t) (from + i);
		network_forward(&t->net, t->w, set, index, NETWORK_CHUNK_MAX, NULL);
		memset(t->net.dscore, 0, NETWORK_CHUNK_MAX * C * sizeof(real));
		loss_cross_entropy(t->net.dscore, t->net.score, set->label + from, NULL, 1 / (real) batch,
						   NETWORK_CHUNK_MAX, C);
		network_backward(&t->net, t->dw, t->w, false);
	}

	const AdamStep step = {1e-3, 0.01, adam_clip(adam_square_norm(t->dw, t->table.total), 1), ++t->step};

	adam_update(t->w, t->m, t->v, t->dw, &step, t->table.total);
	network_pack(&t->net, t->w);
}

static void
report(const char *what, const SequenceConfig *config, size_t batch, double rate, double passes)
{
	printf("%s\t%s%s\t%d\t%zu\t%.1f\t%.1f\n", what, sequence_architectures[config->architecture],
		   config->pooling == POOLING_MAX ? "-max" : "", config->hidden_size, batch, rate,
		   1e-9 * rate * passes * flops_forward(config));
	fflush(stdout);
}

static void
bench_training(const SequenceConfig *config, const SequenceSet *set)
{
	Trainee t = {.step = 0};
	Arena measured = arena_measure();
	Rng rng = rng_seed(2, 2);

	seqnet_params(&t.table, config, F, C);
	network_init(&t.net, config, F, C);
	network_carve_weights(&t.net, &measured);
	network_carve_work(&t.net, &measured, T, NETWORK_CHUNK_MAX, true);

	Arena arena = carve_block(&measured);

	network_carve_weights(&t.net, &arena);
	network_carve_work(&t.net, &arena, T, NETWORK_CHUNK_MAX, true);
	t.w = calloc(4 * t.table.total, sizeof(real));
	t.m = t.w + t.table.total;
	t.v = t.m + t.table.total;
	t.dw = t.v + t.table.total;
	params_init(t.w, &t.table, &rng);
	network_pack(&t.net, t.w);
	for (size_t batch = 64; batch <= BATCH_MAX; batch *= 4)
	{
		double steps = 0;

		train_step(&t, set, batch);

		const double begin = cpu_seconds();

		while (cpu_seconds() - begin < seconds)
		{
			train_step(&t, set, batch);
			steps++;
		}
		report("train", config, batch, steps * (double) batch / (cpu_seconds() - begin), 3);
	}
	free(t.w);
	free(arena.base);
}

static void
bench_scoring(const SequenceConfig *config, const SequenceSet *set)
{
	static const size_t batches[] = {1, 64, 256, 1024};
	static real p[BATCH_MAX * C];
	Arena measured = arena_measure();
	ParamTable table;
	Rng rng = rng_seed(2, 2);

	seqscorer_carve(&measured, config, F, C, T, NETWORK_CHUNK_MAX);

	Arena arena = carve_block(&measured);
	SequenceScorer *scorer = seqscorer_carve(&arena, config, F, C, T, NETWORK_CHUNK_MAX);

	seqnet_params(&table, config, F, C);

	real *w = calloc(table.total, sizeof(real));

	params_init(w, &table, &rng);
	seqscorer_load(scorer, w);
	for (int i = 0; i < 4; i++)
	{
		const size_t batch = batches[i];
		double done = 0;

		seqscorer_run(scorer, p, set, 0, batch);

		const double begin = cpu_seconds();

		for (size_t from = 0; cpu_seconds() - begin < seconds; done += (double) batch)
		{
			seqscorer_run(scorer, p, set, from, batch);
			from = batch == 1 ? (from + 1) % BATCH_MAX : 0;
		}
		report("score", config, batch, done / (cpu_seconds() - begin), 1);
	}
	free(w);
	free(arena.base);
}

/* 2 n³ per product: what the core gives at best, as far as OpenBLAS knows it. */
static void
bench_peak(void)
{
	const size_t n = 512;
	real *m = calloc(3 * n * n, sizeof(real));
	double products = 0;

	blas_nn(m, n, m + n * n, n, m + 2 * n * n, n, n, n, n, BLAS_SET);

	const double begin = cpu_seconds();

	while (cpu_seconds() - begin < seconds)
	{
		blas_nn(m, n, m + n * n, n, m + 2 * n * n, n, n, n, n, BLAS_SET);
		products++;
	}

	const double rate = products / (cpu_seconds() - begin);

	printf("peak\tsgemm\t%zu\t%zu\t%.1f\t%.1f\n", n, n, rate, 2e-9 * rate * (double) (n * n * n));
	free(m);
}

/* A product whose operands stay in the first-level cache: as good as multiply-adds out of registers. */
static void
bench_core(void)
{
	enum
	{
		M = 16,
		N = 64,
		K = 64
	};
	static real a[M * K], b[K * N], out[M * N];
	double products = 0;
	const double begin = cpu_seconds();

	while (cpu_seconds() - begin < seconds)
		for (int i = 0; i < 1000; i++, products++)
			panel_product(out, N, a, K, b, M, N, K, PANEL_SET);

	const double rate = products / (cpu_seconds() - begin);

	printf("peak\tcore\t%d\t%d\t%.1f\t%.1f\n", M, K, rate, 2e-9 * rate * M * N * K);
}

/* A TCN that pools the maximum computes all steps of all blocks; for the last step a fourth of them does. */
static const struct
{
	const char *name;
	int architecture, pooling;
} nets[] = {
	{"lstm", SEQUENCE_LSTM, POOLING_LAST},
	{"gru", SEQUENCE_GRU, POOLING_LAST},
	{"tcn", SEQUENCE_TCN, POOLING_LAST},
	{"tcn-max", SEQUENCE_TCN, POOLING_MAX},
};

int
main(int argc, char **argv)
{
	const SequenceSet set = random_set();

	if (argc > 1)
		seconds = atof(argv[1]);
	denormals_flush();
	bench_peak();
	bench_core();
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		for (int hidden = 32; hidden <= 128; hidden *= 2)
		{
			SequenceConfig config;

			if ((argc > 2 && strcmp(argv[2], nets[i].name) != 0) || (argc > 3 && atoi(argv[3]) != hidden) ||
				(nets[i].pooling == POOLING_MAX && hidden != 64))
				continue;
			config_defaults(&config, sequence_options, sequence_option_count);
			config.architecture = nets[i].architecture;
			config.hidden_size = hidden;
			config.pooling = nets[i].pooling;
			config.dropout = 0;
			config.mask = false;
			sequence_config_check(&config);
			if (argc < 5 || strcmp(argv[4], "train") == 0)
				bench_training(&config, &set);
			if (argc < 5 || strcmp(argv[4], "score") == 0)
				bench_scoring(&config, &set);
		}
	return 0;
}

/*
 * Cora, the planetoid split (Yang et al. 2016), with the encoder of the uplift network and a head of 7 classes: a
 * check of the attention layers against what the literature has for graph attention (Veličković et al. 2018: 83.0 %).
 * As in the paper, the projection of the features is the first layer's value matrix and the head the last one's (but
 * for a tanh): those matrices stay the identity. Trained as well, they only put a linear map next to another, and 140
 * papers are learned by heart sooner (bench/results/uplift.md).
 *
 *   make build/bench/uplift/cora && build/bench/uplift/cora FOLDER [option=value ...]
 *
 * FOLDER holds nodes.csv (id, label, split), edges.csv and features_sparse.csv (id, feature, value), ids 0 .. N-1.
 * Options are those of train_uplift (dropout is applied to the features too), seeds=n and from=n. Rows of features sum
 * to 1, weight decay is Adam's L2, and training stops and keeps its weights by the paper's rule on the validation part;
 * only then the test part is looked at.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplift/pure/net_pass.h"
#include "nn/adam.h"
#include "nn/dense.h"
#include "nn/loss.h"

#define C 7 /* classes */

typedef struct Cora
{
	size_t N, E, F, nonzeros;
	int32_t *label;
	char *split; /* first letter: train, val, test, none */
	uint32_t *source, *target;
	uint32_t *node, *feature; /* of each nonzero */
	float *value;
} Cora;

typedef struct Part
{
	double loss, accuracy;
} Part;

typedef struct Run
{
	const Cora *cora;
	UpliftNet net;
	ParamTable params;
	Graph graph;
	float *dropped; /* as cora->value */
	size_t total, input, input_bias, head, head_bias;
	real *w, *best, *m, *v, *dw;
	real *h, *dh, *logit, *dlogit;
	UpliftRows rows;
	UpliftScratch scratch;
} Run;

static FILE *
open_table(const char *folder, const char *name)
{
	char path[4096], head[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);

	FILE *file = fopen(path, "r");

	if (!file || !fgets(head, sizeof(head), file))
		exit((fprintf(stderr, "cannot read %s\n", path), 1));
	return file;
}

static Cora
cora_read(const char *folder)
{
	enum
	{
		ROOM = 1 << 20
	};
	Cora cora = {.label = malloc(ROOM * sizeof(int32_t)),
				 .split = malloc(ROOM),
				 .source = malloc(ROOM * sizeof(uint32_t)),
				 .target = malloc(ROOM * sizeof(uint32_t)),
				 .node = malloc(ROOM * sizeof(uint32_t)),
				 .feature = malloc(ROOM * sizeof(uint32_t)),
				 .value = malloc(ROOM * sizeof(float))};
	unsigned id, feature;
	char split[16];
	FILE *file = open_table(folder, "nodes.csv");

	while (cora.N < ROOM && fscanf(file, "%u,%d,%15s", &id, &cora.label[cora.N], split) == 3)
		cora.split[cora.N++] = split[0] == 't' ? split[1] : split[0];
	fclose(file);
	file = open_table(folder, "edges.csv");
	while (cora.E < ROOM && fscanf(file, "%u,%u", &cora.source[cora.E], &cora.target[cora.E]) == 2)
		cora.E++;
	fclose(file);

	double *sum = calloc(cora.N, sizeof(double));

	file = open_table(folder, "features_sparse.csv");
	while (cora.nonzeros < ROOM && fscanf(file, "%u,%u,%f", &id, &feature, &cora.value[cora.nonzeros]) == 3)
	{
		cora.node[cora.nonzeros] = id;
		cora.feature[cora.nonzeros] = feature;
		sum[id] += cora.value[cora.nonzeros++];
		cora.F = feature >= cora.F ? feature + 1 : cora.F;
	}
	fclose(file);
	for (size_t i = 0; i < cora.nonzeros; i++)
		cora.value[i] *= (float) (1 / sum[cora.node[i]]);
	free(sum);
	return cora;
}

static void
run_carve(Run *run, Arena *arena, const GraphSetup *setup)
{
	const size_t N = setup->N;

	graph_carve(&run->graph, arena, setup);
	run->dropped = ARENA_TAKE(arena, float, run->cora->nonzeros);
	run->w = ARENA_TAKE(arena, real, run->total);
	run->best = ARENA_TAKE(arena, real, run->total);
	run->m = ARENA_TAKE(arena, real, run->total);
	run->v = ARENA_TAKE(arena, real, run->total);
	run->dw = ARENA_TAKE(arena, real, run->total);
	run->h = ARENA_TAKE(arena, real, N * run->net.H);
	run->dh = ARENA_TAKE(arena, real, N * run->net.H);
	run->logit = ARENA_TAKE(arena, real, N * C);
	run->dlogit = ARENA_TAKE(arena, real, N * C);
	upliftrows_carve(&run->rows, arena, &run->net, N, true);
	upliftscratch_carve(&run->scratch, arena, &run->net);
}

static void
run_graph(Run *run, const GraphSetup *setup)
{
	GraphBuild build;
	Arena measure = arena_measure();

	graphbuild_carve(&build, &measure, setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	graphbuild_carve(&build, &arena, setup);
	graphbuild_start(&build, &run->graph,
					 &(GraphEdges){.source = run->cora->source, .target = run->cora->target, .E = setup->E});
	while (graphbuild_step(&build))
		;
	free(block);
}

/* The caller frees the block. */
static void *
run_make(Run *run, const Cora *cora, const UpliftConfig *config)
{
	const GraphSetup setup = {cora->N, cora->E, false, false};
	Arena measure = arena_measure();

	*run = (Run){.cora = cora};
	uplift_net(&run->net, config, &(UpliftShape){1, 1, 1});
	uplift_params(&run->params, config, &(UpliftShape){1, 1, 1});

	/* A projection of sparse features and a head of classes, in place of the product's, behind all its tensors. */
	run->input = run->net.total;
	run->input_bias = run->input + cora->F * run->net.H;
	run->head = run->input_bias + run->net.H;
	run->head_bias = run->head + C * run->net.H;
	run->total = run->head_bias + C;
	run_carve(run, &measure, &setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	run_carve(run, &arena, &setup);
	run_graph(run, &setup);
	return block;
}

/* Of most values of a row, which are 0, nothing is seen. */
static void
drop_features(Run *run, double drop, Rng *rng)
{
	for (size_t i = 0; i < run->cora->nonzeros; i++)
		run->dropped[i] = rng_uniform(rng) < drop ? 0 : (float) (run->cora->value[i] / (1 - drop));
}

static void
project(Run *run, const float *value)
{
	const size_t H = run->net.H;

	for (size_t i = 0; i < run->cora->N; i++)
		memcpy(run->rows.hidden[0] + i * H, run->w + run->input_bias, H * sizeof(real));
	for (size_t i = 0; i < run->cora->nonzeros; i++)
		for (size_t c = 0; c < H; c++)
			run->rows.hidden[0][run->cora->node[i] * H + c] +=
				value[i] * run->w[run->input + run->cora->feature[i] * H + c];
}

static void
project_backward(Run *run, const float *value)
{
	const size_t H = run->net.H;
	const real *dh = run->rows.dhidden[0];

	for (size_t i = 0; i < run->cora->N * H; i++)
		run->dw[run->input_bias + i % H] += dh[i];
	for (size_t i = 0; i < run->cora->nonzeros; i++)
		for (size_t c = 0; c < H; c++)
			run->dw[run->input + run->cora->feature[i] * H + c] += value[i] * dh[run->cora->node[i] * H + c];
}

static size_t
block_rows(const Run *run, size_t from)
{
	return run->cora->N - from < UPLIFT_BLOCK ? run->cora->N - from : UPLIFT_BLOCK;
}

#define FOR_BLOCKS(run)                                                                                      \
	for (size_t from = 0, n; from < (run)->cora->N && (n = block_rows(run, from)); from += n)

/* The head's dropout: of h before it, and of its gradient behind it. */
static void
drop_head(real *h, const Run *run, const UpliftPass *pass)
{
	const uint32_t key = drop_hash(pass->key + 99);

	for (size_t i = 0; pass->drop > 0 && i < run->cora->N * run->net.H; i++)
		h[i] *= drop_factor(drop_hash(key + (uint32_t) i), pass->drop);
}

static void
forward(Run *run, UpliftPass *pass)
{
	const UpliftNet *net = &run->net;

	upliftnet_prepare(pass);
	project(run, pass->training ? run->dropped : run->cora->value);
	for (size_t l = 0; l < net->L; l++)
	{
		FOR_BLOCKS(run)
		upliftnet_products(pass, &run->scratch, l, from, n);
		FOR_BLOCKS(run)
		upliftnet_layer((l + 1 < net->L ? run->rows.hidden[l + 1] : run->h) + from * net->H, pass,
						&run->scratch, l, from, n);
	}
	drop_head(run->h, run, pass);
	dense_forward(run->logit, run->h, run->w + run->head, run->w + run->head_bias, run->cora->N, net->H, C);
}

static void
backward(Run *run, UpliftPass *pass)
{
	const UpliftNet *net = &run->net;
	real *dw = run->dw;

	memset(run->dh, 0, run->cora->N * net->H * sizeof(real));
	dense_backward(run->dh, dw + run->head, dw + run->head_bias, run->dlogit, run->h, run->w + run->head,
				   run->cora->N, net->H, C);
	drop_head(run->dh, run, pass);
	for (size_t l = net->L; l-- > 0;)
	{
		FOR_BLOCKS(run)
		{
			if (l + 1 < net->L)
				upliftnet_products(pass, &run->scratch, l, from, n);
			upliftnet_layer_backward(dw, pass, &run->scratch,
									 (l + 1 < net->L ? run->rows.dhidden[l + 1] : run->dh) + from * net->H, l,
									 from, n);
		}
		FOR_BLOCKS(run)
		{
			upliftnet_self_backward(dw, pass, &run->scratch, l, from, n);
			upliftnet_others_backward(dw, pass, &run->scratch, l, from, n);
		}
	}
	project_backward(run, run->dropped);
}

/* Of the part; with gradient, dlogit gets that of its mean loss. */
static Part
part_loss(Run *run, char part, bool gradient)
{
	Part result = {0, 0};
	size_t n = 0;

	for (size_t i = 0; i < run->cora->N; i++)
		n += run->cora->split[i] == part;
	if (gradient)
		memset(run->dlogit, 0, run->cora->N * C * sizeof(real));
	for (size_t i = 0; i < run->cora->N; i++)
	{
		const real *logit = run->logit + i * C;
		int best = 0;

		if (run->cora->split[i] != part)
			continue;
		for (int c = 1; c < C; c++)
			best = logit[c] > logit[best] ? c : best;
		result.accuracy += (best == run->cora->label[i]) / (double) n;
		result.loss += loss_cross_entropy(gradient ? run->dlogit + i * C : NULL, logit, &run->cora->label[i],
										  NULL, (real) (1.0 / (double) n), 1, C) /
					   (double) n;
	}
	return result;
}

/* Layer l's value matrix within weights or gradients. */
static real *
value_matrix(real *w, const UpliftNet *net, size_t l)
{
	return w + net->layer[l].products + (net->config.aggregate == AGGREGATE_SUM ? 0 : 2 * net->H * net->H);
}

/* The first layer's and the last one's, which the projection and the head stand for. */
static bool
value_stays(const UpliftNet *net, size_t l)
{
	return l == 0 || l + 1 == net->L;
}

static void
update(Run *run, const UpliftConfig *config, size_t step)
{
	const AdamStep adam = {.learning_rate = config->learning_rate, .gradient_scale = 1, .step = step};

	/* Words that no training paper near has are forgotten too. */
	for (size_t i = 0; i < run->total; i++)
		run->dw[i] += (real) config->weight_decay * run->w[i];
	for (size_t i = 0; i < run->params.count; i++)
		if (run->params.param[i].fixed)
			memset(run->dw + run->params.param[i].offset, 0, run->params.param[i].size * sizeof(real));
	for (size_t l = 0; l < run->net.L; l++)
		if (value_stays(&run->net, l))
			memset(value_matrix(run->dw, &run->net, l), 0, run->net.H * run->net.H * sizeof(real));
	adam_update(run->w, run->m, run->v, run->dw, &adam, run->total);
}

static UpliftPass
pass_of(const Run *run, bool training, const UpliftConfig *config, uint32_t key)
{
	return (UpliftPass){.net = &run->net,
						.w = run->w,
						.graph = &run->graph,
						.rows = run->rows,
						.training = training,
						.drop = training ? (real) config->dropout : 0,
						.attention_drop = training ? (real) config->attention_dropout : 0,
						.key = key};
}

static Part
train(Run *run, const UpliftConfig *config, uint64_t seed, int *best_epoch, Part *valid)
{
	const UpliftNet *net = &run->net;
	Rng rng = rng_seed(seed, 1);
	int waited = 0;
	double most = 0, least = INFINITY; /* accuracy, loss */

	params_init(run->w, &run->params, &rng);
	for (size_t i = net->total; i < run->total; i++)
	{
		const bool bias = i >= run->head_bias || (i >= run->input_bias && i < run->head);
		const double inputs = (double) (i < run->head ? run->cora->F : net->H);
		const double outputs = (double) (i < run->head ? net->H : C);

		run->w[i] = bias ? 0 : (real) ((2 * rng_uniform(&rng) - 1) * sqrt(6 / (inputs + outputs)));
	}
	for (size_t l = 0; l < net->L; l++)
		for (size_t i = 0; value_stays(net, l) && i < net->H * net->H; i++)
			value_matrix(run->w, net, l)[i] = i % (net->H + 1) == 0;
	memset(run->m, 0, run->total * sizeof(real));
	memset(run->v, 0, run->total * sizeof(real));
	*valid = (Part){INFINITY, 0};
	for (int epoch = 1; epoch <= config->max_epochs && waited < config->patience; epoch++)
	{
		UpliftPass pass = pass_of(run, true, config, (uint32_t) rng_next(&rng));

		drop_features(run, config->dropout, &rng);
		memset(run->dw, 0, run->total * sizeof(real));
		forward(run, &pass);
		part_loss(run, 'r', true);
		backward(run, &pass);
		update(run, config, (size_t) epoch);
		pass = pass_of(run, false, config, 0);
		forward(run, &pass);

		const Part now = part_loss(run, 'v', false);

		/* The paper's rule: wait for either, keep what is best in both. */
		waited++;
		if (now.accuracy < most && now.loss > least)
			continue;
		waited = 0;
		if (now.accuracy >= most && now.loss <= least)
		{
			*valid = now;
			*best_epoch = epoch;
			memcpy(run->best, run->w, run->total * sizeof(real));
		}
		most = fmax(most, now.accuracy);
		least = fmin(least, now.loss);
	}
	memcpy(run->w, run->best, run->total * sizeof(real));

	UpliftPass pass = pass_of(run, false, config, 0);

	forward(run, &pass);
	return part_loss(run, 'e', false);
}

int
main(int argc, char **argv)
{
	UpliftConfig config;
	int seeds = 10, first = 0;
	double sum = 0, squares = 0, valid_sum = 0;

	if (argc < 2)
		return fprintf(stderr, "usage: cora FOLDER [option=value ...]\n"), 1;
	config_defaults(&config, uplift_options, uplift_option_count);
	config.log_degree = false;
	config.depth = DEPTH_NONE;
	config.hidden_size = 64;
	config.heads = 8;
	config.dropout = config.attention_dropout = 0.6;
	config.learning_rate = 0.005;
	config.weight_decay = 5e-4;
	config.max_epochs = 1000;
	config.patience = 100;
	for (int i = 2; i < argc; i++)
	{
		char name[64] = "";
		const char *value = strchr(argv[i], '=');

		if (value && value - argv[i] < (long) sizeof(name))
			memcpy(name, argv[i], (size_t) (value++ - argv[i]));
		if (strcmp(name, "seeds") == 0)
			seeds = atoi(value);
		else if (strcmp(name, "from") == 0)
			first = atoi(value);
		else if (config_set(&config, uplift_options, uplift_option_count, name, value ? value : "").code !=
				 STATUS_SUCCESS)
			return fprintf(stderr, "bad option: %s\n", argv[i]), 1;
	}

	const Cora cora = cora_read(argv[1]);
	Run run;
	void *block = run_make(&run, &cora, &config);

	for (int seed = first; seed < first + seeds; seed++)
	{
		int epoch = 0;
		Part valid;
		const Part test = train(&run, &config, (uint64_t) seed, &epoch, &valid);

		printf("seed %d: epoch %d, validation %.4f, test %.4f\n", seed, epoch, valid.accuracy, test.accuracy);
		fflush(stdout);
		sum += test.accuracy / seeds;
		squares += test.accuracy * test.accuracy / seeds;
		valid_sum += valid.accuracy / seeds;
	}
	printf("validation %.4f, test %.4f (sd %.4f) over %d seeds\n", valid_sum, sum,
		   sqrt(fmax(squares - sum * sum, 0)), seeds);
	free(block);
	return 0;
}

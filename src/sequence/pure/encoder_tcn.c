/*
 * TCN: residual blocks, each with twice the dilation of the one below.
 *
 *   from the top down: which steps of each block are needed (pooling `last` needs one)
 *   from the bottom up: y of block l = tcn_forward(y of block l - 1), at the needed steps alone
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sequence/pure/encoder.h"

static size_t
block_inputs(const SequenceConfig *config, size_t I, int block)
{
	return block == 0 ? I : (size_t) config->hidden_size;
}

static void
add_pair(ParamTable *table, const char *layer, int block, size_t O, size_t I, size_t taps)
{
	const double bound = 1.0 / sqrt((double) (I * taps));
	char name[PARAM_NAME_MAX];

	snprintf(name, sizeof(name), "tcn.network.%d.%s.weight", block, layer);
	params_add(table, name, INIT_UNIFORM, bound, 3, O, I, taps);
	snprintf(name, sizeof(name), "tcn.network.%d.%s.bias", block, layer);
	params_add(table, name, INIT_UNIFORM, bound, 1, O, 0, 0);
}

static void
add_norm(ParamTable *table, const char *layer, int block, size_t H)
{
	static const struct
	{
		const char *name;
		double value;
		bool running;
	} tensors[] = {
		{"weight", 1, false}, {"bias", 0, false}, {"running_mean", 0, true}, {"running_var", 1, true}};

	for (size_t i = 0; i < sizeof(tensors) / sizeof(tensors[0]); i++)
	{
		char name[PARAM_NAME_MAX];

		snprintf(name, sizeof(name), "tcn.network.%d.%s.%s", block, layer, tensors[i].name);
		params_add(table, name, INIT_CONSTANT, tensors[i].value, 1, H, 0, 0);
		table->param[table->count - 1].running = tensors[i].running;
		table->param[table->count - 1].fixed = tensors[i].running;
	}
}

static void
tcn_params(ParamTable *table, const SequenceConfig *config, size_t inputs)
{
	const size_t H = (size_t) config->hidden_size;
	const size_t taps = (size_t) config->kernel_size;

	for (int l = 0; l < config->num_layers; l++)
	{
		const size_t I = block_inputs(config, inputs, l);

		add_pair(table, "conv1", l, H, I, taps);
		add_pair(table, "conv2", l, H, H, taps);
		if (I != H)
			add_pair(table, "downsample", l, H, I, 1);
		if (config->normalization != NORMALIZATION_BATCH)
			continue;
		add_norm(table, "norm1", l, H);
		add_norm(table, "norm2", l, H);
	}
}

static void
tcn_network_init(Network *net, const ParamTable *table)
{
	const SequenceConfig *config = &net->config;

	for (int l = 0; l < config->num_layers; l++)
	{
		char name[PARAM_NAME_MAX];

		snprintf(name, sizeof(name), "tcn.network.%d.conv1.weight", l);
		net->layer[l].tensor[0] = params_find(table, name)->offset;
		tcn_init(&net->layer[l].block, block_inputs(config, net->I, l), (size_t) config->hidden_size,
				 (size_t) config->kernel_size, (size_t) 1 << l, config->dropout,
				 config->normalization == NORMALIZATION_BATCH);
	}
}

static void
tcn_weights(Network *net, Arena *arena)
{
	for (int l = 0; l < net->config.num_layers; l++)
		tcn_carve_weights(&net->layer[l].block, arena);
}

static void
tcn_work(Network *net, Arena *arena, size_t T, size_t B, bool training)
{
	for (int l = 0; l < net->config.num_layers; l++)
		tcn_carve_work(&net->layer[l].block, arena, T, B, training);
	net->need = ARENA_TAKE(arena, uint8_t, T);
}

static NormTensors
norm_at(real *w, size_t H)
{
	return (NormTensors){w, w + H, w + 2 * H, w + 3 * H};
}

static TcnTensors
tensors_at(real *w, const NetworkLayer *layer)
{
	const TcnBlock *block = &layer->block;
	const size_t taps = block->conv1.taps;
	TcnTensors t = {.w1 = w + layer->tensor[0]};

	t.b1 = t.w1 + block->H * block->I * taps;
	t.w2 = t.b1 + block->H;
	t.b2 = t.w2 + block->H * block->H * taps;
	t.w0 = t.b2 + block->H;
	t.b0 = t.w0 + block->H * block->I;

	real *norms = block->I == block->H ? t.w0 : t.b0 + block->H;

	t.norm1 = norm_at(norms, block->H);
	t.norm2 = norm_at(norms + 4 * block->H, block->H);
	return t;
}

static void
tcn_network_pack(Network *net, const real *w, int layer)
{
	const TcnTensors tensors = tensors_at((real *) w, &net->layer[layer]);

	tcn_pack(&net->layer[layer].block, &tensors);
}

static const real *
tcn_output(const Network *net)
{
	return net->layer[net->config.num_layers - 1].block.y;
}

static const real *
block_input(const Network *net, int l)
{
	return l == 0 ? net->x : net->layer[l - 1].block.y;
}

/*
 * Mark the steps of each block that are needed: of the top one those that pooling reads, below those that the taps
 * read.
 */
static void
find_needed(Network *net)
{
	const size_t T = net->steps.T;
	const int top = net->config.num_layers - 1;

	for (int l = 0; l < top; l++)
		memset(net->layer[l].block.need_out, 0, T);
	memset(net->layer[top].block.need_out, net->config.pooling != POOLING_LAST, T);
	net->layer[top].block.need_out[T - 1] = 1;
	for (int l = top; l >= 0; l--)
		tcn_need(&net->layer[l].block, l == 0 ? net->need : net->layer[l - 1].block.need_out, T);
}

static const real *
tcn_network_forward(Network *net, Rng *dropout)
{
	find_needed(net);
	for (int l = 0; l < net->config.num_layers; l++)
		tcn_forward(&net->layer[l].block, block_input(net, l), &net->steps, dropout);
	return tcn_output(net);
}

static void
tcn_network_backward(Network *net, real *dw, bool dropout)
{
	const int top = net->config.num_layers - 1;
	const size_t rows = net->steps.row[net->steps.T];

	for (int l = top; l >= 0; l--)
	{
		const TcnTensors grad = tensors_at(dw, &net->layer[l]);
		real *dy = net->dy[(top - l) % 2];
		real *dx = l == 0 ? NULL : net->dy[(top - l + 1) % 2];

		if (dx)
			memset(dx, 0, rows * net->D * sizeof(real));
		tcn_backward(&net->layer[l].block, dx, &grad, dy, block_input(net, l), &net->steps, dropout);
	}
}

const Encoder tcn_encoder = {
	.layers = 4, /* see 61 steps with three taps */
	.pooling = POOLING_MAX,
	.normalization = NORMALIZATION_BATCH,
	.dropout = 0.1,
	.normalises = true,
	.params = tcn_params,
	.init = tcn_network_init,
	.carve_weights = tcn_weights,
	.carve_work = tcn_work,
	.pack = tcn_network_pack,
	.forward = tcn_network_forward,
	.output = tcn_output,
	.backward = tcn_network_backward,
};

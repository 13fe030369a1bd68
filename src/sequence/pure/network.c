#include "sequence/pure/network.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sequence/pure/encoder.h"
#include "nn/dense.h"
#include "nn/dropout.h"

/* Standardised inputs beyond this say no more, and must not overflow in the products. */
#define INPUT_LIMIT 1e6f

#define ENCODER(NAME, name) [SEQUENCE_##NAME] = &name##_encoder,
const Encoder *const sequence_encoders[] = {SEQUENCE_ARCHITECTURES(ENCODER)};

static size_t
offset_of(const ParamTable *table, const char *name)
{
	const Tensor *p = params_find(table, name);

	return p ? p->offset : 0;
}

void
seqnet_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C)
{
	const size_t D = (size_t) config->hidden_size * (config->bidirectional ? 2 : 1);
	const size_t O = C ? C : 1;
	const double bound = 1.0 / sqrt((double) D);

	*table = (ParamTable){0};
	params_add(table, "input.mean", INIT_CONSTANT, 0, 1, F, 0, 0);
	params_add(table, "input.scale", INIT_CONSTANT, 1, 1, F, 0, 0);
	sequence_encoders[config->architecture]->params(table, config, config->mask ? 2 * F : F);
	if (config->pooling == POOLING_ATTENTION)
		params_add(table, "attention.weight", INIT_UNIFORM, bound, 2, 1, D, 0);
	params_add(table, "head.weight", INIT_UNIFORM, bound, 2, O, D, 0);
	params_add(table, "head.bias", INIT_UNIFORM, bound, 1, O, 0, 0);
	params_add(table, C ? "calibration.bias" : "target.mean", INIT_CONSTANT, 0, 1, O, 0, 0);
	params_add(table, C ? "calibration.temperature" : "target.scale", INIT_CONSTANT, 1, 1, 1, 0, 0);

	/* Measured from the data, not trained. */
	for (size_t i = 0; i < table->count; i++)
		if (i < 2 || i >= table->count - 2)
			table->param[i].fixed = true;
}

void
network_init(Network *net, const SequenceConfig *config, size_t F, size_t C)
{
	ParamTable table;

	assert(config->num_layers > 0 && config->pooling <= POOLING_ATTENTION);
	seqnet_params(&table, config, F, C);
	*net = (Network){.config = *config, .encoder = sequence_encoders[config->architecture], .F = F, .C = C};
	net->I = config->mask ? 2 * F : F;
	net->D = (size_t) config->hidden_size * (config->bidirectional ? 2 : 1);
	net->O = C ? C : 1;
	net->mean = offset_of(&table, "input.mean");
	net->scale = offset_of(&table, "input.scale");
	net->attention = offset_of(&table, "attention.weight");
	net->head_weight = offset_of(&table, "head.weight");
	net->head_bias = offset_of(&table, "head.bias");
	net->pooling = (Pooling){.kind = config->pooling, .D = net->D, .forward = (size_t) config->hidden_size};
	net->encoder->init(net, &table);
}

void
network_carve_weights(Network *net, Arena *arena)
{
	net->encoder->carve_weights(net, arena);
}

void
network_carve_work(Network *net, Arena *arena, size_t T, size_t B, bool training)
{
	const size_t rows = T * B;
	const bool dropout = training && net->config.dropout > 0;

	net->T_max = T;
	net->B_max = B;
	net->steps.row = ARENA_TAKE(arena, size_t, T + 1);
	net->order = ARENA_TAKE(arena, size_t, B);
	net->x = ARENA_TAKE(arena, real, rows * net->I);
	net->pooled = ARENA_TAKE(arena, real, B * net->D);
	net->keep = dropout ? ARENA_TAKE(arena, uint8_t, B * net->D) : NULL;
	net->score = ARENA_TAKE(arena, real, B * net->O);
	pooling_carve(&net->pooling, arena, rows, B);
	net->encoder->carve_work(net, arena, T, B, training);
	if (!training)
		return;
	net->dscore = ARENA_TAKE(arena, real, B * net->O);
	net->dpooled = ARENA_TAKE(arena, real, B * net->D);
	net->dy[0] = ARENA_TAKE(arena, real, rows * net->D);
	net->dy[1] = ARENA_TAKE(arena, real, rows * net->D);
}

void
network_pack_layer(Network *net, const real *w, int layer)
{
	net->encoder->pack(net, w, layer);
}

void
network_pack(Network *net, const real *w)
{
	for (int l = 0; l < net->config.num_layers; l++)
		network_pack_layer(net, w, l);
}

static size_t
first_tensor(const Network *net, const ParamTable *table, int layer)
{
	size_t i = 0;

	while (layer > 0 && table->param[i].offset < net->layer[layer].tensor[0])
		i++;
	return i;
}

void
network_layer_tensors(size_t *begin, size_t *end, const Network *net, const ParamTable *table, int layer)
{
	*begin = first_tensor(net, table, layer);
	*end = layer + 1 < net->config.num_layers ? first_tensor(net, table, layer + 1) : table->count;
}

static size_t
sequence_length(const SequenceSet *set, uint32_t i)
{
	return set->start[i + 1] - set->start[i];
}

/* Longest first; equal ones keep their order. */
static void
sort_by_length(Network *net, const SequenceSet *set, const uint32_t *index, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		size_t j = i;

		for (; j > 0 && sequence_length(set, index[net->order[j - 1]]) < sequence_length(set, index[i]); j--)
			net->order[j] = net->order[j - 1];
		net->order[j] = i;
	}
}

static void
lay_out_steps(Steps *steps, const SequenceSet *set, const uint32_t *index, const size_t *order, size_t n)
{
	steps->B = n;
	steps->T = sequence_length(set, index[order[0]]);
	steps->row[0] = 0;
	for (size_t t = 0, b = 0; t < steps->T; t++)
	{
		while (b < n && sequence_length(set, index[order[b]]) >= steps->T - t)
			b++;
		steps->row[t + 1] = steps->row[t] + b;
	}
}

static void
standardise(real *x, const float *value, const real *mean, const real *scale, bool mask, size_t F)
{
	for (size_t j = 0; j < F; j++)
	{
		const bool missing = isnan(value[j]);
		real v = missing ? 0 : ((real) value[j] - mean[j]) / scale[j];

		v = v > -INPUT_LIMIT ? v : -INPUT_LIMIT;
		x[j] = v < INPUT_LIMIT ? v : INPUT_LIMIT;
		if (mask)
			x[F + j] = missing;
	}
}

static void
read_input(Network *net, const real *w, const SequenceSet *set, const uint32_t *index)
{
	const Steps *steps = &net->steps;

	for (size_t b = 0; b < steps->B; b++)
	{
		const uint32_t i = index[net->order[b]];
		const size_t begin = steps->T - sequence_length(set, i);
		const float *value = set->value + set->start[i] * net->F;

		for (size_t t = begin; t < steps->T; t++, value += net->F)
			standardise(net->x + (steps->row[t] + b) * net->I, value, w + net->mean, w + net->scale,
						net->config.mask, net->F);
	}
}

void
network_forward(Network *net, const real *w, const SequenceSet *set, const uint32_t *index, size_t n,
				Rng *dropout)
{
	assert(n > 0 && n <= net->B_max);
	sort_by_length(net, set, index, n);
	assert(sequence_length(set, index[net->order[n - 1]]) > 0);
	assert(sequence_length(set, index[net->order[0]]) <= net->T_max);
	lay_out_steps(&net->steps, set, index, net->order, n);
	read_input(net, w, set, index);

	const real *y = net->encoder->forward(net, dropout);

	pooling_forward(&net->pooling, net->pooled, y, w + net->attention, &net->steps);
	if (dropout && net->keep)
		dropout_forward(net->pooled, net->keep, dropout, net->config.dropout, n * net->D);
	dense_forward(net->score, net->pooled, w + net->head_weight, w + net->head_bias, n, net->D, net->O);
}

void
network_backward(Network *net, real *dw, const real *w, bool dropout)
{
	const size_t n = net->steps.B;
	const size_t rows = net->steps.row[net->steps.T];

	memset(net->dpooled, 0, n * net->D * sizeof(real));
	dense_backward(net->dpooled, dw + net->head_weight, dw + net->head_bias, net->dscore, net->pooled,
				   w + net->head_weight, n, net->D, net->O);
	if (dropout && net->keep)
		dropout_backward(net->dpooled, net->keep, net->config.dropout, n * net->D);

	memset(net->dy[0], 0, rows * net->D * sizeof(real));
	pooling_backward(&net->pooling, net->dy[0], dw + net->attention, net->dpooled, net->encoder->output(net),
					 w + net->attention, &net->steps);
	net->encoder->backward(net, dw, dropout);
}

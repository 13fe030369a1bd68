#include "sequence/pure/network.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sequence/pure/encoder.h"
#include "sequence/pure/input.h"
#include "nn/blas.h"
#include "nn/dense.h"
#include "nn/dropout.h"

#define ENCODER(NAME, name) [SEQUENCE_##NAME] = &name##_encoder,
const Encoder *const sequence_encoders[] = {SEQUENCE_ARCHITECTURES(ENCODER)};

static size_t
offset_of(const ParamTable *table, const char *name)
{
	const Tensor *p = params_find(table, name);

	return p ? p->offset : 0;
}

/* Outputs of the encoder, of I inputs a step. */
static size_t
encoder_width(const SequenceConfig *config, size_t I)
{
	const Encoder *encoder = sequence_encoders[config->architecture];

	if (encoder->width)
		return encoder->width(config, I);
	return (size_t) config->hidden_size * (config->bidirectional ? 2 : 1);
}

/*
 * Of the D outputs, those that the hidden units beside the encoder read: all when there are Z numbers of attributes, so
 * that the two can depend on each other. The many of an encoder that is not trained they leave to the head.
 */
static size_t
pooled_beside(const SequenceConfig *config, size_t D, size_t Z)
{
	return Z > 0 && !sequence_encoders[config->architecture]->whole ? D : 0;
}

/* Measured from the data, not trained. */
static void
add_fixed(ParamTable *table, const char *name, double scale, size_t rows, size_t columns)
{
	params_add(table, name, INIT_CONSTANT, scale, columns ? 2 : 1, rows, columns, 0);
	table->param[table->count - 1].fixed = true;
}

/*
 * Beside the encoder: M hidden units that read V numbers, and a direct way from them and from the first U of
 * these numbers to the scores, which begins at 0.
 */
static void
add_summary(ParamTable *table, size_t V, size_t U, size_t M, size_t O)
{
	const double bound = 1.0 / sqrt((double) V);

	if (M > 0)
	{
		params_add(table, "summary.weight", INIT_UNIFORM, bound, 2, M, V, 0);
		params_add(table, "summary.bias", INIT_UNIFORM, bound, 1, M, 0, 0);
	}
	params_add(table, "summary_head.weight", INIT_CONSTANT, 0, 2, O, M + U, 0);
}

void
seqnet_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C)
{
	const size_t D = encoder_width(config, input_count(config, F));
	const size_t O = C ? C : 1;
	const size_t binned = binned_count(config, F);
	const size_t Z = attributes_inputs(&config->attributes) + binned * ATTRIBUTE_BINS;
	const size_t U = summary_count(config, F) + Z;
	const double bound = 1.0 / sqrt((double) D);
	const double head_bound = config->baseline ? 0 : bound; /* the network begins as its baseline */

	*table = (ParamTable){0};
	add_fixed(table, "input.mean", 0, F, 0);
	add_fixed(table, "input.scale", 1, F, 0);
	if (config->inputs == INPUTS_CHANGES)
		add_fixed(table, "input.change", 1, F, 0);
	sequence_encoders[config->architecture]->params(table, config, input_count(config, F));
	if (config->pooling == POOLING_ATTENTION)
		params_add(table, "attention.weight", INIT_UNIFORM, bound, 2, 1, D, 0);
	params_add(table, "head.weight", INIT_UNIFORM, head_bound, 2, O, D, 0);
	params_add(table, "head.bias", INIT_UNIFORM, head_bound, 1, O, 0, 0);
	if (U > 0)
		add_summary(table, U + pooled_beside(config, D, Z), U, (size_t) config->summary_size, O);
	attributes_params(table, &config->attributes);
	if (binned > 0)
		add_fixed(table, "value.edge", 0, binned, ATTRIBUTE_EDGES);
	if (baseline_rows(config) > 0)
		add_fixed(table, "baseline.score", 0, baseline_rows(config), O);
	if (config->decision != DECISION_LARGEST)
		add_fixed(table, "decision.weight", 1, C, 0);
	add_fixed(table, C ? "calibration.bias" : "target.mean", 0, O, 0);
	add_fixed(table, C ? "calibration.temperature" : "target.scale", 1, 1, 0);
}

Status
seqmodel_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C)
{
	ParamTable network;

	seqnet_params(&network, config, F, C);
	return ensemble_params(table, &network, config->ensemble);
}

void
network_init(Network *net, const SequenceConfig *config, size_t F, size_t C)
{
	ParamTable table;

	assert(config->num_layers > 0 && config->pooling <= POOLING_ATTENTION);
	seqnet_params(&table, config, F, C);
	*net = (Network){.config = *config, .encoder = sequence_encoders[config->architecture], .F = F, .C = C};
	net->I = input_count(config, F);
	net->S = summary_count(config, F);
	net->binned = binned_count(config, F);
	net->Z = attributes_inputs(&config->attributes) + net->binned * ATTRIBUTE_BINS;
	net->M = (size_t) config->summary_size;
	net->D = encoder_width(config, net->I);
	net->P = pooled_beside(config, net->D, net->Z);
	net->O = C ? C : 1;
	net->mean = offset_of(&table, "input.mean");
	net->scale = offset_of(&table, "input.scale");
	net->change = offset_of(&table, "input.change");
	net->summary_weight = offset_of(&table, "summary.weight");
	net->summary_bias = offset_of(&table, "summary.bias");
	net->summary_head = offset_of(&table, "summary_head.weight");
	net->value_edge = offset_of(&table, "value.edge");
	net->attributes = attributes_locate(&table, &config->attributes);
	net->baseline = offset_of(&table, "baseline.score");
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

/* Numbers beside the encoder, and how many of them go to the scores directly: all but the pooled vector. */
static size_t
wide_width(const Network *net)
{
	return net->M + net->S + net->Z + net->P;
}

static size_t
direct_width(const Network *net)
{
	return net->M + net->S + net->Z;
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
	net->own = ARENA_TAKE(arena, real, 2 * net->F);
	net->known = ARENA_TAKE(arena, float, B *(size_t) net->config.attributes.n);
	net->wide = ARENA_TAKE(arena, real, B * wide_width(net));
	net->row = ARENA_TAKE(arena, size_t, B);
	net->pooled = ARENA_TAKE(arena, real, B * net->D);
	net->keep = dropout ? ARENA_TAKE(arena, uint8_t, B * net->D) : NULL;
	net->score = ARENA_TAKE(arena, real, B * net->O);
	if (!net->encoder->whole)
		pooling_carve(&net->pooling, arena, rows, B);
	net->encoder->carve_work(net, arena, T, B, training);
	if (!training)
		return;
	net->dscore = ARENA_TAKE(arena, real, B * net->O);
	net->dwide = ARENA_TAKE(arena, real, B * wide_width(net));
	if (net->encoder->whole)
		return;
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

static InputSequence
sequence_of(const Network *net, const real *w, const SequenceSet *set, uint32_t i)
{
	return (InputSequence){.value = set->value + set->start[i] * net->F,
						   .steps = sequence_length(set, i),
						   .F = net->F,
						   .mean = w + net->mean,
						   .scale = w + net->scale,
						   .change = w + net->change,
						   .own_mean = net->own,
						   .own_spread = net->own + net->F};
}

void
network_summary(const Network *net, real *out, const real *w, const SequenceSet *set, uint32_t i)
{
	InputSequence sequence = sequence_of(net, w, set, i);

	input_measure_user(&sequence);
	summary_write(out, &sequence, &net->config);
}

static void
read_sequence(Network *net, const real *w, const SequenceSet *set, uint32_t i, size_t b)
{
	const Steps *steps = &net->steps;
	InputSequence sequence = sequence_of(net, w, set, i);
	const size_t n = sequence.steps;

	if (net->config.inputs == INPUTS_CHANGES || net->S > 0)
		input_measure_user(&sequence);
	for (size_t t = 0; t < n; t++)
		input_write(net->x + (steps->row[steps->T - n + t] + b) * net->I, &sequence, t, &net->config);
	if (net->S > 0)
		summary_write(net->wide + b * wide_width(net) + net->M, &sequence, &net->config);
	if (net->config.baseline)
		net->row[b] = baseline_row(sequence.value, n, net->F, &net->config);
}

/* What is read by bins of the sequence itself, behind the attributes. */
static void
read_binned(real *out, const Network *net, const real *w, const SequenceSet *set, uint32_t i)
{
	const float *value = set->value + set->start[i] * net->F;

	for (size_t j = 0; j < net->binned; j++)
		attribute_write_bins(out + j * ATTRIBUTE_BINS,
							 binned_number(value, sequence_length(set, i), net->F, j),
							 w + net->value_edge + j * ATTRIBUTE_EDGES);
}

/* hide: random numbers for it when training. */
static void
read_attributes(Network *net, const real *w, const SequenceSet *set, uint32_t i, size_t b, Rng *hide)
{
	const AttributeShapes *shapes = &net->config.attributes;
	const size_t n = (size_t) shapes->n;
	float *known = net->known + b * n;

	if (n == 0)
		return;
	memcpy(known, set->attribute + i * n, n * sizeof(float));
	if (hide)
		attributes_hide(known, shapes, hide);

	real *out = net->wide + b * wide_width(net) + net->M + net->S;

	attributes_write(out, known, w, &net->attributes, shapes);
	read_binned(out + attributes_inputs(shapes), net, w, set, i);
}

static void
read_input(Network *net, const real *w, const SequenceSet *set, const uint32_t *index, Rng *hide)
{
	for (size_t b = 0; b < net->steps.B; b++)
	{
		read_sequence(net, w, set, index[net->order[b]], b);
		read_attributes(net, w, set, index[net->order[b]], b, hide);
	}
}

/* ---- Beside the encoder ---- */

static void
wide_hidden(Network *net, const real *w)
{
	const size_t n = net->steps.B, M = net->M, W = wide_width(net);

	if (M == 0)
		return;
	for (size_t b = 0; b < n; b++)
	{
		memcpy(net->wide + b * W, w + net->summary_bias, M * sizeof(real));
		memcpy(net->wide + b * W + direct_width(net), net->pooled + b * net->D, net->P * sizeof(real));
	}
	blas_nt(net->wide, W, net->wide + M, W, w + net->summary_weight, W - M, n, M, W - M, BLAS_ADD);
	for (size_t b = 0; b < n; b++)
		for (size_t j = 0; j < M; j++)
			net->wide[b * W + j] = net->wide[b * W + j] > 0 ? net->wide[b * W + j] : 0;
}

static void
wide_forward(Network *net, const real *w)
{
	const size_t U = direct_width(net);

	if (net->S + net->Z == 0)
		return;
	wide_hidden(net, w);
	blas_nt(net->score, net->O, net->wide, wide_width(net), w + net->summary_head, U, net->steps.B, net->O, U,
			BLAS_ADD);
}

/* From the gradient of the hidden units in dwide: of their weights, and of what they read, which is added. */
static void
wide_hidden_backward(Network *net, real *dw, const real *w)
{
	const size_t n = net->steps.B, M = net->M, W = wide_width(net), V = W - M;

	if (M == 0)
		return;
	for (size_t b = 0; b < n; b++)
		for (size_t j = 0; j < M; j++)
		{
			real *d = &net->dwide[b * W + j];

			*d = net->wide[b * W + j] > 0 ? *d : 0;
			dw[net->summary_bias + j] += *d;
		}
	blas_tn(dw + net->summary_weight, V, net->dwide, W, net->wide + M, W, M, V, n, BLAS_ADD);
	if (net->Z == 0)
		return; /* nothing below a summary is trained */
	blas_nn(net->dwide + M + net->S, W, net->dwide, W, w + net->summary_weight + net->S, V, n, net->Z, M,
			BLAS_ADD);
	blas_nn(net->dpooled, net->D, net->dwide, W, w + net->summary_weight + net->S + net->Z, V, n, net->P, M,
			BLAS_ADD);
}

/* Adds to dpooled. */
static void
wide_backward(Network *net, real *dw, const real *w)
{
	const size_t n = net->steps.B, U = direct_width(net), W = wide_width(net), O = net->O;

	if (net->S + net->Z == 0)
		return;
	blas_tn(dw + net->summary_head, U, net->dscore, O, net->wide, W, O, U, n, BLAS_ADD);
	blas_nn(net->dwide, W, net->dscore, O, w + net->summary_head, U, n, net->Z > 0 ? U : net->M, O, BLAS_SET);
	wide_hidden_backward(net, dw, w);
	for (size_t b = 0; net->Z > 0 && b < n; b++)
		attributes_backward(dw, net->dwide + b * W + net->M + net->S,
							net->known + b * (size_t) net->config.attributes.n, &net->attributes,
							&net->config.attributes);
}

static void
add_baseline(Network *net, const real *w)
{
	const size_t O = net->O;

	for (size_t b = 0; net->config.baseline && b < net->steps.B; b++)
		for (size_t j = 0; j < O; j++)
			net->score[b * O + j] += w[net->baseline + net->row[b] * O + j];
}

void
network_read(Network *net, const real *w, const SequenceSet *set, const uint32_t *index, size_t n, Rng *hide)
{
	assert(n > 0 && n <= net->B_max);
	sort_by_length(net, set, index, n);
	assert(sequence_length(set, index[net->order[n - 1]]) > 0);
	assert(sequence_length(set, index[net->order[0]]) <= net->T_max);
	lay_out_steps(&net->steps, set, index, net->order, n);
	read_input(net, w, set, index, hide);
}

/* One vector of each sequence. */
static void
encode(Network *net, const real *w, Rng *dropout)
{
	if (net->encoder->whole)
		net->encoder->whole(net, w);
	else
		pooling_forward(&net->pooling, net->pooled, net->encoder->forward(net, dropout), w + net->attention,
						&net->steps);
}

void
network_forward(Network *net, const real *w, const SequenceSet *set, const uint32_t *index, size_t n,
				Rng *dropout)
{
	network_read(net, w, set, index, n, dropout);
	encode(net, w, dropout);
	if (dropout && net->keep)
		dropout_forward(net->pooled, net->keep, dropout, net->config.dropout, n * net->D);
	dense_forward(net->score, net->pooled, w + net->head_weight, w + net->head_bias, n, net->D, net->O);
	wide_forward(net, w);
	add_baseline(net, w);
}

size_t
network_embedding_width(const Network *net)
{
	return net->D + direct_width(net);
}

void
network_embedding(const Network *net, real *out, size_t b)
{
	memcpy(out, net->pooled + b * net->D, net->D * sizeof(real));
	memcpy(out + net->D, net->wide + b * wide_width(net), direct_width(net) * sizeof(real));
}

void
network_backward(Network *net, real *dw, const real *w, bool dropout)
{
	const size_t n = net->steps.B;
	const size_t rows = net->steps.row[net->steps.T];
	const bool whole = net->encoder->whole;

	if (!whole)
		memset(net->dpooled, 0, n * net->D * sizeof(real));
	wide_backward(net, dw, w);
	dense_backward(net->dpooled, dw + net->head_weight, dw + net->head_bias, net->dscore, net->pooled,
				   w + net->head_weight, n, net->D, net->O);
	if (whole)
		return;
	if (dropout && net->keep)
		dropout_backward(net->dpooled, net->keep, net->config.dropout, n * net->D);

	memset(net->dy[0], 0, rows * net->D * sizeof(real));
	pooling_backward(&net->pooling, net->dy[0], dw + net->attention, net->dpooled, net->encoder->output(net),
					 w + net->attention, &net->steps);
	net->encoder->backward(net, dw, dropout);
}

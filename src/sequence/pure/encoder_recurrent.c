/* Recurrent cells: layers of one or two directions, each reading all outputs of the one below. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sequence/pure/encoder.h"
#include "nn/dropout.h"

static const RecurrentCell *
cell_of(const Network *net)
{
	return net->encoder->cell;
}

static int
directions(const SequenceConfig *config)
{
	return config->bidirectional ? 2 : 1;
}

static size_t
layer_inputs(const SequenceConfig *config, size_t I, int layer)
{
	return layer == 0 ? I : (size_t) config->hidden_size * (size_t) directions(config);
}

static void
add_tensor(ParamTable *table, const char *cell, const char *kind, int layer, int direction, double bound,
		   size_t rows, size_t columns)
{
	char name[PARAM_NAME_MAX];

	snprintf(name, sizeof(name), "%s.%s_l%d%s", cell, kind, layer, direction ? "_reverse" : "");
	params_add(table, name, INIT_UNIFORM, bound, columns ? 2 : 1, rows, columns, 0);
}

static void
recurrent_params(ParamTable *table, const SequenceConfig *config, size_t I)
{
	const RecurrentCell *cell = sequence_encoders[config->architecture]->cell;
	const size_t H = (size_t) config->hidden_size;
	const double bound = 1.0 / sqrt((double) H);

	for (int l = 0; l < config->num_layers; l++)
		for (int d = 0; d < directions(config); d++)
		{
			add_tensor(table, cell->name, "weight_ih", l, d, bound, cell->gates * H,
					   layer_inputs(config, I, l));
			add_tensor(table, cell->name, "weight_hh", l, d, bound, cell->gates * H, H);
			add_tensor(table, cell->name, "bias_ih", l, d, bound, cell->gates * H, 0);
			add_tensor(table, cell->name, "bias_hh", l, d, bound, cell->gates * H, 0);
		}
}

static void
recurrent_init(Network *net, const ParamTable *table)
{
	for (int l = 0; l < net->config.num_layers; l++)
		for (int d = 0; d < directions(&net->config); d++)
		{
			NetworkLayer *layer = &net->layer[l];
			char name[PARAM_NAME_MAX];

			snprintf(name, sizeof(name), "%s.weight_ih_l%d%s", cell_of(net)->name, l, d ? "_reverse" : "");
			layer->tensor[d] = params_find(table, name)->offset;
			layer->cell[d].I = layer_inputs(&net->config, net->I, l);
			layer->cell[d].H = (size_t) net->config.hidden_size;
			layer->cell[d].reverse = d == 1;
		}
}

static void
recurrent_weights(Network *net, Arena *arena)
{
	for (int l = 0; l < net->config.num_layers; l++)
		for (int d = 0; d < directions(&net->config); d++)
			recurrent_carve_weights(&net->layer[l].cell[d], arena);
}

static void
recurrent_work(Network *net, Arena *arena, size_t T, size_t B, bool training)
{
	const size_t rows = T * B;

	for (int l = 0; l < net->config.num_layers; l++)
	{
		NetworkLayer *layer = &net->layer[l];
		const bool dropout = training && net->config.dropout > 0 && l + 1 < net->config.num_layers;

		layer->y = ARENA_TAKE(arena, real, rows * net->D);
		layer->keep = dropout ? ARENA_TAKE(arena, uint8_t, rows * net->D) : NULL;
		for (int d = 0; d < directions(&net->config); d++)
			recurrent_carve_work(&layer->cell[d], arena, rows, B, training);
	}
}

/*
 * The four tensors of a direction, which follow each other in w. NB: in the order in which recurrent_params() adds
 * them.
 */
static RecurrentTensors
tensors_at(real *w, const RecurrentCell *cell, const Recurrent *layer, size_t offset)
{
	const size_t G = cell->gates * layer->H;
	RecurrentTensors t = {.w_ih = w + offset};

	t.w_hh = t.w_ih + G * layer->I;
	t.b_ih = t.w_hh + G * layer->H;
	t.b_hh = t.b_ih + G;
	return t;
}

static void
recurrent_pack(Network *net, const real *w, int layer)
{
	for (int d = 0; d < directions(&net->config); d++)
	{
		Recurrent *cell = &net->layer[layer].cell[d];
		const RecurrentTensors tensors =
			tensors_at((real *) w, cell_of(net), cell, net->layer[layer].tensor[d]);

		cell_of(net)->pack(cell, &tensors);
	}
}

static const real *
recurrent_output(const Network *net)
{
	return net->layer[net->config.num_layers - 1].y;
}

static const real *
recurrent_forward(Network *net, Rng *dropout)
{
	const size_t H = (size_t) net->config.hidden_size;
	const size_t rows = net->steps.row[net->steps.T];

	for (int l = 0; l < net->config.num_layers; l++)
	{
		NetworkLayer *layer = &net->layer[l];
		const real *x = l == 0 ? net->x : net->layer[l - 1].y;

		for (int d = 0; d < directions(&net->config); d++)
			cell_of(net)->forward(&layer->cell[d], layer->y + (size_t) d * H, net->D, x, &net->steps);
		if (dropout && layer->keep)
			dropout_forward(layer->y, layer->keep, dropout, net->config.dropout, rows * net->D);
	}
	return recurrent_output(net);
}

static void
recurrent_backward(Network *net, real *dw, bool dropout)
{
	const size_t H = (size_t) net->config.hidden_size;
	const size_t rows = net->steps.row[net->steps.T];

	for (int l = net->config.num_layers - 1; l >= 0; l--)
	{
		NetworkLayer *layer = &net->layer[l];
		real *dy = net->dy[(net->config.num_layers - 1 - l) % 2];
		real *dx = l == 0 ? NULL : net->dy[(net->config.num_layers - l) % 2];

		if (dropout && layer->keep)
			dropout_backward(dy, layer->keep, net->config.dropout, rows * net->D);
		if (dx)
			memset(dx, 0, rows * net->D * sizeof(real));
		for (int d = 0; d < directions(&net->config); d++)
		{
			const RecurrentTensors grad = tensors_at(dw, cell_of(net), &layer->cell[d], layer->tensor[d]);

			cell_of(net)->backward(&layer->cell[d], dx, &grad, dy + (size_t) d * H, net->D, &net->steps);
		}
	}
}

#define RECURRENT_ENCODER(NAME, cell_name)                                                                   \
	const Encoder cell_name##_encoder = {                                                                    \
		.layers = 1,                                                                                         \
		.pooling = POOLING_LAST,                                                                             \
		.dropout = 0.2,                                                                                      \
		.both_ways = true,                                                                                   \
		.cell = &cell_name##_cell,                                                                           \
		.params = recurrent_params,                                                                          \
		.init = recurrent_init,                                                                              \
		.carve_weights = recurrent_weights,                                                                  \
		.carve_work = recurrent_work,                                                                        \
		.pack = recurrent_pack,                                                                              \
		.forward = recurrent_forward,                                                                        \
		.output = recurrent_output,                                                                          \
		.backward = recurrent_backward,                                                                      \
	};

RECURRENT_CELLS(RECURRENT_ENCODER)

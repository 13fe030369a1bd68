/*
 * The head in closed form:
 *
 *   foreach pair of kernel and dilation: draw channels, measure biases
 *   foreach part of the features: those of all sequences;  standardise;  gram += x xᵀ
 *   foreach penalty: alpha, and what the others predict of each sequence;  the factor of the least loss
 *   foreach part of the features, again: weights of the head = factor · xᵀ alpha / spread
 *
 * Features are made twice, since to keep them would take more memory than there mostly is.
 */
#include "sequence/pure/train_closed.h"

#include <math.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/ridge.h"
#include "sequence/pure/closed_state.h"
#include "sequence/pure/encoder.h"
#include "sequence/pure/train_sample.h"

/* Numbers of a part of the features, about; and the least columns of one. */
#define PART_NUMBERS ((size_t) 1 << 20)
#define PART_COLUMNS 256

/* Rows of the Gram matrix, and columns, of an item. */
#define GRAM_ROWS 128
#define ITEM_COLUMNS 64

/* Beside those of train.c. */
enum
{
	STREAM_KERNELS = 4,
	STREAM_HIDDEN
};

static const Rocket *
rocket_of(const SequenceTask *task)
{
	return &task->net.rocket;
}

/* Numbers beside the encoder that go to the scores directly: the summary's and the attributes'. */
static size_t
beside_count(const SequenceTask *task)
{
	return task->net.S + task->net.Z;
}

static size_t
rows_max(const SequenceTask *task)
{
	return task->setup.N < CLOSED_ROWS ? task->setup.N : CLOSED_ROWS;
}

static size_t
columns_max(const SequenceTask *task)
{
	const size_t wanted = PART_NUMBERS / (rows_max(task) + 1);
	const size_t least = wanted > PART_COLUMNS ? wanted : PART_COLUMNS;

	return least > beside_count(task) ? least : beside_count(task);
}

void
closed_carve(SequenceTask *task, Arena *arena)
{
	ClosedTask *closed = &task->closed;
	const size_t n = rows_max(task), O = task->net.O, columns = columns_max(task);

	closed->state = ARENA_TAKE(arena, struct ClosedState, 1);
	closed->x = (real *) arena_take(arena, n, columns * sizeof(real));
	closed->mean = ARENA_TAKE(arena, real, columns);
	closed->inverse = ARENA_TAKE(arena, real, columns);
	closed->gram = (real *) arena_take(arena, n, n * sizeof(real));
	closed->root = (real *) arena_take(arena, n, n * sizeof(real));
	closed->block = ARENA_TAKE(arena, real, ridge_block_size(n));
	closed->weight = ARENA_TAKE(arena, real, n);
	closed->base = (real *) arena_take(arena, n, O * sizeof(real));
	closed->target = (real *) arena_take(arena, n, O * sizeof(real));
	closed->mean_target = ARENA_TAKE(arena, real, O);
	closed->score = ARENA_TAKE(arena, real, O);
	closed->sum = ARENA_TAKE(arena, double, O);
	closed->alpha = (real *) arena_take(arena, n, O * sizeof(real));
	closed->other = (real *) arena_take(arena, n, O * sizeof(real));
	closed->best = (real *) arena_take(arena, n, O * sizeof(real));
}

/* ---- Kernels ---- */

static Rng
pair_rng(const SequenceTask *task, size_t pair)
{
	return rng_seed(task->setup.seed, (uint64_t) STREAM_KERNELS << 56 | pair);
}

/* The kernels of one dilation: each measures its biases on a sequence drawn at random. */
static void
fit_kernels(SequenceTask *task, size_t dilation)
{
	Network *net = &task->net;
	const Rocket *rocket = rocket_of(task);
	real *channel = task->w + net->layer[0].tensor[0];
	real *bias = task->w + net->layer[0].tensor[1];

	for (size_t k = 0; k < ROCKET_KERNELS; k++)
	{
		const size_t pair = dilation * ROCKET_KERNELS + k;
		Rng rng = pair_rng(task, pair);

		rocket_draw_channels(channel + pair * rocket->I, rocket, &rng);
		network_read(net, task->w, &task->set, task->order + rng_below(&rng, task->closed.state->n), 1, NULL);
		minirocket_read(net, 0);
		rocket_fit_biases(bias, rocket, &net->rocket_work, channel, pair);
	}
}

/* ---- Attributes ---- */

/* Whether a sequence of the closed form has this row of a category's table. */
static bool
has_row(const SequenceTask *task, size_t attribute, int row)
{
	const size_t A = (size_t) task->setup.config.attributes.n;

	for (size_t i = 0; i < task->closed.state->n; i++)
		if ((int) task->set.attribute[task->order[i] * A + attribute] == row)
			return true;
	return false;
}

/*
 * The tables are drawn and not trained: a row that no sequence has would say something at random. It gets the mean of
 * the values' rows, which says nothing.
 */
static void
settle_row(SequenceTask *task, size_t attribute, int row)
{
	const AttributeShape *shape = &task->setup.config.attributes.of[attribute];
	real *table = task->w + task->net.attributes.table[attribute];
	const int values = shape->rows - ATTRIBUTE_VALUES;

	if (values == 0 || has_row(task, attribute, row))
		return;
	for (int k = 0; k < shape->size; k++)
	{
		double sum = 0;

		for (int v = ATTRIBUTE_VALUES; v < shape->rows; v++)
			sum += (double) table[v * shape->size + k];
		table[row * shape->size + k] = (real) (sum / values);
	}
}

static void
settle_tables(SequenceTask *task)
{
	const AttributeShapes *shapes = &task->setup.config.attributes;

	for (int a = 0; a < shapes->n; a++)
		for (int row = 0; shapes->of[a].rows > 0 && row < ATTRIBUTE_VALUES; row++)
			settle_row(task, (size_t) a, row);
}

/* ---- Features ---- */

/* As many pairs from state->pair on as a part has room for. */
static size_t
part_begin(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;
	const Rocket *rocket = rocket_of(task);
	const size_t pairs = rocket_pairs(rocket), begin = rocket_feature(rocket, state->pair);

	state->phase = CLOSED_FEATURES;
	state->pair_end = state->pair;
	while (state->pair_end < pairs &&
		   rocket_feature(rocket, state->pair_end + 1) - begin <= columns_max(task))
		state->pair_end++;
	state->columns =
		state->pair < pairs ? rocket_feature(rocket, state->pair_end) - begin : beside_count(task);
	return (state->n + task->chunk - 1) / task->chunk;
}

static void
make_features(SequenceTask *task, size_t item)
{
	Network *net = &task->net;
	const struct ClosedState *state = task->closed.state;
	const size_t from = item * task->chunk, columns = state->columns, O = net->O;
	const size_t n = state->n - from < task->chunk ? state->n - from : task->chunk;

	Rng hide = rng_seed(task->setup.seed, (uint64_t) STREAM_HIDDEN << 56 | item); /* the same in both walks */

	network_read(net, task->w, &task->set, task->order + from, n, &hide);
	if (state->pair < rocket_pairs(rocket_of(task)))
		minirocket_part(net, net->pooled, columns, task->w, state->pair, state->pair_end);
	for (size_t b = 0; b < n; b++)
	{
		const size_t row = from + net->order[b];
		const real *features = state->pair < rocket_pairs(rocket_of(task))
								   ? net->pooled + b * columns
								   : net->wide + b * (net->M + beside_count(task) + net->P) + net->M;

		memcpy(task->closed.x + row * columns, features, columns * sizeof(real));
		for (size_t o = 0; o < O; o++)
			task->closed.base[row * O + o] =
				task->w[net->head_bias + o] +
				(net->config.baseline ? task->w[net->baseline + net->row[b] * O + o] : 0);
	}
}

/* Columns without their weighted mean, by their spread and weight: as many features as there are count as one number. */
static void
standardise(SequenceTask *task, size_t item)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, columns = closed->state->columns;
	const size_t begin = item * ITEM_COLUMNS;
	const size_t end = columns - begin < ITEM_COLUMNS ? columns : begin + ITEM_COLUMNS;
	const size_t all = closed->state->pair < rocket_pairs(rocket_of(task)) ? task->net.D : beside_count(task);
	double mean[ITEM_COLUMNS] = {0}, square[ITEM_COLUMNS] = {0}, total = 0;

	for (size_t i = 0; i < n; i++)
	{
		const double weight = (double) closed->weight[i] * (double) closed->weight[i];

		total += weight;
		for (size_t j = begin; j < end; j++)
		{
			const double d = (double) closed->x[i * columns + j] - mean[j - begin];

			mean[j - begin] += d * weight / total;
			square[j - begin] += weight * d * ((double) closed->x[i * columns + j] - mean[j - begin]);
		}
	}
	for (size_t j = begin; j < end; j++)
	{
		const double variance = square[j - begin] / total;

		closed->mean[j] = (real) mean[j - begin];
		closed->inverse[j] = variance > 1e-10 ? (real) (1 / sqrt(variance * (double) all)) : 0;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = begin; j < end; j++)
		{
			real *x = closed->x + i * columns + j;

			*x = (*x - closed->mean[j]) * closed->inverse[j] * closed->weight[i];
		}
}

static void
add_gram(SequenceTask *task, size_t item)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, columns = closed->state->columns;
	const size_t begin = item * GRAM_ROWS;
	const size_t rows = n - begin < GRAM_ROWS ? n - begin : GRAM_ROWS;

	blas_nt(closed->gram + begin * n, n, closed->x + begin * columns, columns, closed->x, columns, rows,
			begin + rows, columns, closed->state->pair == 0 ? BLAS_SET : BLAS_ADD);
}

/* ---- The head ---- */

static real *
head_at(SequenceTask *task, size_t o, size_t column)
{
	const Network *net = &task->net;
	const size_t pair = task->closed.state->pair;

	if (pair < rocket_pairs(&net->rocket))
		return task->w + net->head_weight + o * net->D + rocket_feature(&net->rocket, pair) + column;
	return task->w + net->summary_head + o * (net->M + beside_count(task)) + net->M + column;
}

static void
fit_head(SequenceTask *task, size_t item)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, columns = closed->state->columns, O = task->net.O;
	const size_t begin = item * ITEM_COLUMNS;
	const size_t end = columns - begin < ITEM_COLUMNS ? columns : begin + ITEM_COLUMNS;

	for (size_t o = 0; o < O; o++)
	{
		double sum[ITEM_COLUMNS] = {0};

		for (size_t i = 0; i < n; i++)
			for (size_t j = begin; j < end; j++)
				sum[j - begin] += (double) (closed->best[i * O + o] * closed->x[i * columns + j]);
		for (size_t j = begin; j < end; j++)
			*head_at(task, o, j) =
				(real) (closed->state->best_factor * sum[j - begin] * (double) closed->inverse[j]);
	}
}

/* A part's weights are there: the bias takes their means back. */
static void
head_end(SequenceTask *task)
{
	ClosedTask *closed = &task->closed;

	for (size_t o = 0; o < task->net.O; o++)
	{
		double shift = 0;

		for (size_t j = 0; j < closed->state->columns; j++)
			shift += (double) *head_at(task, o, j) * (double) closed->mean[j];
		task->w[task->net.head_bias + o] -= (real) shift;
	}
}

static void
add_mean_target(SequenceTask *task)
{
	for (size_t o = 0; o < task->net.O; o++)
		task->w[task->net.head_bias + o] +=
			(real) (task->closed.state->best_factor * (double) task->closed.mean_target[o]);
}

/* ---- The phases ---- */

/* The network begins as its baseline; without one, as the classes' shares. */
static void
clear_head(SequenceTask *task)
{
	const Network *net = &task->net;
	const size_t C = task->setup.C;
	real *bias = task->w + net->head_bias;

	memset(task->w + net->head_weight, 0, net->O * net->D * sizeof(real));
	memset(bias, 0, net->O * sizeof(real));
	if (beside_count(task) > 0)
		memset(task->w + net->summary_head, 0, net->O * (net->M + beside_count(task)) * sizeof(real));
	for (size_t c = 0; c < C && !net->config.baseline; c++)
		bias[c] = (real) log((double) (task->begin[c + 1] - task->begin[c] + 1) /
							 (double) (task->state->n_train + C)) -
				  task->bias[c];
}

static double
weight_of(const SequenceTask *task, size_t i)
{
	if (task->setup.C == 0)
		return 1;

	const size_t c = closed_class(task, i), C = task->setup.C;
	const double n = (double) (task->begin[c + 1] - task->begin[c]);

	if (task->setup.balance == BALANCE_RESAMPLE)
		return (double) task->state->n_train / ((double) C * n);
	return (double) task->class_weight[c];
}

size_t
closed_begin(SequenceTask *task)
{
	ClosedTask *closed = &task->closed;
	const size_t all = task->state->n_train, n = all < CLOSED_ROWS ? all : CLOSED_ROWS;
	Rng rng = rng_seed(task->setup.seed, (uint64_t) STREAM_KERNELS << 56 | UINT32_MAX);

	*closed->state = (struct ClosedState){.phase = CLOSED_KERNELS, .n = n};
	memcpy(task->order, task->train, all * sizeof(*task->order));
	if (n < all)
		sample_draw(task->order, 0, n, all, &rng);
	for (size_t i = 0; i < n; i++)
		closed->weight[i] = (real) sqrt(weight_of(task, i));
	clear_head(task);
	if (!task->setup.warm_start)
		settle_tables(task);
	return task->setup.warm_start ? part_begin(task) : rocket_of(task)->dilations;
}

/* A step of the regression, or the second walk over the parts once it is over; 0: no penalty works. */
static size_t
regress(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;

	state->phase = CLOSED_PENALTY;
	if (penalty_next(task))
		return 1;
	if (!isfinite(state->best_loss))
		return 0;
	state->fitted = true;
	state->pair = 0;
	return part_begin(task);
}

static size_t
regress_begin(SequenceTask *task)
{
	penalties_begin(task);
	return regress(task);
}

/* After a part: the one behind it, or what follows the last. */
static size_t
part_next(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;
	const size_t pairs = rocket_pairs(rocket_of(task));
	const bool summary = state->pair == pairs;

	state->pair = state->pair_end;
	if (state->pair < pairs || (!summary && beside_count(task) > 0))
		return part_begin(task);
	if (!state->fitted)
		return regress_begin(task);
	add_mean_target(task);
	return 0;
}

size_t
closed_next(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;

	switch (state->phase)
	{
		case CLOSED_KERNELS:
			return part_begin(task);
		case CLOSED_FEATURES:
			state->phase = CLOSED_SCALE;
			return (state->columns + ITEM_COLUMNS - 1) / ITEM_COLUMNS;
		case CLOSED_SCALE:
			state->phase = state->fitted ? CLOSED_HEAD : CLOSED_GRAM;
			return state->fitted ? (state->columns + ITEM_COLUMNS - 1) / ITEM_COLUMNS
								 : (state->n + GRAM_ROWS - 1) / GRAM_ROWS;
		case CLOSED_GRAM:
			return part_next(task);
		case CLOSED_PENALTY:
			return regress(task);
		case CLOSED_HEAD:
			head_end(task);
			return part_next(task);
	}
	return 0;
}

void
closed_run(SequenceTask *task, size_t item)
{
	switch (task->closed.state->phase)
	{
		case CLOSED_KERNELS:
			fit_kernels(task, item);
			break;
		case CLOSED_FEATURES:
			make_features(task, item);
			break;
		case CLOSED_SCALE:
			standardise(task, item);
			break;
		case CLOSED_GRAM:
			add_gram(task, item);
			break;
		case CLOSED_PENALTY:
			penalty_step(task);
			break;
		case CLOSED_HEAD:
			fit_head(task, item);
			break;
	}
}

bool
closed_gives_up(const SequenceTask *task)
{
	return task->closed.state->phase == CLOSED_FEATURES;
}

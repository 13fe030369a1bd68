/*
 * The head in closed form:
 *
 *   foreach pair of kernel and dilation: draw channels, measure biases
 *   foreach part of the columns (features, then the numbers beside them): x = those of all sequences, standardised
 *     gram += xᵀ x
 *   foreach penalty: alpha, and what the others predict of each sequence;  the factor of the least loss
 *   foreach part of the columns: x, again, unless there is one part alone;  weights of the head = factor · x alpha / spread
 */
#include "sequence/pure/train_closed.h"

#include <math.h>
#include <string.h>

#include "sequence/pure/closed_state.h"
#include "sequence/pure/encoder.h"
#include "sequence/pure/train_sample.h"

/* Beside those of train.c. */
enum
{
	STREAM_KERNELS = 4
};

static const Rocket *
rocket_of(const SequenceTask *task)
{
	return &task->net.rocket;
}

void
closed_carve(SequenceTask *task, Arena *arena)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed_rows_max(task), O = task->net.O, stride = ridge_stride(n);
	const size_t columns = part_columns_max(task);

	closed->state = ARENA_TAKE(arena, struct ClosedState, 1);
	closed->constant = ARENA_TAKE(arena, bool, task->net.I);
	closed->x = (real *) arena_take(arena, columns, stride * sizeof(real));
	closed->mean = ARENA_TAKE(arena, real, columns);
	closed->inverse = ARENA_TAKE(arena, real, columns);
	closed->gram = (real *) arena_take(arena, n, stride * sizeof(real));
	closed->root = (real *) arena_take(arena, n, stride * sizeof(real));
	closed->block = ARENA_TAKE(arena, real, ridge_block_size(n));
	closed->weight = ARENA_TAKE(arena, real, stride);
	closed->base = (real *) arena_take(arena, n, O * sizeof(real));
	closed->target = (real *) arena_take(arena, n, O * sizeof(real));
	closed->mean_target = ARENA_TAKE(arena, real, O);
	closed->score = ARENA_TAKE(arena, real, O);
	closed->sum = ARENA_TAKE(arena, double, O);
	closed->alpha = (real *) arena_take(arena, n, O * sizeof(real));
	closed->other = (real *) arena_take(arena, n, O * sizeof(real));
	closed->best = (real *) arena_take(arena, n, O * sizeof(real));
	closed->beta = (real *) arena_take(arena, stride, O * sizeof(real));
}

/* ---- Kernels ---- */

static Rng
pair_rng(const SequenceTask *task, size_t pair)
{
	return rng_seed(task->setup.seed, (uint64_t) STREAM_KERNELS << 56 | pair);
}

static bool
is_missing_somewhere(const SequenceTask *task, size_t feature)
{
	const SequenceSet *set = &task->set;

	for (size_t i = 0; i < task->closed.state->n; i++)
		for (size_t t = set->start[task->order[i]]; t < set->start[task->order[i] + 1]; t++)
			if (isnan(set->value[t * set->F + feature]))
				return true;
	return false;
}

/* Of features that are never missing the inputs that would say so. */
static void
find_constant(SequenceTask *task)
{
	const size_t F = task->set.F;
	bool *constant = task->closed.constant;

	memset(constant, 0, task->net.I * sizeof(*constant));
	for (size_t f = 0; task->setup.config.mask && f < F; f++)
		constant[F + f] = !is_missing_somewhere(task, f);
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

		rocket_draw_channels(channel + pair * rocket->I, rocket, task->closed.constant, &rng);
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

/* ---- The head ---- */

/* The weight of the part's column for an output. */
static real *
head_at(SequenceTask *task, size_t o, size_t column)
{
	const Network *net = &task->net;
	const struct ClosedState *state = task->closed.state;

	if (column < state->features)
		return task->w + net->head_weight + o * net->D + rocket_feature(&net->rocket, state->pair) + column;
	return task->w + net->summary_head + o * (net->M + closed_beside(task)) + net->M + column -
		   state->features;
}

/* beta = best, an output's numbers side by side. */
static void
head_begin(SequenceTask *task)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, O = task->net.O, stride = closed_stride(task);

	memset(closed->beta, 0, O * stride * sizeof(real));
	for (size_t o = 0; o < O; o++)
		for (size_t i = 0; i < n; i++)
			closed->beta[o * stride + i] = closed->best[i * O + o];
}

/* The sum of beta x over n numbers, by lanes that a processor adds side by side. */
USERCLS_CLONES static double
sum_product(const real *beta, const real *x, size_t n)
{
	double sums[CLOSED_LANES] = {0}, sum = 0;

	for (size_t i = 0; i < n; i += CLOSED_LANES)
		for (size_t k = 0; k < CLOSED_LANES; k++)
			sums[k] += (double) beta[i + k] * (double) x[i + k];
	for (size_t k = 0; k < CLOSED_LANES; k++)
		sum += sums[k];
	return sum;
}

static void
fit_head(SequenceTask *task, size_t item)
{
	const ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, stride = closed_stride(task);

	for (size_t j = item * PART_ITEM_COLUMNS; j < part_item_end(task, item); j++)
		for (size_t o = 0; o < task->net.O; o++)
			*head_at(task, o, j) = (real) (closed->state->best_factor *
										   sum_product(closed->beta + o * stride, closed->x + j * stride, n) *
										   (double) closed->inverse[j]);
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
	if (closed_beside(task) > 0)
		memset(task->w + net->summary_head, 0, net->O * (net->M + closed_beside(task)) * sizeof(real));
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
	{
		closed->weight[i] = (real) sqrt(weight_of(task, i));
		closed->state->total += (double) closed->weight[i] * (double) closed->weight[i];
	}
	parts_begin(task);
	clear_head(task);
	find_constant(task);
	if (!task->setup.warm_start)
		settle_tables(task);
	return task->setup.warm_start ? part_begin(task) : rocket_of(task)->dilations;
}

/* The second walk over the parts: of one alone, the columns are still there. */
static size_t
fit_begin(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;
	const bool alone = state->pair == 0;

	state->fitted = true;
	state->pair = 0;
	state->phase = CLOSED_HEAD;
	head_begin(task);
	return alone ? part_column_items(task) : part_begin(task);
}

/* A step of the regression, or the second walk once it is over; 0: no penalty works. */
static size_t
regress(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;

	state->phase = CLOSED_PENALTY;
	if (penalty_next(task))
		return 1;
	return isfinite(state->best_loss) ? fit_begin(task) : 0;
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

	if (!state->last)
	{
		state->pair = state->pair_end;
		return part_begin(task);
	}
	if (!state->fitted)
		return regress_begin(task);
	add_mean_target(task);
	return 0;
}

static size_t
gram_next(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;

	state->added += PART_GRAM_COLUMNS;
	return state->added < state->columns ? part_gram_items(task) : part_next(task);
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
			return part_column_items(task);
		case CLOSED_SCALE:
			state->phase = state->fitted ? CLOSED_HEAD : CLOSED_GRAM;
			state->added = 0;
			return state->fitted ? part_column_items(task) : part_gram_items(task);
		case CLOSED_GRAM:
			return gram_next(task);
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
			part_make(task, item);
			break;
		case CLOSED_SCALE:
			part_standardise(task, item);
			break;
		case CLOSED_GRAM:
			part_add_gram(task, item);
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

/*
 * The columns of a closed form: features of the sequences, and the numbers beside them. A column has all sequences side by
 * side, so that its mean, its spread and what it adds to the Gram matrix are sums over neighbours.
 */
#include "sequence/pure/closed_state.h"

#include <math.h>
#include <string.h>

#include "nn/panel.h"
#include "sequence/pure/encoder.h"

/*
 * All columns are one part where that and the matrices have so many numbers at most (50 MB, within PostgreSQL's default of
 * maintenance_work_mem). Otherwise a part's numbers, about, and its least columns.
 */
#define ALONE_NUMBERS ((size_t) 12500000)
#define PART_NUMBERS ((size_t) 1 << 20)
#define PART_COLUMNS 256

/* Rows of the Gram matrix that an item adds to. */
#define GRAM_ROWS 64

/* Columns that are turned at a time: their lines of a chunk stay in the first-level cache. */
#define TURN_COLUMNS 128

enum
{
	STREAM_HIDDEN = 5 /* beside those of train.c and train_closed.c */
};

/* ---- Parts ---- */

size_t
part_columns_max(const SequenceTask *task)
{
	const size_t n = closed_rows_max(task), all = task->net.D + closed_beside(task);
	const size_t wanted = PART_NUMBERS / (n + 1);
	const size_t most = wanted > PART_COLUMNS ? wanted : PART_COLUMNS;
	const size_t part = most > closed_beside(task) ? most : closed_beside(task);

	return part > all || (all + 2 * n) * ridge_stride(n) <= ALONE_NUMBERS ? all : part;
}

/* Zeros behind the n numbers of a column, and of the weights: sums and products read whole vectors. */
void
parts_begin(SequenceTask *task)
{
	const size_t n = task->closed.state->n, stride = closed_stride(task);

	memset(task->closed.weight + n, 0, (stride - n) * sizeof(real));
	for (size_t j = 0; j < part_columns_max(task); j++)
		memset(task->closed.x + j * stride + n, 0, (stride - n) * sizeof(real));
}

size_t
part_column_items(const SequenceTask *task)
{
	return (task->closed.state->columns + PART_ITEM_COLUMNS - 1) / PART_ITEM_COLUMNS;
}

size_t
part_gram_items(const SequenceTask *task)
{
	return (task->closed.state->n + GRAM_ROWS - 1) / GRAM_ROWS;
}

size_t
part_item_end(const SequenceTask *task, size_t item)
{
	const size_t columns = task->closed.state->columns, begin = item * PART_ITEM_COLUMNS;

	return columns - begin < PART_ITEM_COLUMNS ? columns : begin + PART_ITEM_COLUMNS;
}

/* ---- Features ---- */

/* As many pairs from state->pair on as a part has room for, and the numbers beside them when there is room, too. */
size_t
part_begin(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;
	const Rocket *rocket = &task->net.rocket;
	const size_t pairs = rocket_pairs(rocket), begin = rocket_feature(rocket, state->pair);
	const size_t most = part_columns_max(task), beside = closed_beside(task);

	state->phase = CLOSED_FEATURES;
	state->pair_end = state->pair;
	while (state->pair_end < pairs && rocket_feature(rocket, state->pair_end + 1) - begin <= most)
		state->pair_end++;
	state->features = rocket_feature(rocket, state->pair_end) - begin;
	state->last = state->pair_end == pairs && state->features + beside <= most;
	state->columns = state->features + (state->last ? beside : 0);
	return (state->n + task->chunk - 1) / task->chunk;
}

/* Columns of a chunk's sequences, side by side with those of the others: x is that of the chunk's first one. */
static void
turn_columns(real *x, const SequenceTask *task, const real *from, size_t width, size_t columns, size_t n)
{
	const size_t stride = closed_stride(task);

	for (size_t begin = 0; begin < columns; begin += TURN_COLUMNS)
		for (size_t b = 0; b < n; b++)
		{
			const size_t end = columns - begin < TURN_COLUMNS ? columns : begin + TURN_COLUMNS;
			real *to = x + task->net.order[b];

			for (size_t j = begin; j < end; j++)
				to[j * stride] = from[b * width + j];
		}
}

void
part_make(SequenceTask *task, size_t item)
{
	Network *net = &task->net;
	const struct ClosedState *state = task->closed.state;
	const size_t from = item * task->chunk, O = net->O;
	const size_t n = state->n - from < task->chunk ? state->n - from : task->chunk;
	real *x = task->closed.x + from;

	Rng hide = rng_seed(task->setup.seed, (uint64_t) STREAM_HIDDEN << 56 | item); /* the same in both walks */

	network_read(net, task->w, &task->set, task->order + from, n, &hide);
	if (state->features > 0)
		minirocket_part(net, net->pooled, state->features, task->w, state->pair, state->pair_end);
	turn_columns(x, task, net->pooled, state->features, state->features, n);
	turn_columns(x + state->features * closed_stride(task), task, net->wide + net->M,
				 net->M + closed_beside(task) + net->P, state->columns - state->features, n);
	for (size_t b = 0; b < n; b++)
		for (size_t o = 0; o < O; o++)
			task->closed.base[(from + net->order[b]) * O + o] =
				task->w[net->head_bias + o] +
				(net->config.baseline ? task->w[net->baseline + net->row[b] * O + o] : 0);
}

/* n numbers: the sums of weight² (x - from) and of weight² (x - from)², by lanes that a processor adds side by side. */
USERCLS_CLONES static void
add_moments(double *sum, double *square, const real *x, double from, const real *weight, size_t n)
{
	double sums[CLOSED_LANES] = {0}, squares[CLOSED_LANES] = {0};

	for (size_t i = 0; i < n; i += CLOSED_LANES)
		for (size_t k = 0; k < CLOSED_LANES; k++)
		{
			const double w = (double) weight[i + k] * (double) weight[i + k];
			const double d = (double) x[i + k] - from;

			sums[k] += w * d;
			squares[k] += w * d * d;
		}
	*sum = *square = 0;
	for (size_t k = 0; k < CLOSED_LANES; k++)
	{
		*sum += sums[k];
		*square += squares[k];
	}
}

USERCLS_CLONES static void
scale_column(real *x, real mean, real inverse, const real *weight, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (x[i] - mean) * inverse * weight[i];
}

/* A feature without its weighted mean, by its spread and weight: as many features as there are count as one number. */
static void
standardise_column(SequenceTask *task, size_t j)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, all = j < closed->state->features ? task->net.D : closed_beside(task);
	real *x = closed->x + j * closed_stride(task);
	double sum, square;

	add_moments(&sum, &square, x, (double) x[0], closed->weight, n);

	const double shift = sum / closed->state->total, variance = square / closed->state->total - shift * shift;

	closed->mean[j] = (real) ((double) x[0] + shift);
	closed->inverse[j] = variance > 1e-10 ? (real) (1 / sqrt(variance * (double) all)) : 0;
	scale_column(x, closed->mean[j], closed->inverse[j], closed->weight, n);
}

void
part_standardise(SequenceTask *task, size_t item)
{
	for (size_t j = item * PART_ITEM_COLUMNS; j < part_item_end(task, item); j++)
		standardise_column(task, j);
}

/* Some columns of the part, for rows of the Gram matrix from the diagonal on. */
void
part_add_gram(SequenceTask *task, size_t item)
{
	ClosedTask *closed = &task->closed;
	const struct ClosedState *state = closed->state;
	const size_t n = state->n, stride = closed_stride(task), left = state->columns - state->added;
	const size_t begin = item * GRAM_ROWS;
	const size_t rows = n - begin < GRAM_ROWS ? n - begin : GRAM_ROWS, columns = panel_whole(n) - begin;
	const real *x = closed->x + state->added * stride + begin;
	real *gram = closed->gram + begin * stride + begin;

	for (size_t i = 0; i < rows && state->pair + state->added == 0; i++)
		memset(gram + i * stride, 0, columns * sizeof(real));
	panel_outer(gram, stride, x, stride, x, stride, rows, columns,
				left < PART_GRAM_COLUMNS ? left : PART_GRAM_COLUMNS);
}

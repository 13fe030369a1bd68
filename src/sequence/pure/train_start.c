/*
 * Where a training of classes begins: a logistic regression on the summary.
 *
 *   x = summaries of some of the sequences, standardised
 *   foreach penalty, the largest first, do
 *     fit;  end when the held-out loss is not lower than before
 *   the weights of the best fit become those of the summary's direct way to the scores, and the table of baselines 0
 *
 * NB: a step of the fit must run once; seqtrain_gives_up() knows.
 */
#include "sequence/pure/train_state.h"

#include <math.h>
#include <string.h>

#include "sequence/pure/calibrate.h"
#include "sequence/pure/encoder.h"

/* Sequences that the regression is fitted to, and measured on: fewer when there are many numbers and classes. */
#define FIT_MAX 10000
#define MEASURED_MAX 5000
#define FIT_PRODUCTS                                                                                         \
	8e6 /* of sequences, numbers and classes: a step ends long before an interrupt is missed */

/* A number of the summary that spreads less than this is as good as constant. */
#define SPREAD_LEAST 0.1

/* With the first one only the classes' shares are left. */
static const double penalties[] = {1e6, 3000, 1000, 300, 100, 30, 10, 3, 1};
#define PENALTIES ((int) (sizeof(penalties) / sizeof(penalties[0])))
#define PENALTY_UNMEASURED 3 /* without held-out sequences */

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool
sequence_start_fits(const SequenceTask *task)
{
	return task->setup.config.baseline && task->setup.C > 0 && task->net.S > 0 && !task->setup.warm_start &&
		   !task->net.encoder->whole;
}

void
sequence_start_carve(SequenceTask *task, Arena *arena)
{
	const size_t N = task->setup.N, S = task->net.S, C = task->setup.C;
	const size_t fitted = at_most(FIT_MAX, (size_t) (FIT_PRODUCTS / (double) ((S + 1) * (C + 1))) + 1);
	const size_t held = at_most(N, MEASURED_MAX);
	SequenceStart *start = &task->start;

	if (!sequence_start_fits(task))
		return;
	logistic_carve(&start->fit, arena, at_most(N, fitted), S, C);
	start->held_x = (real *) arena_take(arena, held, (S + 1) * sizeof(real));
	start->held_label = ARENA_TAKE(arena, int32_t, held);
	start->held_score = (real *) arena_take(arena, held, C * sizeof(real));
	start->best = ARENA_TAKE(arena, real, C * (S + 1));
	start->no_bias = ARENA_TAKE(arena, real, C);
	start->mean = ARENA_TAKE(arena, double, S);
	start->spread = ARENA_TAKE(arena, double, S);
	start->state = ARENA_TAKE(arena, SequenceStartState, 1);
}

/* ---- The summaries ---- */

size_t
sequence_start_begin(SequenceTask *task)
{
	SequenceStart *start = &task->start;

	*start->state = (SequenceStartState){.rows = at_most(task->state->n_train, start->fit.room),
										 .held = at_most(task->state->n_held, MEASURED_MAX),
										 .loss = INFINITY};
	return MEASURE_PARTS;
}

/* The k-th of `rows` that are taken evenly from list, of n. */
static uint32_t
evenly(const uint32_t *list, size_t k, size_t rows, size_t n)
{
	return list[(size_t) ((double) k * (double) n / (double) rows)];
}

/* Part `item` of the rows of x, and of their labels. */
static void
summarise_part(real *x, int32_t *label, SequenceTask *task, const uint32_t *list, size_t rows, size_t n,
			   size_t item)
{
	const size_t S = task->net.S;

	for (size_t k = item * rows / MEASURE_PARTS; k < (item + 1) * rows / MEASURE_PARTS; k++)
	{
		const uint32_t i = evenly(list, k, rows, n);

		network_summary(&task->net, x + k * (S + 1), task->w, &task->set, i);
		x[k * (S + 1) + S] = 1;
		label[k] = task->set.label[i];
	}
}

void
sequence_start_summarise(SequenceTask *task, size_t item)
{
	const SequenceStart *start = &task->start;

	summarise_part(start->fit.x, start->fit.label, task, task->train, start->state->rows,
				   task->state->n_train, item);
	summarise_part(start->held_x, start->held_label, task, task->held, start->state->held,
				   task->state->n_held, item);
}

static void
measure_number(SequenceStart *start, size_t s, size_t S)
{
	const size_t n = start->state->rows;
	double mean = 0, square = 0;

	for (size_t k = 0; k < n; k++)
		mean += (double) start->fit.x[k * (S + 1) + s] / (double) n;
	for (size_t k = 0; k < n; k++)
		square += pow((double) start->fit.x[k * (S + 1) + s] - mean, 2);
	start->mean[s] = mean;
	start->spread[s] = fmax(sqrt(square / (double) n), SPREAD_LEAST);
}

static void
standardise(real *x, const SequenceStart *start, size_t n, size_t S)
{
	for (size_t k = 0; k < n; k++)
		for (size_t s = 0; s < S; s++)
			x[k * (S + 1) + s] = (real) (((double) x[k * (S + 1) + s] - start->mean[s]) / start->spread[s]);
}

/* ---- The fits ---- */

void
sequence_start_standardise(SequenceTask *task)
{
	SequenceStart *start = &task->start;
	const size_t S = task->net.S;

	for (size_t s = 0; s < S; s++)
		measure_number(start, s, S);
	standardise(start->fit.x, start, start->state->rows, S);
	standardise(start->held_x, start, start->state->held, S);
	memset(start->no_bias, 0, task->setup.C * sizeof(real));
	logistic_begin(&start->fit, start->state->rows);
	logistic_restart(&start->fit, penalties[start->state->held > 0 ? 0 : PENALTY_UNMEASURED]);
}

void
sequence_start_step(SequenceTask *task)
{
	task->start.state->falls = logistic_step(&task->start.fit);
}

/* A fit is complete: whether it is better than those before. */
static bool
measure_fit(SequenceTask *task)
{
	SequenceStart *start = &task->start;
	SequenceStartState *state = start->state;
	double loss = 0;

	if (state->held > 0)
	{
		logistic_score(start->held_score, &start->fit, start->held_x, state->held);
		loss = calibrate_loss(start->held_score, start->no_bias, 1, start->held_label, state->held,
							  task->setup.C);
	}
	if (!(loss < state->loss))
		return false;
	state->loss = loss;
	memcpy(start->best, start->fit.w, task->setup.C * (task->net.S + 1) * sizeof(real));
	return true;
}

bool
sequence_start_goes_on(SequenceTask *task)
{
	SequenceStartState *state = task->start.state;

	if (state->falls)
		return true;
	if (!measure_fit(task) || state->held == 0 || ++state->penalty == PENALTIES)
		return false;
	logistic_restart(&task->start.fit, penalties[state->penalty]);
	return true;
}

/* ---- The network's weights ---- */

/* For the summary as it is: what standardising does becomes a part of the weights, and of the bias. */
void
sequence_start_end(SequenceTask *task)
{
	const SequenceStart *start = &task->start;
	const size_t S = task->net.S, M = task->net.M, C = task->setup.C;
	const size_t width =
		M + S + task->net.Z; /* of a row of summary_head.weight; what attributes say begins at 0 */
	real *direct = task->w + task->net.summary_head + M, *bias = task->w + task->net.head_bias;
	const Tensor *table = params_find(&task->params, "baseline.score");

	memset(task->w + table->offset, 0, table->size * sizeof(real));
	for (size_t c = 0; c < C; c++)
	{
		const real *w = start->best + c * (S + 1);
		double sum = (double) w[S] - (double) task->bias[c];

		for (size_t s = 0; s < S; s++)
		{
			direct[c * width + s] = (real) ((double) w[s] / start->spread[s]);
			sum -= (double) w[s] * start->mean[s] / start->spread[s];
		}
		bias[c] = (real) sum;
	}
}

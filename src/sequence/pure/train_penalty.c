/*
 * The penalty of a closed form: what the baseline gets wrong, regressed on the features with each penalty, and the
 * factor that makes scores of the answers.
 */
#include "sequence/pure/closed_state.h"

#include <math.h>
#include <string.h>

#include "nn/loss.h"
#include "nn/ridge.h"

/* Penalties, from the largest on; a feature vector's square has the mean 1, or 2 with a summary. */
#define PENALTIES 7
#define PENALTY_LARGEST 1000.0
#define PENALTY_STEP 0.1

/* As if so many sequences had been of any class at random: where none errs, no finite factor is the best. */
#define DOUBT 1.0

/* Factors that make scores: e^-5 .. e^6, by golden section. */
#define LOG_FACTOR_MIN (-5.0)
#define LOG_FACTOR_MAX 6.0
#define FACTOR_STEPS 24

/* ---- What the baseline gets wrong ---- */

static void
measure_targets(SequenceTask *task)
{
	ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, O = task->net.O;
	const real *fixed = fixed_tensors(task, task->w);
	double total = 0, *mean = closed->sum;

	memset(mean, 0, O * sizeof(*mean));
	for (size_t i = 0; i < n; i++)
	{
		const double weight = (double) closed->weight[i] * (double) closed->weight[i];
		real *target = closed->target + i * O;

		if (task->setup.C)
			softmax(target, closed->base + i * O, O);
		else
			*target = closed->base[i] - ((real) task->set.target[task->order[i]] - fixed[0]) / fixed[1];
		if (task->setup.C)
			target[closed_class(task, i)] -= 1;
		total += weight;
		for (size_t o = 0; o < O; o++)
		{
			target[o] = -target[o];
			mean[o] += weight * (double) target[o];
		}
	}
	for (size_t o = 0; o < O; o++)
		closed->mean_target[o] = (real) (mean[o] / total);
	for (size_t i = 0; i < n; i++)
		for (size_t o = 0; o < O; o++)
			closed->target[i * O + o] =
				closed->weight[i] * (closed->target[i * O + o] - closed->mean_target[o]);
}

/* Cross-entropy, of a label that is any of the classes with this chance. */
static double
smooth_loss(const real *score, size_t label, double chance, size_t C)
{
	double most = -INFINITY, sum = 0, mean = 0;

	for (size_t c = 0; c < C; c++)
	{
		most = fmax(most, (double) score[c]);
		mean += (double) score[c] / (double) C;
	}
	for (size_t c = 0; c < C; c++)
		sum += exp((double) score[c] - most);
	return most + log(sum) - (1 - chance) * (double) score[label] - chance * mean;
}

/* The weighted loss of base + factor · (what the others predict). */
static double
loss_of_others(const SequenceTask *task, double factor)
{
	const ClosedTask *closed = &task->closed;
	const size_t n = closed->state->n, O = task->net.O;
	double sum = 0;
	real *score = closed->score;

	for (size_t i = 0; i < n; i++)
	{
		const double weight = (double) closed->weight[i];

		for (size_t o = 0; o < O; o++)
			score[o] = (real) (factor * ((double) closed->other[i * O + o] / weight +
										 (double) closed->mean_target[o]));
		if (task->setup.C == 0)
		{
			const double error =
				(double) closed->target[i] / weight + (double) closed->mean_target[0] - (double) score[0];

			sum += weight * weight * error * error;
			continue;
		}
		for (size_t o = 0; o < O; o++)
			score[o] += closed->base[i * O + o];

		sum += weight * weight * smooth_loss(score, closed_class(task, i), DOUBT / ((double) n + DOUBT), O);
	}
	return sum;
}

static double
best_factor(const SequenceTask *task)
{
	const double golden = 0.6180339887498949;
	double low = LOG_FACTOR_MIN, high = LOG_FACTOR_MAX;
	double left = high - golden * (high - low), right = low + golden * (high - low);
	double at_left = loss_of_others(task, exp(left)), at_right = loss_of_others(task, exp(right));

	for (int i = 0; i < FACTOR_STEPS; i++)
	{
		if (at_left <= at_right)
		{
			high = right;
			right = left;
			at_right = at_left;
			left = high - golden * (high - low);
			at_left = loss_of_others(task, exp(left));
		}
		else
		{
			low = left;
			left = right;
			at_left = at_right;
			right = low + golden * (high - low);
			at_right = loss_of_others(task, exp(right));
		}
	}
	return exp((low + high) / 2);
}

/* ---- Penalties ---- */

static Ridge
ridge_at(const SequenceTask *task)
{
	const ClosedTask *closed = &task->closed;
	const struct ClosedState *state = closed->state;

	return (Ridge){.n = state->n,
				   .gram = closed->gram,
				   .root = closed->root,
				   .block = closed->block,
				   .at = state->ridge_at,
				   .failed = state->ridge_failed};
}

static void
penalty_begin(SequenceTask *task)
{
	Ridge ridge = ridge_at(task);

	ridge_begin(&ridge, PENALTY_LARGEST * pow(PENALTY_STEP, task->closed.state->penalty));
	task->closed.state->ridge_at = 0;
	task->closed.state->ridge_failed = false;
}

/* The penalty at hand has its factor: keep what it makes when that is the best so far. */
static void
penalty_end(SequenceTask *task)
{
	ClosedTask *closed = &task->closed;
	struct ClosedState *state = closed->state;
	const Ridge ridge = ridge_at(task);
	const size_t O = task->net.O;

	if (ridge.failed)
		return;
	ridge_solve(closed->alpha, closed->other, &ridge, closed->target, O);

	const double factor = best_factor(task);
	const double loss = loss_of_others(task, factor);

	if (!(loss < state->best_loss))
		return;
	state->best_loss = loss;
	state->best_factor = factor;
	memcpy(closed->best, closed->alpha, state->n * O * sizeof(real));
}

/* A step of the factor that is being made: only one process makes it at a time. */
void
penalty_step(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;
	Ridge ridge = ridge_at(task);

	ridge_step(&ridge);
	state->ridge_at = ridge.at;
	state->ridge_failed = ridge.failed;
}

bool
penalty_next(SequenceTask *task)
{
	struct ClosedState *state = task->closed.state;

	if (!state->ridge_failed && state->ridge_at < 2 * state->n)
		return true;
	penalty_end(task);
	if (++state->penalty < PENALTIES)
	{
		penalty_begin(task);
		return true;
	}
	return false;
}

void
penalties_begin(SequenceTask *task)
{
	measure_targets(task);
	task->closed.state->penalty = 0;
	task->closed.state->best_loss = INFINITY;
	penalty_begin(task);
}

/* What the held-out sequences say of a training. */
#include "sequence/pure/train_state.h"

#include <math.h>
#include <string.h>

#include "sequence/pure/calibrate.h"
#include "sequence/pure/decide.h"
#include "nn/loss.h"
#include "model/moments.h"
#include "metrics/pure/metrics.h"

/* Standard errors that the best epoch has to be better than the beginning. */
#define CHANCE 0.3

/* The class that is answered: see SequenceDecision. */
static size_t
answer(const SequenceTask *task, const real *score, const real *weight)
{
	const size_t C = task->setup.C;
	size_t best = 0;
	double most = -INFINITY;

	for (size_t j = 0; j < C; j++)
	{
		const double s = (double) score[j] + (double) task->bias[j] + (weight ? log((double) weight[j]) : 0);

		if (s > most)
		{
			most = s;
			best = j;
		}
	}
	return best;
}

static double
macro_f1(const SequenceTask *task)
{
	const size_t C = task->setup.C;
	const Tensor *p = params_find(&task->params, "decision.weight");
	double *matrix = (double *) task->grad;

	memset(matrix, 0, C * C * sizeof(double));
	for (size_t i = 0; i < task->state->n_held; i++)
	{
		const size_t best = answer(task, task->held_score + i * C, p ? task->w + p->offset : NULL);

		matrix[(size_t) task->held_label[i] * C + best]++;
	}
	return metric_macro_f1(matrix, C);
}

static void
evaluate_numeric(const SequenceTask *task, double *loss, double *metric)
{
	const real *fixed = fixed_tensors(task, task->w);
	const size_t n = task->state->n_held;
	Moments all = {0};
	double sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		const double y = (double) task->set.target[task->held[i]];
		const double d = (double) fixed[0] + (double) fixed[1] * (double) task->held_score[i] - y;

		sum += d * d;
		moments_merge(&all, &(Moments){1, y, 0});
	}
	*loss = sum / (double) n;
	*metric = all.m2 > 0 ? 1 - sum / all.m2 : 0;
}

void
sequence_evaluate(const SequenceTask *task, double *loss, double *metric)
{
	*loss = 0;
	*metric = 0;
	if (task->state->n_held == 0)
		return;
	if (task->setup.C == 0)
	{
		evaluate_numeric(task, loss, metric);
		return;
	}
	*loss = calibrate_loss(task->held_score, task->bias, 1.0, task->held_label, task->state->n_held,
						   task->setup.C);
	*metric = macro_f1(task);
}

double
sequence_baseline(const SequenceTask *task)
{
	const struct SequenceState *state = task->state;
	const size_t C = task->setup.C;
	double sum = 0;

	for (size_t i = 0; i < state->n_held; i++)
	{
		const uint32_t k = task->held[i];

		if (C)
		{
			const size_t y = (size_t) task->set.label[k];
			const size_t n = task->begin[y + 1] - task->begin[y];

			sum -= log((double) (n ? n : 1) / (double) state->n_train);
		}
		else
			sum += pow((double) task->set.target[k] - state->result.baseline_loss, 2);
	}
	return state->n_held ? sum / (double) state->n_held : 0;
}

/* What may be chance is not worth leaving the beginning for. */
static void
go_back_to_beginning(SequenceTask *task)
{
	struct SequenceState *state = task->state;

	if (!state->has_begun || state->result.report.best_epoch == 0 ||
		calibrate_gain(task->held_score, task->begun_score, task->bias, task->held_label, state->n_held,
					   task->setup.C) > CHANCE)
		return;
	memcpy(task->best, task->begun, task->params.total * sizeof(real));
	memcpy(task->held_score, task->begun_score, state->n_held * task->setup.C * sizeof(real));
	state->result.report.best_epoch = 0;
	sequence_evaluate(task, &state->result.valid_loss, &state->result.valid_metric);
}

/* decision.weight, by the probabilities of the held-out sequences. Afterwards held_score holds these. */
static void
decide(SequenceTask *task, double temperature)
{
	const size_t C = task->setup.C, n = task->state->n_held;
	const Tensor *p = params_find(&task->params, "decision.weight");

	for (size_t i = 0; i < n * C; i++)
		task->held_score[i] = (task->held_score[i] + task->bias[i % C]) / (real) temperature;
	for (size_t i = 0; i < n; i++)
		softmax(task->held_score + i * C, task->held_score + i * C, C);
	decide_macro_f1(task->best + p->offset, task->held_score, n, C, task->row_count);
}

void
sequence_calibrate(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const size_t C = task->setup.C;
	const size_t n = state->n_held;

	if (C == 0)
		return;

	go_back_to_beginning(task);

	const double t = calibrate_temperature(task->held_score, task->bias, task->held_label, n, C);

	fixed_tensors(task, task->best)[C] = (real) t;
	state->result.temperature = t;
	state->result.valid_loss = calibrate_loss(task->held_score, task->bias, t, task->held_label, n, C);
	if (task->setup.config.decision == DECISION_MACRO_F1)
		decide(task, t);
}

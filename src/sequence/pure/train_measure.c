/* What is measured and not trained: standardisation, and running means of what mini-batches measure. */
#include "sequence/pure/train_state.h"

#include <math.h>
#include <string.h>

#include "model/moments.h"
#include "sequence/pure/input.h"

/* Share of a mini-batch in the running means. */
#define RUNNING_RATE 0.05

/* As if these users' classes had been seen with every row of the table of baselines. */
#define BASELINE_PRIOR 4.0

/* Mean square of the changes of a feature: a period without a value is a sum of 0. */
static Moments
change_moments(const float *value, size_t steps, size_t F)
{
	Moments s = {0};

	for (size_t t = 1; t < steps; t++)
	{
		const double now = isnan(value[t * F]) ? 0 : (double) value[t * F];
		const double before = isnan(value[(t - 1) * F]) ? 0 : (double) value[(t - 1) * F];

		s.n++;
		s.m2 += (now - before) * (now - before);
	}
	return s;
}

static void
measure_sequence(Moments *part, const SequenceTask *task, size_t i)
{
	const SequenceSet *set = &task->set;
	const size_t F = set->F;
	const float *value = set->value + set->start[i] * F;
	const size_t steps = set->start[i + 1] - set->start[i];

	for (size_t j = 0; j < F; j++)
	{
		const Moments s = moments_of(value + j, steps, F);
		const Moments change = change_moments(value + j, steps, F);

		moments_merge(&part[j], &s);
		moments_merge(&part[F + j], &change);
	}
	if (task->setup.C == 0)
		moments_merge(&part[2 * F], &(Moments){1, (double) set->target[i], 0});
	if (task->setup.config.baseline)
		task->row[i] = (uint32_t) baseline_row(value, steps, F, &task->setup.config);
}

void
sequence_measure_part(SequenceTask *task, size_t item)
{
	const size_t parts = 2 * task->set.F + 1;
	const size_t n = task->state->n_train;
	Moments *part = task->part + item * parts;

	memset(part, 0, parts * sizeof(*part));
	for (size_t k = item * n / MEASURE_PARTS; k < (item + 1) * n / MEASURE_PARTS; k++)
		measure_sequence(part, task, task->train[k]);
}

static Moments
all_parts(const SequenceTask *task, size_t j)
{
	Moments all = {0};

	for (size_t i = 0; i < MEASURE_PARTS; i++)
		moments_merge(&all, &task->part[i * (2 * task->set.F + 1) + j]);
	return all;
}

/* Where a tensor is in w; NULL: there is none of that name. */
static real *
tensor_at(SequenceTask *task, const char *name)
{
	const Tensor *p = params_find(&task->params, name);

	return p ? task->w + p->offset : NULL;
}

static void
measure_inputs(SequenceTask *task)
{
	const size_t F = task->setup.F;
	real *change_scale = tensor_at(task, "input.change");

	for (size_t j = 0; j < F; j++)
	{
		const Moments value = all_parts(task, j), change = all_parts(task, F + j);

		tensor_at(task, "input.mean")[j] = (real) value.mean;
		tensor_at(task, "input.scale")[j] = moments_scale(&value);
		if (change_scale)
			change_scale[j] = moments_scale(&change);
	}
}

/* Values of a number attribute that are known, of users all over the training part; returns how many. */
static size_t
sample_attribute(const SequenceTask *task, size_t attribute)
{
	const size_t n = task->state->n_train, A = (size_t) task->setup.config.attributes.n;
	const size_t some = n < EDGE_SAMPLE ? n : EDGE_SAMPLE;
	size_t known = 0;

	for (size_t k = 0; k < some; k++)
	{
		const float v = task->set.attribute[task->train[k * n / some] * A + attribute];

		if (!isnan(v))
			task->edge_sample[known++] = v;
	}
	return known;
}

/* The j-th number that is read by bins of the same users' sequences. */
static size_t
sample_binned(const SequenceTask *task, size_t j)
{
	const size_t n = task->state->n_train, some = n < EDGE_SAMPLE ? n : EDGE_SAMPLE;
	const SequenceSet *set = &task->set;

	for (size_t k = 0; k < some; k++)
	{
		const size_t i = task->train[k * n / some], steps = set->start[i + 1] - set->start[i];

		task->edge_sample[k] = binned_number(set->value + set->start[i] * set->F, steps, set->F, j);
	}
	return some;
}

static void
measure_attributes(SequenceTask *task)
{
	const AttributeShapes *shapes = &task->setup.config.attributes;
	real *edge = tensor_at(task, "attribute.edge");

	for (int i = 0; edge && i < shapes->n; i++)
	{
		if (shapes->of[i].rows > 0)
			continue;
		attribute_edges(edge, task->edge_sample, sample_attribute(task, (size_t) i));
		edge += ATTRIBUTE_EDGES;
	}
	edge = tensor_at(task, "value.edge");
	for (size_t j = 0; j < task->net.binned; j++, edge += ATTRIBUTE_EDGES)
		attribute_edges(edge, task->edge_sample, sample_binned(task, j));
}

void
sequence_measure_end(SequenceTask *task)
{
	if (!task->setup.warm_start)
	{
		measure_inputs(task);
		measure_attributes(task);
	}
	if (task->setup.C > 0)
		return;

	const Moments target = all_parts(task, 2 * task->setup.F);
	real *fixed = fixed_tensors(task, task->w);

	/* What the held-out loss of the mean is measured against, whatever a warm start brings. */
	task->state->result.baseline_loss = target.mean;
	if (task->setup.warm_start)
		return;
	fixed[0] = (real) target.mean;
	fixed[1] = moments_scale(&target);
}

void
sequence_measure_decision(SequenceTask *task)
{
	const size_t C = task->setup.C;
	real *weight = tensor_at(task, "decision.weight");

	for (size_t c = 0; task->setup.config.decision == DECISION_BALANCED && c < C; c++)
	{
		const double n = (double) (task->begin[c + 1] - task->begin[c]);

		weight[c] = n > 0 ? (real) ((double) task->state->n_train / ((double) C * n)) : 1;
	}
}

/* ---- The table of baselines ---- */

/* share (C) = that of each class among count (C), as if `prior` users with the shares `of` were there, too. */
static void
shrunk_shares(double *share, const double *count, const double *of, double prior, size_t C)
{
	double sum = prior;

	for (size_t c = 0; c < C; c++)
		sum += count[c];
	for (size_t c = 0; c < C; c++)
		share[c] = (count[c] + prior * of[c]) / sum;
}

/*
 * Users of each class by row; a row has few of them, so it is shrunk to those of the same net sign whatever
 * their trend today, and these to all. The probabilities are made scores of a network that is trained with
 * weights.
 */
void
sequence_measure_baseline(SequenceTask *task, double *count, double *share)
{
	const size_t C = task->setup.C, rows = baseline_rows(&task->setup.config);
	const size_t nets = rows / BASELINE_GROUPS > 0 ? rows / BASELINE_GROUPS : 1;
	double *all = share, *of_net = share + C, *of_row = share + 2 * C, *net = share + 3 * C;
	real *score = tensor_at(task, "baseline.score");

	memset(count, 0, rows * C * sizeof(*count));
	for (size_t k = 0; k < task->state->n_train; k++)
		count[task->row[task->train[k]] * C + (size_t) task->set.label[task->train[k]]]++;
	for (size_t c = 0; c < C; c++)
	{
		const double n = (double) (task->begin[c + 1] - task->begin[c]);

		all[c] = (n + 1) / (double) (task->state->n_train + C);
	}
	for (size_t r = 0; r < rows; r++)
	{
		for (size_t c = 0; c < C; c++)
		{
			net[c] = 0;
			for (size_t other = r % nets; other < rows; other += nets)
				net[c] += count[other * C + c];
		}
		shrunk_shares(of_net, net, all, BASELINE_PRIOR, C);
		shrunk_shares(of_row, count + r * C, of_net, BASELINE_PRIOR, C);
		for (size_t c = 0; c < C; c++)
			score[r * C + c] = (real) log(of_row[c]) - task->bias[c];
	}
}

void
sequence_weigh_measures(real *grad, const SequenceTask *task, double share)
{
	for (size_t i = 0; i < task->params.count; i++)
	{
		const Tensor *p = &task->params.param[i];

		for (size_t j = p->offset; p->running && j < p->offset + p->size; j++)
			grad[j] *= (real) share;
	}
}

void
sequence_follow_measure(SequenceTask *task, const Tensor *p)
{
	const struct SequenceState *state = task->state;
	const double full = (double) state->batch_n / (double) task->setup.config.batch_size;
	const double rate = full * fmax(RUNNING_RATE, 1.0 / (double) (state->step + 1));

	for (size_t j = p->offset; j < p->offset + p->size; j++)
		if (isfinite(task->grad[j]))
			task->w[j] += (real) rate * (task->grad[j] - task->w[j]);
}

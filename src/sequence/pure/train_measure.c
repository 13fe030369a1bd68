/* What is measured and not trained: standardisation, and running means of what mini-batches measure. */
#include "sequence/pure/train_state.h"

#include <math.h>
#include <string.h>

#include "model/moments.h"

/* Share of a mini-batch in the running means. */
#define RUNNING_RATE 0.05

void
sequence_measure_part(SequenceTask *task, size_t item)
{
	const SequenceSet *set = &task->set;
	const size_t F = set->F;
	const size_t n = task->state->n_train;
	Moments *part = task->part + item * (F + 1);

	memset(part, 0, (F + 1) * sizeof(*part));
	for (size_t k = item * n / MEASURE_PARTS; k < (item + 1) * n / MEASURE_PARTS; k++)
	{
		const size_t i = task->train[k];
		const size_t begin = set->start[i];

		for (size_t j = 0; j < F; j++)
		{
			const Moments s = moments_of(set->value + begin * F + j, set->start[i + 1] - begin, F);

			moments_merge(&part[j], &s);
		}
		if (task->setup.C == 0)
			moments_merge(&part[F], &(Moments){1, (double) set->target[i], 0});
	}
}

void
sequence_measure_end(SequenceTask *task)
{
	const size_t F = task->setup.F;
	real *mean = task->w + task->params.param[0].offset;
	real *scale = task->w + task->params.param[1].offset;

	for (size_t j = 0; j <= F; j++)
	{
		Moments all = {0};

		for (size_t i = 0; i < MEASURE_PARTS; i++)
			moments_merge(&all, &task->part[i * (F + 1) + j]);
		if (j < F && !task->setup.warm_start)
		{
			mean[j] = (real) all.mean;
			scale[j] = moments_scale(&all);
		}
		if (j == F && task->setup.C == 0)
		{
			real *target = fixed_tensors(task, task->w);

			/* What the held-out loss of the mean is measured against, whatever a warm start brings. */
			task->state->result.baseline_loss = all.mean;
			if (!task->setup.warm_start)
			{
				target[0] = (real) all.mean;
				target[1] = moments_scale(&all);
			}
		}
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

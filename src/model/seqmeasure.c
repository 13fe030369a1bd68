/* Standardisation, learned from the sequences trained on. */
#include "model/seqstate.h"

#include <string.h>

#include "model/moments.h"

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
		if (task->spec.C == 0)
			moments_merge(&part[F], &(Moments){1, (double) set->target[i], 0});
	}
}

void
sequence_measure_end(SequenceTask *task)
{
	const size_t F = task->spec.F;
	real *mean = task->w + task->params.param[0].offset;
	real *scale = task->w + task->params.param[1].offset;

	for (size_t j = 0; j <= F; j++)
	{
		Moments all = {0};

		for (size_t i = 0; i < MEASURE_PARTS; i++)
			moments_merge(&all, &task->part[i * (F + 1) + j]);
		if (j < F && !task->spec.warm_start)
		{
			mean[j] = (real) all.mean;
			scale[j] = moments_scale(&all);
		}
		if (j == F && task->spec.C == 0)
		{
			real *target = fixed_tensors(task, task->w);

			/* What the held-out loss of the mean is measured against, whatever a warm start brings. */
			task->state->result.baseline_loss = all.mean;
			if (!task->spec.warm_start)
			{
				target[0] = (real) all.mean;
				target[1] = moments_scale(&all);
			}
		}
	}
}

/* The end of a mini-batch: the gradients of its chunks become one, and the weights take a step along it. */
#include "sequence/pure/train_state.h"

#include <math.h>

#include "nn/adam.h"

/* A network of fewer weights is summed and stepped as one item: other processes would take longer to join in. */
#define SHARED_WEIGHTS 32768

size_t
sequence_step_items(const SequenceTask *task)
{
	return task->params.total < SHARED_WEIGHTS ? 1 : (size_t) task->setup.config.num_layers;
}

typedef struct Layers
{
	int begin, end;
} Layers;

static Layers
layers_of(const SequenceTask *task, size_t item)
{
	if (sequence_step_items(task) == 1)
		return (Layers){0, task->setup.config.num_layers};
	return (Layers){(int) item, (int) item + 1};
}

static void
sum_tensor(SequenceTask *task, const Tensor *p)
{
	const size_t total = task->params.total;
	const size_t shards = (task->state->batch_n + task->chunk - 1) / task->chunk;
	real *sum = task->grad + p->offset;

	for (size_t s = 1; s < shards; s++)
	{
		const real *grad = sum + s * total;

		for (size_t i = 0; i < p->size; i++)
			sum[i] += grad[i];
	}
}

void
sequence_sum(SequenceTask *task, size_t item)
{
	const Layers layers = layers_of(task, item);

	for (int l = layers.begin; l < layers.end; l++)
	{
		double square = 0;
		size_t i, end;

		for (network_layer_tensors(&i, &end, &task->net, &task->params, l); i < end; i++)
		{
			const Tensor *p = &task->params.param[i];

			if (p->fixed && !p->running)
				continue;
			sum_tensor(task, p);
			if (p->running)
				sequence_follow_measure(task, p);
			else
				square += adam_square_norm(task->grad + p->offset, p->size);
		}
		task->state->square[l] = square;
	}
}

void
sequence_step_begin(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const SequenceConfig *config = &task->setup.config;
	const size_t shards = (state->batch_n + task->chunk - 1) / task->chunk;
	double square = 0;

	for (size_t s = 0; s < shards; s++)
		state->epoch_loss += task->shard_loss[s];
	state->epoch_weight += state->batch_weight;
	for (int l = 0; l < config->num_layers; l++)
		square += state->square[l];
	state->norm = sqrt(square);
	state->result.report.learning_rate =
		adam_schedule(config->learning_rate, state->step, (size_t) config->warmup_epochs * state->batches,
					  (size_t) config->max_epochs * state->batches, config->schedule == SCHEDULE_COSINE);
	state->step++;
}

void
sequence_step(SequenceTask *task, size_t item)
{
	const struct SequenceState *state = task->state;
	const SequenceConfig *config = &task->setup.config;
	const Layers layers = layers_of(task, item);

	for (int l = layers.begin; l < layers.end; l++)
	{
		size_t i, end;

		for (network_layer_tensors(&i, &end, &task->net, &task->params, l); i < end; i++)
		{
			const Tensor *p = &task->params.param[i];
			const AdamStep step = {state->result.report.learning_rate, p->decay ? config->weight_decay : 0,
								   adam_clip(state->norm, config->clip_norm), state->step};

			if (!p->fixed && isfinite(state->norm))
				adam_update(task->w + p->offset, task->m + p->offset, task->v + p->offset,
							task->grad + p->offset, &step, p->size);
		}
		network_pack_layer(&task->net, task->w, l);
	}
}

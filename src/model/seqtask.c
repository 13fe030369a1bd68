/* The memory of a sequence training, and what others read of it. */
#include "model/seqtrain.h"

#include "model/moments.h"
#include "model/seqstate.h"

/* Products of an item, so that it ends long before an interrupt is missed; down to this many sequences. */
#define ITEM_FLOPS 2e9
#define ITEM_SEQUENCES_MIN 8

/* A mini-batch when the options leave it open: of few sequences a small one, or an epoch has too few steps.
 */
#define BATCHES_MIN 32
#define BATCH_SMALL 16
#define BATCH_LARGE 64

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
batch_size_for(size_t N)
{
	const size_t batch = N / BATCHES_MIN;

	return batch < BATCH_SMALL ? BATCH_SMALL : (int) at_most(batch, BATCH_LARGE);
}

static size_t
chunk_size(const SequenceSpec *spec, size_t weights)
{
	size_t chunk = at_most((size_t) spec->config.batch_size, NETWORK_CHUNK_MAX);

	while (chunk > ITEM_SEQUENCES_MIN &&
		   6.0 * (double) weights * (double) spec->longest * (double) chunk > ITEM_FLOPS)
		chunk /= 2;
	return chunk;
}

static size_t
epoch_capacity(const SequenceSpec *spec)
{
	const size_t drawn =
		spec->balance == BALANCE_RESAMPLE ? spec->C * (size_t) spec->config.samples_per_class : 0;

	return drawn > spec->N + spec->C ? drawn : spec->N + spec->C;
}

static void
carve_data(SequenceTask *task, Arena *arena)
{
	const SequenceSpec *spec = &task->spec;
	SequenceData *data = &task->data;

	data->start = ARENA_TAKE(arena, size_t, spec->N + 1);
	data->value = (float *) arena_take(arena, spec->steps, spec->F * sizeof(float));
	data->label = spec->C ? ARENA_TAKE(arena, int32_t, spec->N) : NULL;
	data->target = spec->C ? NULL : ARENA_TAKE(arena, float, spec->N);
	data->held_out = ARENA_TAKE(arena, uint8_t, spec->N);
	data->class_weight = ARENA_TAKE(arena, double, spec->C);
	data->initial = spec->warm_start ? ARENA_TAKE(arena, real, task->params.total) : NULL;
	task->set =
		(SequenceSet){spec->N, spec->F, data->start, data->value, data->label, data->target, data->held_out};
}

static void
carve_training(SequenceTask *task, Arena *arena)
{
	const SequenceSpec *spec = &task->spec;
	const size_t total = task->params.total;
	const size_t batch = (size_t) spec->config.batch_size;
	const size_t order = epoch_capacity(spec);
	const size_t matrix = (spec->C * spec->C * sizeof(double) + sizeof(real) - 1) / sizeof(real);

	task->state = ARENA_TAKE(arena, struct SequenceState, 1);
	task->w = ARENA_TAKE(arena, real, total);
	task->best = ARENA_TAKE(arena, real, total);
	task->m = ARENA_TAKE(arena, real, total);
	task->v = ARENA_TAKE(arena, real, total);
	/* Between mini-batches the room of the gradients holds the confusion matrix. */
	task->grad = ARENA_TAKE(arena, real, task->shards * total > matrix ? task->shards * total : matrix);
	task->shard_loss = ARENA_TAKE(arena, double, task->shards);
	task->part = ARENA_TAKE(arena, Moments, MEASURE_PARTS * (spec->F + 1));
	task->train = ARENA_TAKE(arena, uint32_t, spec->N);
	task->held = ARENA_TAKE(arena, uint32_t, spec->N);
	task->order = ARENA_TAKE(arena, uint32_t, order);
	task->batch = ARENA_TAKE(arena, uint32_t, batch);
	task->scratch = ARENA_TAKE(arena, uint32_t, batch);
	task->begin = ARENA_TAKE(arena, size_t, spec->C + 2);
	task->count = ARENA_TAKE(arena, size_t, spec->longest + 2);
	task->held_score = (real *) arena_take(arena, spec->N, task->net.O * sizeof(real));
	task->held_label = spec->C ? ARENA_TAKE(arena, int32_t, spec->N) : NULL;
	task->class_weight = ARENA_TAKE(arena, real, spec->C);
	task->bias = ARENA_TAKE(arena, real, spec->C);
	network_carve_weights(&task->net, arena);
}

void
seqtrain_carve(SequenceTask *task, Arena *arena, const SequenceSpec *given)
{
	const SequenceSpec *spec = &task->spec;

	*task = (SequenceTask){.spec = *given};
	if (task->spec.config.batch_size == 0)
		task->spec.config.batch_size = batch_size_for(given->N);
	seqnet_params(&task->params, &spec->config, spec->F, spec->C);
	task->chunk = chunk_size(spec, task->params.total);
	task->shards = ((size_t) spec->config.batch_size + task->chunk - 1) / task->chunk;
	network_init(&task->net, &spec->config, spec->F, spec->C);
	carve_data(task, arena);
	carve_training(task, arena);
}

void
seqtrain_carve_work(SequenceTask *task, Arena *arena)
{
	network_carve_work(&task->net, arena, task->spec.longest, task->chunk, true);
}

const TrainReport *
seqtrain_report(const void *task)
{
	return &((const SequenceTask *) task)->state->result.report;
}

const SequenceResult *
seqtrain_result(const SequenceTask *task)
{
	return &task->state->result;
}

const real *
seqtrain_weights(const SequenceTask *task)
{
	return task->best;
}

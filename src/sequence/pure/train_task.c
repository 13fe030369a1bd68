/* The memory of a sequence training, and what others read of it. */
#include "sequence/pure/train.h"

#include <math.h>

#include "model/moments.h"
#include "sequence/pure/encoder.h"
#include "sequence/pure/input.h"
#include "sequence/pure/train_sample.h"
#include "sequence/pure/train_state.h"

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

/* Epochs fall with the root of the sequences: of 16,000 the best one was the fifth to the eighth, of 270 the sixtieth. */
#define EPOCHS_MIN 12
#define EPOCHS_MAX 60
#define EPOCHS_OF_ONE 1000.0

#define PATIENCE_MIN 5

static int
between(double value, int least, int most)
{
	return value < least ? least : value > most ? most : (int) value;
}

/* Fill in what the options leave to the number of sequences. */
static void
fit_to_data(SequenceConfig *config, size_t N)
{
	if (config->batch_size == 0)
		config->batch_size = between((double) N / BATCHES_MIN, BATCH_SMALL, BATCH_LARGE);
	if (config->max_epochs == 0 && !(sequence_encoders[config->architecture]->whole && N <= CLOSED_ROWS))
		config->max_epochs = between(EPOCHS_OF_ONE / sqrt((double) N), EPOCHS_MIN, EPOCHS_MAX);
	if (config->patience < 0)
		config->patience = between(config->max_epochs / 3, PATIENCE_MIN, config->max_epochs);
}

static size_t
chunk_size(const SequenceSetup *setup, size_t weights)
{
	size_t chunk = at_most((size_t) setup->config.batch_size, NETWORK_CHUNK_MAX);

	while (chunk > ITEM_SEQUENCES_MIN &&
		   6.0 * (double) weights * (double) setup->longest * (double) chunk > ITEM_FLOPS)
		chunk /= 2;
	return chunk;
}

static size_t
epoch_capacity(const SequenceSetup *setup)
{
	const size_t drawn = setup->balance == BALANCE_RESAMPLE
							 ? setup->C * sample_per_class_max(setup->N, setup->config.samples_per_class)
							 : 0;

	return drawn > setup->N + setup->C ? drawn : setup->N + setup->C;
}

static void
carve_data(SequenceTask *task, Arena *arena)
{
	const SequenceSetup *setup = &task->setup;
	SequenceData *data = &task->data;

	data->start = ARENA_TAKE(arena, size_t, setup->N + 1);
	data->value = (float *) arena_take(arena, setup->steps, setup->F * sizeof(float));
	data->label = setup->C ? ARENA_TAKE(arena, int32_t, setup->N) : NULL;
	data->target = setup->C ? NULL : ARENA_TAKE(arena, float, setup->N);
	data->held_out = ARENA_TAKE(arena, uint8_t, setup->N);
	data->attribute =
		(float *) arena_take(arena, setup->N, (size_t) setup->config.attributes.n * sizeof(float));
	data->class_weight = ARENA_TAKE(arena, double, setup->C);
	data->initial = setup->warm_start ? ARENA_TAKE(arena, real, task->params.total) : NULL;
	task->set = (SequenceSet){setup->N,    setup->F,     data->start,    data->value,
							  data->label, data->target, data->held_out, data->attribute};
}

static void
carve_training(SequenceTask *task, Arena *arena)
{
	const SequenceSetup *setup = &task->setup;
	const size_t total = task->params.total;
	const size_t batch = (size_t) setup->config.batch_size;
	const size_t order = epoch_capacity(setup);
	const size_t matrix = (setup->C * setup->C * sizeof(double) + sizeof(real) - 1) / sizeof(real);

	task->state = ARENA_TAKE(arena, struct SequenceState, 1);
	task->w = ARENA_TAKE(arena, real, total);
	task->best = ARENA_TAKE(arena, real, total);
	task->m = ARENA_TAKE(arena, real, total);
	task->v = ARENA_TAKE(arena, real, total);
	/* Between mini-batches the room of the gradients holds the confusion matrix. */
	task->grad = ARENA_TAKE(arena, real, task->shards * total > matrix ? task->shards * total : matrix);
	task->shard_loss = ARENA_TAKE(arena, double, task->shards);
	task->part = ARENA_TAKE(arena, Moments, MEASURE_PARTS * (2 * setup->F + 1));
	task->train = ARENA_TAKE(arena, uint32_t, setup->N);
	task->held = ARENA_TAKE(arena, uint32_t, setup->N);
	task->order = ARENA_TAKE(arena, uint32_t, order);
	task->batch = ARENA_TAKE(arena, uint32_t, batch);
	task->scratch = ARENA_TAKE(arena, uint32_t, batch);
	task->begin = ARENA_TAKE(arena, size_t, setup->C + 2);
	task->row = setup->config.baseline ? ARENA_TAKE(arena, uint32_t, setup->N) : NULL;
	task->row_count = ARENA_TAKE(arena, double, (baseline_rows(&setup->config) + 4) * setup->C);
	task->count = ARENA_TAKE(arena, size_t, setup->longest + 2);
	task->edge_sample = setup->config.attributes.n > 0 ? ARENA_TAKE(arena, float, EDGE_SAMPLE) : NULL;
	task->held_score = (real *) arena_take(arena, setup->N, task->net.O * sizeof(real));
	task->held_label = setup->C ? ARENA_TAKE(arena, int32_t, setup->N) : NULL;
	task->class_weight = ARENA_TAKE(arena, real, setup->C);
	task->bias = ARENA_TAKE(arena, real, setup->C);
	network_carve_weights(&task->net, arena);
	if (task->net.encoder->whole)
		closed_carve(task, arena);
	sequence_start_carve(task, arena);
	task->begun = ARENA_TAKE(arena, real, total);
	task->begun_score = (real *) arena_take(arena, setup->N, task->net.O * sizeof(real));
}

void
seqtrain_carve(SequenceTask *task, Arena *arena, const SequenceSetup *given)
{
	const SequenceSetup *setup = &task->setup;

	*task = (SequenceTask){.setup = *given};
	fit_to_data(&task->setup.config, given->N);
	seqnet_params(&task->params, &setup->config, setup->F, setup->C);
	task->chunk = chunk_size(setup, task->params.total);
	task->shards = ((size_t) setup->config.batch_size + task->chunk - 1) / task->chunk;
	network_init(&task->net, &setup->config, setup->F, setup->C);
	carve_data(task, arena);
	carve_training(task, arena);
}

void
seqtrain_carve_work(SequenceTask *task, Arena *arena)
{
	network_carve_work(&task->net, arena, task->setup.longest, task->chunk, true);
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

#include "sequence/pure/batch.h"

#include "sequence/pure/network.h"

void
seqbatch_carve(SequenceBatchTask *task, Arena *arena, const SequenceBatchSetup *setup)
{
	ParamTable params;

	(void) seqmodel_params(&params, &setup->config, setup->F, setup->C);
	*task = (SequenceBatchTask){.setup = *setup};
	task->state = ARENA_TAKE(arena, SequenceBatchState, 1);
	task->start = ARENA_TAKE(arena, size_t, setup->room + 1);
	task->value = (float *) arena_take(arena, setup->room * setup->longest, setup->F * sizeof(float));
	task->attribute =
		(float *) arena_take(arena, setup->room, (size_t) setup->config.attributes.n * sizeof(float));
	task->w = ARENA_TAKE(arena, real, params.total);
	task->prob = (real *) arena_take(arena, setup->room, (setup->C ? setup->C : 1) * sizeof(real));
}

void
seqbatch_carve_work(SequenceBatchTask *task, Arena *arena)
{
	const SequenceBatchSetup *setup = &task->setup;

	task->scorer =
		seqscorer_carve(arena, &setup->config, setup->F, setup->C, setup->longest, NETWORK_CHUNK_MAX);
}

size_t
seqbatch_next(void *arg)
{
	SequenceBatchState *state = ((SequenceBatchTask *) arg)->state;

	state->running = !state->running;
	return state->running ? (state->N + NETWORK_CHUNK_MAX - 1) / NETWORK_CHUNK_MAX : 0;
}

void
seqbatch_run(void *arg, size_t item, int worker __attribute__((unused)))
{
	SequenceBatchTask *task = arg;
	const size_t N = task->state->N;
	const size_t from = item * NETWORK_CHUNK_MAX;
	const SequenceSet set = {
		.N = N, .F = task->setup.F, .start = task->start, .value = task->value, .attribute = task->attribute};

	if (!task->loaded)
		seqscorer_load(task->scorer, task->w);
	task->loaded = true;
	seqscorer_run(task->scorer, task->prob + from * (task->setup.C ? task->setup.C : 1), &set, from,
				  N - from < NETWORK_CHUNK_MAX ? N - from : NETWORK_CHUNK_MAX);
}

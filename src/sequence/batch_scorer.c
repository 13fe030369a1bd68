#include "postgres.h"

#include "sequence/batch_scorer.h"

#include "miscadmin.h"

#include "sequence/pure/batch.h"
#include "server/memory.h"

/*
 * The size of a part: so many bytes of values, but at least so many sequences, as starting workers takes
 * milliseconds.
 */
#define PART_BYTES ((size_t) 32 << 20)
#define PART_MIN 1024

struct BatchScorer
{
	Runner *runner;
	SequenceBatchTask *task;
};

static void
carve(void *task, Arena *arena, const void *setup, int workers pg_attribute_unused())
{
	seqbatch_carve(task, arena, setup);
}

static void
carve_work(void *arg, Arena *arena)
{
	SequenceBatchTask *task = arg;

	seqbatch_carve_work(task, arena);
	if (task->scorer)
		seqscorer_watch(task->scorer, &InterruptPending);
}

static bool
gives_up(const void *task pg_attribute_unused())
{
	return true;
}

static const RunnerKind runner_sequence_batch = {.worker = "usercls_sequence_scoring_worker",
												 .task_size = sizeof(SequenceBatchTask),
												 .carve = carve,
												 .carve_work = carve_work,
												 .next = seqbatch_next,
												 .run = seqbatch_run,
												 .gives_up = gives_up};

extern PGDLLEXPORT void usercls_sequence_scoring_worker(dsm_segment *segment, shm_toc *toc);

void
usercls_sequence_scoring_worker(dsm_segment *segment, shm_toc *toc)
{
	runner_work(&runner_sequence_batch, segment, toc);
}

BatchScorer *
batch_scorer_start(const SequenceModel *model, size_t N, size_t longest, size_t other)
{
	BatchScorer *scorer = palloc(sizeof(*scorer));
	const size_t step = Max(longest, 1) * (size_t) model->F * sizeof(float);
	const SequenceBatchSetup setup = {.config = model->config,
									  .F = (size_t) model->F,
									  .C = (size_t) model->C,
									  .room = Min(Max(N, 1), Max(PART_BYTES / step, PART_MIN)),
									  .longest = Max(longest, 1)};

	memory_check(other + runner_measure(&runner_sequence_batch, &setup), "scoring");
	scorer->runner = runner_start(&runner_sequence_batch, &setup, sizeof(setup), "scoring");
	scorer->task = runner_task(scorer->runner);
	scorer->task->state->running = false;
	memcpy(scorer->task->w, model->w, sizeof(real) * model->params->total);
	return scorer;
}

size_t
batch_scorer_room(const BatchScorer *scorer)
{
	return scorer->task->setup.room;
}

size_t *
batch_scorer_offsets(const BatchScorer *scorer)
{
	return scorer->task->start;
}

float *
batch_scorer_values(const BatchScorer *scorer)
{
	return scorer->task->value;
}

float *
batch_scorer_attributes(const BatchScorer *scorer)
{
	return scorer->task->attribute;
}

const real *
batch_scorer_run(BatchScorer *scorer, size_t n)
{
	scorer->task->state->N = n;
	runner_run(scorer->runner, NULL);
	sequence_check_finite(scorer->task->prob, n * scorer->task->setup.C);
	return scorer->task->prob;
}

void
batch_scorer_end(BatchScorer *scorer)
{
	runner_end(scorer->runner);
	pfree(scorer);
}

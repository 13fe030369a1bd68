/*
 * Runs a Job (model/job.h) in the backend: interrupts between items, a memory
 * limit before the allocation, progress for other sessions, and PostgreSQL's
 * parallel workers, which find the same block in dynamic shared memory.
 *
 *   Runner *runner = runner_start(&kind, &setup, sizeof(setup), "training");
 *   ... fill the data the task points to ...
 *   runner_run(runner, &watch);
 *   ... read the result from runner_task(runner) ...
 *   runner_end(runner);
 */
#ifndef USERCLS_WORK_RUNNER_H
#define USERCLS_WORK_RUNNER_H

#include "datatype/timestamp.h"

#include "storage/dsm.h"
#include "storage/shm_toc.h"

#include "model/job.h"
#include "nn/arena.h"

/* A kind of task. */
typedef struct RunnerKind
{
	/*
	 * Where a worker process begins: the name of an exported function that calls runner_work() with this kind.
	 * Processes share no pointers, but the server finds a library's function by its name.
	 */
	const char *worker;
	size_t task_size; /* of the private struct of pointers */

	/*
	 * Make the task's pointers into the arena, the same way in every process: setup is a flat struct of sizes
	 * and options, without pointers. workers counts the leader.
	 */
	void (*carve)(void *task, Arena *arena, const void *setup, int workers);

	/* After carve(): the memory in which this process works, and which no other one sees. NULL: the task needs none. */
	void (*carve_work)(void *task, Arena *arena);
	size_t (*next)(void *task);
	void (*run)(void *task, size_t item, int worker);

	/*
	 * Whether run() may return early in this phase because InterruptPending is set. It may then have done nothing, a
	 * part, or all, and is called again for the same item. NULL: never.
	 */
	bool (*gives_up)(const void *task);

	/* How far the training is. NULL, as `stop`: the job has no epochs, and is run without a watch. */
	const TrainReport *(*report)(const void *task);
	void (*stop)(void *task);
} RunnerKind;

typedef struct Runner Runner;

/* What to do while a job of epochs runs. */
typedef struct RunnerWatch
{
	int epochs_before; /* for progress: of networks that are trained already */
	int max_epochs;    /* and of all networks */
	void (*on_epoch)(void *arg, const TrainReport *report);
	void *arg;
	bool writes; /* on_epoch may write and commit: workers, which may not see that, are ended before it */
	TimestampTz deadline; /* stop the job there; 0: none */
} RunnerWatch;

/* Bytes the task needs with the workers that are set now, without getting them (dry_run). */
extern size_t runner_measure(const RunnerKind *kind, const void *setup);

/* Check the limit, get the block (shared when usercls.training_workers > 0) and carve the leader's task. */
extern Runner *runner_start(const RunnerKind *kind, const void *setup, size_t setup_size, const char *what);

extern void *runner_task(Runner *runner);

/* Run the job to its end, or to where it stops at the deadline. watch NULL: it has no epochs. */
extern void runner_run(Runner *runner, const RunnerWatch *watch);

/* Free the block; an error frees it too. */
extern void runner_end(Runner *runner);

/* All that a kind's worker function does: carve the task over the leader's block, and share its items to the end. */
extern void runner_work(const RunnerKind *kind, dsm_segment *segment, shm_toc *toc);

#endif

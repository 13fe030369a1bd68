/*
 * A job in one process or several:
 *
 *   carve the task over the block;  start the workers
 *   while (items = job_next(job)) > 0 do
 *     crew_begin(items);  every process: while crew_take(item) do job_item(item), crew_done
 *     crew_finish;  when an epoch has ended: log it, and perhaps commit
 *   end the workers
 *
 * Concurrency. The leader alone calls next(), reads the report, and writes tables; workers only run items. What
 * processes share is the block (the task's data) and RunnerShared (the crew, the block's handle); each has pointers
 * of its own into the block, since it is mapped at another address. There is no lock: items of one phase write to
 * disjoint places, and the crew's counters order phases (work/crew.c). Workers run from workers_start() to
 * workers_end(), in parallel mode, under the leader's snapshot: nobody may write then, so that a leader who commits
 * ends them first and starts them again. After an error nobody waits: the parallel context goes with the transaction,
 * and the block with its memory context.
 */
#include "postgres.h"

#include "work/runner.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "work/block.h"
#include "work/crew.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/notices.h"
#include "work/progress.h"
#include "server/module.h"

typedef struct RunnerShared
{
	Crew crew;
	dsm_handle block;
	int workers; /* the task was carved for, with the leader */
} RunnerShared;

#define KEY_SHARED UINT64CONST(1)
#define KEY_SETUP UINT64CONST(2)

struct Runner
{
	const RunnerKind *kind;
	void *task;
	int workers; /* with the leader */
	void *setup;
	size_t setup_size;
	MemoryContext context;
	Block *block;
	ParallelContext *parallel;
	RunnerShared *shared; /* NULL while no workers run */
};

static Job
runner_job(const RunnerKind *kind, void *task)
{
	return (Job){task, kind->next, kind->run};
}

/*
 * Run one item. CHECK_FOR_INTERRUPTS() does not return from a cancel; when it does return, an item that gave up because
 * of the interrupt is run again. NB: so items of a kind with gives_up overwrite what they write.
 */
static void
run_item(const RunnerKind *kind, void *task, size_t item, int worker)
{
	const Job job = runner_job(kind, task);
	const bool gives_up = kind->gives_up && kind->gives_up(task);

	do
	{
		CHECK_FOR_INTERRUPTS();
		job_item(&job, item, worker);
	} while (gives_up && InterruptPending);
}

/* Run items of the crew's round until none is left to take. */
static void
run_shared_items(const RunnerKind *kind, void *task, Crew *crew, int worker)
{
	size_t item;

	while (crew_take(crew, &item))
	{
		run_item(kind, task, item, worker);
		crew_done(crew);
	}
}

static void
run_phase(Runner *runner, size_t items)
{
	RunnerShared *shared = runner->shared;

	/* The leader alone, in order: there are no workers, or one item, for which it is not worth to wake any. */
	if (!shared || items == 1)
	{
		for (size_t item = 0; item < items; item++)
			run_item(runner->kind, runner->task, item, 0);
		return;
	}
	crew_begin(&shared->crew, items);
	run_shared_items(runner->kind, runner->task, &shared->crew, 0);
	crew_finish(&shared->crew);
}

/* Bytes that the processes share, and those that each has of its own. */
typedef struct TaskSize
{
	size_t shared, own;
} TaskSize;

/* Bytes of all processes together. */
static size_t
size_all(TaskSize size, int workers)
{
	return size.shared + size.own * (size_t) workers;
}

/* What the carving of a task takes; an error when that overflows. */
static TaskSize
kind_measure(const RunnerKind *kind, const void *setup, int workers)
{
	Arena shared = arena_measure(), own = arena_measure();
	void *task = palloc0(kind->task_size);

	kind->carve(task, &shared, setup, workers);
	if (kind->carve_work)
		kind->carve_work(task, &own);
	pfree(task);
	if (shared.overflow || own.overflow || shared.used > SIZE_MAX / 2 ||
		own.used > SIZE_MAX / 4 / (size_t) workers)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("training data is too large"),
						errdetail("Its size in bytes does not fit a number of this machine."),
						errhint("Train on fewer users, periods or features.")));
	return (TaskSize){shared.used + ARENA_ALIGNMENT, own.used + ARENA_ALIGNMENT};
}

/*
 * The task of this process: the struct and its own memory in the current memory context, everything else in the
 * block.
 */
static void *
kind_carve(const RunnerKind *kind, const void *setup, int workers, void *block, TaskSize size)
{
	Arena arena = arena_over(arena_align(block), size.shared - ARENA_ALIGNMENT);
	void *task = palloc0(kind->task_size);

	kind->carve(task, &arena, setup, workers);
	Assert(!arena.overflow);
	if (kind->carve_work)
	{
		arena =
			arena_over(arena_align(memory_huge(CurrentMemoryContext, size.own)), size.own - ARENA_ALIGNMENT);
		kind->carve_work(task, &arena);
		Assert(!arena.overflow);
	}
	return task;
}

size_t
runner_measure(const RunnerKind *kind, const void *setup)
{
	const int workers = 1 + usercls_training_workers;

	return size_all(kind_measure(kind, setup, workers), workers);
}

static void
notice_workers(int workers, size_t bytes, size_t room)
{
	const char *what =
		workers == 1 ? "no parallel worker helps" : psprintf("%d parallel workers help", workers - 1);

	notice_send(NOTICE, psprintf("%s, for want of shared memory", what),
				psprintf("usercls.training_workers is %d: that takes %zu MB, and /dev/shm has %zu MB left.",
						 usercls_training_workers, (bytes >> 20) + 1, room >> 20),
				"Give the server more, as docker run --shm-size=1g does, or set min_dynamic_shared_memory. "
				"The result "
				"is the same, and comes later.");
}

/* As many processes as share a block that the system has room for: one needs no shared block. */
static int
workers_possible(const RunnerKind *kind, const void *setup)
{
	const int wanted = 1 + usercls_training_workers;
	int workers = wanted;
	size_t room;

	while (workers > 1 && !block_fits(kind_measure(kind, setup, workers).shared, &room))
		workers--;
	if (workers < wanted)
		notice_workers(workers, kind_measure(kind, setup, wanted).shared, room);
	return workers;
}

Runner *
runner_start(const RunnerKind *kind, const void *setup, size_t setup_size, const char *what)
{
	const int workers = workers_possible(kind, setup);
	const TaskSize size = kind_measure(kind, setup, workers);

	memory_check(size_all(size, workers), what);

	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls training", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Runner *runner = palloc0(sizeof(*runner));

	runner->kind = kind;
	runner->workers = workers;
	runner->context = context;
	runner->setup_size = setup_size;
	runner->setup = memcpy(palloc(setup_size), setup, setup_size);
	runner->block = block_create(context, size.shared, workers > 1);
	runner->task = kind_carve(kind, runner->setup, workers, block_address(runner->block), size);
	MemoryContextSwitchTo(old);
	return runner;
}

void *
runner_task(Runner *runner)
{
	return runner->task;
}

/*
 * Called when the parallel context's segment is detached after an error: the workers have been told to end, and the
 * leader does not wait for them yet. It lets go of the block's pages meanwhile.
 */
static void
workers_ending(dsm_segment *segment pg_attribute_unused(), Datum block)
{
	block_unmap((Block *) DatumGetPointer(block));
}

static void
workers_start(Runner *runner)
{
	if (runner->workers == 1)
		return;

	EnterParallelMode();

	ParallelContext *parallel =
		CreateParallelContext("$libdir/usercls", runner->kind->worker, runner->workers - 1);

	shm_toc_estimate_chunk(&parallel->estimator, sizeof(RunnerShared));
	shm_toc_estimate_chunk(&parallel->estimator, runner->setup_size);
	shm_toc_estimate_keys(&parallel->estimator, 2);
	InitializeParallelDSM(parallel);

	RunnerShared *shared = shm_toc_allocate(parallel->toc, sizeof(*shared));
	void *setup = shm_toc_allocate(parallel->toc, runner->setup_size);

	memset(shared, 0, sizeof(*shared));
	crew_init(&shared->crew);
	shared->block = block_handle(runner->block);
	shared->workers = runner->workers;
	memcpy(setup, runner->setup, runner->setup_size);
	shm_toc_insert(parallel->toc, KEY_SHARED, shared);
	shm_toc_insert(parallel->toc, KEY_SETUP, setup);

	if (parallel->seg) /* NULL: the server has none left, and starts no workers */
		on_dsm_detach(parallel->seg, workers_ending, PointerGetDatum(runner->block));
	runner->parallel = parallel;
	runner->shared = shared;
	LaunchParallelWorkers(parallel);
}

static void
workers_end(Runner *runner)
{
	if (!runner->parallel)
		return;
	crew_dismiss(&runner->shared->crew);
	WaitForParallelWorkersToFinish(runner->parallel);
	if (runner->parallel->seg)
		cancel_on_dsm_detach(runner->parallel->seg, workers_ending, PointerGetDatum(runner->block));
	DestroyParallelContext(runner->parallel);
	ExitParallelMode();
	runner->parallel = NULL;
	runner->shared = NULL;
}

/* An epoch is complete: the workers wait for the next round, while the leader logs. `last`: no round follows. */
static void
epoch_over(Runner *runner, const RunnerWatch *watch, const TrainReport *report, bool last)
{
	/* The workers' snapshot ends with the transaction. */
	if (watch->writes)
		workers_end(runner);
	watch->on_epoch(watch->arg, report);
	if (watch->writes && !last)
		workers_start(runner);
}

void
runner_run(Runner *runner, const RunnerWatch *watch)
{
	const Job job = runner_job(runner->kind, runner->task);
	const TrainReport *report = watch ? runner->kind->report(runner->task) : NULL;
	int epoch = 0; /* the report says nothing before the first next() */

	workers_start(runner);
	for (;;)
	{
		const size_t items = job_next(&job);

		CHECK_FOR_INTERRUPTS();
		if (watch && report->epoch != epoch)
		{
			epoch = report->epoch;
			epoch_over(runner, watch, report, items == 0);
		}
		if (items == 0)
			break;
		run_phase(runner, items);
		if (!watch)
			continue;
		progress_train(report, watch->epochs_before, watch->max_epochs);
		if (watch->deadline != 0 && GetCurrentTimestamp() >= watch->deadline)
			runner->kind->stop(runner->task);
	}
	workers_end(runner);
}

void
runner_end(Runner *runner)
{
	block_empty(runner->block);
	MemoryContextDelete(runner->context);
}

void
runner_work(const RunnerKind *kind, dsm_segment *segment pg_attribute_unused(), shm_toc *toc)
{
	RunnerShared *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	const void *setup = shm_toc_lookup(toc, KEY_SETUP, false);
	dsm_segment *block = dsm_attach(shared->block);

	/* The leader is gone already, and will end this worker. */
	if (!block)
		return;

	void *task = kind_carve(kind, setup, shared->workers, dsm_segment_address(block),
							kind_measure(kind, setup, shared->workers));
	uint32 round = 0;

	while (crew_follow(&shared->crew, &round))
		run_shared_items(kind, task, &shared->crew, ParallelWorkerNumber + 1);
	dsm_detach(block);
}

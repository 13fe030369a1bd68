/*
 * Long work, cut so that the backend stays in charge.
 *
 * A job is a row of phases. next() is the serial part: it ends the phase that
 * is done, decides, and says how many items the following phase has (0: the job
 * is over). run() does one item, in any order and on any worker: items of one
 * phase write to disjoint places, and reductions happen in next() or over fixed
 * ranges, in a fixed order. So the result does not depend on how many workers
 * there are. Between two items the caller checks for interrupts: an item, and a
 * next(), stay well under 100 ms.
 *
 * Workers are processes that map the same memory at other addresses: a task is
 * a private struct of pointers carved from the shared block (see nn/arena.h);
 * whatever changes while the job runs lives in that block.
 */
#ifndef USERCLS_MODEL_JOB_H
#define USERCLS_MODEL_JOB_H

#include <stddef.h>

#include "nn/denormal.h"

typedef struct Job
{
	void *task;
	size_t (*next)(void *task);
	void (*run)(void *task, size_t item, int worker); /* worker < the number the task was carved for */
} Job;

/*
 * The two ways into a job; nobody calls job->next or job->run directly.
 *
 * NB: here, and nowhere else, the processor's mode for denormal numbers is set (nn/denormal.h), and put back before
 * anything can raise an error: neither next() nor run() may raise one.
 */
static inline size_t
job_next(const Job *job)
{
	const unsigned mode = denormals_flush();
	const size_t items = job->next(job->task);

	denormals_restore(mode);
	return items;
}

static inline void
job_item(const Job *job, size_t item, int worker)
{
	const unsigned mode = denormals_flush();

	job->run(job->task, item, worker);
	denormals_restore(mode);
}

/* What a training has come to; work/train.c logs a row whenever `epoch` grows, and work/runner.c shows it as progress. */
typedef struct TrainReport
{
	int epoch;         /* epochs that are complete, held-out evaluation included */
	int best_epoch;    /* 1-based; 0: none yet, or none was better than how it began */
	double train_loss; /* mean over the last complete epoch */
	double valid_loss; /* on held-out data after it */
	double valid_metric;
	double learning_rate;
	double fraction; /* of the running epoch, for progress */
} TrainReport;

#endif

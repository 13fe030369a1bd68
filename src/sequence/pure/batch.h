/*
 * Scores of many sequences, as a Job: each item is a batch of them.
 *
 * Use: seqbatch_carve and seqbatch_carve_work over a measuring arena and again over memory, fill w, then as often
 * as there are sequences: fill start, value and state->N, run the job to its end, read prob.
 */
#ifndef USERCLS_SEQUENCE_PURE_BATCH_H
#define USERCLS_SEQUENCE_PURE_BATCH_H

#include "model/job.h"
#include "sequence/pure/net.h"

/* Flat, so that it can be copied to another process. */
typedef struct SequenceBatchSetup
{
	SequenceConfig config;
	size_t F, C;
	size_t room;    /* sequences at a time, at most */
	size_t longest; /* steps of a sequence, at most */
} SequenceBatchSetup;

typedef struct SequenceBatchState
{
	size_t N;     /* sequences of this run */
	bool running; /* their items have been given out */
} SequenceBatchState;

/* Private to each process; what it points to may be shared. */
typedef struct SequenceBatchTask
{
	SequenceBatchSetup setup;
	SequenceBatchState *state;
	size_t *start;    /* N + 1 */
	float *value;     /* steps × F */
	float *attribute; /* N × attributes */
	real *w;          /* the values of seqmodel_params' table */
	real *prob;       /* N × C, or N */

	SequenceScorer *scorer; /* the process's own */
	bool loaded;
} SequenceBatchTask;

extern void seqbatch_carve(SequenceBatchTask *task, Arena *arena, const SequenceBatchSetup *setup);
extern void seqbatch_carve_work(SequenceBatchTask *task, Arena *arena);

/* The functions of Job. */
extern size_t seqbatch_next(void *task);
extern void seqbatch_run(void *task, size_t item, int worker);

#endif

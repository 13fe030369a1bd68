/*
 * Scores of many sequences, in batches, by the session and usercls.training_workers more processes.
 *
 *   BatchScorer *scorer = batch_scorer_start(model, N, longest, bytes);
 *   for (parts of up to batch_scorer_room(scorer) sequences)
 *       ... write them to batch_scorer_offsets() and batch_scorer_values() ...
 *       ... read batch_scorer_run(scorer, n) ...
 *   batch_scorer_end(scorer);
 */
#ifndef USERCLS_SEQUENCE_BATCH_SCORER_H
#define USERCLS_SEQUENCE_BATCH_SCORER_H

#include "work/runner.h"
#include "sequence/stored.h"

typedef struct BatchScorer BatchScorer;

/* For N sequences of up to `longest` steps, in parts; other: bytes that the caller holds, which count, too. */
extern BatchScorer *batch_scorer_start(const SequenceModel *model, size_t N, size_t longest, size_t other);

/* Sequences of a part, at most; and where they are written: offsets (n + 1) and values (n × longest × F). */
extern size_t batch_scorer_room(const BatchScorer *scorer);
extern size_t *batch_scorer_offsets(const BatchScorer *scorer);
extern float *batch_scorer_values(const BatchScorer *scorer);
extern float *batch_scorer_attributes(const BatchScorer *scorer); /* n × attributes */

/* Probabilities (n × C) of the n sequences that were written, until the next run. Interruptible. */
extern const real *batch_scorer_run(BatchScorer *scorer, size_t n);

extern void batch_scorer_end(BatchScorer *scorer);

#endif

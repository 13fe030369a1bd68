/*
 * Probabilities, or embeddings, of many sequences at once, in this process.
 */
#ifndef USERCLS_SEQUENCE_SCORE_H
#define USERCLS_SEQUENCE_SCORE_H

#include "sequence/pure/dataset.h"
#include "nn/real.h"
#include "sequence/stored.h"

/* Probabilities of n sequences from the first on: prob[n × C]. Interruptible. */
extern void sequence_probabilities(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n,
								   size_t C);

/* The same of what the head reads: out[n × seqscorer_width()]. */
extern void sequence_embeddings(real *out, SequenceScorer *scorer, const SequenceSet *set, size_t n);

/* What scorer of sequence_probabilities() to make: this many at a time. */
#define SEQUENCE_BATCH 64

#endif

/*
 * Sequences for evaluation: a model and the users of a source.
 */
#ifndef USERCLS_PG_EVALUATE_SEQUENCE_H
#define USERCLS_PG_EVALUATE_SEQUENCE_H

#include "model/dataset.h"
#include "pg/sequence.h"

/* The steps of all users, in the current memory context; memory_check'ed for `what`. */
extern SequenceSet evaluate_sequences(const SequenceUsers *users, const char *what);

#endif

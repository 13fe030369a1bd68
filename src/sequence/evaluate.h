/*
 * Sequences for evaluation: a model and the users of a source.
 */
#ifndef USERCLS_SEQUENCE_EVALUATE_H
#define USERCLS_SEQUENCE_EVALUATE_H

#include "sequence/pure/dataset.h"
#include "metrics/sample.h"
#include "sequence/users.h"
#include "sequence/request.h"

/* In the current memory context; an error when there is nobody to evaluate on. */
extern ClassSample *sequence_sample(const EvaluateCall *call);

/* Of sequence_kind. */
extern void sequence_observe(Observations *features, const EvaluateCall *call);

/* Up to when the training read. An import may come with a spec that does not say: NULL. */
extern const TimestampTz *evaluate_trained_as_of(const Model *model, const SequenceRequest *request);

/* The steps of all users, in the current memory context; memory_check'ed for `what`. */
extern SequenceSet evaluate_sequences(const SequenceUsers *users, const char *what);

#endif

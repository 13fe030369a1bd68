/*
 * Sequences for evaluation: a model and the users of a source.
 */
#ifndef USERCLS_SEQUENCE_EVALUATE_H
#define USERCLS_SEQUENCE_EVALUATE_H

#include "sequence/pure/dataset.h"
#include "metrics/sample.h"
#include "metrics/importance.h"
#include "sequence/stored.h"
#include "sequence/users.h"
#include "sequence/request.h"

/* In the current memory context; an error when there is nobody to evaluate on. */
extern ClassSample *sequence_sample(const EvaluateCall *call);

/* The two halves of it: whom to evaluate on, and the sample for probabilities (n × C) of them. */
typedef struct SampledSequences
{
	const SequenceModel *model;
	SequenceUsers *users; /* the first n of them are the sample */
	size_t n;
	bool own;           /* of the model's own source */
	ClassSample sample; /* what is known of it before it is scored */
} SampledSequences;

extern SampledSequences sequence_sample_users(const EvaluateCall *call);
extern ClassSample *sequence_sample_scored(const SampledSequences *sampled, const real *prob);

/* The functions of sequence_kind (registry/model_kind.h says what each returns). */
extern Importance *sequence_importance(const EvaluateCall *call, const ImportanceRequest *request);
extern void sequence_observe(Observations *features, const EvaluateCall *call);

/* Up to when the training read. An import may come with a spec that does not say: NULL. */
extern const TimestampTz *evaluate_trained_as_of(const Model *model, const SequenceRequest *request);

/* The steps of all users, in the current memory context; memory_check'ed for `what`. */
extern SequenceSet evaluate_sequences(const SequenceUsers *users, const char *what);

#endif

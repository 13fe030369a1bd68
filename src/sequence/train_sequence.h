/* Training of a sequence model, for train_sequence() and retrain(). */
#ifndef USERCLS_SEQUENCE_TRAIN_SEQUENCE_H
#define USERCLS_SEQUENCE_TRAIN_SEQUENCE_H

#include "sequence/request.h"
#include "sequence/stored.h"
#include "work/train.h"

/* Errors, and notices, of users that a training has read; how many of their sequences have a label. */
extern void sequence_check_users(const SequenceReading *reading, const SequenceUsers *users, bool has_as_of);
extern size_t sequence_count_labeled(const SequenceUsers *users);

/* The same once the held-out sequences are the first ones. labeled: how many there were before. */
extern void sequence_check_held_out(const SequenceUsers *users, size_t held_out, size_t labeled,
									const Validation *validation);

/* Name the features of which a simple summary alone tells a user's class. users: with known labels only. */
extern void sequence_find_telling(TrainOutcome *outcome, const SequenceReading *reading,
								  const SequenceUsers *users);

/* A new version, measured on its held-out users. */
typedef struct SequenceMeasured
{
	const SequenceRequest *request;
	const SequenceUsers *users; /* the held-out ones first */
	size_t held_out;
	const SequenceModel *model;
	const real *prob; /* held_out × C */
} SequenceMeasured;

/* Compare it with the promoted version: fills outcome->comparison. */
extern void sequence_compare(TrainOutcome *outcome, const TrainRun *run, const SequenceMeasured *measured);

/* sequence_kind.train: a training from a stored spec. */
extern void sequence_retrain(TrainRun *run, const Jsonb *spec);

#endif

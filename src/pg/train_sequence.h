/* Training of a sequence model, for train_sequence() and retrain(). */
#ifndef USERCLS_PG_TRAIN_SEQUENCE_H
#define USERCLS_PG_TRAIN_SEQUENCE_H

#include "pg/sequence_spec.h"
#include "pg/train.h"

/* From train_begin() to train_end(). */
extern void sequence_train(TrainRun *run, TrainOutcome *outcome, const SequenceTraining *training);

/* Of sequence_kind. */
extern void sequence_train_by_spec(TrainRun *run, const Jsonb *spec);

#endif

/* Training of a sequence model, for train_sequence() and retrain(). */
#ifndef USERCLS_SEQUENCE_TRAIN_SEQUENCE_H
#define USERCLS_SEQUENCE_TRAIN_SEQUENCE_H

#include "sequence/request.h"
#include "work/train.h"

/* Of sequence_kind. */
extern void sequence_retrain(TrainRun *run, const Jsonb *spec);

#endif

/*
 * Training an uplift model, whoever asks for it.
 */
#ifndef USERCLS_PG_UPLIFT_TRAIN_H
#define USERCLS_PG_UPLIFT_TRAIN_H

#include "pg/train.h"
#include "pg/uplift_source.h"

extern const RunnerKind runner_uplift;

/* From train_begin to train_end. */
extern void uplift_train(TrainRun *run, TrainOutcome *outcome, UpliftSource *source);

/* Of uplift_kind. */
extern void uplift_train_by_spec(TrainRun *run, const Jsonb *spec);

#endif

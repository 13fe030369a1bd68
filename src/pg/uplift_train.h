/*
 * Training an uplift model, whoever asks for it.
 */
#ifndef USERCLS_PG_UPLIFT_TRAIN_H
#define USERCLS_PG_UPLIFT_TRAIN_H

#include "work/train.h"
#include "pg/uplift_source.h"

extern const RunnerKind runner_uplift;

/* Of uplift_kind. */
extern void uplift_retrain(TrainRun *run, const Jsonb *spec);

#endif

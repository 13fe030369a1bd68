/*
 * Training an uplift model, whoever asks for it.
 */
#ifndef USERCLS_UPLIFT_TRAIN_UPLIFT_H
#define USERCLS_UPLIFT_TRAIN_UPLIFT_H

#include "work/train.h"
#include "uplift/request.h"

extern const RunnerKind runner_uplift;

/* Of uplift_kind. */
extern void uplift_retrain(TrainRun *run, const Jsonb *spec);

#endif

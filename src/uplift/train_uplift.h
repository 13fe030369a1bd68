/*
 * Training an uplift model, whoever asks for it.
 */
#ifndef USERCLS_UPLIFT_TRAIN_UPLIFT_H
#define USERCLS_UPLIFT_TRAIN_UPLIFT_H

#include "uplift/graphload.h"
#include "uplift/request.h"
#include "uplift/stored.h"
#include "work/train.h"

/* What decides which version is better. */
#define UPLIFT_METRIC "qini"

extern const RunnerKind runner_uplift;

/* Name the features that alone tell the arm of a user, or the outcome. */
extern void uplift_find_telling(TrainOutcome *outcome, const UserGraph *users);

/* A new version, measured on its held-out users. */
typedef struct UpliftMeasured
{
	const UpliftRequest *request;
	const UserGraph *users;
	const uint8_t *held_out;
	const UpliftScore *score; /* of each user, held-out ones at least */
	bool binary;              /* outcomes are 0 or 1 */
	bool sampled;             /* scores are by samples of the graph */
} UpliftMeasured;

/* Compare it with the promoted version: fills outcome->comparison. */
extern void uplift_compare(TrainOutcome *outcome, const TrainRun *run, const UpliftMeasured *measured);

/* Scores of users by a model: of all, or by samples of the held-out ones alone. */
extern const UpliftScore *uplift_measure_scores(const UpliftModel *model, const UpliftMeasured *measured);

/* uplift_kind.train: a training from a stored spec. */
extern void uplift_retrain(TrainRun *run, const Jsonb *spec);

#endif

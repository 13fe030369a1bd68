/*
 * Uplift for evaluation: a model and the experiment of its users.
 */
#ifndef USERCLS_UPLIFT_EVALUATE_H
#define USERCLS_UPLIFT_EVALUATE_H

#include "metrics/importance.h"
#include "metrics/sample.h"
#include "uplift/stored.h"

/* The users of an experiment, and what a version says of them. */
typedef struct Experiment
{
	const UpliftModel *model;
	const UpliftRequest *request;
	const UserGraph *users;
	const UpliftScore *score;
	const uint8_t *held_out; /* N; NULL: nobody knows */
	const uint8_t *chosen;   /* N: whom to evaluate on; NULL: everybody in the experiment */
	size_t n;                /* how many these are */
} Experiment;

/* In the current memory context; an error when there is nobody to evaluate on. */
extern Experiment uplift_experiment(const EvaluateCall *call);

/*
 * The tables that a call reads: those of the model's training, or what the caller names in their place. And what is in them;
 * parts: users of whom the treatment or the outcome alone is known, too, and edges all alike, of whatever relation.
 */
extern UpliftRequest *uplift_request_for(const EvaluateCall *call);
extern const UserGraph *uplift_users(const EvaluateCall *call, const UpliftRequest *request,
									 const UpliftModel *model, bool parts);

/* An error when one of the arms has nobody to evaluate on: nothing can be measured without it. */
extern void uplift_require_arms(const Experiment *experiment);

/* In the current memory context; an error when there is nobody to evaluate on, or one arm only. apart, unless NULL: of these users. */
extern UpliftTrial *uplift_sample(const EvaluateCall *call, ArmsApart *apart);

/* The functions of uplift_kind (registry/model_kind.h says what each returns). */
extern Predictions *uplift_predictions(const EvaluateCall *call);
extern Importance *uplift_importance(const EvaluateCall *call, const ImportanceRequest *request);
extern void uplift_observe(Observations *features, const EvaluateCall *call);

#endif

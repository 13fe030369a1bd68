/*
 * Uplift for evaluation: a model and the experiment of its users.
 */
#ifndef USERCLS_UPLIFT_EVALUATE_H
#define USERCLS_UPLIFT_EVALUATE_H

#include "metrics/importance.h"
#include "metrics/sample.h"

/* In the current memory context; an error when there is nobody to evaluate on, or one arm only. apart, unless NULL: of these users. */
extern UpliftTrial *uplift_sample(const EvaluateCall *call, ArmsApart *apart);

/* Of uplift_kind. */
extern Predictions *uplift_predictions(const EvaluateCall *call);
extern Importance *uplift_importance(const EvaluateCall *call, const ImportanceRequest *request);
extern void uplift_observe(Observations *features, const EvaluateCall *call);

#endif

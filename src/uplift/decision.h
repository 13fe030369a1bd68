/*
 * The decision that value, cost and budget ask for, and what functions that score users answer.
 */
#ifndef USERCLS_UPLIFT_DECISION_H
#define USERCLS_UPLIFT_DECISION_H

#include "fmgr.h"

#include "uplift/pure/decide.h"
#include "uplift/stored.h"

/* Where a function has these arguments; budget -1: it has none. */
typedef struct DecisionArguments
{
	int value, cost, budget;
} DecisionArguments;

/*
 * value and cost are a number for all treatments, or a jsonb object that has one for each. All of them null: to treat those
 * whose uplift is above the average effect of the best single treatment. Otherwise a null value is 1, and a null cost 0.
 * A treatment takes its cost from the budget; where all cost nothing it takes 1, so that the budget is a number of users.
 */
extern UpliftDecision uplift_decision(FunctionCallInfo fcinfo, DecisionArguments at,
									  const UpliftModel *model);

/* The same where nothing is asked for. */
extern UpliftDecision uplift_decision_by_average(const UpliftModel *model);

/*
 * The treatment of each of n users, from 1 on, 0 for none; in the current memory context. score: n × treatments. beside:
 * bytes that are held besides the scores.
 */
extern uint8_t *uplift_decide(const UpliftDecision *decision, const UpliftScore *score, size_t n,
							  size_t beside);

/* The columns p_first, p_second, uplift, segment, of the treatment with the highest uplift; null is what the estimator does not say. */
#define SCORE_COLUMNS 4

/*
 * And best_arm, arm, uplifts: that treatment; the one that is decided on, null for none; the uplift by each. Last
 * uplift_sd, uplift_sds: how far the networks of an ensemble differ in the uplift of the best one, and of each.
 */
#define ARM_COLUMNS 5

/* score: of a user by each treatment; chosen: the treatment that is decided on, from 1 on, 0 for none. */
extern void uplift_put_score(Datum *value, bool *isnull, const UpliftModel *model, const UpliftScore *score,
							 size_t chosen);
extern void uplift_put_arms(Datum *value, bool *isnull, const UpliftModel *model, const UpliftScore *score,
							size_t chosen);

#endif

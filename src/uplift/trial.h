/*
 * The experiment beside a model's scores: what the uplift metrics read.
 */
#ifndef USERCLS_UPLIFT_TRIAL_H
#define USERCLS_UPLIFT_TRIAL_H

#include "metrics/pure/upliftmetrics.h"
#include "uplift/graphload.h"

/* Nobody is treated, or everybody: there is nothing to compare. */
extern void error_no_arm(const char *where, const char *column, bool treated /* is what is missing */,
						 int64 others) pg_attribute_noreturn();

/* Hold out anew: of each arm, among those with an outcome other than 0 and among the others. begun: see split_make(). */
extern Split uplift_split(const UserGraph *users, const UpliftRequest *from, const Split *begun);

/* Which users of the experiment a split holds out: one byte a node. */
extern void uplift_held_out(uint8_t *held_out, const UserGraph *users, const Split *split);

/*
 * The effect that the experiment measured: mean outcome of the treated less that of the others, of everybody in it.
 * With propensities each user counts by the inverse of the chance to be in its arm.
 */
extern double uplift_average_effect(const UserGraph *users);

/*
 * The users of the experiment that are chosen (NULL: all), best first, in the
 * current memory context; users was loaded with LOAD_EXPERIMENT.
 */
extern UpliftScores *uplift_trial(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen);

#endif

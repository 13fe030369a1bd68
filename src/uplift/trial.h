/*
 * The experiment beside a model's scores: what the uplift metrics read.
 */
#ifndef USERCLS_UPLIFT_TRIAL_H
#define USERCLS_UPLIFT_TRIAL_H

#include "metrics/sample.h"
#include "uplift/graphload.h"

/* Nobody is in that arm, so that there is nothing to compare; others: users of the experiment. */
extern void error_no_arm(const UpliftRequest *from, const UpliftArms *arms, size_t arm, int64 others)
	pg_attribute_noreturn();

/* Hold out anew: of each arm, among those with an outcome other than 0 and among the others. begun: see split_make(). */
extern Split uplift_split(const UserGraph *users, const UpliftRequest *from, const Split *begun);

/* The same of those whom a split does not hold out (held_out: N), as large a share: another part by each `which`. */
extern Split uplift_split_again(const UserGraph *users, const Split *split, const uint8_t *held_out,
								size_t which);

/* Which users of the experiment a split holds out: one byte a node. */
extern void uplift_held_out(uint8_t *held_out, const UserGraph *users, const Split *split);

/*
 * The effect of the best single treatment as the experiment measured it: its mean outcome less that of the control, of
 * everybody in it. With propensities each user counts by the inverse of the chance of its arm.
 */
extern double uplift_average_effect(const UserGraph *users);

/*
 * The users of the experiment that are chosen (NULL: all), of each treatment best first, in the current memory context;
 * users was loaded with LOAD_EXPERIMENT. score: of each user by each treatment.
 */
extern UpliftTrial *uplift_trial(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen);

#endif

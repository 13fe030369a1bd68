/*
 * Is it an experiment? Whether the treatment looks random, given the features.
 *
 * Random treatment leaves the arms alike: of each feature their means differ by chance alone, and so do the shares of
 * users of whom it is known. Both are compared, the second where a feature has missing values. Of several arms each is
 * compared with the mean of all others.
 */
#ifndef USERCLS_UPLIFT_RANDOMIZED_H
#define USERCLS_UPLIFT_RANDOMIZED_H

#include "metrics/sample.h"
#include "uplift/graphload.h"
#include "work/train.h"

/* How far the arms are apart in one feature, in its standard deviations. */
typedef struct ArmDifference
{
	double smd; /* mean of the arm less mean of the others */
	double
		bound; /* random treatment passes it in none of the features in 999 of 1,000 experiments; 0: a constant */
	bool missing; /* the feature is 1 where it is not known and 0 where it is */
	size_t arm;   /* of two arms the treated */
} ArmDifference;

/*
 * The difference in feature f among the users of the experiment that are chosen (NULL: all); of values and of what is
 * missing, and of all arms, the one that is furthest out. With propensities each user counts by the inverse of the chance to be in its arm.
 */
extern ArmDifference uplift_arm_difference(const UserGraph *users, const uint8_t *chosen, size_t f);

/* Of all features the one that is furthest out, measured against the bound; NaN when none varies. */
extern ArmsApart uplift_arms_apart(const UserGraph *users, const uint8_t *chosen);

/*
 * A WARNING that names the features in which the arms are apart by more than chance, unless they are told already. Where no
 * feature is alone, one that names those which together tell the arm of users whom a fit has not seen.
 */
extern void uplift_check_randomized(const TrainOutcome *outcome, const UserGraph *users);

#endif

/*
 * How well do the features together tell a user's arm?
 *
 * Random treatment says nothing that features could know: a logistic regression of the arm on them ranks users that it has
 * not seen no better than chance, an AUC of 0.5. Of several arms each is told from all others.
 */
#ifndef USERCLS_UPLIFT_ARM_AUC_H
#define USERCLS_UPLIFT_ARM_AUC_H

#include "uplift/graphload.h"

#define ARM_AUC_FEATURES 8

typedef struct ArmAuc
{
	double auc;   /* of the arm that is told best; NaN: not measured, of too few users */
	double error; /* its standard error */
	double bound; /* random treatment stays below it in 999 of 1,000 experiments */
	size_t arm;   /* of two arms the treated */
	size_t features;
	size_t feature[ARM_AUC_FEATURES]; /* those of the largest weights, the largest first */
} ArmAuc;

/*
 * Of the users of the experiment that are chosen, by a fit on all others in the experiment; of all (chosen is NULL, or nobody
 * else is there) by two halves, each judged by a fit on the other. With propensities of users drawn so that the arms would
 * be alike, were these right.
 */
extern ArmAuc uplift_arm_auc(const UserGraph *users, const uint8_t *chosen);

#endif

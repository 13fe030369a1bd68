/*
 * What the heads of the uplift network learn from a user: estimators as losses.
 *
 * Head h of a user has a target and a weight, 0 where the user says nothing
 * about it (docs/uplift.md has the tables). class_transform has a square, all
 * others a binary cross-entropy per head.
 */
#ifndef USERCLS_UPLIFT_PURE_LOSS_H
#define USERCLS_UPLIFT_PURE_LOSS_H

#include <stdbool.h>

#include "uplift/pure/net.h"

typedef struct UpliftTerms
{
	double weight[2];
	double target[2];
} UpliftTerms;

/*
 * propensity is the user's own, mean that of all: users are weighted as if mean were everybody's.
 * outcome is what class_transform reads after its standardisation, otherwise 0 or 1.
 */
extern UpliftTerms uplift_terms(int estimator, bool treated, double outcome, double propensity, double mean);

/* The loss of a user's C logits; dlogit (C) gets share times its gradient, unless it is NULL. */
extern double uplift_loss(real *dlogit, const real *logit, const UpliftTerms *terms, int estimator,
						  double share);

#endif

/*
 * What the heads of the uplift network learn from a user: estimators as losses.
 *
 * A user teaches one head, or two that lie beside each other: each has a target
 * and a weight, 0 where the user says nothing about it (docs/uplift.md has the
 * tables). What is learned of numbers is a square, all else a binary cross-entropy
 * per head.
 */
#ifndef USERCLS_UPLIFT_PURE_LOSS_H
#define USERCLS_UPLIFT_PURE_LOSS_H

#include <stdbool.h>

#include "uplift/pure/net.h"

typedef struct UpliftTerms
{
	size_t first, n; /* heads */
	double weight[2];
	double target[2];
	bool squares;
} UpliftTerms;

/* A user of the experiment. */
typedef struct UpliftUser
{
	size_t arm;     /* 0: the control */
	double outcome; /* of numbers standardised, otherwise 0 or 1 */
	double chance;  /* that the user had to be in this arm */
	double share;   /* the arm's share of all: users are weighted as if it were everybody's chance */
} UpliftUser;

extern UpliftTerms uplift_terms(const UpliftConfig *config, const UpliftUser *user, size_t treatments);

/* The loss of a user's C logits; dlogit (C) gets share times its gradient, unless it is NULL. */
extern double uplift_loss(real *dlogit, const real *logit, const UpliftTerms *terms, double share);

#endif

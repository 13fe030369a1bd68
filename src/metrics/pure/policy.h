/*
 * What is a decision worth, by an experiment?
 *
 * A policy gives each user a treatment, or none. Of the users who were by chance in the arm that it gives them the outcome
 * under the policy is known; they stand for all by the inverse of that chance. With m the mean outcome of an arm, weighted
 * so, the worth of treatment a for user i over no treatment is estimated by
 *
 *   w_i(a) = value(a) (m(a) - m(0) + [arm_i = a] (y_i - m(a)) / p_i - [arm_i = 0] (y_i - m(0)) / p_i) - cost(a)
 *
 * which has the right mean whatever m is, and little variance. A policy is worth the mean of w_i(its treatment), and one
 * policy against another the mean of the differences; their standard errors are those of means.
 */
#ifndef USERCLS_METRICS_PURE_POLICY_H
#define USERCLS_METRICS_PURE_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define POLICY_TREATMENTS_MAX 100

typedef struct PolicySample
{
	size_t n;
	const uint8_t *arm;    /* that each user was in; 0: the control */
	const double *outcome; /* n */
	const double *chance;  /* n: of the arm that the user was in, above 0 */
	size_t treatments;
	double value[POLICY_TREATMENTS_MAX], cost[POLICY_TREATMENTS_MAX];
} PolicySample;

/* One of both is not NULL. */
typedef struct Policy
{
	const uint8_t *chosen; /* n: treatment of each user, from 1 on; 0: none */
	const double *share;   /* treatments: each is given to so many users, at random */
} Policy;

/* Per user. */
typedef struct PolicyWorth
{
	double worth, standard_error;
} PolicyWorth;

/* Of a policy over another one; less NULL: over treating nobody. NaN where an arm has nobody. */
extern PolicyWorth policy_worth(const PolicySample *sample, const Policy *policy, const Policy *less);

/* The share of users that a policy treats. */
extern double policy_treated(const PolicySample *sample, const Policy *policy);

#endif

/*
 * Spillover: how an outcome depends on one's own treatment and on that of friends, by the experiment's own draws.
 *
 * For user i, who listens to friends j with weights w_ij, and treatment k:
 *
 *   D_jk = [arm_j = k] - P(arm_j = k), or 0 for who was not drawn       (its mean is 0, whoever j is)
 *   X_ik = Σ_j w_ij D_jk, or that divided by Σ_j w_ij                    (friends who got k, less what was to be expected)
 *   y_i  = Σ_k own_k D_ik + Σ_k spillover_k X_ik + what is known before  (least squares)
 *
 * What is known before: 1, the friends to be expected in the experiment, how many friends there are, the features. Who has
 * many friends, or alike ones, differs from others in all that is not known; but D is chance, so that nothing of this is
 * in X. That is why the errors need no model either: with e the residuals the estimates are off by the inverse times
 *
 *   Σ_i X_i e_i = Σ_j D_j (Σ_i w_ij e_i)     a sum over the draws j, which are independent of each other,
 *
 * whatever e is and however alike friends are. Their squares, added up, are the variance: never negative, linear in the
 * edges, and what Adão, Kolesár and Morales (2019) do for shares of shocks. Draws that were made together are added
 * before they are squared. Expected friends as a control: Borusyak and Hull (2023).
 *
 * With chances that differ, users count by the inverse of the chance of their arm. Those who were not drawn, but of whom
 * the outcome is known, have a spillover of their own: ask with `others`.
 *
 * Use: carve, spillover_begin, spillover_step until it says false, spillover_own and spillover_of_friends.
 */
#ifndef USERCLS_UPLIFT_PURE_SPILLOVER_H
#define USERCLS_UPLIFT_PURE_SPILLOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "nn/squares.h"
#include "uplift/pure/adjacency.h"

typedef struct SpilloverSample
{
	size_t N, F, treatments;
	const float *feature; /* N × F, NaN = not known */
	const int8_t *arm;    /* N: 0 .. treatments; below 0: not drawn */
	const float *outcome; /* N, NaN = not known */
	const float *chance;  /* N: of the user's own arm, above 0; two arms only. NULL: the share of each arm */
	const Adjacency *friends; /* whom a user listens to */
	bool by_number; /* friends are counted, by the weight of their edges; otherwise it is their share */
	const uint32_t *together; /* N: users of a number were drawn together; NULL: each was drawn alone */
	size_t groups;            /* such numbers */
} SpilloverSample;

/* NaN where it cannot be told. */
typedef struct SpilloverEffect
{
	double estimate, standard_error;
	size_t users; /* whose outcome says it */
} SpilloverEffect;

typedef struct Spillover
{
	const SpilloverSample *from;
	bool others;
	size_t own, E; /* effects of one's own treatment, and in all; they are the last columns */
	Squares fit;
	double *share;     /* treatments + 1 */
	double *mean;      /* F + 1: of the features, and of the outcome */
	size_t *known;     /* F */
	double *residual;  /* N: weighted, 0 for who does not count */
	double *pull;      /* N: Σ_i w_ij e_i */
	double *inverse;   /* E × E */
	double *influence; /* of each group on each effect: groups × E, or E */
	double *variance;  /* E */
	size_t users, exposed;
	int stage;
	size_t at;
} Spillover;

extern void spillover_carve(Spillover *spillover, Arena *arena, const SpilloverSample *sample);

/* others: of the users who were not drawn. */
extern void spillover_begin(Spillover *spillover, const SpilloverSample *sample, bool others);

/* Some milliseconds of work; false: the effects are there. */
extern bool spillover_step(Spillover *spillover);

/* Of treatment k, from 0 on. */
extern SpilloverEffect spillover_own(const Spillover *spillover, size_t k);
extern SpilloverEffect spillover_of_friends(const Spillover *spillover, size_t k);

#endif

/*
 * The difference-sign test for a trend (Moore and Wallis 1943; Brockwell and Davis, Introduction to Time
 * Series, section 1.6).
 *
 * Of n exchangeable values the score, rises minus falls, has mean 0 and variance
 * (n + 1) / 3; the number of rises follows the Eulerian numbers, A(n, k) / n!.
 * Differences of zero do not count: m that are not zero stand for n = m + 1.
 */
#ifndef USERCLS_LABELER_PURE_SIGNTEST_H
#define USERCLS_LABELER_PURE_SIGNTEST_H

#include <stddef.h>

typedef struct SignScore
{
	long rises;
	long falls;
} SignScore;

/* 1, 0 or -1: b is above, like, or below a; they are alike when they are not further apart than slack. */
static inline int
sign_change(double a, double b, double slack)
{
	const double d = b - a;

	return (d > slack) - (d < -slack);
}

/* Differences of neighbours in value[0 .. n), each of which rounding may have moved by slack[i]. */
extern SignScore sign_score(const double *value, const double *slack, size_t n);

/* Standard deviations from "no trend"; 0 when nothing changed. */
extern double sign_z(SignScore score);

/*
 * Two-sided probability of a score at least this far from 0: exact up to n = 30, normal above, with the
 * correction for a score that moves in steps of 2 (without it p is half of what it should be at the level 0.1
 * and n = 31).
 */
extern double sign_p(SignScore score);

#endif

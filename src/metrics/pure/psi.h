/* Drift: by how much the distribution of a feature has changed since the training. */
#ifndef USERCLS_METRICS_PURE_PSI_H
#define USERCLS_METRICS_PURE_PSI_H

#include <stddef.h>

#define DRIFT_BINS 10

/*
 * The values that cut n sorted ones into DRIFT_BINS groups of equal size. Where many are equal, cuts repeat and the
 * groups between them are empty. n > 0.
 */
extern void drift_cuts(double *cut /* DRIFT_BINS - 1 */, const double *sorted, size_t n);

/* The group of a value, 0 .. DRIFT_BINS - 1: group i has the values above cut i - 1 and up to cut i. */
extern size_t drift_bin(const double *cut, double value);

/*
 * Population stability index: sum of (a - e) ln(a / e) over the groups' shares, expected and actual; a share
 * below 0.0001 counts as 0.0001. Counts are of any scale. NaN when one of the two has no rows.
 */
extern double drift_psi(const double *expected, const double *actual, size_t bins);

#endif

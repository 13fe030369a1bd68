/*
 * How good are scores and classes? Definitions and references: docs/metrics.md.
 *
 * Computed in double over arrays of the caller. A weight counts how often a row
 * is in the sample (NULL: once each): a bootstrap replicate is the same arrays
 * with other weights, so that rows are ranked only once. NaN is the answer
 * where a metric is not defined.
 */
#ifndef USERCLS_METRICS_PURE_METRICS_H
#define USERCLS_METRICS_PURE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

/* Rows by falling score (see metrics/pure/rank.h): all arrays are in that order. */
typedef struct BinaryScores
{
	const double *score;
	const uint8_t *label;   /* 0 or 1 */
	const uint32_t *weight; /* or NULL */
	size_t n;
} BinaryScores;

/* Area under the ROC curve: P(a 1 scores above a 0), ties count half. NaN when there is one class only. */
extern double metric_auc(const BinaryScores *set);

/* Standard error of the AUC of rows without weights, each a user (DeLong et al. 1988). NaN where it has less than two rows of a class. */
extern double metric_auc_error(const BinaryScores *set);

/* Mean over the 1s of the precision among the rows that score as high or higher. NaN without a 1. */
extern double metric_average_precision(const BinaryScores *set);

/*
 * -ln p, p being the probability that was given to what happened, clipped to
 * [2^-52, 1 - 2^-52] as scikit-learn does with doubles: one row's log-loss.
 */
extern double metric_surprise(double p);

typedef struct ClassScores
{
	const real *prob;       /* n × C, each row sums to 1 */
	const int32_t *label;   /* n, 0 .. C-1; a row with a negative label is left out */
	const uint32_t *weight; /* or NULL */
	size_t n, C;
} ClassScores;

extern double metric_log_loss(const ClassScores *set); /* NaN without rows */

/* matrix: C × C counts, [actual × C + predicted]; predicted is the first class of the highest probability. */
extern void metric_confusion(double *matrix, const ClassScores *set);

extern double metric_accuracy(const double *matrix, size_t C);

/* Mean of 2 TP / (2 TP + FP + FN) over the classes that occur, as label or as prediction. */
extern double metric_macro_f1(const double *matrix, size_t C);

/* The rows whose highest probability (confidence) is in (i / bins, (i + 1) / bins]. */
typedef struct ConfidenceBin
{
	double count;
	double confidence; /* sums over the rows */
	double correct;
} ConfidenceBin;

#define CONFIDENCE_BINS 15

extern void metric_confidence(ConfidenceBin *bin, const ClassScores *set, size_t bins);

/* The same by the probability of class c, right where that is the class. */
extern void metric_class_confidence(ConfidenceBin *bin, const ClassScores *set, size_t c, size_t bins);

/* In place of a class: of each row the likeliest. */
#define LIKELIEST_CLASS SIZE_MAX

/*
 * How far each row in one of CONFIDENCE_BINS bins is from the bin's share of right answers, without weights; by the
 * probability of class c. residual, user_of: room for all rows; returns how many are in the bin. user: of each row of set,
 * NULL: each is a user.
 */
extern size_t metric_confidence_residuals(double *residual, uint32_t *user_of, const ConfidenceBin *bin,
										  size_t number, const ClassScores *set, size_t c,
										  const uint32_t *user);

/*
 * Standard error of a mean of n rows by how far each is from it. The rows of a user stand side by side, and count
 * together: they are alike (Liang and Zeger 1986). user: NULL: each row is a user. *users: how many there are; of few the
 * error is to be multiplied by sqrt(users / (users - 1)).
 */
extern double metric_mean_error(size_t *users, const double *residual, const uint32_t *user, size_t n);

/* Expected calibration error (Guo et al. 2017): |accuracy - confidence| of each bin, averaged by count. */
extern double metric_ece(const ConfidenceBin *bin, size_t bins);

#endif

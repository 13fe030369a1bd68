/*
 * How good are the scores? Definitions and references: docs/metrics.md.
 *
 * Everything is computed in double over arrays of the caller. A weight counts
 * how often a row is in the sample (NULL: once each): a bootstrap replicate is
 * the same arrays with other weights, so rows are ranked only once. NaN is the
 * answer where a metric is not defined (one class only, nobody treated, ...).
 */
#ifndef USERCLS_NN_METRICS_H
#define USERCLS_NN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

/* -- Ranking -------------------------------------------------------------- */

typedef struct RankItem
{
	uint64_t key;
	uint32_t row;
} RankItem;

/*
 * order: the n rows by falling score, among equal scores the later row first
 * (what numpy's reversed stable argsort gives, and so scikit-uplift).
 * Scores are finite; scratch holds 2n items; n < 2^32. A radix sort: no
 * comparison, O(n).
 */
extern void rank_descending(uint32_t *order, RankItem *scratch, const double *score, size_t n);

/* -- Binary scores -------------------------------------------------------- */

typedef struct BinaryScores
{
	const uint32_t *order; /* rank_descending of score */
	const double *score;
	const uint8_t *label;   /* 0 or 1 */
	const uint32_t *weight; /* or NULL */
	size_t n;
} BinaryScores;

/* Area under the ROC curve = P(score of a 1 > score of a 0), ties count half. NaN with one class only. */
extern double metric_auc(const BinaryScores *set);

/* -ln of the probability given to what happened, which is clipped to [2^-52, 1 - 2^-52] as scikit-learn does. */
extern double metric_log_loss_row(double probability);

/* -- Classes -------------------------------------------------------------- */

typedef struct ClassScores
{
	const real *prob;     /* n × C, each row sums to 1 */
	const int32_t *label; /* n, 0 .. C-1; a row with a negative label is left out */
	const uint32_t *weight; /* or NULL */
	size_t n, C;
} ClassScores;

/* matrix: C × C counts, [actual × C + predicted]; predicted is the first class of the highest probability. */
extern void metric_confusion(double *matrix, const ClassScores *set);

extern double metric_accuracy(const double *matrix, size_t C);

/* Mean of 2 TP / (2 TP + FP + FN) over the classes that occur as label or as prediction. */
extern double metric_macro_f1(const double *matrix, size_t C);

extern double metric_log_loss(const ClassScores *set);

/* Rows whose highest probability (confidence) lies in ((i) / bins, (i + 1) / bins]. */
typedef struct ConfidenceBin
{
	double count;      /* sum of weights */
	double confidence; /* sums; divide by count */
	double correct;
} ConfidenceBin;

#define CONFIDENCE_BINS 15

extern void metric_confidence(ConfidenceBin *bin, const ClassScores *set, size_t bins);

/* Expected calibration error (Guo et al. 2017): mean of |accuracy - confidence| over the bins, by their counts. */
extern double metric_ece(const ConfidenceBin *bin, size_t bins);

/* -- Uplift --------------------------------------------------------------- */

typedef struct UpliftScores
{
	const uint32_t *order;  /* rank_descending of uplift */
	const uint32_t *ideal;  /* rank_descending of uplift_ideal_score; NULL when every outcome is 0 or 1 */
	const double *uplift;   /* predicted */
	const double *outcome;  /* measured */
	const uint8_t *treated; /* 0 or 1 */
	const uint32_t *weight; /* or NULL */
	size_t n;
} UpliftScores;

typedef struct CurvePoint
{
	double x; /* rows so far */
	double y; /* their incremental outcome */
} CurvePoint;

/*
 * A point at (0, 0) and one after each distinct score: at most n + 1.
 * Qini: Y_t - Y_c N_t / N_c; uplift curve: (Y_t / N_t - Y_c / N_c) (N_t + N_c),
 * over the rows so far, a quotient with an empty arm being 0. Returns how many.
 */
extern size_t uplift_qini_curve(CurvePoint *point, const UpliftScores *set);
extern size_t uplift_gain_curve(CurvePoint *point, const UpliftScores *set);

/* The score of the ideal ranking, outcome when treated and -outcome when not: needed only for other than 0 and 1. */
extern void uplift_ideal_score(double *score, const UpliftScores *set);

/*
 * scikit-uplift's qini_auc_score: area between the Qini curve and the diagonal,
 * as a share of that of the ideal ranking. negative_effect false: the ideal
 * curve rises by one a row to the overall effect and stays there.
 * NaN when nobody is treated, nobody is not, or the ideal area is 0.
 */
extern double metric_qini(const UpliftScores *set, int negative_effect);

/* scikit-uplift's uplift_auc_score; outcomes are 0 or 1. NaN as above. */
extern double metric_auuc(const UpliftScores *set);

typedef enum UpliftStrategy
{
	UPLIFT_OVERALL, /* the first share of all rows */
	UPLIFT_BY_GROUP /* the first share of the treated and of the untreated */
} UpliftStrategy;

/* Mean outcome of the treated less that of the untreated among the first share (0 < share <= 1) by score; NaN when an arm is empty there. */
extern double metric_uplift_at(const UpliftScores *set, double share, UpliftStrategy strategy);

/* A group of rows: what was predicted, what the experiment measured there. */
typedef struct UpliftBin
{
	double treated, untreated; /* rows of each arm */
	double predicted;          /* mean predicted uplift */
	double lowest, highest;    /* predicted uplift in the group */
	double outcome_treated, outcome_untreated; /* means; NaN for an empty arm */
	double effect;             /* difference of the two means */
	double standard_error;     /* of effect: sqrt(s_t² / n_t + s_c² / n_c) with sample variances; NaN below 2 rows an arm */
} UpliftBin;

/* bins groups by falling uplift, of equal size but for the first n mod bins, which have one more (numpy's array_split); order decides ties. Unweighted sets only. */
extern void uplift_by_bin(UpliftBin *bin, const UpliftScores *set, size_t bins);

/* All rows as one group. */
extern UpliftBin uplift_overall(const UpliftScores *set);

#endif

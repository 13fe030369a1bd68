/*
 * How good is a ranking by uplift? Definitions and references: docs/metrics.md.
 *
 * The rows come from an experiment with a treated and an untreated arm. As in
 * metrics/pure/metrics.h: double arithmetic, weights that count rows, NaN for undefined.
 */
#ifndef USERCLS_METRICS_PURE_UPLIFTMETRICS_H
#define USERCLS_METRICS_PURE_UPLIFTMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows by falling uplift (see metrics/pure/rank.h): all arrays are in that order. */
typedef struct UpliftScores
{
	const double *uplift;   /* predicted */
	const double *outcome;  /* measured */
	const uint8_t *treated; /* 0 or 1 */
	const uint32_t *weight; /* or NULL */
	const uint32_t *ideal;  /* rank_descending of uplift_ideal_score(); NULL when every outcome is 0 or 1 */
	size_t n;
	const uint32_t *row; /* of each its place before it was ranked; NULL: not known */
} UpliftScores;

typedef struct CurvePoint
{
	double x; /* rows so far */
	double y; /* their incremental outcome */
} CurvePoint;

/*
 * (0, 0) and a point after each distinct prediction: at most n + 1; returns how many.
 * The incremental outcome of the rows so far is Y_t - Y_u N_t / N_u on the Qini
 * curve (Radcliffe 2007) and (Y_t / N_t - Y_u / N_u) (N_t + N_u) on the gain
 * curve; Y and N are sum of outcomes and rows of an arm, a quotient by an empty arm is 0.
 */
extern size_t uplift_qini_curve(CurvePoint *point, const UpliftScores *set);
extern size_t uplift_gain_curve(CurvePoint *point, const UpliftScores *set);

/* What ranks the rows best with hindsight: outcome when treated, -outcome when not. */
extern void uplift_ideal_score(double *score, const UpliftScores *set);

/*
 * scikit-uplift's qini_auc_score: the area between the Qini curve and the straight
 * line to its end, as a share of the ideal ranking's. Without negative_effect the
 * ideal curve climbs by one a row up to the overall effect and stays there.
 * NaN when an arm is empty or the ideal area is 0.
 */
extern double metric_qini(const UpliftScores *set, bool negative_effect);

/* scikit-uplift's uplift_auc_score: the same on the gain curve. NaN also unless every outcome is 0 or 1. */
extern double metric_auuc(const UpliftScores *set);

typedef enum UpliftStrategy
{
	UPLIFT_OVERALL, /* the first share of all rows */
	UPLIFT_BY_GROUP /* the first share of each arm */
} UpliftStrategy;

/* Which of equal predictions come first where the first rows end among them. */
typedef enum UpliftTies
{
	UPLIFT_TIES_SHARED,  /* none: each counts by the share of them that fits, whatever order the rows have */
	UPLIFT_TIES_IN_ORDER /* as they stand in the set: scikit-uplift's choice */
} UpliftTies;

/*
 * scikit-uplift's uplift_at_k: mean outcome of the treated less that of the untreated
 * among the first floor(share × n) rows, 0 < share <= 1. NaN when an arm is empty there.
 */
extern double metric_uplift_at(const UpliftScores *set, double share, UpliftStrategy strategy,
							   UpliftTies ties);

/* A group of rows: what was predicted, and what the experiment measured there. */
typedef struct UpliftBin
{
	double n[2];            /* rows: untreated, treated */
	double outcome[2];      /* their means; NaN in an empty arm */
	double predicted;       /* mean predicted uplift */
	double lowest, highest; /* predicted uplift */
	double effect;          /* outcome[1] - outcome[0] */
	double
		standard_error; /* of effect: sqrt(s_t² / n_t + s_u² / n_u), s² the sample variance; NaN below 2 rows an arm */
} UpliftBin;

/*
 * Groups of equal size by falling uplift; the first n mod bins have one row more
 * (as numpy's array_split). Rows are taken once each: weights are not looked at.
 */
extern void uplift_by_bin(UpliftBin *bin, const UpliftScores *set, size_t bins);

/* The rows first .. first + n - 1 as one group, with their weights. */
extern UpliftBin uplift_group(const UpliftScores *set, size_t first, size_t n);

#endif

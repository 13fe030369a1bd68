/*
 * One class against the others, cut at a threshold: rows whose score is at least the threshold are marked.
 *
 * As in metrics/pure/metrics.h: double arithmetic, weights that count rows.
 */
#ifndef USERCLS_METRICS_PURE_CURVE_H
#define USERCLS_METRICS_PURE_CURVE_H

#include "metrics/pure/metrics.h"

/* What a threshold marks. */
typedef struct Cut
{
	double threshold;
	double rows; /* marked */
	double ones; /* of these, of the class */
} Cut;

/* By falling threshold a cut at each distinct score, at most n; returns how many. The last one marks all rows. */
extern size_t curve_cuts(Cut *cut, const BinaryScores *set);

/* all: the cut that marks all rows. NaN where nothing is divided. */
extern double cut_precision(const Cut *cut);
extern double cut_recall(const Cut *cut, const Cut *all);
extern double cut_false_positive_rate(const Cut *cut, const Cut *all);
extern double cut_lift(const Cut *cut, const Cut *all); /* precision as a multiple of the class's share */

/* What a threshold is to reach. */
typedef struct CutGoal
{
	enum
	{
		CUT_PRECISION, /* at least `least`, with the lowest threshold that has it */
		CUT_RECALL,    /* at least `least`, with the highest */
		CUT_USERS,     /* at least `users` of `population`, the rows being a sample of it; with the highest */
		CUT_PROFIT     /* value for each marked one of the class, less cost for each marked row: the most */
	} kind;
	double least;
	double users, population;
	double value, cost;
} CutGoal;

/* The number of the cut that does; n: none does, or with CUT_PROFIT none is above 0. */
extern size_t cut_choose(const Cut *cut, size_t n, const CutGoal *goal);

#endif

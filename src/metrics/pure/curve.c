/*
 *   foreach tie of equal scores, falling: count its rows to what is marked; that is a cut
 *   a goal walks over the cuts from the highest threshold, or from the lowest, to the first that reaches it
 */
#include "metrics/pure/curve.h"

#include <math.h>

size_t
curve_cuts(Cut *cut, const BinaryScores *set)
{
	Cut so_far = {0};
	size_t cuts = 0;

	for (size_t i = 0; i < set->n;)
	{
		const double before = so_far.rows;

		so_far.threshold = set->score[i];
		for (; i < set->n && set->score[i] == so_far.threshold; i++)
		{
			const double weight = set->weight ? (double) set->weight[i] : 1.0;

			so_far.rows += weight;
			so_far.ones += set->label[i] ? weight : 0;
		}
		/* Without a row of its own it is no score of the replicate. */
		if (so_far.rows > before)
			cut[cuts++] = so_far;
	}
	return cuts;
}

static double
ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

double
cut_precision(const Cut *cut)
{
	return ratio(cut->ones, cut->rows);
}

double
cut_recall(const Cut *cut, const Cut *all)
{
	return ratio(cut->ones, all->ones);
}

double
cut_false_positive_rate(const Cut *cut, const Cut *all)
{
	return ratio(cut->rows - cut->ones, all->rows - all->ones);
}

double
cut_lift(const Cut *cut, const Cut *all)
{
	return ratio(cut_precision(cut), cut_precision(all));
}

static size_t
most_profit(const Cut *cut, size_t n, const CutGoal *goal)
{
	size_t best = n;
	double most = 0;

	for (size_t i = 0; i < n; i++)
	{
		const double profit = goal->value * cut[i].ones - goal->cost * cut[i].rows;

		if (profit > most)
		{
			most = profit;
			best = i;
		}
	}
	return best;
}

static size_t
lowest_precise(const Cut *cut, size_t n, double least)
{
	for (size_t i = n; i-- > 0;)
		if (cut_precision(&cut[i]) >= least)
			return i;
	return n;
}

size_t
cut_choose(const Cut *cut, size_t n, const CutGoal *goal)
{
	if (goal->kind == CUT_PROFIT)
		return most_profit(cut, n, goal);
	if (goal->kind == CUT_PRECISION)
		return lowest_precise(cut, n, goal->least);
	for (size_t i = 0; i < n; i++)
		if (goal->kind == CUT_RECALL ? cut_recall(&cut[i], &cut[n - 1]) >= goal->least
									 : cut[i].rows * goal->population >= goal->users * cut[n - 1].rows)
			return i;
	return n;
}

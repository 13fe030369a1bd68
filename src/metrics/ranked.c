#include "postgres.h"

#include "metrics/ranked.h"

#include "miscadmin.h"

#include "metrics/pure/rank.h"
#include "server/memory.h"

static uint32 *
rank(const double *score, Size n)
{
	uint32 *order = memory_array(n, sizeof(uint32));
	RankItem *scratch = memory_array(2 * n, sizeof(RankItem));

	rank_descending(order, scratch, score, n);
	pfree(scratch);
	CHECK_FOR_INTERRUPTS();
	return order;
}

static double *
gather_doubles(const double *from, const uint32 *order, Size n)
{
	double *to = memory_array(n, sizeof(double));

	for (Size i = 0; i < n; i++)
		to[i] = from[order[i]];
	return to;
}

static uint8 *
gather_marks(const uint8 *from, const uint32 *order, Size n)
{
	uint8 *to = memory_array(n, 1);

	/* The metrics use a mark as an index 0 or 1, and an aggregate's state from elsewhere may hold any byte. */
	for (Size i = 0; i < n; i++)
		to[i] = from[order[i]] != 0;
	return to;
}

BinaryScores
ranked_binary(const double *score, const uint8 *label, Size n)
{
	uint32 *order = rank(score, n);
	const BinaryScores set = {
		.score = gather_doubles(score, order, n), .label = gather_marks(label, order, n), .n = n};

	pfree(order);
	return set;
}

static bool
binary(const double *value, Size n)
{
	for (Size i = 0; i < n; i++)
		if (value[i] != 0 && value[i] != 1)
			return false;
	return true;
}

UpliftScores
ranked_uplift(const double *uplift, const double *outcome, const uint8 *treated, Size n)
{
	uint32 *order = rank(uplift, n);
	UpliftScores set = {.uplift = gather_doubles(uplift, order, n),
						.outcome = gather_doubles(outcome, order, n),
						.treated = gather_marks(treated, order, n),
						.row = order,
						.n = n};

	if (!binary(set.outcome, n))
	{
		double *ideal = memory_array(n, sizeof(double));

		uplift_ideal_score(ideal, &set);
		set.ideal = rank(ideal, n);
		pfree(ideal);
	}
	return set;
}

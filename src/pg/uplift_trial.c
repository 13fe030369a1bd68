#include "postgres.h"

#include "pg/uplift_trial.h"

#include "utils/memutils.h"

#include "model/uplifttrain.h"
#include "nn/rank.h"
#include "pg/split.h"

#define HUGE_ARRAY(type, n) ((type *) MemoryContextAllocHuge(CurrentMemoryContext, Max((n), 1) * sizeof(type)))

void
uplift_held_out(uint8_t *held_out, const UserGraph *users, const UpliftSource *from)
{
	for (uint32 i = 0; i < users->N; i++)
		held_out[i] = users->treated[i] != UPLIFT_OUTSIDE &&
			split_held_out(from->seed, idmap_hash(users->ids, idmap_id(users->ids, i)), from->held_out_share);
}

/* Rows of the experiment in the order of the nodes. */
typedef struct Rows
{
	size_t n;
	double *uplift, *outcome;
	uint8_t *treated;
	bool binary;
} Rows;

static Rows
rows_take(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen)
{
	Rows rows = {.uplift = HUGE_ARRAY(double, users->inside),
				 .outcome = HUGE_ARRAY(double, users->inside),
				 .treated = HUGE_ARRAY(uint8_t, users->inside),
				 .binary = true};

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->treated[i] == UPLIFT_OUTSIDE || (chosen && !chosen[i]))
			continue;
		rows.uplift[rows.n] = score[i].uplift;
		rows.outcome[rows.n] = users->outcome[i];
		rows.treated[rows.n] = (uint8_t) users->treated[i];
		rows.binary &= users->outcome[i] == 0.0f || users->outcome[i] == 1.0f;
		rows.n++;
	}
	return rows;
}

UpliftScores *
uplift_trial(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen)
{
	const Rows rows = rows_take(users, score, chosen);
	const size_t n = rows.n;
	uint32_t *order = HUGE_ARRAY(uint32_t, n);
	RankItem *scratch = HUGE_ARRAY(RankItem, 2 * n);
	double *uplift = HUGE_ARRAY(double, n);
	double *outcome = HUGE_ARRAY(double, n);
	uint8_t *treated = HUGE_ARRAY(uint8_t, n);
	UpliftScores *trial = palloc0(sizeof(*trial));

	rank_descending(order, scratch, rows.uplift, n);
	for (size_t i = 0; i < n; i++)
	{
		uplift[i] = rows.uplift[order[i]];
		outcome[i] = rows.outcome[order[i]];
		treated[i] = rows.treated[order[i]];
	}
	*trial = (UpliftScores){.uplift = uplift, .outcome = outcome, .treated = treated, .n = n};
	if (!rows.binary)
	{
		uplift_ideal_score(rows.uplift, trial);
		rank_descending(order, scratch, rows.uplift, n);
		trial->ideal = order;
	}
	else
		pfree(order);
	pfree(scratch);
	pfree(rows.uplift);
	pfree(rows.outcome);
	pfree(rows.treated);
	return trial;
}

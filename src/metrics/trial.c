/* An experiment beside a model's answers, for what measures uplift. */
#include "postgres.h"

#include "metrics/sample.h"

#include "metrics/ranked.h"
#include "server/memory.h"

/* The users of one treatment and of the control, in their order. */
typedef struct Rows
{
	double *uplift, *outcome;
	uint8 *treated;
	uint32 *user;
	size_t n;
} Rows;

static Rows
rows_make(size_t n)
{
	return (Rows){.uplift = memory_array(n, sizeof(double)),
				  .outcome = memory_array(n, sizeof(double)),
				  .treated = memory_array(n, sizeof(uint8)),
				  .user = memory_array(n, sizeof(uint32))};
}

static void
rows_free(Rows *rows)
{
	pfree(rows->uplift);
	pfree(rows->outcome);
	pfree(rows->treated);
	pfree(rows->user);
}

static void
rows_add(Rows *rows, double uplift, double outcome, bool treated, size_t user)
{
	rows->uplift[rows->n] = uplift;
	rows->outcome[rows->n] = outcome;
	rows->treated[rows->n] = treated;
	rows->user[rows->n++] = (uint32) user;
}

/* Rank them, and say of each ranked row which user it is. */
static UpliftScores
rows_rank(uint32 **user, const Rows *rows)
{
	const UpliftScores scores = ranked_uplift(rows->uplift, rows->outcome, rows->treated, rows->n);

	*user = memory_array(rows->n, sizeof(uint32));
	for (size_t r = 0; r < rows->n; r++)
		(*user)[r] = rows->user[scores.row[r]];
	return scores;
}

UpliftTrial *
uplift_trial_make(const double *uplift, const double *outcome, const uint8 *arm, size_t n, size_t treatments,
				  const char *const *name)
{
	UpliftTrial *trial = palloc(sizeof(*trial));
	Rows rows = rows_make(n);

	*trial = (UpliftTrial){.users = n,
						   .treatments = treatments,
						   .name = name,
						   .of = palloc(sizeof(*trial->of) * treatments),
						   .user = palloc(sizeof(*trial->user) * treatments)};
	for (size_t k = 0; k < treatments; k++)
	{
		rows.n = 0;
		for (size_t i = 0; i < n; i++)
			if (arm[i] == 0 || arm[i] == k + 1)
				rows_add(&rows, uplift[i * treatments + k], outcome[i], arm[i] != 0, i);
		trial->of[k] = rows_rank(&trial->user[k], &rows);
	}
	rows_free(&rows);
	return trial;
}

#include "postgres.h"

#include "uplift/trial.h"

#include "metrics/ranked.h"
#include "server/memory.h"
#include "uplift/pure/train.h"

void
error_no_arm(const char *where, const char *column, bool treated, int64 others)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_DATA_EXCEPTION),
		 errmsg("%s has no %s users", where, treated ? "treated" : "control"),
		 errdetail("Column \"%s\" is %s for all " INT64_FORMAT " users of the experiment.", column,
				   treated ? "false" : "true", others),
		 errhint("Uplift is the difference between treated and control users: the experiment needs both.")));
}

static uint64
user_hash(const UserGraph *users, size_t i)
{
	return idmap_hash(users->ids, idmap_id(users->ids, (uint32) i));
}

Split
uplift_split(const UserGraph *users, const UpliftRequest *from, const Split *begun)
{
	uint64 *hash = memory_array(users->N, sizeof(*hash));
	int32 *group = memory_array(users->N, sizeof(*group));
	const SplitUsers whom = {.N = users->N, .hash = hash, .group = group, .groups = 4};

	for (size_t i = 0; i < users->N; i++)
	{
		hash[i] = user_hash(users, i);
		group[i] = users->arm[i] == UPLIFT_OUTSIDE ? -1 : 2 * users->arm[i] + (users->outcome[i] != 0.0f);
	}

	const Split split = split_make(from->seed, from->held_out_share, begun, &whom);

	pfree(hash);
	pfree(group);
	return split;
}

void
uplift_held_out(uint8_t *held_out, const UserGraph *users, const Split *split)
{
	for (size_t i = 0; i < users->N; i++)
		held_out[i] = users->arm[i] != UPLIFT_OUTSIDE && split_held_out(split, user_hash(users, i));
}

double
uplift_average_effect(const UserGraph *users)
{
	double weight[2] = {0, 0};
	double outcome[2] = {0, 0};

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE)
			continue;

		const int arm = users->arm[i];
		const double counts = users->propensity ? 1 / (double) users->propensity[i] : 1;

		weight[arm] += counts;
		outcome[arm] += counts * users->outcome[i];
	}
	return weight[0] > 0 && weight[1] > 0 ? outcome[1] / weight[1] - outcome[0] / weight[0] : 0;
}

UpliftScores *
uplift_trial(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen)
{
	double *uplift = memory_array(users->inside, sizeof(double));
	double *outcome = memory_array(users->inside, sizeof(double));
	uint8_t *treated = memory_array(users->inside, sizeof(uint8_t));
	UpliftScores *trial = palloc(sizeof(*trial));
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE || (chosen && !chosen[i]))
			continue;
		uplift[n] = score[i].uplift;
		outcome[n] = users->outcome[i];
		treated[n] = (uint8_t) users->arm[i];
		n++;
	}
	*trial = ranked_uplift(uplift, outcome, treated, n);
	pfree(uplift);
	pfree(outcome);
	pfree(treated);
	return trial;
}

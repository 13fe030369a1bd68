#include "postgres.h"

#include "uplift/trial.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/memory.h"
#include "uplift/pure/train.h"

void
error_no_arm(const UpliftRequest *from, const UpliftArms *arms, size_t arm, int64 others)
{
	const char *where = get_rel_name(from->users);

	if (arms->named)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("%s has no users in the arm %s", where, quote_literal_cstr(arms->name[arm])),
				 errdetail("Column \"%s\" has other values for all " INT64_FORMAT " users of the experiment.",
						   from->treatment_column, others),
				 errhint("Uplift is the difference between arms: the experiment needs all of them.")));
	ereport(
		ERROR,
		(errcode(ERRCODE_DATA_EXCEPTION), errmsg("%s has no %s users", where, arm ? "treated" : "control"),
		 errdetail("Column \"%s\" is %s for all " INT64_FORMAT " users of the experiment.",
				   from->treatment_column, arm ? "false" : "true", others),
		 errhint("Uplift is the difference between treated and control users: the experiment needs both.")));
}

static uint64
user_hash(const UserGraph *users, size_t i)
{
	return idmap_hash(users->ids, idmap_id(users->ids, (uint32) i));
}

/* left_out: users who take no part; NULL: nobody. */
static Split
make_split(int64 seed, double share, const Split *begun, const UserGraph *users, const uint8_t *left_out)
{
	uint64 *hash = memory_array(users->N, sizeof(*hash));
	int32 *group = memory_array(users->N, sizeof(*group));
	const SplitUsers whom = {
		.N = users->N, .hash = hash, .group = group, .groups = 2 * ((int) users->arms->treatments + 1)};

	for (size_t i = 0; i < users->N; i++)
	{
		hash[i] = user_hash(users, i);
		group[i] = users->arm[i] == UPLIFT_OUTSIDE || (left_out && left_out[i])
					   ? -1
					   : 2 * users->arm[i] + (users->outcome[i] != 0.0f);
	}

	const Split split = split_make(seed, share, begun, &whom);

	pfree(hash);
	pfree(group);
	return split;
}

Split
uplift_split(const UserGraph *users, const UpliftRequest *from, const Split *begun)
{
	return make_split(from->seed, from->held_out_share, begun, users, NULL);
}

Split
uplift_split_again(const UserGraph *users, const Split *split, const uint8_t *held_out, size_t which)
{
	return make_split((int64) ((uint64) split->seed + 1 + which), split->share, NULL, users, held_out);
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
	const size_t treatments = users->arms->treatments;
	double weight[UPLIFT_TREATMENTS_MAX + 1] = {0};
	double outcome[UPLIFT_TREATMENTS_MAX + 1] = {0};
	double best = -INFINITY;

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE)
			continue;

		const double counts = users->propensity ? 1 / (double) users->propensity[i] : 1;

		weight[users->arm[i]] += counts;
		outcome[users->arm[i]] += counts * users->outcome[i];
	}
	for (size_t arm = 1; arm <= treatments; arm++)
		if (weight[0] > 0 && weight[arm] > 0)
			best = Max(best, outcome[arm] / weight[arm] - outcome[0] / weight[0]);
	return isfinite(best) ? best : 0;
}

UpliftTrial *
uplift_trial(const UserGraph *users, const UpliftScore *score, const uint8_t *chosen)
{
	const size_t treatments = users->arms->treatments;
	double *uplift = memory_array(users->inside, treatments * sizeof(double));
	double *outcome = memory_array(users->inside, sizeof(double));
	uint8 *arm = memory_array(users->inside, sizeof(uint8));
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE || (chosen && !chosen[i]))
			continue;
		for (size_t k = 0; k < treatments; k++)
			uplift[n * treatments + k] = score[i * treatments + k].uplift;
		outcome[n] = users->outcome[i];
		arm[n++] = (uint8) users->arm[i];
	}

	UpliftTrial *trial = uplift_trial_make(uplift, outcome, arm, n, treatments, users->arms->name + 1);

	pfree(uplift);
	pfree(outcome);
	pfree(arm);
	return trial;
}

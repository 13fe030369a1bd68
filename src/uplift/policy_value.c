/* usercls.policy_value: what the decision of a model is worth, by the experiment of users it has not learned from. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "metrics/pure/policy.h"
#include "server/arguments.h"
#include "server/memory.h"
#include "server/rows.h"
#include "uplift/decision.h"
#include "uplift/evaluate.h"
#include "uplift/pure/train.h"

StaticAssertDecl(UPLIFT_TREATMENTS_MAX <= POLICY_TREATMENTS_MAX, "every treatment can be valued");

enum
{
	ARG_MODEL,
	ARG_VALUE,
	ARG_COST,
	ARG_BUDGET,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_VERSION
};

enum
{
	OUT_POLICY,
	OUT_ARM,
	OUT_TREATED,
	OUT_WORTH, /* three columns: the number and its interval */
	OUT_GAIN = OUT_WORTH + 3,
	OUT_USERS = OUT_GAIN + 3,
	OUT_COLUMNS
};

/* The users of one part of the experiment. */
typedef struct Part
{
	PolicySample sample;
	UpliftScore *score; /* n × treatments; NULL: nobody decides on them */
} Part;

/* The share of each arm in the experiment: the chance of users without propensities. */
static void
find_shares(double *share, const UserGraph *users)
{
	for (size_t arm = 0; arm <= users->arms->treatments; arm++)
		share[arm] = 0;
	for (size_t i = 0; i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE)
			share[users->arm[i]] += 1 / (double) users->inside;
}

/* Bytes of a user in a part, besides its scores. */
#define PART_BYTES (1 + 2 * sizeof(double))

/* Users of the experiment that are chosen, with their scores, or with `others` those that are not, without. */
static Part
part_make(const Experiment *experiment, const UpliftDecision *decision, bool priced, bool others)
{
	const UserGraph *users = experiment->users;
	const size_t treatments = decision->treatments;
	const size_t room = others ? users->inside - experiment->n : experiment->n;
	uint8 *arm = memory_array(room, 1);
	double *outcome = memory_array(room, sizeof(double));
	double *chance = memory_array(room, sizeof(double));
	double share[UPLIFT_TREATMENTS_MAX + 1];
	Part part = {.sample = {.arm = arm, .outcome = outcome, .chance = chance, .treatments = treatments},
				 .score = others ? NULL : memory_array(room, treatments * sizeof(UpliftScore))};
	size_t n = 0;

	find_shares(share, users);
	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE || (experiment->chosen && !experiment->chosen[i] != others))
			continue;
		arm[n] = (uint8) users->arm[i];
		outcome[n] = users->outcome[i];
		chance[n] = users->propensity ? (double) users->propensity[i] : share[users->arm[i]];
		if (part.score)
			memcpy(part.score + n * treatments, experiment->score + i * treatments,
				   treatments * sizeof(UpliftScore));
		n++;
	}
	part.sample.n = n;
	for (size_t k = 0; k < treatments; k++)
	{
		part.sample.value[k] = decision->offer[k].value;
		part.sample.cost[k] = priced ? decision->offer[k].cost : 0;
	}
	return part;
}

/* The budget is for all users of the table: these have their share of it. */
static UpliftDecision
part_decision(const UpliftDecision *decision, const Part *part, const UserGraph *users)
{
	UpliftDecision shared = *decision;

	shared.budget *= (double) part->sample.n / (double) users->N;
	return shared;
}

/* -- Policies ------------------------------------------------------------- */

/* The share of users that the budget pays a treatment for. */
static double
paid_share(const UpliftDecision *decision, size_t treatment, size_t n)
{
	const double price = decision->offer[treatment - 1].price;

	return isinf(decision->budget) || price <= 0 ? 1 : Min(1.0, decision->budget / (price * (double) n));
}

static Policy
one_arm(const UpliftDecision *decision, size_t treatment, size_t n)
{
	double *share = palloc0(sizeof(double) * decision->treatments);

	if (treatment > 0)
		share[treatment - 1] = paid_share(decision, treatment, n);
	return (Policy){.share = share};
}

/* As many users get each treatment as in the decision, but who they are is chance. */
static Policy
at_random(const uint8 *chosen, size_t n, size_t treatments)
{
	double *share = palloc0(sizeof(double) * treatments);

	for (size_t i = 0; i < n; i++)
		if (chosen[i] > 0)
			share[chosen[i] - 1]++;
	for (size_t k = 0; k < treatments; k++)
		share[k] /= (double) n;
	return (Policy){.share = share};
}

/* The arm that is worth most when everybody gets it, as far as the budget goes; 0: treating nobody. */
static size_t
best_arm(const PolicySample *sample, const UpliftDecision *decision)
{
	size_t best = 0;
	double most = 0;

	for (size_t k = 1; k <= decision->treatments; k++)
	{
		CHECK_FOR_INTERRUPTS();

		const Policy policy = one_arm(decision, k, sample->n);
		const double worth = policy_worth(sample, &policy, NULL).worth;

		if (worth > most)
		{
			most = worth;
			best = k;
		}
	}
	return best;
}

/* -- Rows ----------------------------------------------------------------- */

static void
put_worth(Datum *value, bool *null, int column, PolicyWorth worth)
{
	rows_number(value, null, column, worth.worth);
	rows_number(value, null, column + 1, worth.worth - 1.96 * worth.standard_error);
	rows_number(value, null, column + 2, worth.worth + 1.96 * worth.standard_error);
}

/* arm NULL: none, or several. model: the decision that is compared with this policy; NULL: it is this one. */
static void
put_policy(FunctionCallInfo fcinfo, const char *name, const char *arm, const PolicySample *sample,
		   const Policy *policy, const Policy *model)
{
	Datum value[OUT_COLUMNS] = {0};
	bool null[OUT_COLUMNS] = {false};

	CHECK_FOR_INTERRUPTS();
	value[OUT_POLICY] = CStringGetTextDatum(name);
	null[OUT_ARM] = arm == NULL;
	value[OUT_ARM] = arm ? CStringGetTextDatum(arm) : (Datum) 0;
	rows_number(value, null, OUT_TREATED, policy_treated(sample, policy));
	put_worth(value, null, OUT_WORTH, policy_worth(sample, policy, NULL));
	for (int i = 0; i < 3; i++)
		null[OUT_GAIN + i] = true;
	if (model)
		put_worth(value, null, OUT_GAIN, policy_worth(sample, model, policy));
	value[OUT_USERS] = Int64GetDatum((int64) sample->n);
	rows_put(fcinfo, value, null);
}

static void
put_policies(FunctionCallInfo fcinfo, const UpliftArms *arms, const Part *part,
			 const UpliftDecision *decision, size_t best, size_t beside)
{
	const PolicySample *sample = &part->sample;
	const uint8 *chosen = uplift_decide(decision, part->score, sample->n, beside);
	const Policy model = {.chosen = chosen};
	const Policy best_one = one_arm(decision, best, sample->n);
	const Policy random = at_random(chosen, sample->n, arms->treatments);
	const Policy nobody = one_arm(decision, 0, sample->n);

	put_policy(fcinfo, "model", NULL, sample, &model, NULL);
	put_policy(fcinfo, "best single arm", arms->name[best], sample, &best_one, &model);
	for (size_t k = 1; k <= arms->treatments; k++)
	{
		const Policy all = one_arm(decision, k, sample->n);

		put_policy(fcinfo, "everybody", arms->name[k], sample, &all, &model);
	}
	put_policy(fcinfo, "at random", NULL, sample, &random, &model);
	put_policy(fcinfo, "nobody", arms->name[0], sample, &nobody, &model);
}

PG_FUNCTION_INFO_V1(usercls_policy_value);
Datum
usercls_policy_value(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call =
		evaluate_call(fcinfo, &uplift_kind,
					  (EvaluateArguments){.source = ARG_SOURCE, .edges = ARG_EDGES, .version = ARG_VERSION});
	const UpliftModel *model = modelcache_get(call.model, CurrentMemoryContext);
	const UpliftDecision decision = uplift_decision(
		fcinfo, (DecisionArguments){.value = ARG_VALUE, .cost = ARG_COST, .budget = ARG_BUDGET}, model);
	const Experiment experiment = uplift_experiment(&call);
	uplift_require_arms(&experiment);

	const UserGraph *users = experiment.users;
	const size_t bytes =
		users->bytes + users->N * decision.treatments * sizeof(UpliftScore) + users->inside * PART_BYTES;

	memory_check(bytes + experiment.n * decision.treatments * sizeof(UpliftScore), "evaluation");

	const Part part = part_make(&experiment, &decision, !PG_ARGISNULL(ARG_COST), false);
	const UpliftDecision here = part_decision(&decision, &part, users);

	/* Which single arm is best is found on users who were learned from, so that it is not praised for chance. */
	const Part learned =
		experiment.chosen ? part_make(&experiment, &decision, !PG_ARGISNULL(ARG_COST), true) : part;
	const UpliftDecision there = part_decision(&decision, &learned, users);

	put_policies(fcinfo, model->arms, &part, &here, best_arm(&learned.sample, &there), bytes);
	rows_end(old);
	return (Datum) 0;
}

/* usercls.target_users: the whole graph scored, ranked, and decided on. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "metrics/pure/rank.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "work/progress.h"
#include "work/train.h"
#include "uplift/stored.h"
#include "server/userid.h"

PG_FUNCTION_INFO_V1(usercls_target_users);

/* Arguments and columns, by number. */
enum
{
	ARG_MODEL,
	ARG_VALUE,
	ARG_COST,
	ARG_BUDGET,
	ARG_ID
};

enum
{
	OUT_USER,
	OUT_SCORE, /* four columns */
	OUT_RANK = OUT_SCORE + 4,
	OUT_TARGETED,
	OUT_COLUMNS
};

/* Whom to treat, and how many can be paid. */
typedef struct Campaign
{
	UpliftDecision decision;
	double price;  /* of one treatment: without a cost a user counts as 1 */
	double budget; /* for all; infinity: no limit */
} Campaign;

static double
budget_arg(FunctionCallInfo fcinfo)
{
	const double budget = PG_ARGISNULL(ARG_BUDGET) ? INFINITY : PG_GETARG_FLOAT8(ARG_BUDGET);

	if (!(budget >= 0.0) || (isinf(budget) && !PG_ARGISNULL(ARG_BUDGET)))
		error_out_of_range("budget", psprintf("%g", budget), "0 or more");
	return budget;
}

/* A budget alone asks for the best users that it pays for, whether they are above the average or not. */
static Campaign
campaign_from_args(FunctionCallInfo fcinfo, const UpliftModel *model)
{
	const bool budget_alone = PG_ARGISNULL(ARG_VALUE) && PG_ARGISNULL(ARG_COST) && !PG_ARGISNULL(ARG_BUDGET);
	const bool priced = !PG_ARGISNULL(ARG_COST) && PG_GETARG_FLOAT8(ARG_COST) > 0.0;

	return (Campaign){.decision = budget_alone ? (UpliftDecision){.value = 1.0, .cost = 0.0}
											   : uplift_decision(fcinfo, ARG_VALUE, ARG_COST, model),
					  .price = priced ? PG_GETARG_FLOAT8(ARG_COST) : 1.0,
					  .budget = budget_arg(fcinfo)};
}

/* Whether the next user in order of uplift is treated; pays for it. */
static bool
treat(Campaign *campaign, double uplift)
{
	if (!uplift_worth(&campaign->decision, uplift) || campaign->budget < campaign->price)
		return false;
	campaign->budget -= campaign->price;
	return true;
}

/* Nodes by falling uplift, equal ones by number. */
static uint32_t *
best_first(const UpliftScore *score, size_t n)
{
	double *uplift = memory_array(n, sizeof(double));
	RankItem *scratch = memory_array(2 * n, sizeof(RankItem));
	uint32_t *order = memory_array(n, sizeof(uint32_t));

	/* Among equal scores rank_descending puts the later row first: so the rows go in from the last to the first. */
	for (size_t i = 0; i < n; i++)
		uplift[n - 1 - i] = score[i].uplift;
	rank_descending(order, scratch, uplift, n);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t) (n - 1 - order[i]);
	pfree(scratch);
	pfree(uplift);
	return order;
}

static void
put_users(ReturnSetInfo *result, const UserGraph *users, const UserIdOutput *id, const UpliftScore *score,
		  Campaign campaign)
{
	const uint32_t *order = best_first(score, users->N);
	int64 rank = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		const UpliftScore *user = &score[order[i]];
		Datum value[OUT_COLUMNS];
		bool isnull[OUT_COLUMNS] = {false};
		const bool treated = treat(&campaign, user->uplift);

		/* SQL's rank(): users of equal uplift share one. */
		if (i == 0 || user->uplift != score[order[i - 1]].uplift)
			rank = (int64) i + 1;
		value[OUT_USER] = user_id_datum(id, idmap_id(users->ids, order[i]));
		uplift_put_score(value + OUT_SCORE, isnull + OUT_SCORE, user, treated);
		value[OUT_RANK] = Int64GetDatum(rank);
		value[OUT_TARGETED] = BoolGetDatum(treated);
		tuplestore_putvalues(result->setResult, result->setDesc, value, isnull);
		if (i % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			progress_rows(i);
		}
	}
}

Datum
usercls_target_users(PG_FUNCTION_ARGS)
{
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	const Model *version = registry_promoted(name, &uplift_kind, RIGHT_SCORE);
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	const Campaign campaign = campaign_from_args(fcinfo, model);
	const UpliftRequest *request = uplift_request_of(version);

	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, graphload_id_type(request));

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", name);
	progress_phase(PROGRESS_READING);

	const UserGraph *users =
		graph_load(&(GraphLoad){.from = request,
								.inputs = uplift_inputs_of(request, model->feature, model->net.F),
								.experiment = LOAD_FEATURES,
								.what = "scoring"});

	progress_phase(PROGRESS_SCORING);
	put_users((ReturnSetInfo *) fcinfo->resultinfo, users, &id, uplift_of_users(model, users, request, NULL),
			  campaign);
	progress_end();
	return (Datum) 0;
}

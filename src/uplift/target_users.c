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

/* What a treatment is worth, and how many can be paid. */
typedef struct Decision
{
	double value;  /* of one more response */
	double cost;   /* of one treatment */
	double budget; /* for all: an amount, or without a cost a number of users; infinity: no limit */
} Decision;

static double
decision_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);

	const double value = PG_GETARG_FLOAT8(arg);

	if (!(value >= 0.0) || isinf(value))
		error_out_of_range(name, psprintf("%g", value), "0 or more");
	return value;
}

static Decision
decision_from_args(FunctionCallInfo fcinfo)
{
	return (Decision){.value = decision_arg(fcinfo, ARG_VALUE, "value"),
					  .cost = decision_arg(fcinfo, ARG_COST, "cost"),
					  .budget =
						  PG_ARGISNULL(ARG_BUDGET) ? INFINITY : decision_arg(fcinfo, ARG_BUDGET, "budget")};
}

/* Whether the next user in order of uplift is treated; pays for it. Never where treating does harm. */
static bool
decide(Decision *decision, double uplift)
{
	const double price = decision->cost > 0.0 ? decision->cost : 1.0;

	if (!(uplift > 0.0) || !(uplift * decision->value > decision->cost) || decision->budget < price)
		return false;
	decision->budget -= price;
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
		  Decision decision)
{
	const uint32_t *order = best_first(score, users->N);
	const UpliftSegments segments = uplift_segments();
	int64 rank = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		const UpliftScore *user = &score[order[i]];
		Datum value[OUT_COLUMNS];
		bool isnull[OUT_COLUMNS] = {false};

		/* SQL's rank(): users of equal uplift share one. */
		if (i == 0 || user->uplift != score[order[i - 1]].uplift)
			rank = (int64) i + 1;
		value[OUT_USER] = user_id_datum(id, idmap_id(users->ids, order[i]));
		uplift_put_score(value + OUT_SCORE, isnull + OUT_SCORE, user, &segments);
		value[OUT_RANK] = Int64GetDatum(rank);
		value[OUT_TARGETED] = BoolGetDatum(decide(&decision, user->uplift));
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
	const char *name = train_text_arg(fcinfo, ARG_MODEL, "model");
	const Decision decision = decision_from_args(fcinfo);
	const Model *version = registry_promoted(name, &uplift_kind, RIGHT_SCORE);
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	const UpliftRequest *request = uplift_request_of(version);

	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, graphload_id_type(request));

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", name);
	progress_phase(PROGRESS_READING);

	const UserGraph *users = graph_load(request, uplift_inputs_of(request, model->feature, model->net.F),
										LOAD_FEATURES, false, false, "scoring");

	progress_phase(PROGRESS_SCORING);
	put_users((ReturnSetInfo *) fcinfo->resultinfo, users, &id, uplift_of_users(model, users, request, NULL),
			  decision);
	progress_end();
	return (Datum) 0;
}

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
#include "server/memory.h"
#include "work/progress.h"
#include "work/train.h"
#include "uplift/decision.h"
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
	OUT_SCORE,
	OUT_RANK = OUT_SCORE + SCORE_COLUMNS,
	OUT_TARGETED,
	OUT_ARMS,
	OUT_COLUMNS = OUT_ARMS + ARM_COLUMNS
};

/* Nodes by falling uplift of the best treatment, equal ones by number. */
static uint32_t *
best_first(const UpliftScore *score, size_t n, size_t treatments)
{
	double *uplift = memory_array(n, sizeof(double));
	RankItem *scratch = memory_array(2 * n, sizeof(RankItem));
	uint32_t *order = memory_array(n, sizeof(uint32_t));

	/* Among equal scores rank_descending puts the later row first: so the rows go in from the last to the first. */
	for (size_t i = 0; i < n; i++)
	{
		const UpliftScore *user = score + i * treatments;

		uplift[n - 1 - i] = user[uplift_best(user, treatments)].uplift;
	}
	rank_descending(order, scratch, uplift, n);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t) (n - 1 - order[i]);
	pfree(scratch);
	pfree(uplift);
	return order;
}

static void
put_users(ReturnSetInfo *result, const UserGraph *users, const UserIdOutput *id, const UpliftModel *model,
		  const UpliftScore *score, const UpliftDecision *decision)
{
	const size_t treatments = decision->treatments;
	const uint8_t *arm = uplift_decide(decision, score, users->N, users->bytes);
	const uint32_t *order = best_first(score, users->N, treatments);
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(row);
	double before = NAN;
	int64 rank = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		const UpliftScore *user = score + order[i] * treatments;
		const size_t chosen = arm[order[i]];
		Datum value[OUT_COLUMNS];
		bool isnull[OUT_COLUMNS] = {false};

		value[OUT_USER] = user_id_datum(id, idmap_id(users->ids, order[i]));
		uplift_put_score(value + OUT_SCORE, isnull + OUT_SCORE, model, user, chosen);

		/* SQL's rank(): users of equal uplift share one. */
		const double uplift = user[uplift_best(user, treatments)].uplift;

		if (uplift != before)
			rank = (int64) i + 1;
		before = uplift;
		value[OUT_RANK] = Int64GetDatum(rank);
		value[OUT_TARGETED] = BoolGetDatum(chosen > 0);
		uplift_put_arms(value + OUT_ARMS, isnull + OUT_ARMS, model, user, chosen);
		tuplestore_putvalues(result->setResult, result->setDesc, value, isnull);
		MemoryContextReset(row);
		if (i % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			progress_rows(i);
		}
	}
	MemoryContextSwitchTo(old);
}

Datum
usercls_target_users(PG_FUNCTION_ARGS)
{
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	const Model *version = registry_promoted(name, &uplift_kind, RIGHT_SCORE);
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	const UpliftDecision decision = uplift_decision(
		fcinfo, (DecisionArguments){.value = ARG_VALUE, .cost = ARG_COST, .budget = ARG_BUDGET}, model);
	const UpliftRequest *request = uplift_request_of(version);

	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, graphload_id_type(request));

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", name);
	progress_phase(PROGRESS_READING);

	const UserGraph *users =
		graph_load(&(GraphLoad){.from = request,
								.inputs = uplift_inputs_of(request, model->feature, model->net.F),
								.experiment = LOAD_FEATURES,
								.relations = model->relations,
								.now = true,
								.what = "scoring"});

	progress_phase(PROGRESS_SCORING);
	put_users((ReturnSetInfo *) fcinfo->resultinfo, users, &id, model,
			  uplift_of_users(model, users, request, NULL), &decision);
	progress_end();
	return (Datum) 0;
}

/* usercls.uplift: one user, from what lies around him. */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/userid.h"
#include "uplift/centre.h"
#include "uplift/decision.h"
#include "uplift/neighbourhood.h"

PG_FUNCTION_INFO_V1(usercls_uplift);

/* Arguments, by number. */
enum
{
	ARG_MODEL,
	ARG_USER,
	ARG_VALUE,
	ARG_COST
};

/* The score; version; the arms. */
#define OUT_VERSION SCORE_COLUMNS
#define OUT_ARMS (OUT_VERSION + 1)
#define OUT_COLUMNS (OUT_ARMS + ARM_COLUMNS)

typedef struct UpliftCall
{
	TupleDesc columns;
	Oid given;         /* type of user_id */
	MemoryContext row; /* emptied by each call */

	/* The model that answered last; version 0: none yet. */
	int64 model_id;
	int32 version;
	uint8 digest[MODEL_DIGEST];
	const UpliftModel *model;
} UpliftCall;

static UpliftCall *
call_start(FunctionCallInfo fcinfo)
{
	UpliftCall *call = fcinfo->flinfo->fn_extra;

	if (call)
		return call;

	const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

	call = palloc0(sizeof(*call));
	if (get_call_result_type(fcinfo, NULL, &call->columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "usercls.uplift must return a row");
	BlessTupleDesc(call->columns);
	call->given = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, ARG_USER));
	call->row = AllocSetContextCreate(CurrentMemoryContext, "usercls uplift", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = call;
	return call;
}

static void
call_find_model(UpliftCall *call, const Model *version, MemoryContext holder)
{
	if (call->version == version->version && call->model_id == version->model_id &&
		memcmp(call->digest, version->digest, MODEL_DIGEST) == 0)
		return;
	call->model = modelcache_get(version, holder);
	call->model_id = version->model_id;
	call->version = version->version;
	memcpy(call->digest, version->digest, MODEL_DIGEST);
}

/* The score of the user in the middle by each treatment. */
static void
score_centre(UpliftScore *score, const UpliftModel *model, const Neighbourhood *near)
{
	Centre *centre = centre_make(model, near);

	centre_run(centre, near->feature);
	centre_scores(score, centre);
}

Datum
usercls_uplift(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(ARG_MODEL) || PG_ARGISNULL(ARG_USER))
		PG_RETURN_NULL();

	UpliftCall *call = call_start(fcinfo);
	const MemoryContext old = MemoryContextSwitchTo(call->row);
	Datum value[OUT_COLUMNS];
	bool isnull[OUT_COLUMNS] = {false};

	MemoryContextReset(call->row);

	const Model *version =
		registry_promoted(text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODEL)), &uplift_kind, RIGHT_SCORE);

	call_find_model(call, version, fcinfo->flinfo->fn_mcxt);

	const UpliftDecision decision = uplift_decision(
		fcinfo, (DecisionArguments){.value = ARG_VALUE, .cost = ARG_COST, .budget = -1}, call->model);
	NeighbourLookup *lookup = neighbour_lookup(version, call->model);
	const Datum id = user_id_convert(PG_GETARG_DATUM(ARG_USER), call->given, neighbour_id_type(lookup));
	const Neighbourhood *near = neighbourhood_read(lookup, id, &call->model->net);

	if (!near)
	{
		MemoryContextSwitchTo(old);
		PG_RETURN_NULL();
	}

	UpliftScore score[UPLIFT_TREATMENTS_MAX];

	score_centre(score, call->model, near);

	const size_t chosen = uplift_choose(&decision, score);

	MemoryContextSwitchTo(old);
	uplift_put_score(value, isnull, call->model, score, chosen);
	value[OUT_VERSION] = Int32GetDatum(call->version);
	uplift_put_arms(value + OUT_ARMS, isnull + OUT_ARMS, call->model, score, chosen);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(call->columns, value, isnull)));
}

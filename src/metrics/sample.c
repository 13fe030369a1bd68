#include "postgres.h"

#include "metrics/sample.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/errors.h"

static bool
given(FunctionCallInfo fcinfo, int arg)
{
	return arg > 0 && !PG_ARGISNULL(arg);
}

static void
check_as_of(const EvaluateCall *call)
{
	if (call->has_as_of && !registry_is_dated(call->model))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("model \"%s\" is not measured as of a time", call->model->name),
						errdetail("%s", call->model->kind->timeless), errhint("Leave as_of out.")));
}

EvaluateCall
evaluate_call(FunctionCallInfo fcinfo, const ModelKind *kind, EvaluateArguments at)
{
	const char *name = arg_text(fcinfo, 0, "model");
	EvaluateCall call = {.source = given(fcinfo, at.source) ? PG_GETARG_OID(at.source) : InvalidOid,
						 .edges = given(fcinfo, at.edges) ? PG_GETARG_OID(at.edges) : InvalidOid,
						 .has_as_of = given(fcinfo, at.as_of)};

	if (call.has_as_of)
		call.as_of = PG_GETARG_TIMESTAMPTZ(at.as_of);
	call.model = given(fcinfo, at.version) ? registry_version(name, PG_GETARG_INT32(at.version), RIGHT_SCORE)
										   : registry_promoted(name, kind, RIGHT_SCORE);
	if (kind)
		registry_check_kind(call.model, kind);
	check_as_of(&call);
	return call;
}

void
error_nobody(Oid relation, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
					errmsg("relation \"%s\" has nobody to evaluate on", get_rel_name(relation)),
					errdetail("%s", detail), errhint("Check the source and as_of.")));
}

void
error_nobody_held_out(const Model *model)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("version %d of model \"%s\" was trained without held-out users", model->version,
						   model->name),
					errhint("Pass a table of users that it has not seen as source.")));
}

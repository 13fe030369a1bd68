#include "postgres.h"

#include "metrics/sample.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/errors.h"

static bool
next_argument(FunctionCallInfo fcinfo, int *arg, Datum *value)
{
	const int at = (*arg)++;

	*value = PG_GETARG_DATUM(at);
	return !PG_ARGISNULL(at);
}

EvaluateCall
evaluate_arguments(FunctionCallInfo fcinfo, const ModelKind *kind, bool edges, bool as_of, int *next)
{
	EvaluateCall call = {.source = InvalidOid, .edges = InvalidOid};
	Datum value;
	const char *name;

	*next = 0;
	if (!next_argument(fcinfo, next, &value))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model must not be null"),
						errhint("Pass one of the names in usercls.models.")));
	name = TextDatumGetCString(value);
	if (next_argument(fcinfo, next, &value))
		call.source = DatumGetObjectId(value);
	if (edges && next_argument(fcinfo, next, &value))
		call.edges = DatumGetObjectId(value);
	if (as_of && next_argument(fcinfo, next, &value))
	{
		call.has_as_of = true;
		call.as_of = DatumGetTimestampTz(value);
	}
	call.model = next_argument(fcinfo, next, &value)
					 ? registry_version(name, DatumGetInt32(value), RIGHT_SCORE)
					 : registry_promoted(name, kind, RIGHT_SCORE);
	if (kind)
		registry_check_kind(call.model, kind);
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

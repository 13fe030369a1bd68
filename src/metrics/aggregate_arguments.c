#include "postgres.h"

#include "metrics/aggregate_arguments.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/source.h"

/*
 * The types of the arguments: looked up once for each call in a query, and kept on fn_extra. They are the function's own:
 * an expression that would know better is not there where servers call each other's transition functions. Only the form
 * for any type, which takes what the others refuse, asks it.
 */
static const Oid *
arg_types(FunctionCallInfo fcinfo)
{
	if (!fcinfo->flinfo->fn_extra)
	{
		const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Oid *type;
		int n;

		get_func_signature(fcinfo->flinfo->fn_oid, &type, &n);
		for (int i = 0; i < n; i++)
			if (IsPolymorphicType(type[i]))
				type[i] = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, i));
		fcinfo->flinfo->fn_extra = type;
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

/* A number or a boolean (false is 0) of whatever type the caller's column has. */
static double
arg_number(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const Oid type = arg_types(fcinfo)[arg];

	if (!source_is_number(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be a number or a boolean, not %s", what, format_type_be(type)),
				 source_is_category(type) ? errhint("Say which value counts, for example %s = '...'.", what)
										  : errhint("Cast the argument, for example (%s)::integer.", what)));
	return source_number(PG_GETARG_DATUM(arg), type);
}

double
aggregate_finite(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const double value = arg_number(fcinfo, arg, what);

	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is not finite: %g", what, value),
						errdetail("Such a value has no place in a ranking."),
						errhint("Leave such rows out: FILTER (WHERE ...).")));
	return value;
}

uint8
aggregate_binary(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const double value = arg_number(fcinfo, arg, what);

	if (value != 0 && value != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be 0 or 1, not %g", what, value),
				 errdetail("This metric is of outcomes that happened or did not."),
				 errhint("Pass a condition, for example (%s > 0).", what)));
	return value == 1;
}

#include "postgres.h"

#include "server/arguments.h"

#include "utils/builtins.h"

#include "server/errors.h"

void
arg_require(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
}

char *
arg_text_or_null(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

char *
arg_text(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return arg_text_or_null(fcinfo, arg);
}

char *
arg_name_or_null(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : pstrdup(NameStr(*PG_GETARG_NAME(arg)));
}

char *
arg_name(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return arg_name_or_null(fcinfo, arg);
}

Oid
arg_table_or_none(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? InvalidOid : PG_GETARG_OID(arg);
}

Oid
arg_table(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return PG_GETARG_OID(arg);
}

const Jsonb *
arg_jsonb(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return PG_GETARG_JSONB_P(arg);
}

int32
arg_int_or(FunctionCallInfo fcinfo, int arg, int32 otherwise)
{
	return PG_ARGISNULL(arg) ? otherwise : PG_GETARG_INT32(arg);
}

int32
arg_int(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return PG_GETARG_INT32(arg);
}

int32
arg_count_or_all(FunctionCallInfo fcinfo, int arg, const char *name)
{
	const int32 count = arg_int_or(fcinfo, arg, 1);

	if (count < 1)
		error_out_of_range(name, psprintf("%d", count), "1 or more, or null for all");
	return arg_int_or(fcinfo, arg, 0);
}

int64
arg_bigint(FunctionCallInfo fcinfo, int arg, const char *name)
{
	arg_require(fcinfo, arg, name);
	return PG_GETARG_INT64(arg);
}

bool
arg_bool(FunctionCallInfo fcinfo, int arg)
{
	return !PG_ARGISNULL(arg) && PG_GETARG_BOOL(arg);
}

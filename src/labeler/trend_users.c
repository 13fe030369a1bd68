/* trend_users: the trends of all users of a table or view, several times faster than trend_agg. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "labeler/aggregate_call.h"
#include "server/memory.h"
#include "labeler/periods.h"
#include "server/source.h"
#include "server/userid.h"
#include "labeler/user_table.h"

/* The arguments, in order. */
enum
{
	ARG_SOURCE,
	ARG_USER,
	ARG_TIME,
	ARG_VALUE,
	ARG_PERIOD,
	ARG_START,
	ARG_END,
	ARG_ID
};

typedef struct Reading
{
	Oid source;
	SourceColumn user, time, value;
	TimeKind kind;
	bool windowed;
	int64 start, end; /* ticks */
	Oid bound_type;   /* of the window as parameters of the query */
	Periods periods;
	TrendTable *table;
} Reading;

/* The value of a row; an error when it is no finite number. */
static double
read_value(const Reading *reading, Datum user, Datum value)
{
	const double v =
		reading->value.type == FLOAT8OID ? DatumGetFloat8(value) : source_number(value, reading->value.type);

	if (unlikely(!isfinite(v)))
		error_not_finite(get_rel_name(reading->source), reading->value.name, v,
						 source_id_text(reading->user.type, user));
	return v;
}

/* A SourceRows; value[]: user, time, value. */
static void
take_rows(void *arg, uint32 n, const Datum *const *value, const bool *const *isnull)
{
	Reading *reading = arg;
	uint32 row[SOURCE_ROWS_MAX], timed = 0, kept = 0;
	int64 tick[SOURCE_ROWS_MAX], period[SOURCE_ROWS_MAX];
	Datum user[SOURCE_ROWS_MAX];
	double number[SOURCE_ROWS_MAX];

	for (uint32 i = 0; i < n; i++)
		if (likely(!isnull[1][i]))
		{
			row[timed] = i;
			tick[timed++] = time_tick(reading->kind, value[1][i]);
		}
	if (timed == 0)
		return;
	periods_find_many(&reading->periods, period, tick, timed);
	for (uint32 k = 0; k < timed; k++)
	{
		const uint32 i = row[k];
		const bool missing = isnull[2][i];

		if (period[k] == PERIOD_NONE)
			continue;
		if (unlikely(isnull[0][i]))
			error_null_id(get_rel_name(reading->source), reading->user.name);

		/* In a given window a user without values has a trend all the same. */
		if (unlikely(missing) && !reading->windowed)
			continue;
		user[kept] = value[0][i];
		period[kept] = likely(!missing) ? period[k] : PERIOD_NONE;
		number[kept++] = likely(!missing) ? read_value(reading, value[0][i], value[2][i]) : 0.0;
	}
	trend_table_add(reading->table, kept, user, period, number);
}

static TimeKind
time_kind(Oid source, const SourceColumn *time)
{
	switch (time->type)
	{
		case TIMESTAMPTZOID:
			return TIME_TIMESTAMPTZ;
		case TIMESTAMPOID:
			return TIME_TIMESTAMP;
		case DATEOID:
			return TIME_DATE;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return TIME_BIGINT;
		default:
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of relation \"%s\" is not a time", time->name,
								   get_rel_name(source)),
							errdetail("It is of type %s.", format_type_be(time->type)),
							errhint("Use a column of type timestamptz, timestamp, date or bigint.")));
	}
}

static Datum
input(Oid type, Datum written)
{
	Oid function, param;

	getTypeInputInfo(type, &function, &param);
	return OidInputFunctionCall(function, text_to_cstring(DatumGetTextPP(written)), param, -1);
}

static void
error_period_type(const Reading *reading, const char *wanted)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("period and window must be of type %s", wanted),
		 errdetail("Column \"%s\" is of type %s.", reading->time.name, format_type_be(reading->time.type))));
}

/* The period: interval, bigint, or either as text. */
static Interval
read_period(const Reading *reading, FunctionCallInfo fcinfo)
{
	const Oid type = get_fn_expr_argtype(fcinfo->flinfo, ARG_PERIOD);
	const bool number = reading->kind == TIME_BIGINT;
	Datum period = PG_GETARG_DATUM(ARG_PERIOD);

	if (type == TEXTOID)
		period = input(number ? INT8OID : INTERVALOID, period);
	else if (number && type != INT8OID)
		error_period_type(reading, "bigint");
	else if (!number && type != INTERVALOID)
		error_period_type(reading, "interval and timestamptz");
	return number ? period_units(DatumGetInt64(period)) : *DatumGetIntervalP(period);
}

/* A bound of the window in ticks of the time column. */
static int64
read_bound(const Reading *reading, FunctionCallInfo fcinfo, int argument)
{
	const Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	Datum bound = PG_GETARG_DATUM(argument);

	if (reading->kind == TIME_BIGINT)
		return DatumGetInt64(type == TEXTOID ? input(INT8OID, bound) : bound);
	if (type == TEXTOID)
		bound = input(reading->kind == TIME_TIMESTAMPTZ ? TIMESTAMPTZOID : TIMESTAMPOID, bound);
	else if (reading->kind != TIME_TIMESTAMPTZ)
		bound = DirectFunctionCall1(timestamptz_timestamp,
									bound); /* in the session's time zone, as the column is */
	return DatumGetInt64(bound);
}

static void
read_window(Reading *reading, FunctionCallInfo fcinfo)
{
	static const TrendTime trend_time[] = {
		[TIME_TIMESTAMPTZ] = TREND_TIMESTAMPTZ,
		[TIME_TIMESTAMP] = TREND_TIMESTAMP,
		[TIME_DATE] = TREND_TIMESTAMP,
		[TIME_BIGINT] = TREND_NUMBER,
	};
	static const Oid bound_type[] = {
		[TIME_TIMESTAMPTZ] = TIMESTAMPTZOID,
		[TIME_TIMESTAMP] = TIMESTAMPOID,
		[TIME_DATE] = TIMESTAMPOID,
		[TIME_BIGINT] = INT8OID,
	};
	const TrendTime time = trend_time[reading->kind];
	const Interval period = read_period(reading, fcinfo);

	if (PG_ARGISNULL(ARG_START) != PG_ARGISNULL(ARG_END))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", PG_ARGISNULL(ARG_START) ? "window_start" : "window_end"),
				 errhint("Give both ends of the window, or neither for each user's own.")));
	reading->windowed = !PG_ARGISNULL(ARG_START);
	reading->bound_type = bound_type[reading->kind];
	if (!reading->windowed)
	{
		reading->periods = periods_own(time, period);
		return;
	}
	reading->start = read_bound(reading, fcinfo, ARG_START);
	reading->end = read_bound(reading, fcinfo, ARG_END);
	reading->periods = periods_window(time, period, reading->start, reading->end);
}

static Reading
read_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"source", "user_column", "time_column", "value_column", "period"};

	for (int i = 0; i < lengthof(names); i++)
		arg_require(fcinfo, i, names[i]);

	Reading reading = {.source = PG_GETARG_OID(ARG_SOURCE)};

	source_quote(reading.source);
	reading.user = source_column(reading.source, NameStr(*PG_GETARG_NAME(ARG_USER)));
	reading.time = source_column(reading.source, NameStr(*PG_GETARG_NAME(ARG_TIME)));
	reading.value = source_number_column(reading.source, NameStr(*PG_GETARG_NAME(ARG_VALUE)));
	reading.kind = time_kind(reading.source, &reading.time);
	read_window(&reading, fcinfo);
	return reading;
}

/* Read all rows into the table; those outside the window need not come. */
static void
read_rows(Reading *reading)
{
	const Oid types[] = {reading->bound_type, reading->bound_type};
	const Datum bounds[] = {Int64GetDatum(reading->start), Int64GetDatum(reading->end)};
	const SourceColumn columns[] = {reading->user, reading->time, reading->value};
	const char *const window =
		psprintf("%1$s OPERATOR(pg_catalog.>=) $1 AND %1$s OPERATOR(pg_catalog.<) $2", reading->time.quoted);

	source_read(&(SourceRead){.relation = reading->source,
							  .columns = columns,
							  .n = lengthof(columns),
							  .condition = reading->windowed ? window : NULL,
							  .params = reading->windowed ? 2 : 0,
							  .types = types,
							  .values = bounds,
							  .rows = take_rows,
							  .arg = reading});
	trend_table_end(reading->table);
}

static void
store_trends(ReturnSetInfo *rsinfo, const UserIdOutput *id, const TrendTable *table)
{
	const MemoryContext per_row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(per_row);

	for (uint32 user = 0; user < trend_table_count(table); user++)
	{
		Datum values[2] = {user_id_datum(id, trend_table_id(table, user))};
		bool nulls[2] = {false, false};
		struct varlena *trend = trend_state_flat(trend_table_state(table, user));

		CHECK_FOR_INTERRUPTS();
		values[1] = PointerGetDatum(trend);
		nulls[1] = trend == NULL;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextReset(per_row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(per_row);
}

static void
start_result(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) || !(rsinfo->allowedModes & SFRM_Materialize))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in context that cannot accept a set"),
						errhint("Call it in FROM.")));

	const MemoryContext old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setDesc = CreateTupleDescCopy(desc);

	/* Trends side by side: the usual allocator would round each up to a power of two. */
	MemoryContextSwitchTo(
		GenerationContextCreate(CurrentMemoryContext, "usercls trends", ALLOCSET_DEFAULT_SIZES));
	rsinfo->setResult =
		tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	MemoryContextSwitchTo(old);
}

PG_FUNCTION_INFO_V1(usercls_trend_users);
Datum
usercls_trend_users(PG_FUNCTION_ARGS)
{
	start_result(fcinfo);

	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls trend_users", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(context);
	Reading reading = read_arguments(fcinfo);

	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, reading.user.type);

	reading.table = trend_table_create(reading.user.type, &reading.periods, memory_limit());
	do
	{
		read_rows(&reading);
		store_trends((ReturnSetInfo *) fcinfo->resultinfo, &id, reading.table);
	} while (trend_table_next(reading.table));

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}

#include "postgres.h"

#include "sequence/window.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/errors.h"

/* Seconds of Unix time at which PostgreSQL's times begin. */
#define UNIX_SECONDS ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

Oid
window_type(Oid column)
{
	if (source_is_integer(column))
		return INT8OID;
	return column == TIMESTAMPTZOID ? TIMESTAMPTZOID : TIMESTAMPOID;
}

/* How the times of window_type() are counted. */
static TrendTime
trend_time(Oid type)
{
	if (type == INT8OID)
		return TREND_NUMBER;
	return type == TIMESTAMPTZOID ? TREND_TIMESTAMPTZ : TREND_TIMESTAMP;
}

void
window_check_column(const SourceColumn *time, Oid relation)
{
	if (time->type == TIMESTAMPTZOID || time->type == TIMESTAMPOID || time->type == DATEOID ||
		source_is_integer(time->type))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" is not a time", time->name),
			 errdetail("Column \"%s\" of \"%s\" has type %s.", time->name, get_rel_name(relation),
					   format_type_be(time->type)),
			 errhint("Pass a column of type timestamp with time zone, timestamp, date or an integer type as "
					 "time_column.")));
}

/* ---- Integers, and moments ---- */

/* A length as the column counts it: of integers as many as it has seconds. name: of the argument. */
static Interval
length_for(TrendTime type, const Interval *length, const char *name)
{
	if (type != TREND_NUMBER)
		return *length;
	if (length->month != 0 || length->day != 0 || length->time % USECS_PER_SEC != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is a time, and the time column holds integers", name),
				 errdetail("It is \"%s\".",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(length)))),
				 errhint("Pass a whole number, such as %s => '1'.", name)));
	return period_units(length->time / USECS_PER_SEC);
}

/* The last integer that is not later. */
static int64
integer_of(TimestampTz moment)
{
	const int64 seconds = moment / USECS_PER_SEC - (moment % USECS_PER_SEC < 0);

	return seconds + UNIX_SECONDS;
}

TimestampTz
window_moment(int64 integer)
{
	TimestampTz moment;

	if (pg_sub_s64_overflow(integer, UNIX_SECONDS, &moment) ||
		pg_mul_s64_overflow(moment, USECS_PER_SEC, &moment) || !IS_VALID_TIMESTAMP(moment))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("time out of range"),
						errdetail("The integer " INT64_FORMAT
								  " is more seconds than to_timestamp() makes a time of.",
								  integer),
						errhint("Divide the column in a view, for instance to seconds.")));
	return moment;
}

const char *
window_as_of_text(Oid column, TimestampTz as_of)
{
	return source_is_integer(column) ? psprintf("to_timestamp(" INT64_FORMAT ")", integer_of(as_of))
									 : pstrdup(timestamptz_to_str(as_of));
}

/* ---- The window ---- */

/* The beginning of the day, or of the shorter period, that time lies in. */
static int64
time_floor(TrendTime type, int64 time, const Interval *unit)
{
	if (unit->time > 0)
		return time - ((time % unit->time) + unit->time) % unit->time;
	return DatumGetInt64(DirectFunctionCall2(type == TREND_TIMESTAMPTZ ? timestamptz_trunc : timestamp_trunc,
											 CStringGetTextDatum("day"), Int64GetDatum(time)));
}

/* Where the complete part of the data ends; closed: with a row that is there. An integer with a row is complete. */
static int64
complete_until(TrendTime type, int64 newest, const Interval *period, bool closed)
{
	const bool below_day = period->month == 0 && period->day == 0 && period->time < USECS_PER_DAY;
	const Interval unit = {.day = below_day ? 0 : 1, .time = below_day ? period->time : 0};

	if (type == TREND_NUMBER)
		return closed ? newest : period_add(type, newest, &(Interval){.time = 1}, 1);

	const int64 begin = time_floor(type, newest, &unit);

	return begin == newest && !closed ? period_add(type, begin, &unit, 1) : begin;
}

/* A tick of the column, as a moment. */
static TimestampTz
as_of_tick(TrendTime type, int64 tick)
{
	if (type == TREND_NUMBER)
		return window_moment(tick);
	return type == TREND_TIMESTAMPTZ
			   ? tick
			   : DatumGetTimestampTz(DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(tick)));
}

int64
window_tick(Oid column, TimestampTz as_of)
{
	const Oid type = window_type(column);

	if (TIMESTAMP_NOT_FINITE(as_of))
		error_out_of_range("as_of", as_of == DT_NOEND ? "infinity" : "-infinity", "a finite time");
	if (type == INT8OID)
		return integer_of(as_of);
	return type == TIMESTAMPTZOID
			   ? as_of
			   : DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(as_of)));
}

bool
window_make(Window *window, const WindowRequest *request)
{
	const TimestampTz *as_of = request->as_of;
	const TrendTime type = trend_time(window_type(request->time->type));
	const Interval period = length_for(type, request->period, "period");
	int64 at;

	if (!as_of)
	{
		if (!request->newest(request->arg, &at))
			return false;
		at = period_add(type, complete_until(type, at, &period, request->closed), &period, -request->after);
	}
	else
		at = window_tick(request->time->type, *as_of);

	*window = (Window){.periods = periods_around(type, period, at, request->before, request->after),
					   .type = window_type(request->time->type),
					   .column = request->time->type,
					   .closed = request->closed,
					   .before = request->before,
					   .after = request->after,
					   .at = at};
	window->as_of = as_of_tick(type, at);
	return true;
}

TimestampTz
window_period(const Window *window, int i)
{
	const bool next = window->type == INT8OID && window->closed; /* the first integer that is in it */

	return as_of_tick(trend_time(window->type), window->periods.bound[i] + next);
}

TimestampTz
window_earlier(const Window *window, const Interval *every, int n)
{
	const TrendTime type = trend_time(window->type);
	const Interval length = length_for(type, every, "cutoff_every");

	return as_of_tick(type, period_add(type, window->at, &length, -n));
}

/* A value of the column as its periods count. */
static int64
column_tick(Oid column, Datum value)
{
	switch (column)
	{
		case DATEOID:
			return date_tick(DatumGetDateADT(value));
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

int64
window_time(const Window *window, Datum value)
{
	const int64 tick = column_tick(window->column, value);

	return window->closed && !TIMESTAMP_NOT_FINITE(tick) ? tick - 1 : tick;
}

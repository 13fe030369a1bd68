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

void
window_check_column(const SourceColumn *time, Oid relation)
{
	if (time->type == TIMESTAMPTZOID || time->type == TIMESTAMPOID || time->type == DATEOID)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" is not a time", time->name),
			 errdetail("Column \"%s\" of \"%s\" has type %s.", time->name, get_rel_name(relation),
					   format_type_be(time->type)),
			 errhint("Pass a column of type timestamp with time zone, timestamp or date as time_column.")));
}

/* The beginning of the day, or of the shorter period, that time lies in. */
static int64
time_floor(TrendTime type, int64 time, const Interval *unit)
{
	if (unit->time > 0)
		return time - ((time % unit->time) + unit->time) % unit->time;
	return DatumGetInt64(DirectFunctionCall2(type == TREND_TIMESTAMPTZ ? timestamptz_trunc : timestamp_trunc,
											 CStringGetTextDatum("day"), Int64GetDatum(time)));
}

/* Where the complete part of the data ends; closed: with a row that is there. */
static int64
complete_until(TrendTime type, int64 newest, const Interval *period, bool closed)
{
	const bool below_day = period->month == 0 && period->day == 0 && period->time < USECS_PER_DAY;
	const Interval unit = {.day = below_day ? 0 : 1, .time = below_day ? period->time : 0};
	const int64 begin = time_floor(type, newest, &unit);

	return begin == newest && !closed ? period_add(type, begin, &unit, 1) : begin;
}

/* A tick of the column, as a moment. */
static TimestampTz
as_of_tick(TrendTime type, int64 tick)
{
	return type == TREND_TIMESTAMPTZ
			   ? tick
			   : DatumGetTimestampTz(DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(tick)));
}

bool
window_make(Window *window, const WindowRequest *request)
{
	const TimestampTz *as_of = request->as_of;
	const Interval *period = request->period;
	const TrendTime type = request->time->type == TIMESTAMPTZOID ? TREND_TIMESTAMPTZ : TREND_TIMESTAMP;
	int64 at;

	if (!as_of)
	{
		if (!request->newest(request->arg, &at))
			return false;
		at = period_add(type, complete_until(type, at, period, request->closed), period, -request->after);
	}
	else if (TIMESTAMP_NOT_FINITE(*as_of))
		error_out_of_range("as_of", *as_of == DT_NOEND ? "infinity" : "-infinity", "a finite time");
	else
		at = type == TREND_TIMESTAMPTZ
				 ? *as_of
				 : DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(*as_of)));

	*window = (Window){.periods = periods_around(type, *period, at, request->before, request->after),
					   .type = type == TREND_TIMESTAMPTZ ? TIMESTAMPTZOID : TIMESTAMPOID,
					   .dates = request->time->type == DATEOID,
					   .closed = request->closed,
					   .before = request->before,
					   .after = request->after,
					   .at = at};
	window->as_of = as_of_tick(type, at);
	return true;
}

TimestampTz
window_earlier(const Window *window, const Interval *every, int n)
{
	const TrendTime type = window->type == TIMESTAMPTZOID ? TREND_TIMESTAMPTZ : TREND_TIMESTAMP;

	return as_of_tick(type, period_add(type, window->at, every, -n));
}

int64
window_time(const Window *window, Datum value)
{
	const int64 tick = window->dates ? date_tick(DatumGetDateADT(value)) : DatumGetInt64(value);

	return window->closed && !TIMESTAMP_NOT_FINITE(tick) ? tick - 1 : tick;
}

#include "postgres.h"

#include "pg/window.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "pg/errors.h"

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

static bool
is_positive(const Interval *period)
{
	return period->month >= 0 && period->day >= 0 && period->time >= 0 &&
		   (period->month > 0 || period->day > 0 || period->time > 0);
}

void
window_check_period(const Interval *period)
{
	if (!is_positive(period))
		error_out_of_range("period",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(period))),
						   "a positive interval such as 7 days");
}

/* time + n periods; calendar parts follow the calendar, and for timestamptz the session's time zone. */
static int64
time_add(Oid type, int64 time, const Interval *period, int n)
{
	Interval many;

	if (pg_mul_s32_overflow(period->month, n, &many.month) ||
		pg_mul_s32_overflow(period->day, n, &many.day) || pg_mul_s64_overflow(period->time, n, &many.time))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("periods reach out of the range of time"),
						errhint("Use a shorter period or fewer periods.")));
	return DatumGetInt64(
		DirectFunctionCall2(type == TIMESTAMPTZOID ? timestamptz_pl_interval : timestamp_pl_interval,
							Int64GetDatum(time), IntervalPGetDatum(&many)));
}

/* The beginning of the day, or of the shorter period, that time lies in. */
static int64
time_floor(Oid type, int64 time, const Interval *unit)
{
	if (unit->time > 0)
		return time - ((time % unit->time) + unit->time) % unit->time;
	return DatumGetInt64(DirectFunctionCall2(type == TIMESTAMPTZOID ? timestamptz_trunc : timestamp_trunc,
											 CStringGetTextDatum("day"), Int64GetDatum(time)));
}

/* Where the complete part of the data ends. */
static int64
complete_until(Oid type, int64 newest, const Interval *period)
{
	const bool below_day = period->month == 0 && period->day == 0 && period->time < USECS_PER_DAY;
	const Interval unit = {.day = below_day ? 0 : 1, .time = below_day ? period->time : 0};
	const int64 begin = time_floor(type, newest, &unit);

	return begin == newest ? time_add(type, begin, &unit, 1) : begin;
}

bool
window_make(Window *window, const SourceColumn *time, const Interval *period, int before, int after,
			const TimestampTz *as_of, WindowNewest newest, void *arg)
{
	const Oid type = time->type == TIMESTAMPTZOID ? TIMESTAMPTZOID : TIMESTAMPOID;
	int64 at;

	if (!as_of)
	{
		if (!newest(arg, &at))
			return false;
		at = time_add(type, complete_until(type, at, period), period, -after);
	}
	else if (TIMESTAMP_NOT_FINITE(*as_of))
		error_out_of_range("as_of", *as_of == DT_NOEND ? "infinity" : "-infinity", "a finite time");
	else
		at = type == TIMESTAMPTZOID
				 ? *as_of
				 : DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(*as_of)));

	*window = (Window){.type = type, .dates = time->type == DATEOID, .before = before, .after = after};
	window->as_of =
		type == TIMESTAMPTZOID
			? at
			: DatumGetTimestampTz(DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(at)));
	window->bound = palloc(sizeof(int64) * (size_t) (before + after + 1));
	for (int i = 0; i <= before + after; i++)
		window->bound[i] = time_add(type, at, period, i - before);
	return true;
}

int64
window_time(const Window *window, Datum value)
{
	if (!window->dates)
		return DatumGetInt64(value);

	int overflow;

	return date2timestamp_opt_overflow(DatumGetDateADT(value), &overflow);
}

int
window_period(const Window *window, int64 time)
{
	const int periods = window->before + window->after;
	const int64 first = window->bound[0];

	if (time < first || time >= window->bound[periods])
		return -1;

	const double share =
		((double) time - (double) first) / ((double) window->bound[periods] - (double) first);
	int i = Max(0, Min((int) (share * periods), periods - 1));

	/* Calendar periods differ in length: the guess is off by one at most, but for odd mixtures. */
	while (time < window->bound[i])
		i--;
	while (time >= window->bound[i + 1])
		i++;
	return i;
}

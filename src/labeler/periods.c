/*
 * From a time to the number of its period:
 *
 *   all periods equally long:  k = (tick - start) / length, by a multiplication and one correction
 *   otherwise:                 k = a guess from the mean length, corrected by the table of starts, bound[]
 *   the table:                 start k = origin + k × period, by PostgreSQL's own arithmetic, as far as rows have come
 *
 * A given window has its whole table at once. A user's own window has a table that grows to where times are; far away
 * from it a start is computed and not kept.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "nn/real.h"
#include "labeler/periods.h"

/* A period further than this from the table of starts is found by calendar_guess(), and the table stays. */
#define TABLE_STEP_MAX TREND_PERIODS_MAX

static void
error_periods(void)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("window holds more than %d periods", TREND_PERIODS_MAX),
					errhint("Use a longer period or a shorter window.")));
}

static void
error_range(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("period out of range"),
					errhint("Use a longer period, or times nearer to each other.")));
}

static bool
is_calendar(TrendTime time)
{
	return time == TREND_TIMESTAMP || time == TREND_TIMESTAMPTZ;
}

/* Ticks of every period, or 0 when the calendar decides. */
static int64
fixed_length(const TrendGrid *grid)
{
	int64 length;

	if (!is_calendar(grid->time))
		return grid->step;
	if (grid->months != 0 || (grid->days != 0 && grid->time == TREND_TIMESTAMPTZ))
		return 0;
	if (pg_mul_s64_overflow(grid->days, USECS_PER_DAY, &length) ||
		pg_add_s64_overflow(length, grid->step, &length))
		error_range();
	return length;
}

/*
 * A lower bound of a period's length in ticks: with it a window of too many periods is refused before they are
 * counted.
 */
static double
shortest_length(const TrendGrid *grid)
{
	const double days = 28.0 * grid->months + grid->days;

	return days * USECS_PER_DAY * 0.9 + (double) grid->step;
}

void
period_check(TrendTime time, const Interval *period)
{
	if (period->month >= 0 && period->day >= 0 && period->time >= 0 &&
		(period->month != 0 || period->day != 0 || period->time != 0))
		return;
	if (!is_calendar(time))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("period must be positive"),
						errdetail("It is " INT64_FORMAT ".", period->time)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("period must be positive"),
			 errdetail("It is \"%s\".",
					   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(period)))),
			 errhint("Use a period such as '7 days' or '1 month'; none of its parts may be negative.")));
}

int64
period_add(TrendTime time, int64 tick, const Interval *period, int64 n)
{
	int64 result;
	Interval shift;
	const int32 k = (int32) n;

	if (!is_calendar(time))
	{
		if (pg_mul_s64_overflow(n, period->time, &result) || pg_add_s64_overflow(result, tick, &result))
			error_range();
		return result;
	}
	if (k != n || pg_mul_s32_overflow(k, period->month, &shift.month) ||
		pg_mul_s32_overflow(k, period->day, &shift.day) || pg_mul_s64_overflow(n, period->time, &shift.time))
		error_range();
	return DatumGetInt64(
		DirectFunctionCall2(time == TREND_TIMESTAMP ? timestamp_pl_interval : timestamptz_pl_interval,
							Int64GetDatum(tick), IntervalPGetDatum(&shift)));
}

int64
period_start(const TrendGrid *grid, int64 index)
{
	const Interval period = {.month = grid->months, .day = grid->days, .time = grid->step};

	return period_add(grid->time, grid->origin, &period, index);
}

/* Ticks of a period on the average of the calendar. */
static double
mean_length(const TrendGrid *grid)
{
	return (grid->months * 30.436875 + grid->days) * USECS_PER_DAY + (double) grid->step;
}

/* About where a period starts, in ticks; cannot overflow. */
static double
period_guess_start(const TrendGrid *grid, int64 index)
{
	return (double) grid->origin + (double) index * mean_length(grid);
}

static void
bound_append(Periods *periods, int64 start)
{
	if (periods->bounds == periods->bound_room)
	{
		periods->bound_room = Max(64, periods->bound_room * 2);
		periods->bound = periods->bound
							 ? repalloc(periods->bound, sizeof(int64) * periods->bound_room)
							 : MemoryContextAlloc(periods->context, sizeof(int64) * periods->bound_room);
	}
	periods->bound[periods->bounds++] = start;
}

/* Make the table of starts hold periods `first` to `last`, besides those that it holds. */
static void
bound_extend(Periods *periods, int64 first, int64 last)
{
	const TrendGrid *grid = &periods->shape.grid;

	if (periods->bounds == 0)
		periods->bound_first = first;
	if (first < periods->bound_first)
	{
		/*
		 * Towards the past it is made again, and further than asked, unless that is before all timestamps: rows may
		 * come in descending order.
		 */
		const int64 until = periods->bound_first + periods->bounds - 1;
		const int64 further = Min(until - first, TABLE_STEP_MAX / 2);

		if (period_guess_start(grid, first - further - 2) > (double) MIN_TIMESTAMP)
			first -= further;
		periods->bounds = 0;
		periods->bound_first = first;
		last = until;
	}
	for (int64 k = periods->bound_first + periods->bounds; k <= last; k++)
		bound_append(periods, period_start(grid, k));
	periods->inverse =
		(periods->bounds - 1) / ((double) periods->bound[periods->bounds - 1] - (double) periods->bound[0]);
}

/* Ticks of every period, or 0 when they differ. */
static int64
common_length(const Periods *periods)
{
	const int64 length = periods->bound[1] - periods->bound[0];

	for (int32 i = 2; i < periods->bounds; i++)
		if (periods->bound[i] - periods->bound[i - 1] != length)
			return 0;
	return length;
}

static Periods
periods_make(TrendTime time, Interval period, bool windowed)
{
	Periods periods = {.shape = {.grid = {.time = time,
										  .windowed = windowed,
										  .months = period.month,
										  .days = period.day,
										  .step = period.time},
								 .width = 1},
					   .context = CurrentMemoryContext};

	period_check(time, &period);
	return periods;
}

Periods
periods_window(TrendTime time, Interval period, int64 start, int64 end)
{
	Periods periods = periods_make(time, period, true);
	TrendShape *shape = &periods.shape;
	int64 span;

	if (is_calendar(shape->grid.time) && (TIMESTAMP_NOT_FINITE(start) || TIMESTAMP_NOT_FINITE(end)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("window must be finite"),
						errhint("Leave the window out to use each user's own first to last period.")));
	if (end < start)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("window ends before it starts"),
						errhint("The arguments are window_start, then window_end.")));
	if (pg_sub_s64_overflow(end, start, &span))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("window is too long"),
						errdetail("Its length does not fit 64 bits."),
						errhint("Pass a window_start and a window_end that enclose the data alone.")));

	shape->grid.origin = start;
	periods.start = start;
	periods.end = end;
	periods.length = fixed_length(&shape->grid);
	if ((double) span / shortest_length(&shape->grid) > 2.0 * TREND_PERIODS_MAX)
		error_periods();
	if (span == 0)
	{
		periods.length = 1;
		return periods;
	}
	if (periods.length == 0)
	{
		bound_append(&periods, start);
		while (periods.bound[periods.bounds - 1] < end)
		{
			if (periods.bounds > TREND_PERIODS_MAX)
				error_periods();
			bound_append(&periods, period_start(&shape->grid, periods.bounds));
		}
		shape->periods = periods.bounds - 1;
		shape->cut = periods.bound[periods.bounds - 1] > end;
		periods.inverse =
			shape->periods / ((double) periods.bound[periods.bounds - 1] - (double) periods.bound[0]);
		periods.length = common_length(&periods);
	}
	else
	{
		const int64 whole = span / periods.length;

		shape->cut = span % periods.length != 0;
		if (whole + shape->cut > TREND_PERIODS_MAX)
			error_periods();
		shape->periods = (uint32) (whole + shape->cut);
	}
	if (periods.length != 0)
		periods.inverse = 1.0 / (double) periods.length;
	return periods;
}

/*
 * Count the periods from their start, as periods_window() does, where that gives the same ones: a month before
 * March 30th is the end of February, but a month after that is March 28th.
 */
static void
count_from_start(Periods *periods)
{
	TrendGrid grid = periods->shape.grid;

	grid.origin = periods->start;
	for (int32 i = 0; i < periods->bounds; i++)
		if (period_start(&grid, i) != periods->bound[i])
			return;
	periods->shape.grid = grid;
	periods->shape.first = 0;
}

Periods
periods_around(TrendTime time, Interval period, int64 origin, int before, int after)
{
	Periods periods = periods_make(time, period, true);
	TrendShape *shape = &periods.shape;

	shape->grid.origin = origin;
	shape->first = -before;
	shape->periods = (uint32) (before + after);
	for (int i = -before; i <= after; i++)
		bound_append(&periods, period_start(&shape->grid, i));
	periods.start = periods.bound[0];
	periods.end = periods.bound[periods.bounds - 1];
	periods.inverse = shape->periods / ((double) periods.end - (double) periods.start);
	periods.length = common_length(&periods);
	if (periods.length != 0)
		periods.inverse = 1.0 / (double) periods.length;
	count_from_start(&periods);
	return periods;
}

/* Midnight of a day of January 2000, in the session's time zone when the grid has one. */
static int64
january_2000(const TrendGrid *grid, int day)
{
	struct pg_tm tm = {.tm_year = 2000, .tm_mon = 1, .tm_mday = day};
	int zone = 0;
	Timestamp midnight;

	/* Periods of hours and less do not follow the local calendar. */
	if (grid->time == TREND_TIMESTAMPTZ && (grid->months != 0 || grid->days != 0))
		zone = DetermineTimeZoneOffset(&tm, session_timezone);
	if (tm2timestamp(&tm, 0, &zone, &midnight) != 0)
		elog(ERROR, "timestamp out of range");
	return midnight;
}

Periods
periods_own(TrendTime time, Interval period)
{
	Periods periods = periods_make(time, period, false);
	TrendGrid *grid = &periods.shape.grid;

	if (is_calendar(grid->time))
		grid->origin = january_2000(grid, grid->months != 0 ? 1 : 3);
	periods.start = grid->origin;
	periods.length = fixed_length(grid);
	return periods;
}

/* The last start in the table that is not after tick, which lies within the table. */
static int64
bound_find(const Periods *periods, int64 tick)
{
	const int64 *bound = periods->bound;
	int32 i = (int32) (((double) tick - (double) bound[0]) * periods->inverse);

	i = Max(0, Min(i, periods->bounds - 2));
	while (tick < bound[i])
		i--;
	while (tick >= bound[i + 1])
		i++;
	return periods->bound_first + i;
}

/* The period of tick by the calendar alone, without the table of starts. */
static int64
calendar_guess(const TrendGrid *grid, int64 tick)
{
	const double k = floor(((double) tick - (double) grid->origin) / mean_length(grid));

	if (!(fabs(k) < PG_INT32_MAX / 2))
		error_range();

	int64 index = (int64) k;

	while (period_start(grid, index) > tick)
		index--;
	while (period_start(grid, index + 1) <= tick)
		index++;
	return index;
}

static int64
calendar_find(Periods *periods, int64 tick)
{
	const TrendGrid *grid = &periods->shape.grid;

	if (periods->bounds < 2 || tick < periods->bound[0] || tick >= periods->bound[periods->bounds - 1])
	{
		const int64 index = calendar_guess(grid, tick);
		const int64 last = periods->bound_first + periods->bounds;

		if (periods->bounds > 0 && (index < periods->bound_first - TABLE_STEP_MAX ||
									index > last + TABLE_STEP_MAX || periods->bounds > 4 * TABLE_STEP_MAX))
			return index;
		bound_extend(periods, index, index + 1);
	}
	return bound_find(periods, tick);
}

int64
periods_find_slow(Periods *periods, int64 tick)
{
	const TrendGrid *grid = &periods->shape.grid;

	if (grid->windowed)
		return tick < periods->start || tick >= periods->end ? PERIOD_NONE : bound_find(periods, tick);
	if (is_calendar(grid->time) && TIMESTAMP_NOT_FINITE(tick))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("time must be finite"),
						errhint("Filter such rows out, or give a window: rows outside it are left out.")));
	if (periods->length == 0)
		return calendar_find(periods, tick);

	int64 since;

	if (pg_sub_s64_overflow(tick, periods->start, &since))
		error_range();

	const int64 index = since / periods->length - (since % periods->length < 0);

	if (index > TREND_FIRST_MAX || index < -TREND_FIRST_MAX)
		error_range();
	return index;
}

USERCLS_CLONES static void
find_fixed(const Periods *periods, int64 *restrict period, const int64 *restrict tick, size_t n)
{
	const int64 start = periods->start, end = periods->end, length = periods->length;
	const double inverse = periods->inverse;

	for (size_t i = 0; i < n; i++)
		period[i] = periods_find_fixed(start, end, length, inverse, tick[i]);
}

void
periods_find_many(Periods *periods, int64 *period, const int64 *tick, size_t n)
{
	if (periods->shape.grid.windowed && periods->length != 0)
		find_fixed(periods, period, tick, n);
	else
		for (size_t i = 0; i < n; i++)
			period[i] = periods_find_slow(periods, tick[i]);
}

int64
period_shift(const TrendGrid *a, const TrendShape *b)
{
	const TrendGrid *other = &b->grid;

	if (trend_grid_equal(a, other))
		return 0;
	if (a->time != other->time || a->months != other->months || a->days != other->days ||
		a->step != other->step)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("trends have different periods"),
				 errhint("Only trends over the same kind of time and of the same period can be merged.")));
	if (a->windowed != other->windowed)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a trend over a given window cannot be merged with one over the user's own"),
						errhint("Give a window to both, or to neither.")));

	Periods periods = {.shape = {.grid = *a},
					   .start = a->origin,
					   .length = fixed_length(a),
					   .context = CurrentMemoryContext};

	periods.shape.grid.windowed = false;

	const int64 shift = periods_find_slow(&periods, other->origin);

	/* Where days or months differ in length, equal starts say nothing of the periods that follow. */
	for (int64 i = periods.length != 0 ? b->periods : 0; i <= b->periods; i++)
		if (period_start(a, shift + b->first + i) != period_start(other, b->first + i))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("trends have periods that start at different times"),
					 errhint("Merge trends whose windows start a whole number of periods apart, made under "
							 "the same time zone.")));
	return shift;
}

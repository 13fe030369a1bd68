/*
 * From a time to the number of its period.
 *
 * Period k starts at origin + k × period, by PostgreSQL's own arithmetic: months
 * by the calendar (January 31st + 1 month is the end of February), days of a
 * timestamptz by the calendar of the session's time zone, so that a day may
 * have 23 or 25 hours. Where all periods turn out equally long a lookup is one
 * multiplication; otherwise a table of starts is kept, and a guess corrected.
 *
 * Times are ticks: microseconds of a timestamp or timestamptz (dates are
 * midnights), or the value of a bigint. This is the one place that has the rule:
 * aggregates, trend_users and the windows of sequence models ask it alike.
 */
#ifndef USERCLS_LABELER_PERIODS_H
#define USERCLS_LABELER_PERIODS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

#include "labeler/pure/trend.h"

#define PERIOD_NONE PG_INT64_MIN

typedef struct Periods
{
	TrendShape shape; /* of a window: all of it; of the user's own window: the grid alone */
	int64 start;      /* of the window, or of the grid; periods_find() counts a window's periods from here */
	int64 end;
	int64 length;   /* ticks of every period; 0: they differ, look at bound */
	double inverse; /* about one over the length */
	int64 *bound;   /* starts of periods bound_first … bound_first + bounds - 1 */
	int64 bound_first;
	int32 bounds;
	int32 bound_room;
	MemoryContext context; /* of bound */
} Periods;

/* An error unless the period is positive; for TREND_NUMBER and TREND_SERIES it is that many units. */
extern void period_check(TrendTime time, const Interval *period);

/* A given window. An error when the period is not positive, the window is not finite, ends before it starts, or has too
 * many periods. */
extern Periods periods_window(TrendTime time, Interval period, int64 start, int64 end);

/* The window of `before` whole periods up to origin and `after` from there on: period i starts at
 * origin + (i - before) × period. */
extern Periods periods_around(TrendTime time, Interval period, int64 origin, int before, int after);

/* The user's own window: periods that all users share, from Monday 2000-01-03 (months: 2000-01-01; bigint:
 * 0). */
extern Periods periods_own(TrendTime time, Interval period);

/* For TREND_NUMBER the period is that many units. */
static inline Interval
period_units(int64 units)
{
	return (Interval){.time = units};
}

/* Midnight of a date in microseconds; infinities, and dates that no timestamp reaches, are the infinities. */
static inline int64
date_tick(DateADT date)
{
	if (unlikely(date >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE))
		return DT_NOEND;
	if (unlikely(date < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE))
		return DT_NOBEGIN;
	return date * USECS_PER_DAY;
}

/* tick + n periods; days and months by the calendar, for TREND_TIMESTAMPTZ in the session's time zone. */
extern int64 period_add(TrendTime time, int64 tick, const Interval *period, int64 n);

/* Start of a period of the grid. */
extern int64 period_start(const TrendGrid *grid, int64 index);

/*
 * How many periods later the grid of b begins than that of a: period i of b is period i + shift of a. Both
 * are windowed or both are not; an error when the periods that b covers are no periods of a.
 */
extern int64 period_shift(const TrendGrid *a, const TrendShape *b);

extern int64 periods_find_slow(Periods *periods, int64 tick);

/* The period of tick in a given window whose periods are equally long. */
static inline int64
periods_find_fixed(int64 start, int64 end, int64 length, double inverse, int64 tick)
{
	/*
	 * The product is off by one at most: there are fewer than 2^17 periods. One too many may reach beyond the
	 * range: the difference is right all the same, computed modulo 2^64.
	 */
	const int64 since = (int64) ((uint64) tick - (uint64) start);
	int64 k = (int64) ((double) since * inverse);
	const int64 left = (int64) ((uint64) since - (uint64) k * (uint64) length);

	k += (left >= length) - (left < 0);
	return tick >= start && tick < end ? k : PERIOD_NONE;
}

/* The period of tick; PERIOD_NONE outside a given window. */
static inline int64
periods_find(Periods *periods, int64 tick)
{
	if (!periods->shape.grid.windowed || periods->length == 0)
		return periods_find_slow(periods, tick);
	return periods_find_fixed(periods->start, periods->end, periods->length, periods->inverse, tick);
}

/* The same for n ticks. */
extern void periods_find_many(Periods *periods, int64 *period, const int64 *tick, size_t n);

#endif

/*
 * The arguments of the labeler's aggregates: (state, time, value, period [, window_start, window_end]) for
 * each kind of time and of period, read without a cast, and planned once per query.
 */
#ifndef USERCLS_LABELER_AGGREGATE_CALL_H
#define USERCLS_LABELER_AGGREGATE_CALL_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "labeler/state_pool.h"
#include "labeler/state.h"
#include "labeler/periods.h"

typedef enum TimeKind
{
	TIME_TIMESTAMPTZ,
	TIME_TIMESTAMP,
	TIME_DATE,
	TIME_BIGINT
} TimeKind;

typedef enum PeriodKind
{
	PERIOD_INTERVAL,
	PERIOD_DAYS,  /* int */
	PERIOD_UNITS, /* bigint */
	PERIOD_TEXT   /* an interval as text: a bare literal beside a date would otherwise be int or interval */
} PeriodKind;

/*
 * The kinds of time and period that an aggregate comes in: suffix of its C functions, time, period.
 * NB: scripts/labeler-sql has the same kinds, for the SQL.
 */
#define LABELER_TIMES(FUNCTIONS)                                                                             \
	FUNCTIONS(timestamptz, TIME_TIMESTAMPTZ, PERIOD_INTERVAL)                                                \
	FUNCTIONS(timestamp, TIME_TIMESTAMP, PERIOD_INTERVAL)                                                    \
	FUNCTIONS(date, TIME_DATE, PERIOD_INTERVAL)                                                              \
	FUNCTIONS(date_days, TIME_DATE, PERIOD_DAYS)                                                             \
	FUNCTIONS(date_text, TIME_DATE, PERIOD_TEXT)                                                             \
	FUNCTIONS(bigint, TIME_BIGINT, PERIOD_UNITS)

typedef struct LabelerCall
{
	bool planned;
	Periods periods;
	Datum start, end; /* the arguments that were planned for */
	Datum units;
	Interval interval;
	struct varlena *text;
	const TrendShape *checked; /* a state's shape that is known to be ours */
	TrendPool *pool;           /* whose rows can wait, while trend_pools_ended is this; or NULL */
	uint64 pools_ended;
} LabelerCall;

static inline int64
time_tick(TimeKind kind, Datum time)
{
	return kind == TIME_DATE ? date_tick(DatumGetDateADT(time)) : DatumGetInt64(time);
}

extern void labeler_plan(FunctionCallInfo fcinfo, LabelerCall *call, TimeKind time, PeriodKind period);

static inline bool
period_unchanged(const LabelerCall *call, PeriodKind kind, Datum period)
{
	if (kind == PERIOD_INTERVAL)
	{
		const Interval *now = DatumGetIntervalP(period);

		return now->time == call->interval.time && now->day == call->interval.day &&
			   now->month == call->interval.month;
	}
	if (kind == PERIOD_TEXT)
		return VARSIZE_ANY(period) == VARSIZE_ANY(call->text) &&
			   memcmp(DatumGetPointer(period), call->text, VARSIZE_ANY(call->text)) == 0;
	return period == call->units;
}

/*
 * The plan on fn_extra, made anew unless it is for the period and window of this call. Six arguments: a window is
 * given.
 */
static pg_attribute_always_inline LabelerCall *
labeler_call(FunctionCallInfo fcinfo, TimeKind time, PeriodKind period)
{
	LabelerCall *call = fcinfo->flinfo->fn_extra;
	const NullableDatum *arg = fcinfo->args;

	if (likely(call != NULL && call->planned && !arg[3].isnull &&
			   period_unchanged(call, period, arg[3].value) &&
			   (fcinfo->nargs < 6 || (!arg[4].isnull && !arg[5].isnull && arg[4].value == call->start &&
									  arg[5].value == call->end))))
		return call;
	if (call == NULL)
		fcinfo->flinfo->fn_extra = call =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(LabelerCall));
	labeler_plan(fcinfo, call, time, period);
	return call;
}

/* The state of argument 0, made when there is none yet. An error when the window changed within the group. */
extern TrendState *labeler_state_slow(FunctionCallInfo fcinfo, LabelerCall *call);

static pg_attribute_always_inline TrendState *
labeler_state(FunctionCallInfo fcinfo, LabelerCall *call)
{
	if (likely(!fcinfo->args[0].isnull))
	{
		TrendState *state = trend_state_of(fcinfo->args[0].value);

		if (likely(state != NULL && state->shape == call->checked))
			return state;
	}
	return labeler_state_slow(fcinfo, call);
}

/*
 * The slot of a period. Of a window whose slots all lie behind the state's head, only the head's first cache line is
 * read.
 */
static pg_attribute_always_inline TrendSlot *
labeler_slot(const LabelerCall *call, TrendState *state, int64 period)
{
	const TrendShape *shape = &call->periods.shape;
	TrendSlot *in_place = (TrendSlot *) (state + 1);

	if (likely(shape->grid.windowed && shape->periods <= TREND_STATE_SLOT_MAX && state->slot == in_place))
		return in_place + (size_t) period * shape->width;
	return trend_state_slots(state, period);
}

/* The state of argument 0, found without reading it, when its rows can wait; NULL: take the usual way. */
static pg_attribute_always_inline TrendState *
labeler_waiting(FunctionCallInfo fcinfo, const LabelerCall *call)
{
	if (call->pool == NULL || call->pools_ended != trend_pools_ended || fcinfo->args[0].isnull)
		return NULL;
	return trend_pool_state(call->pool, fcinfo->args[0].value);
}

#endif

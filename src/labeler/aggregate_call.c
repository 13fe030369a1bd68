#include "postgres.h"

#include "server/majors.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "labeler/aggregate_call.h"

static Interval
read_period(const LabelerCall *call, PeriodKind kind)
{
	switch (kind)
	{
		case PERIOD_DAYS:
			return (Interval){.day = DatumGetInt32(call->units)};
		case PERIOD_UNITS:
			return period_units(DatumGetInt64(call->units));
		default:
			return call->interval;
	}
}

static void
remember_period(FunctionCallInfo fcinfo, LabelerCall *call, PeriodKind kind)
{
	const Datum period = fcinfo->args[3].value;

	if (kind == PERIOD_INTERVAL)
		call->interval = *DatumGetIntervalP(period);
	else if (kind == PERIOD_TEXT)
	{
		const char *written = text_to_cstring(DatumGetTextPP(period));

		call->text = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE_ANY(period));
		memcpy(call->text, DatumGetPointer(period), VARSIZE_ANY(period));
		call->interval = *DatumGetIntervalP(DirectFunctionCall3(
			interval_in, CStringGetDatum(written), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	}
	else
		call->units = period;
}

void
labeler_plan(FunctionCallInfo fcinfo, LabelerCall *call, TimeKind time, PeriodKind period)
{
	static const TrendTime trend_time[] = {
		[TIME_TIMESTAMPTZ] = TREND_TIMESTAMPTZ,
		[TIME_TIMESTAMP] = TREND_TIMESTAMP,
		[TIME_DATE] = TREND_TIMESTAMP,
		[TIME_BIGINT] = TREND_NUMBER,
	};
	const bool windowed = fcinfo->nargs >= 6;
	const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

	/* After an error nothing of this may be taken for planned. */
	call->planned = false;
	call->checked = NULL;
	call->pool = NULL;
	if (call->periods.bound)
		pfree(call->periods.bound);
	call->periods.bound = NULL;

	if (PG_ARGISNULL(3))
		error_null_argument("period");
	remember_period(fcinfo, call, period);
	if (windowed)
	{
		if (PG_ARGISNULL(4))
			error_null_argument("window_start");
		if (PG_ARGISNULL(5))
			error_null_argument("window_end");
		call->start = PG_GETARG_DATUM(4);
		call->end = PG_GETARG_DATUM(5);
		call->periods = periods_window(trend_time[time], read_period(call, period),
									   time_tick(time, call->start), time_tick(time, call->end));
	}
	else
		call->periods = periods_own(trend_time[time], read_period(call, period));
	MemoryContextSwitchTo(old);
	call->planned = true;
}

TrendState *
labeler_state_slow(FunctionCallInfo fcinfo, LabelerCall *call)
{
	MemoryContext aggcontext;
	TrendState *state = PG_ARGISNULL(0) ? NULL : trend_state_of(PG_GETARG_DATUM(0));

	if (state == NULL)
	{
		if (!AggCheckCallContext(fcinfo, &aggcontext))
			error_outside_aggregate();
		state = trend_state_make(aggcontext, &call->periods.shape);

		/* The state came flat: a distributed engine may keep it so between rows. The result is right, but slow. */
		if (!PG_ARGISNULL(0))
			trend_state_merge(state, PG_GETARG_DATUM(0));
	}
	if (!trend_shape_equal(state->shape, &call->periods.shape))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("period and window must be the same for all rows of a group"),
						errhint("Add them to GROUP BY, or label each window on its own and use rollup().")));
	call->checked = state->shape;
	call->pool = trend_pool_waiting(state);
	call->pools_ended = trend_pools_ended;
	return state;
}

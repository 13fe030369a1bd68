/*
 * trend_agg and rollup: rows and partial states to a trend.
 *
 *   state = NULL;  foreach row do
 *     plan = fn_extra, made anew when period or window are not those of the row before
 *     period = the period of the row's time;  slot = the state's slot of it
 *     slot += value, at once or a few rows later (server/waiting.h)
 *   combine: foreach cell of the other state: slot of its period += cell
 *   final: the cells that are not empty, as bytes (labeler/pure/trend.h)
 */
#include "postgres.h"

#include "fmgr.h"

#include "labeler/aggregate_call.h"
#include "labeler/state_pool.h"
#include "labeler/state.h"
#include "server/errors.h"

typedef enum ValueKind
{
	VALUE_FLOAT8,
	VALUE_BOOLEAN /* 1 and 0 */
} ValueKind;

static pg_attribute_always_inline double
row_value(FunctionCallInfo fcinfo, ValueKind kind)
{
	return kind == VALUE_BOOLEAN ? PG_GETARG_BOOL(2) : PG_GETARG_FLOAT8(2);
}

/* The state as the executor gets it back: NULL before the first row, afterwards always the pointer that it gave us. */
static pg_attribute_always_inline Datum
state_result(FunctionCallInfo fcinfo, TrendState *state)
{
	if (state == NULL)
		PG_RETURN_NULL();
	return trend_state_datum(state);
}

/* The slot that the row's value belongs to, or NULL: the value is null or outside the window. */
static pg_attribute_always_inline TrendSlot *
row_slot(FunctionCallInfo fcinfo, LabelerCall *call, TrendState **state, TimeKind time)
{
	*state = NULL;
	if (unlikely(PG_ARGISNULL(1) || PG_ARGISNULL(2)))
	{
		/* A given window is known without a value; the user's own is not. */
		if (call->periods.shape.grid.windowed || !PG_ARGISNULL(0))
			*state = labeler_state(fcinfo, call);
		return NULL;
	}

	const int64 index = periods_find(&call->periods, time_tick(time, PG_GETARG_DATUM(1)));

	*state = labeler_state(fcinfo, call);
	return index == PERIOD_NONE ? NULL : labeler_slot(call, *state, index);
}

/* The transition. A state whose slots lie in a pool gets the row later; any other is added to now. */
static pg_attribute_always_inline Datum
accumulate(FunctionCallInfo fcinfo, TimeKind time, PeriodKind period, ValueKind value)
{
	LabelerCall *call = labeler_call(fcinfo, time, period);
	TrendState *state = labeler_waiting(fcinfo, call);

	if (state == NULL)
	{
		TrendSlot *slot = row_slot(fcinfo, call, &state, time);

		if (slot)
			trend_state_add(state, slot, row_value(fcinfo, value));
		return state_result(fcinfo, state);
	}
	if (likely(!PG_ARGISNULL(1) && !PG_ARGISNULL(2)))
	{
		const int64 index = periods_find(&call->periods, time_tick(time, PG_GETARG_DATUM(1)));

		if (index != PERIOD_NONE)
			trend_pool_add(call->pool, state, (TrendSlot *) (state + 1) + index, row_value(fcinfo, value));
	}
	return trend_state_datum(state);
}

/*
 * The transition of moving frames: add the row, and note in the state when it could not be taken away exactly. Such a
 * transition may not return NULL: a frame that begins with null values has a state without any.
 */
static pg_attribute_always_inline Datum
accumulate_moving(FunctionCallInfo fcinfo, TimeKind time, PeriodKind period, ValueKind value)
{
	LabelerCall *call = labeler_call(fcinfo, time, period);
	TrendState *state;
	TrendSlot *slot = row_slot(fcinfo, call, &state, time);

	if (state == NULL)
		state = labeler_state(fcinfo, call);

	if (slot)
	{
		double sum = slot->sum;
		float rest = slot->rest;

		if (!trend_sum_exact(&sum, &rest, row_value(fcinfo, value)))
			state->lossy = 1;
		trend_state_add(state, slot, row_value(fcinfo, value));
	}
	return trend_state_datum(state);
}

/*
 * The inverse transition. NULL makes the executor add the frame's rows anew: taking this one away would not be exact.
 */
static pg_attribute_always_inline Datum
remove_moving(FunctionCallInfo fcinfo, TimeKind time, PeriodKind period, ValueKind value)
{
	TrendState *state;
	TrendSlot *slot = row_slot(fcinfo, labeler_call(fcinfo, time, period), &state, time);

	if (slot)
	{
		double sum = slot->sum;
		float rest = slot->rest;

		if (state->lossy || !trend_sum_exact(&sum, &rest, -row_value(fcinfo, value)))
			PG_RETURN_NULL();
		slot->sum = sum;
		slot->rest = rest;
		trend_state_set_count(state, slot, trend_state_count(state, slot) - 1);
		if (slot->count == 0)
			slot->negative = 0;
	}
	return state_result(fcinfo, state);
}

#define TREND_TRANSITIONS(suffix, time, period, value)                                                       \
	PG_FUNCTION_INFO_V1(usercls__trend_accum_##suffix);                                                      \
	Datum usercls__trend_accum_##suffix(PG_FUNCTION_ARGS)                                                    \
	{                                                                                                        \
		return accumulate(fcinfo, time, period, value);                                                      \
	}                                                                                                        \
	PG_FUNCTION_INFO_V1(usercls__trend_moving_##suffix);                                                     \
	Datum usercls__trend_moving_##suffix(PG_FUNCTION_ARGS)                                                   \
	{                                                                                                        \
		return accumulate_moving(fcinfo, time, period, value);                                               \
	}                                                                                                        \
	PG_FUNCTION_INFO_V1(usercls__trend_remove_##suffix);                                                     \
	Datum usercls__trend_remove_##suffix(PG_FUNCTION_ARGS)                                                   \
	{                                                                                                        \
		return remove_moving(fcinfo, time, period, value);                                                   \
	}

/* Of each kind of time, over numbers and over booleans. */
#define TREND_ACCUM(suffix, time, period)                                                                    \
	TREND_TRANSITIONS(suffix, time, period, VALUE_FLOAT8)                                                    \
	TREND_TRANSITIONS(suffix##_boolean, time, period, VALUE_BOOLEAN)

LABELER_TIMES(TREND_ACCUM)

PG_FUNCTION_INFO_V1(usercls__trend_combine);
Datum
usercls__trend_combine(PG_FUNCTION_ARGS)
{
	MemoryContext aggcontext;

	if (!AggCheckCallContext(fcinfo, &aggcontext))
		error_outside_aggregate();

	TrendState *state = PG_ARGISNULL(0) ? NULL : trend_state_of(PG_GETARG_DATUM(0));

	if (state == NULL && !PG_ARGISNULL(0))
	{
		const TrendShape shape = trend_datum_shape(PG_GETARG_DATUM(0));

		state = trend_state_make(aggcontext, &shape);
		trend_state_merge(state, PG_GETARG_DATUM(0));
	}
	if (PG_ARGISNULL(1))
		return state_result(fcinfo, state);
	if (state == NULL)
	{
		const TrendShape shape = trend_datum_shape(PG_GETARG_DATUM(1));

		state = trend_state_make(aggcontext, &shape);
	}
	trend_state_merge(state, PG_GETARG_DATUM(1));
	return state_result(fcinfo, state);
}

PG_FUNCTION_INFO_V1(usercls__trend_final);
Datum
usercls__trend_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();

	const TrendState *state = trend_state_of(PG_GETARG_DATUM(0));
	struct varlena *flat;

	if (state == NULL)
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	flat = trend_state_flat(state);
	if (flat == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(flat);
}

#include "postgres.h"

#include "server/majors.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "labeler/state_pool.h"
#include "labeler/state.h"

#define OWN_START 8 /* periods a state over the user's own window starts with */

/* Periods that the slots behind a state's head have room for. */
static uint32
inline_periods(const TrendShape *shape)
{
	if (!shape->grid.windowed)
		return OWN_START;
	return Min(shape->periods, TREND_STATE_SLOT_MAX);
}

static TrendSlot *
inline_slots(const TrendState *state)
{
	return (TrendSlot *) (state + 1);
}

static size_t
inline_bytes(const TrendShape *shape)
{
	return sizeof(TrendSlot) * inline_periods(shape) * shape->width;
}

size_t
trend_state_size(const TrendShape *shape)
{
	return TYPEALIGN(POOL_ALIGNMENT, sizeof(TrendState) + inline_bytes(shape));
}

void
trend_state_init(TrendState *state, const TrendShape *shape, MemoryContext context)
{
	memset(state, 0, sizeof(TrendState) + inline_bytes(shape));
	EOH_init_header(&state->header, &trend_state_methods, context);
	state->shape = shape;
	state->slot = inline_slots(state);
	state->first = shape->first;
	state->periods = shape->grid.windowed ? inline_periods(shape) : 0;
}

void
trend_state_move(TrendState *to, const TrendState *from)
{
	const bool in_place = from->slot == inline_slots(from);

	memcpy(to, from, trend_state_size(from->shape));
	EOH_init_header(&to->header, &trend_state_methods, from->header.eoh_context);
	if (in_place)
		to->slot = inline_slots(to);
}

void
trend_state_release(TrendState *state)
{
	if (state->slot != inline_slots(state))
		pfree(state->slot);
	if (state->carry)
		pfree(state->carry);
}

void
trend_state_set_shape(TrendState *state, const TrendShape *shape)
{
	trend_pool_mix(trend_pool_find(state));
	state->shape = trend_pool_of(MemoryContextGetParent(state->header.eoh_context), shape)->shape;
}

TrendState *
trend_state_make(MemoryContext aggcontext, const TrendShape *shape)
{
	TrendPool *pool = trend_pool_of(aggcontext, shape);
	TrendState *state = trend_pool_take(pool);

	trend_state_init(state, pool->shape, pool->context);
	return state;
}

static bool
period_is_empty(const TrendState *state, uint32 period)
{
	for (uint32 i = 0; i < state->shape->width; i++)
		if (state->slot[(size_t) period * state->shape->width + i].count != 0)
			return false;
	return true;
}

/* Periods with values: from *low to before *high, relative to the first slot; both 0 when there are none. */
static void
used_periods(const TrendState *state, uint32 *low, uint32 *high)
{
	for (*low = 0; *low < state->periods && period_is_empty(state, *low);)
		++*low;
	for (*high = state->periods; *high > *low && period_is_empty(state, *high - 1);)
		--*high;
	if (*low == *high)
		*low = *high = 0;
}

void
trend_state_error_span(void)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("trend spans more than %d periods", TREND_PERIODS_MAX),
					errhint("Use a longer period, or give a window.")));
}

void
trend_state_grow(TrendState *state, int64 index)
{
	const TrendShape *shape = state->shape;

	if (!shape->grid.windowed && state->periods == 0)
	{
		state->first = index;
		state->periods = OWN_START;
		return;
	}

	uint32 low, high;

	used_periods(state, &low, &high);

	/* Cover [from, to), the used periods and `index`, and as many again on the side on which index lies. */
	const bool down = index < state->first;
	int64 from = low == high ? index : Min(state->first + low, index);
	int64 to = low == high ? index + 1 : Max(state->first + high, index + 1);

	if ((uint64) to - (uint64) from > TREND_PERIODS_MAX)
		trend_state_error_span();

	const int64 spare = Min(to - from, TREND_PERIODS_MAX - (to - from));

	if (down)
		from -= spare;
	else
		to += spare;
	if (shape->grid.windowed)
	{
		from = Max(from, shape->first);
		to = Min(to, shape->first + shape->periods);
	}

	const size_t width = shape->width;
	const uint32 periods = (uint32) (to - from);
	TrendSlot *slot = MemoryContextAllocExtended(
		state->header.eoh_context, sizeof(TrendSlot) * width * periods, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	if (low < high)
		memcpy(slot + (size_t) (state->first + low - from) * width, state->slot + low * width,
			   sizeof(TrendSlot) * width * (high - low));
	if (state->slot != inline_slots(state))
		pfree(state->slot);
	state->slot = slot;
	state->first = from;
	state->periods = periods;
}

/* The number of a slot's cell: period × width + number. */
static int64
cell_of(const TrendState *state, const TrendSlot *slot)
{
	return (int64) ((uint64) state->first * state->shape->width) + (slot - state->slot);
}

/* The carry of a slot's cell, or NULL. */
static TrendCarry *
carry_of(const TrendState *state, const TrendSlot *slot)
{
	const int64 cell = cell_of(state, slot);

	for (uint32 i = 0; i < state->carries; i++)
		if (state->carry[i].cell == cell)
			return &state->carry[i];
	return NULL;
}

void
trend_state_carry(TrendState *state, const TrendSlot *slot, uint64 times)
{
	TrendCarry *carry = carry_of(state, slot);

	if (carry == NULL)
	{
		/* A carry comes once in 255 values: nothing that has to be fast. There is room for a power of two. */
		const size_t bytes = sizeof(TrendCarry) * 2 * state->carries;

		if (state->carries == 0)
			state->carry = MemoryContextAlloc(state->header.eoh_context, sizeof(TrendCarry));
		else if ((state->carries & (state->carries - 1)) == 0)
			state->carry = repalloc(state->carry, bytes);
		carry = &state->carry[state->carries++];
		*carry = (TrendCarry){.cell = cell_of(state, slot)};
	}
	carry->times += times;
}

uint64
trend_state_count(const TrendState *state, const TrendSlot *slot)
{
	const TrendCarry *carry = state->carries == 0 ? NULL : carry_of(state, slot);

	return slot->count + (carry ? carry->times * TREND_COUNT_MAX : 0);
}

void
trend_state_set_count(TrendState *state, TrendSlot *slot, uint64 count)
{
	const uint64 times = count == 0 ? 0 : (count - 1) / TREND_COUNT_MAX;
	TrendCarry *carry = state->carries == 0 ? NULL : carry_of(state, slot);

	if (carry)
		carry->times = times;
	else if (times != 0)
		trend_state_carry(state, slot, times);
	slot->count = (uint8) (count - times * TREND_COUNT_MAX);
}

void
trend_state_error(double value)
{
	if (isfinite(value))
		ereport(
			ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("sum of values is out of range"),
			 errdetail("A period's values add up to more than 1.8e308, or to more than 3e54 with digits that "
					   "double precision cannot hold."),
			 errhint("Scale the values down.")));
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("value is %s, expected a finite number", isnan(value) ? "NaN"
																	: value > 0  ? "Infinity"
																				 : "-Infinity"),
					errdetail("A sum that such a value enters, and every difference from it, says nothing."),
					errhint("Filter such rows out, or turn them into NULL, which is ignored.")));
}

/* Write the stored form, without a varlena header, and return its size; bytes NULL only measures. */
static size_t
state_write(void *bytes, const TrendState *state)
{
	TrendShape shape = *state->shape;
	uint32 low, high;

	used_periods(state, &low, &high);
	if (!shape.grid.windowed)
	{
		shape.first = low < high ? state->first + low : 0;
		shape.periods = high - low;
	}

	TrendWriter writer = trend_writer(bytes, &shape);
	const uint32 offset = (uint32) (state->first + low - shape.first) * shape.width;
	const TrendSlot *slot = state->slot + (size_t) low * shape.width;

	for (uint32 i = 0; i < (high - low) * shape.width; i++)
		if (slot[i].count != 0)
		{
			const TrendCell cell = {.index = offset + i,
									.sum = slot[i].sum,
									.rest = slot[i].rest,
									.negative = slot[i].negative,
									.count = trend_state_count(state, &slot[i])};

			if (unlikely(!isfinite(cell.sum) || !isfinite(cell.rest)))
				trend_state_error(0.0);
			trend_write(&writer, &cell);
		}
	return writer.used;
}

struct varlena *
trend_state_flat(const TrendState *state)
{
	trend_pool_settle(state);
	if (!state->shape->grid.windowed)
	{
		uint32 low, high;

		used_periods(state, &low, &high);
		if (low == high)
			return NULL;
	}

	/* One pass into room enough; only a trend that is large is worth measuring first. */
	const size_t cells = (size_t) state->periods * state->shape->width;
	const size_t room = cells <= 256 ? TREND_HEAD_MAX + cells * TREND_CELL_MAX : state_write(NULL, state);
	struct varlena *flat = palloc(VARHDRSZ + room);

	SET_VARSIZE(flat, VARHDRSZ + state_write(VARDATA(flat), state));
	return flat;
}

static Size
state_flat_size(ExpandedObjectHeader *header)
{
	trend_pool_settle((TrendState *) header);
	return VARHDRSZ + state_write(NULL, (TrendState *) header);
}

static void
state_flatten(ExpandedObjectHeader *header, void *result, Size size)
{
	SET_VARSIZE(result, size);
	state_write(VARDATA(result), (TrendState *) header);
}

const ExpandedObjectMethods trend_state_methods = {state_flat_size, state_flatten};

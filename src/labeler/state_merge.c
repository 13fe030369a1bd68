/*
 * One trend into another:
 *
 *   settle the state's waiting rows;  widen its window to hold the other's;  shift = the other's periods in this grid
 *   foreach cell of the other do slot[first + shift + cell] += sum, rest and count
 */
#include "postgres.h"

#include "server/majors.h"

#include <math.h>

#include "fmgr.h"

#include "labeler/state_pool.h"
#include "labeler/state.h"
#include "labeler/periods.h"

void
trend_damaged(const TrendReader *reader)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored trend is damaged at byte %zu", reader->at),
			 errdetail("The trend is not valid: %s.", reader->damaged),
			 errhint("Aggregate it again from its rows, or restore it from a backup.")));
}

static void
error_width(uint32 got, uint32 want)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("states have %u and %u values per period", want, got),
					errdetail("States of one aggregate have equally many."),
					errhint("Merge trends with trends, and sequences of the same features.")));
}

/*
 * Widen the state's window to hold the other's as well; returns how many periods later other's period 0 is in the new
 * grid.
 */
static int64
state_widen(TrendState *state, const TrendShape *other)
{
	TrendShape shape = *state->shape;
	int64 shift;

	if (other->width != shape.width)
		error_width(other->width, shape.width);
	if (other->grid.origin >= shape.grid.origin)
		shift = period_shift(&shape.grid, other);
	else
	{
		const int64 own = period_shift(&other->grid, &shape);

		shape.grid = other->grid;
		shape.first += own;
		state->first += own;
		for (uint32 i = 0; i < state->carries; i++)
			state->carry[i].cell += (int64) ((uint64) own * shape.width);
		shift = 0;
	}
	if (shape.grid.windowed)
	{
		const int64 from = Min(shape.first, other->first + shift);
		const int64 last = shape.first + shape.periods, other_last = other->first + shift + other->periods;
		const int64 to = Max(last, other_last);

		if (from < -TREND_FIRST_MAX || to > TREND_FIRST_MAX || to - from > TREND_PERIODS_MAX ||
			(to - from) * shape.width > TREND_CELLS_MAX)
			trend_state_error_span();

		/* The window ends where the later one does; of two that end in one period that is the longer one. */
		if (other_last > last)
			shape.cut = other->cut;
		else if (other_last == last)
			shape.cut = shape.cut && other->cut;
		shape.first = from;
		shape.periods = (uint32) (to - from);
	}
	trend_state_set_shape(state, &shape);

	/* Slots that lie behind their head are as many as the window has: see labeler_slot. */
	if (shape.grid.windowed && shape.periods > 0)
		trend_state_grow(state, shape.first);
	return shift;
}

void
trend_state_merge(TrendState *state, Datum datum)
{
	trend_pool_settle(state);

	const struct varlena *flat = PG_DETOAST_DATUM_PACKED(datum);
	TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	const uint32 width = reader.shape.width;
	TrendShape shape = reader.shape;
	TrendCell cell;

	/* A state over users' own windows has none of its own to compare. */
	if (!shape.grid.windowed)
	{
		shape.first = state->shape->first;
		shape.periods = state->shape->periods;
	}

	const int64 shift = trend_shape_equal(state->shape, &shape) ? 0 : state_widen(state, &reader.shape);
	const int64 first = reader.shape.first + shift;

	while (trend_read(&reader, &cell))
	{
		TrendSlot *slot = trend_state_slots(state, first + cell.index / width) + cell.index % width;
		const uint64 count = trend_state_count(state, slot) + cell.count;
		double sum = slot->sum;
		float rest = slot->rest;

		trend_sum(&sum, &rest, cell.sum, cell.rest);
		if (!isfinite(sum))
			trend_state_error(cell.sum);
		slot->sum = sum;
		slot->rest = rest;
		slot->negative = trend_negative_of(slot->negative, cell.negative);
		if (count <= TREND_COUNT_MAX)
			slot->count = (uint8) count;
		else
			trend_state_set_count(state, slot, count);
	}
	if (reader.damaged)
		trend_damaged(&reader);
	if ((const void *) flat != DatumGetPointer(datum))
		pfree((void *) flat);
}

TrendShape
trend_datum_shape(Datum datum)
{
	const struct varlena *flat = PG_DETOAST_DATUM_PACKED(datum);
	const TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	TrendShape shape = reader.shape;

	if (reader.damaged)
		trend_damaged(&reader);

	/* Of the user's own window a shape is the grid alone: the periods are the state's. */
	if (!shape.grid.windowed)
	{
		shape.first = 0;
		shape.periods = 0;
	}
	return shape;
}

/* sequence_agg: rows to T periods × F sums, NULL where a period has none: what a sequence model reads. */
#include "postgres.h"

#include "server/majors.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "labeler/aggregate_call.h"
#include "labeler/state.h"

static int
features_width(const ArrayType *features)
{
	const int width = ArrayGetNItems(ARR_NDIM(features), ARR_DIMS(features));

	if (ARR_NDIM(features) != 1 || width == 0)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("features must be a one-dimensional array of at least one value"),
						errhint("Pass the columns as ARRAY[a, b, …]; a NULL in it is a missing value.")));
	return width;
}

/* Make the plan one of so many features; an error where another row of the group had another number. */
static void
set_width(FunctionCallInfo fcinfo, LabelerCall *call, int width)
{
	const TrendState *state = PG_ARGISNULL(0) ? NULL : trend_state_of(PG_GETARG_DATUM(0));
	TrendShape *shape = &call->periods.shape;

	if (state && state->shape->width != (uint32) width)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("features has %d values, expected %u", width, state->shape->width),
						errdetail("Other rows of the group have %u.", state->shape->width)));
	if (shape->width == (uint32) width)
		return;
	if ((uint64) width * shape->periods > TREND_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a sequence of %u periods × %d features is too large", shape->periods, width),
						errdetail("It can hold %u values.", TREND_CELLS_MAX)));
	shape->width = (uint32) width;
	call->checked = NULL;
}

static pg_attribute_always_inline Datum
accumulate(FunctionCallInfo fcinfo, TimeKind time, PeriodKind period)
{
	LabelerCall *call = labeler_call(fcinfo, time, period);

	/* A row without features: before the first row that has some, their number is not known, and there is no state. */
	if (PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		return PG_GETARG_DATUM(0);
	}

	const ArrayType *features = PG_GETARG_ARRAYTYPE_P(2);
	const double *value = (const double *) ARR_DATA_PTR(features);
	const bits8 *present = ARR_NULLBITMAP(features);
	const int width = features_width(features);

	set_width(fcinfo, call, width);

	TrendState *state = labeler_state(fcinfo, call);
	const int64 index =
		PG_ARGISNULL(1) ? PERIOD_NONE : periods_find(&call->periods, time_tick(time, PG_GETARG_DATUM(1)));

	if (index != PERIOD_NONE)
	{
		TrendSlot *slot = trend_state_slots(state, index);

		for (int i = 0; i < width; i++)
			if (!present || (present[i / 8] & (1 << (i % 8))))
				trend_state_add(state, &slot[i], *value++);
	}
	return trend_state_datum(state);
}

#define SEQUENCE_ACCUM(suffix, time, period)                                                                 \
	PG_FUNCTION_INFO_V1(usercls__sequence_accum_##suffix);                                                   \
	Datum usercls__sequence_accum_##suffix(PG_FUNCTION_ARGS)                                                 \
	{                                                                                                        \
		return accumulate(fcinfo, time, period);                                                             \
	}

LABELER_TIMES(SEQUENCE_ACCUM)

PG_FUNCTION_INFO_V1(usercls__sequence_final);
Datum
usercls__sequence_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();

	/* The argument is flattened here: a state that was shipped and one that was not take the same way. */
	const struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	const uint32 T = trend_complete(&reader.shape), F = reader.shape.width;
	Datum *value = palloc0(sizeof(Datum) * ((size_t) T * F + F));
	bool *missing = palloc((size_t) T * F + F);
	TrendCell cell;

	memset(missing, true, (size_t) T * F + F);
	while (trend_read(&reader, &cell))
	{
		missing[cell.index] = false;
		value[cell.index] = Float8GetDatum(cell.sum);
	}
	if (reader.damaged)
		trend_damaged(&reader);
	if (T == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));

	int dims[2] = {(int) T, (int) F}, bounds[2] = {1, 1};

	PG_RETURN_ARRAYTYPE_P(construct_md_array(value, missing, 2, dims, bounds, FLOAT8OID, sizeof(float8),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

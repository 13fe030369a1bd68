/*
 * The casts of trend to json and jsonb, for tools that do not know the type:
 *
 *   {"time": "timestamptz", "period": "7 days", "periods": [{"start": "2026-01-05T00:00:00+00:00", "sum": 12.5, "count": 3}, ...]}
 *
 * The periods are those of period_values(): a last one that the window cuts short is left out.
 */
#include "postgres.h"

#include "server/majors.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "labeler/periods.h"
#include "labeler/pure/trend.h"
#include "labeler/state.h"

/* A tick as JSON: ISO 8601, or the number that it is; of a series the subscript of a period's first value. */
static void
put_start(StringInfo json, TrendTime time, int64 tick)
{
	static const Oid type[] = {[TREND_TIMESTAMP] = TIMESTAMPOID, [TREND_TIMESTAMPTZ] = TIMESTAMPTZOID};
	char text[MAXDATELEN + 1];

	if (time == TREND_NUMBER || time == TREND_SERIES)
		appendStringInfo(json, INT64_FORMAT, tick + (time == TREND_SERIES));
	else
		appendStringInfo(json, "\"%s\"", JsonEncodeDateTime(text, Int64GetDatum(tick), type[time], NULL));
}

static void
put_period(StringInfo json, const TrendGrid *grid)
{
	const Interval period = {.month = grid->months, .day = grid->days, .time = grid->step};

	if (grid->time == TREND_NUMBER || grid->time == TREND_SERIES)
		appendStringInfo(json, INT64_FORMAT, grid->step);
	else
		escape_json(json, DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(&period))));
}

static void
put_cell(StringInfo json, const TrendShape *shape, uint32 period, const TrendCell *cell)
{
	char sum[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(cell->sum, sum);
	appendStringInfoString(json, period == 0 ? "{\"start\": " : ", {\"start\": ");
	put_start(json, shape->grid.time, period_start(&shape->grid, shape->first + period));
	appendStringInfo(json, ", \"sum\": %s, \"count\": " UINT64_FORMAT "}", sum, cell->count);
}

static char *
trend_json(const struct varlena *flat)
{
	TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	const TrendShape *shape = &reader.shape;
	TrendCell cell;
	bool more = trend_read(&reader, &cell);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"time\": \"%s\", \"period\": ", trend_time_names[shape->grid.time]);
	put_period(&json, &shape->grid);
	appendStringInfoString(&json, ", \"periods\": [");
	for (uint32 i = 0; i < trend_complete(shape); i++)
	{
		const bool here = more && cell.index == i;

		put_cell(&json, shape, i, here ? &cell : &(TrendCell){.index = i});
		more = here ? trend_read(&reader, &cell) : more;
	}
	appendStringInfoString(&json, "]}");
	if (reader.damaged)
		trend_damaged(&reader);
	return json.data;
}

PG_FUNCTION_INFO_V1(usercls__trend_json);
Datum
usercls__trend_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(trend_json(PG_GETARG_VARLENA_PP(0))));
}

PG_FUNCTION_INFO_V1(usercls__trend_jsonb);
Datum
usercls__trend_jsonb(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(trend_json(PG_GETARG_VARLENA_PP(0))));
}

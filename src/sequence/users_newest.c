/* The newest row: where a window ends when nothing else is said. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "sequence/users_cells.h"

/* The newest time that is finite and counts. */
typedef struct Newest
{
	Window window;
	int64 latest; /* that counts */
	bool found;
	int64 time;
} Newest;

/* A SourceRow; value[]: time. */
static void
newest_row(void *arg, const Datum *value, const bool *isnull)
{
	Newest *newest = arg;
	const int64 time = isnull[0] ? DT_NOBEGIN : window_time(&newest->window, value[0]);

	if (time == DT_NOBEGIN || time > newest->latest || (newest->found && time <= newest->time))
		return;
	newest->found = true;
	newest->time = time;
}

int64
time_shown(Oid type, TimestampTz moment)
{
	if (source_is_integer(type))
		return DT_NOEND;
	if (type == TIMESTAMPTZOID)
		return moment;
	return DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(moment)));
}

/* The greatest time up to $1, of rows that came before $2. */
static const char *
newest_sql(const SequenceCells *cells)
{
	const char *time = cells->time.quoted;
	const char *sql = psprintf("SELECT pg_catalog.max(%s) FROM %s WHERE %s OPERATOR(pg_catalog.<=) $1", time,
							   source_quote(cells->reading->relation), time);

	return cells->came.quoted
			   ? psprintf("%s AND (%s OPERATOR(pg_catalog.<) $2) IS NOT FALSE", sql, cells->came.quoted)
			   : sql;
}

bool
cells_newest(void *arg, int64 *newest)
{
	SequenceCells *cells = arg;
	const SourceColumn *time = &cells->time;
	const Oid relation = cells->reading->relation;
	const Oid type[] = {window_type(time->type), cells->came.type};
	const Datum value[] = {TimestampGetDatum(cells->latest), cells->before};
	Newest found = {.window.column = time->type, .latest = cells->latest};

	if (cells->came.quoted || source_knows_newest(relation, time))
		source_scan(&(SourceScan){.sql = newest_sql(cells),
								  .n = cells->came.quoted ? 2 : 1,
								  .types = type,
								  .values = value,
								  .row = newest_row,
								  .arg = &found});
	else
		source_read(
			&(SourceRead){.relation = relation, .columns = time, .n = 1, .row = newest_row, .arg = &found});
	*newest = found.time;
	return found.found;
}

/*
 * Features that are aggregate expressions over a period's rows: by one query that the planner sees, once the rows' users are
 * known.
 *
 *   foreach (user, period, value ...) in SELECT user, period of time, expression ... FROM source WHERE first <= time < as_of
 *                                        GROUP BY user, period:
 *     sums[user][period][channel of the expression] = value
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "sequence/users_cells.h"
#include "server/errors.h"
#include "server/expression.h"

/* What the query's parameters are: the first moment, the first one after as_of, where all periods begin; then only_params(). */
enum
{
	PARAM_FROM,
	PARAM_UNTIL,
	PARAM_PERIODS,
	PARAM_ONLY,
	PARAMS = PARAM_ONLY + ONLY_PARAMS
};

/* The columns of a row before those of the expressions. */
#define KEYS 2

static char *
expressions_sql(const SequenceCells *cells)
{
	const SequenceReading *reading = cells->reading;
	const char *time = cells->time.quoted;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, pg_catalog.width_bucket(%s::%s, $%d)", cells->user.quoted, time,
					 source_type(cells->window.type), PARAM_PERIODS + 1);
	for (int f = 0; f < reading->F; f++)
		if (reading->expression[f])
			appendStringInfo(&sql, ", (%s\n)", reading->features[f]);
	appendStringInfo(
		&sql,
		" FROM %s WHERE %s OPERATOR(pg_catalog.>=) $%d AND %s OPERATOR(pg_catalog.<) $%d%s GROUP BY 1, 2",
		source_quote(reading->relation), time, PARAM_FROM + 1, time, PARAM_UNTIL + 1,
		only_rows(cells, " AND ", PARAM_ONLY + 1));
	return sql.data;
}

/* Where the periods before as_of begin; closed ones hold the next tick first. */
static Datum
period_starts(const Window *window)
{
	Datum *start = palloc(sizeof(Datum) * (size_t) window->before);

	for (int i = 0; i < window->before; i++)
		start[i] = Int64GetDatum(window->periods.bound[i] + window->closed);
	return PointerGetDatum(construct_array(start, window->before, window->type, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
check_number(const char *expression, Oid type)
{
	if (!source_is_number(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("a feature is not a number: %s", expression),
				 errdetail("It has type %s.", format_type_be(type)),
				 errhint("Aggregate to a number: count(*) FILTER (WHERE ...), avg(...), sum(...).")));
}

void
expressions_check(SequenceCells *cells)
{
	const SequenceReading *reading = cells->reading;
	const Oid types[] = {cells->window.type, cells->window.type, get_array_type(cells->window.type)};
	const SourceScan scan = {.sql = expressions_sql(cells), .n = lengthof(types), .types = types};
	int column = KEYS;

	if (cells->columns == reading->F)
		return;
	cells->expression_type = palloc0(sizeof(Oid) * (size_t) reading->F);
	for (int f = 0; f < reading->F; f++)
		if (reading->expression[f])
		{
			cells->expression_type[f] = expression_type("features", &scan, ++column);
			check_number(reading->features[f], cells->expression_type[f]);
		}
}

/* A SourceRow; value[]: user, period from 1, the expressions. */
static void
read_expressions(void *arg, const Datum *value, const bool *isnull)
{
	SequenceCells *cells = arg;
	const SequenceReading *reading = cells->reading;
	int column = KEYS;

	if (isnull[0])
		error_null_id(cells->relation, cells->user.name);

	const uint32 user = idmap_find(cells->ids, value[0], idmap_hash(cells->ids, value[0]));
	const int period = DatumGetInt32(value[1]) - 1;

	/* Rows that were not there when users were read: a view may compute them anew for each look. */
	if (user == IDMAP_NONE || cells->place[user].record == IDMAP_NONE || period < 0 ||
		period >= cells->window.before)
		return;
	for (int f = 0; f < reading->F; f++)
		if (reading->expression[f])
		{
			if (!isnull[column])
				user_sum(cells, user)[period * reading->F + f] = cells_number(
					cells, reading->features[f], cells->expression_type[f], value[column], value[0]);
			column++;
		}
}

void
expressions_read(SequenceCells *cells)
{
	const Window *window = &cells->window;
	Oid type[PARAMS] = {window->type, window->type, get_array_type(window->type)};
	Datum param[PARAMS] = {Int64GetDatum(window->periods.start + window->closed),
						   Int64GetDatum(window->at + window->closed), period_starts(window)};
	const int only = only_params(type + PARAM_ONLY, param + PARAM_ONLY, cells);

	if (cells->expression_type)
		expression_scan("features", &(SourceScan){.sql = expressions_sql(cells),
												  .n = PARAM_ONLY + only,
												  .types = type,
												  .values = param,
												  .whole = cells->whole,
												  .row = read_expressions,
												  .arg = cells});
}

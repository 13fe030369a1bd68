/*
 * Users whose sequences stand in one row each: a column of arrays, periods × features, and perhaps a label. No dates.
 *
 *   steps, F = the longest array, and its width
 *   foreach row: the user's sums = the array's numbers, so that its last period is the last one of all
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "sequence/array.h"
#include "sequence/users_cells.h"
#include "server/errors.h"
#include "server/memory.h"

static SourceColumn
series_column(const SequenceReading *reading)
{
	const SourceColumn column = source_column(reading->relation, reading->sequence_column);
	const Oid element = get_element_type(column.type);

	if (!OidIsValid(element) || !source_is_number(element))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" is no array of numbers", column.name),
						errdetail("Column \"%s\" of \"%s\" has type %s.", column.name,
								  get_rel_name(reading->relation), format_type_be(column.type)),
						errhint("Pass a column of type double precision[]: periods × features, or periods of "
								"one feature.")));
	return column;
}

/* A SourceRow; value[]: the largest number of periods, and of features. */
static void
read_size(void *arg, const Datum *value, const bool *isnull)
{
	int *size = arg;

	size[0] = isnull[0] ? 0 : DatumGetInt32(value[0]);
	size[1] = isnull[1] ? 1 : DatumGetInt32(value[1]);
}

void
series_measure(SequenceReading *reading)
{
	const SourceColumn column = series_column(reading);
	int size[2] = {0};

	source_scan(&(SourceScan){.sql = psprintf("SELECT pg_catalog.max(pg_catalog.array_length(%s, 1)), "
											  "pg_catalog.max(pg_catalog.array_length(%s, 2))"
											  " FROM %s",
											  column.quoted, column.quoted, source_quote(reading->relation)),
							  .whole = true,
							  .row = read_size,
							  .arg = size});
	if (size[0] == 0)
		error_no_rows(get_rel_name(reading->relation),
					  psprintf("Column \"%s\" holds no sequence.", column.name),
					  "Check source and sequence_column.");
	reading->window_periods = size[0];
	if (!reading->features)
	{
		reading->F = size[1];
		reading->features = palloc(sizeof(char *) * (size_t) reading->F);
		for (int f = 0; f < reading->F; f++)
			reading->features[f] = reading->F == 1 ? column.name : psprintf("%s[%d]", column.name, f + 1);
	}
}

static SequenceCells *
series_cells(const SequenceRead *read)
{
	const SequenceReading *reading = read->reading;
	SequenceCells *cells = palloc0(sizeof(*cells));
	const TimestampTz now = GetCurrentTimestamp();

	*cells = (SequenceCells){
		.reading = reading,
		.relation = get_rel_name(reading->relation),
		.what = read->what,
		.user = source_column(reading->relation, reading->user_column),
		.trend = series_column(reading),
		.window = {.type = TIMESTAMPTZOID, .before = reading->window_periods, .as_of = now, .at = now},
		.sums = (size_t) reading->window_periods * (size_t) reading->F,
		.context = CurrentMemoryContext,
		.room = 16};
	cells->stride = cells->sums * sizeof(double) + sizeof(int64);
	cells->chunk = palloc(cells->room * sizeof(*cells->chunk));
	cells->ids = idmap_create(cells->user.type);
	if (read->labels == SEQUENCE_LABELED)
	{
		cells->label = source_column(reading->relation, reading->label_column);
		cells->list = classes_of_column(reading->relation, &cells->label);
	}
	return cells;
}

/* A SourceRow; value[]: user, sequence, then the label if there is one. A null sequence is nobody's. */
static void
read_series(void *arg, const Datum *value, const bool *isnull)
{
	SequenceCells *cells = arg;
	const size_t F = (size_t) cells->reading->F;

	if (isnull[0])
		error_null_id(cells->relation, cells->user.name);
	if (isnull[1])
		return;

	const uint32 user = idmap_add(cells->ids, value[0], idmap_hash(cells->ids, value[0]));
	const SequenceOrigin origin = {
		.id_type = cells->user.type, .id = value[0], .window = cells->window.before};
	const ArrayType *array = DatumGetArrayTypeP(value[1]);
	const size_t steps = sequence_array_steps(array, cells->reading->F, &origin);
	float *number = palloc(sizeof(float) * steps * F);

	if (user < cells->users)
		error_duplicate_id(cells->relation, cells->user.name, source_id_text(cells->user.type, value[0]));
	cells_add_user(cells);
	cells->place[user].record = cells_add_record(cells);
	sequence_array_values(number, array, steps * F, &origin);

	double *sum = user_sum(cells, user) + cells->sums - steps * F;

	for (size_t i = 0; i < steps * F; i++)
		sum[i] = (double) number[i];
	*record_active(cells, user_sum(cells, user)) = 1;
	if (cells->list && !isnull[2])
		classes_see(cells->list, &cells->seen[user], classes_number(cells->list, value[2]), 0);
}

SequenceCells *
series_read(const SequenceRead *read)
{
	SequenceCells *cells = series_cells(read);
	Oid type[ONLY_PARAMS];
	Datum value[ONLY_PARAMS];
	StringInfoData sql;

	if (read->only)
		only_ask(cells, read->only, read->n_only);
	if (read->changed)
		changed_find(cells, read->changed);

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, %s::pg_catalog.float8[]", cells->user.quoted, cells->trend.quoted);
	if (cells->list)
		appendStringInfo(&sql, ", %s", cells->label.quoted);
	appendStringInfo(&sql, " FROM %s%s", source_quote(read->reading->relation),
					 only_rows(cells, " WHERE ", 1));
	source_scan(&(SourceScan){.sql = sql.data,
							  .n = only_params(type, value, cells),
							  .types = type,
							  .values = value,
							  .whole = read->whole,
							  .row = read_series,
							  .arg = cells});
	return cells;
}

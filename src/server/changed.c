#include "postgres.h"

#include "server/changed.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/memory.h"
#include "server/notices.h"

ChangedScores *
changed_scores(TupleDesc desc)
{
	ChangedScores *scores = palloc0(sizeof(*scores));

	scores->desc = desc;
	scores->rows = tuplestore_begin_heap(true, false, work_mem);
	return scores;
}

void
changed_scores_look_at(ChangedScores *scores, const IdMap *ids, uint32 n, const UserIdOutput *as)
{
	scores->looked_at = memory_array(n, sizeof(Datum));
	scores->n = n;
	for (uint32 i = 0; i < n; i++)
		scores->looked_at[i] = user_id_datum(as, idmap_id(ids, i));
}

bool
changed_column(SourceColumn *column, Oid relation, const char *name)
{
	if (get_attnum(relation, name) == InvalidAttrNumber)
		return false;
	*column = source_column(relation, name);
	if (column->type != TIMESTAMPTZOID && column->type != TIMESTAMPOID && column->type != DATEOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" is not a time", name),
						errdetail("Column \"%s\" of \"%s\" has type %s.", name, get_rel_name(relation),
								  format_type_be(column->type)),
						errhint("Pass a column that says when a row came in as changed_column.")));
	return true;
}

Datum
changed_moment(const SourceColumn *column, TimestampTz moment)
{
	const Datum exact = TimestampTzGetDatum(moment);

	if (column->type == TIMESTAMPTZOID)
		return exact;
	return DirectFunctionCall1(column->type == DATEOID ? timestamptz_date : timestamptz_timestamp, exact);
}

/* A SourceRow; value[]: the id. */
static void
add_id(void *arg, const Datum *value, const bool *isnull)
{
	IdMap *ids = arg;

	if (!isnull[0])
		idmap_add(ids, value[0], idmap_hash(ids, value[0]));
}

void
changed_ids(IdMap *ids, Oid relation, const char *id, const SourceColumn *came, TimestampTz moment)
{
	const Datum since = changed_moment(came, moment);

	source_scan(&(SourceScan){.sql = psprintf("SELECT %s FROM %s WHERE %s OPERATOR(pg_catalog.>=) $1", id,
											  source_quote(relation), came->quoted),
							  .n = 1,
							  .types = &came->type,
							  .values = &since,
							  .row = add_id,
							  .arg = ids});
}

void
changed_notice_unseen(Oid relation, const char *column)
{
	notice_send(NOTICE, psprintf("changes of table \"%s\" are not looked for", get_rel_name(relation)),
				psprintf("It has no column \"%s\".", column),
				"Refresh without changed_since after they were made, or give the table that column.");
}

/* The rows of a table of scores: which there are, and which change. */
#include "postgres.h"

#include "lifecycle/score_table.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "lifecycle/score_writer.h"
#include "server/source.h"

/* Probabilities that differ by less are the same: the last bits depend on who is scored together. */
#define SAME_SCORE "1e-6"

Datum
score_table_copy_id(const ScoreTable *table, Datum id)
{
	return datumCopy(id, table->id_by_value, table->id_length);
}

Datum
score_table_array(const ScoreTable *table, int c, Datum *value, bool *null, int n)
{
	const Oid type = c == 0 ? table->id_type : table->column[c - 1].type;
	const int lower = 1;
	int16 length;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(
		construct_md_array(value, null, 1, &n, (int *) &lower, type, length, by_value, align));
}

/* Whether a column of the row (o) is not what the model says now (u). */
static void
append_changed(StringInfo sql, const ScoreColumn *column)
{
	const char *name = score_column_quoted(column);

	appendStringInfo(sql, " OR (o.%s IS NULL) OPERATOR(pg_catalog.<>) (u.%s IS NULL) OR ", name, name);
	if (column->type == FLOAT8OID)
		appendStringInfo(
			sql, "pg_catalog.abs(o.%s OPERATOR(pg_catalog.-) u.%s) OPERATOR(pg_catalog.>) " SAME_SCORE, name,
			name);
	else
		appendStringInfo(sql, "o.%s OPERATOR(pg_catalog.<>) u.%s", name, name);
}

int
score_table_place(const ScoreTable *table, const char *name)
{
	int c = 1;

	while (strcmp(table->column[c - 1].name, name) != 0)
		c++;
	return c;
}

/* Whether a user's row gets the column with his scores. */
static bool
is_written(const ScoreTable *table, const ScoreColumn *column)
{
	return !table->of_some || !column->rank_by;
}

/*
 * Rows that stay as they are are only read: ON CONFLICT would lock each of them, and write that. Rows are
 * found by the array of ids: the planner sees how many there are, and a distributed table has no LATERAL.
 */
static char *
upsert_sql(const ScoreTable *table)
{
	StringInfoData sql, names;

	initStringInfo(&names);
	appendStringInfoString(&names, "user_id");
	for (int c = 1; c < table->columns; c++)
		appendStringInfo(&names, ", %s", score_column_quoted(&table->column[c - 1]));

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "INSERT INTO %s (%s, version, scored_at) SELECT u.*, %d, pg_catalog.clock_timestamp() "
					 "FROM ROWS FROM (",
					 table->name, names.data, table->version);
	for (int c = 0; c < table->columns; c++)
		appendStringInfo(&sql, "%spg_catalog.unnest($%d)", c ? ", " : "", c + 1);
	appendStringInfo(
		&sql,
		") AS u (%1$s) LEFT JOIN (SELECT r.* FROM %2$s AS r WHERE r.user_id %3$s ANY ($1)) AS o "
		"ON o.user_id %3$s u.user_id WHERE o.user_id IS NULL OR o.version OPERATOR(pg_catalog.<>) %4$d",
		names.data, table->name, source_equality(table->id_type), table->version);
	for (int c = 1; c < table->columns; c++)
		if (is_written(table, &table->column[c - 1]))
			append_changed(&sql, &table->column[c - 1]);
	for (int i = 0; i < table->stales; i++)
		appendStringInfo(&sql, " OR o.%s IS NOT NULL", table->stale[i]);
	appendStringInfoString(&sql, " ON CONFLICT (user_id) DO UPDATE SET version = EXCLUDED.version, "
								 "scored_at = EXCLUDED.scored_at");
	for (int c = 1; c < table->columns; c++)
		if (is_written(table, &table->column[c - 1]))
			appendStringInfo(&sql, ", %s = EXCLUDED.%s", score_column_quoted(&table->column[c - 1]),
							 score_column_quoted(&table->column[c - 1]));
	for (int i = 0; i < table->stales; i++)
		appendStringInfo(&sql, ", %s = NULL", table->stale[i]);
	return sql.data;
}

void
score_table_check_writer(const ScoreTable *table)
{
	ScoreWriter before;

	score_writer_enter(&before, table->relation, table->name, table->model);
	if (pg_class_aclcheck(table->relation, GetUserId(), ACL_INSERT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(table->relation, GetUserId(), ACL_INSERT, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(table->relation)),
					   get_rel_name(table->relation));
	score_writer_leave(&before);
}

uint64
score_table_execute(const ScoreTable *table, Oid also, const char *sql, int n, const Oid *type,
					const Datum *value)
{
	ScoreWriter before;

	score_writer_enter(&before, table->relation, table->name, table->model);
	if (OidIsValid(also))
		score_writer_check(also, source_quote(also), table->model);
	if (SPI_execute_with_args(sql, n, (Oid *) type, (Datum *) value, NULL, false, 0) < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(SPI_result));
	score_writer_leave(&before);
	return SPI_processed;
}

uint64
score_table_upsert(const ScoreTable *table, const Datum *array)
{
	Oid *type = palloc(sizeof(Oid) * (size_t) table->columns);

	for (int c = 0; c < table->columns; c++)
		type[c] = get_array_type(c == 0 ? table->id_type : table->column[c - 1].type);
	return score_table_execute(table, InvalidOid, upsert_sql(table), table->columns, type, array);
}

/* ---- which rows ---- */

Datum
score_table_id_array(const ScoreTable *table, const ScoreIds *ids)
{
	return PointerGetDatum(construct_array(ids->id, (int) ids->n, table->id_type, table->id_length,
										   table->id_by_value, table->id_align));
}

/* Run "<before> FROM table WHERE it is none of those that were scored"; returns SPI_processed. */
static uint64
execute_on_others(const char *before, const ScoreTable *table, const ScoreIds *scored,
				  const ScoreIds *looked_at)
{
	const Oid ids_type = source_array_type(table->id_type);
	const Oid type[] = {ids_type, ids_type};
	const char *equals = source_equality(table->id_type);
	const Datum ids[] = {score_table_id_array(table, scored),
						 looked_at ? score_table_id_array(table, looked_at) : 0};

	return score_table_execute(
		table, InvalidOid,
		psprintf("%s FROM %s AS t WHERE NOT EXISTS (SELECT FROM pg_catalog.unnest($1) AS u (user_id)"
				 " WHERE u.user_id %s t.user_id)%s",
				 before, table->name, equals,
				 looked_at ? psprintf(" AND t.user_id %s ANY ($2)", equals) : ""),
		looked_at ? 2 : 1, type, ids);
}

static uint64
counted(void)
{
	bool null;

	return (uint64) DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

uint64
score_table_count_others(const ScoreTable *table, const ScoreIds *scored, const ScoreIds *looked_at,
						 uint64 *users)
{
	execute_on_others("SELECT pg_catalog.count(*)", table, scored, looked_at);

	const uint64 others = counted();

	*users = others;
	if (others == 0)
		return 0;
	score_table_execute(table, InvalidOid, psprintf("SELECT pg_catalog.count(*) FROM %s", table->name), 0,
						NULL, NULL);
	*users = counted();
	return others;
}

uint64
score_table_remove_others(const ScoreTable *table, const ScoreIds *scored, const ScoreIds *looked_at)
{
	return execute_on_others("DELETE", table, scored, looked_at);
}

/* The column of the same value as the score, which tells of what the score is; NULL: there is none. */
static const ScoreColumn *
column_like_score(const ScoreTable *table)
{
	const char *from = table->column[score_table_place(table, SCORE_SCORE) - 1].from;

	for (int c = 1; c < table->columns; c++)
		if (strcmp(table->column[c - 1].from, from) == 0 &&
			strcmp(table->column[c - 1].name, SCORE_SCORE) != 0)
			return &table->column[c - 1];
	return NULL;
}

static bool
has_row(const ScoreTable *table, const char *where)
{
	return score_table_execute(table, InvalidOid,
							   psprintf("SELECT FROM %s AS r WHERE %s LIMIT 1", table->name, where), 0, NULL,
							   NULL) > 0;
}

/* Whether users have reasons, where this choice gives them some and there are such users. */
static bool
has_reasons(const ScoreTable *table, const ScoreChoice *choice)
{
	return choice->reasons == 0 || has_row(table, "r." SCORE_REASONS " IS NOT NULL") ||
		   !has_row(table, choice->marks ? "r." SCORE_MARKED : "true");
}

bool
score_table_is_of(const ScoreTable *table, const ScoreChoice *choice)
{
	const Oid type = FLOAT8OID;
	const Datum threshold = Float8GetDatum(choice->threshold);
	const ScoreColumn *like = column_like_score(table);
	StringInfoData sql;

	if (choice->class && !like)
		return false;
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT FROM %s AS r WHERE r.version OPERATOR(pg_catalog.<>) %d", table->name,
					 table->version);
	appendStringInfo(&sql, " OR r." SCORE_SCORE " IS DISTINCT FROM %s",
					 like ? psprintf("r.%s", score_column_quoted(like)) : "NULL");
	for (int i = 0; i < table->stales; i++)
		appendStringInfo(&sql, " OR r.%s IS NOT NULL", table->stale[i]);
	appendStringInfo(&sql, " OR r." SCORE_MARKED " IS DISTINCT FROM %s LIMIT 1",
					 choice->marks ? "(r." SCORE_SCORE " OPERATOR(pg_catalog.>=) $1)" : "NULL");
	return score_table_execute(table, InvalidOid, sql.data, choice->marks ? 1 : 0, &type, &threshold) == 0 &&
		   has_reasons(table, choice);
}

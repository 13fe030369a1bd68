#include "postgres.h"

#include "lifecycle/score_table.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "server/errors.h"
#include "server/source.h"

/* Probabilities that differ by less are the same: the last bits depend on who is scored together. */
#define SAME_SCORE "1e-6"

static Oid
id_type_of(const Model *model)
{
	const Oid type = model->kind->id_type(registry_spec(model));

	(void) source_array_type(type); /* before a table is made */
	return type == INT2OID || type == INT4OID ? INT8OID : type;
}

/* ---- the table ---- */

static RangeVar *
target_name(const char *target)
{
	return makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(target)));
}

/* The names of the columns that every score table has. */
static const char *
column_name(const ModelKind *kind, int c)
{
	static const char *const last[] = {"version", "scored_at"};

	if (c == 0)
		return "user_id";
	return c <= kind->score_columns ? kind->score_column[c - 1].name : last[c - 1 - kind->score_columns];
}

/* Whether the table keeps one row for each user; of a view, only its tables know. */
static bool
is_unique(Oid relation, AttrNumber user_id)
{
	const char kind = get_rel_relkind(relation);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		return true;

	const Relation table = table_open(relation, AccessShareLock);
	bool found = false;
	ListCell *cell;

	foreach (cell, RelationGetIndexList(table))
	{
		const Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		const Form_pg_index form = index->rd_index;

		found |= form->indisunique && form->indisvalid && form->indimmediate && form->indnkeyatts == 1 &&
				 form->indkey.values[0] == user_id && RelationGetIndexPredicate(index) == NIL;
		index_close(index, AccessShareLock);
	}
	table_close(table, AccessShareLock);
	return found;
}

static void
check_table(Oid relation, const ModelKind *kind, Oid id_type)
{
	const char *table = source_quote(relation);

	for (int c = 0; c < kind->score_columns + 3; c++)
		if (get_attnum(relation, column_name(kind, c)) == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("table \"%s\" holds no scores of %s models", get_rel_name(relation), kind->name),
					 errdetail("It has no column \"%s\".", column_name(kind, c)),
					 errhint("Pass a name that is free, or a table that refresh_scores() made.")));

	const SourceColumn user = source_column(relation, column_name(kind, 0));

	if (!can_coerce_type(1, &id_type, &user.type, COERCION_IMPLICIT) &&
		!can_coerce_type(1, &user.type, &id_type, COERCION_IMPLICIT))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of table %s is of type %s, but user ids are of type %s",
							   user.name, table, format_type_be(user.type), format_type_be(id_type)),
						errhint("Pass a name that is free, or a table that refresh_scores() made.")));
	if (!is_unique(relation, user.number))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("table %s may hold a user twice", table),
						errdetail("It has no unique index on \"%s\" alone.", user.name),
						errhint("ALTER TABLE %s ADD PRIMARY KEY (%s);", table, user.name)));
}

static void
execute(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(SPI_result));
}

static void
comment_on_column(const char *table, const char *column, const char *comment)
{
	execute(psprintf("COMMENT ON COLUMN %s.%s IS %s", table, quote_identifier(column),
					 quote_literal_cstr(comment)));
}

static void
create_table(const RangeVar *target, const ModelKind *kind, Oid id_type, const Model *model)
{
	const Oid schema = RangeVarGetCreationNamespace(target);
	const char *table = quote_qualified_identifier(get_namespace_name(schema), target->relname);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (user_id %s PRIMARY KEY", table, source_type(id_type));
	for (int c = 0; c < kind->score_columns; c++)
		appendStringInfo(&sql, ", %s %s", kind->score_column[c].name,
						 source_type(kind->score_column[c].type));
	appendStringInfoString(&sql,
						   ", version pg_catalog.int4 NOT NULL, scored_at pg_catalog.timestamptz NOT NULL)");
	execute(sql.data);
	execute(psprintf(
		"COMMENT ON TABLE %s IS %s", table,
		quote_literal_cstr(psprintf("scores of model %s, kept by usercls.refresh_scores()", model->name))));
	comment_on_column(table, "user_id", "the user");
	for (int c = 0; c < kind->score_columns; c++)
		comment_on_column(table, kind->score_column[c].name, kind->score_column[c].comment);
	comment_on_column(table, "version", "version of the model that says so");
	comment_on_column(table, "scored_at", "when this row last changed");
}

void
score_table_prepare(const char *target, const Model *model)
{
	const ModelKind *kind = model->kind;
	const Oid id_type = id_type_of(model);
	const RangeVar *name = target_name(target);
	const Oid relation = RangeVarGetRelid(name, NoLock, true);

	if (OidIsValid(relation))
		check_table(relation, kind, id_type);
	else
		create_table(name, kind, id_type, model);
}

ScoreTable *
score_table_open(const char *target, const Model *model)
{
	const ModelKind *kind = model->kind;
	ScoreTable *table = palloc0(sizeof(*table));
	StringInfoData sql;

	table->name = source_quote(RangeVarGetRelid(target_name(target), NoLock, false));
	table->id_type = id_type_of(model);
	get_typlenbyvalalign(table->id_type, &table->id_length, &table->id_by_value, &table->id_align);
	table->column = kind->score_column;
	table->columns = kind->score_columns + 1;
	table->version = model->version;
	table->select_args = kind->timeless ? 1 : 2;
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT s.user_id");
	for (int c = 0; c < kind->score_columns; c++)
		appendStringInfo(&sql, ", %s", kind->score_column[c].from);
	appendStringInfoString(&sql, " FROM ");
	appendStringInfo(&sql, kind->scores, source_type(table->id_type));
	appendStringInfoString(&sql, " AS s");
	table->select = sql.data;
	return table;
}

/* ---- rows ---- */

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
	appendStringInfo(sql, " OR (o.%s IS NULL) OPERATOR(pg_catalog.<>) (u.%s IS NULL) OR ", column->name,
					 column->name);
	if (column->type == FLOAT8OID)
		appendStringInfo(
			sql, "pg_catalog.abs(o.%s OPERATOR(pg_catalog.-) u.%s) OPERATOR(pg_catalog.>) " SAME_SCORE,
			column->name, column->name);
	else
		appendStringInfo(sql, "o.%s OPERATOR(pg_catalog.<>) u.%s", column->name, column->name);
}

/*
 * Rows that stay as they are are only read: ON CONFLICT would lock each of them, and write that. LIMIT keeps the
 * search for a row by its id, whatever the planner thinks of the length of the arrays.
 */
static char *
upsert_sql(const ScoreTable *table)
{
	StringInfoData sql, names;

	initStringInfo(&names);
	appendStringInfoString(&names, "user_id");
	for (int c = 1; c < table->columns; c++)
		appendStringInfo(&names, ", %s", table->column[c - 1].name);

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "INSERT INTO %s (%s, version, scored_at) SELECT u.*, %d, pg_catalog.clock_timestamp() "
					 "FROM ROWS FROM (",
					 table->name, names.data, table->version);
	for (int c = 0; c < table->columns; c++)
		appendStringInfo(&sql, "%spg_catalog.unnest($%d)", c ? ", " : "", c + 1);
	appendStringInfo(
		&sql,
		") AS u (%s) LEFT JOIN LATERAL (SELECT r.* FROM %s AS r WHERE r.user_id %s u.user_id LIMIT 1) AS o "
		"ON true WHERE o.user_id IS NULL OR o.version OPERATOR(pg_catalog.<>) %d",
		names.data, table->name, source_equality(table->id_type), table->version);
	for (int c = 1; c < table->columns; c++)
		append_changed(&sql, &table->column[c - 1]);
	appendStringInfoString(&sql, " ON CONFLICT (user_id) DO UPDATE SET version = EXCLUDED.version, "
								 "scored_at = EXCLUDED.scored_at");
	for (int c = 1; c < table->columns; c++)
		appendStringInfo(&sql, ", %s = EXCLUDED.%s", table->column[c - 1].name, table->column[c - 1].name);
	return sql.data;
}

static uint64
execute_with(const char *sql, int n, const Oid *type, const Datum *value)
{
	if (SPI_execute_with_args(sql, n, (Oid *) type, (Datum *) value, NULL, false, 0) < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(SPI_result));
	return SPI_processed;
}

uint64
score_table_upsert(const ScoreTable *table, const Datum *array)
{
	Oid type[SCORE_COLUMNS_MAX];

	for (int c = 0; c < table->columns; c++)
		type[c] = get_array_type(c == 0 ? table->id_type : table->column[c - 1].type);
	return execute_with(upsert_sql(table), table->columns, type, array);
}

/* Run "<before> FROM table WHERE it is none of the ids"; returns SPI_processed. */
static uint64
execute_on_others(const char *before, const ScoreTable *table, Datum *id, size_t n)
{
	const Oid type[] = {source_array_type(table->id_type)};
	const Datum ids[] = {PointerGetDatum(
		construct_array(id, (int) n, table->id_type, table->id_length, table->id_by_value, table->id_align))};

	return execute_with(
		psprintf("%s FROM %s AS t WHERE NOT EXISTS (SELECT FROM pg_catalog.unnest($1) AS u (user_id)"
				 " WHERE u.user_id %s t.user_id)",
				 before, table->name, source_equality(table->id_type)),
		1, type, ids);
}

static uint64
counted(void)
{
	bool null;

	return (uint64) DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

uint64
score_table_count_others(const ScoreTable *table, Datum *id, size_t n, uint64 *users)
{
	execute_with(psprintf("SELECT pg_catalog.count(*) FROM %s", table->name), 0, NULL, NULL);
	*users = counted();
	if (*users == 0)
		return 0;
	execute_on_others("SELECT pg_catalog.count(*)", table, id, n);
	return counted();
}

uint64
score_table_remove_others(const ScoreTable *table, Datum *id, size_t n)
{
	return execute_on_others("DELETE", table, id, n);
}

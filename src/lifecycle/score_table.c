#include "postgres.h"

#include "lifecycle/score_table.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "lifecycle/score_writer.h"
#include "server/errors.h"
#include "server/majors.h"
#include "server/source.h"

/* Probabilities that differ by less are the same: the last bits depend on who is scored together. */
#define SAME_SCORE "1e-6"

Oid
score_table_id_type(const Model *model)
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

/* The columns before and after those of the model. */
static const ScoreColumn user_id_column = {.name = "user_id", .comment = "the user", .required = true};
static const ScoreColumn last_columns[] = {
	{"version", INT4OID, NULL, "version of the model that says so", true},
	{"scored_at", TIMESTAMPTZOID, NULL, "when this row last changed", true},
};

static const char *
quoted(const ScoreColumn *column)
{
	return quote_identifier(column->name);
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

static bool
has_column(Oid relation, const ScoreColumn *column)
{
	return get_attnum(relation, column->name) != InvalidAttrNumber;
}

static void
need_column(Oid relation, const ScoreColumn *column, const ModelKind *kind)
{
	if (!has_column(relation, column))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" holds no scores of %s models", get_rel_name(relation), kind->name),
				 errdetail("It has no column \"%s\".", column->name),
				 errhint("Pass a name that is free, or a table that refresh_scores() made.")));
}

static void
check_table(Oid relation, const ModelKind *kind, const ScoreColumn *column, int columns, Oid id_type)
{
	const char *table = source_quote(relation);

	need_column(relation, &user_id_column, kind);
	for (int c = 0; c < columns; c++)
		if (column[c].required)
			need_column(relation, &column[c], kind);
	for (int c = 0; c < lengthof(last_columns); c++)
		need_column(relation, &last_columns[c], kind);

	const SourceColumn user = source_column(relation, user_id_column.name);

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
comment_on_column(const char *table, const ScoreColumn *column)
{
	execute(psprintf("COMMENT ON COLUMN %s.%s IS %s", table, quoted(column),
					 quote_literal_cstr(column->comment)));
}

/* The table is of before there were these columns, or the model has new classes. */
static void
add_columns(Oid relation, const ScoreColumn *column, int columns)
{
	const char *table = source_quote(relation);
	const char relkind = get_rel_relkind(relation);
	StringInfoData sql, names;
	int missing = 0;

	initStringInfo(&sql);
	initStringInfo(&names);
	appendStringInfo(&sql, "ALTER TABLE %s", table);
	for (int c = 0; c < columns; c++)
	{
		if (has_column(relation, &column[c]))
			continue;
		appendStringInfo(&sql, "%s ADD COLUMN %s %s", missing > 0 ? "," : "", quoted(&column[c]),
						 source_type(column[c].type));
		appendStringInfo(&names, "%s%s", missing++ > 0 ? ", " : "", column[c].name);
	}
	if (missing == 0)
		return;

	const bool is_table = relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE;

	if (!is_table || !pg_class_ownercheck(relation, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s lacks columns for what the model says", table),
				 errdetail("It has no columns %s.", names.data),
				 is_table ? errhint("Its owner can add them: %s;", sql.data)
						  : errhint("Make it a view of a table that has them.")));
	execute(sql.data);
	for (int c = 0; c < columns; c++)
		if (strstr(sql.data, psprintf(" ADD COLUMN %s ", quoted(&column[c]))))
			comment_on_column(table, &column[c]);
	ereport(NOTICE, (errmsg("columns were added to table %s: %s", table, names.data)));
}

static void
create_table(const RangeVar *target, const ScoreColumn *column, int columns, Oid id_type, const Model *model)
{
	const Oid schema = RangeVarGetCreationNamespace(target);
	const char *table = quote_qualified_identifier(get_namespace_name(schema), target->relname);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (user_id %s PRIMARY KEY", table, source_type(id_type));
	for (int c = 0; c < columns; c++)
		appendStringInfo(&sql, ", %s %s", quoted(&column[c]), source_type(column[c].type));
	for (int c = 0; c < lengthof(last_columns); c++)
		appendStringInfo(&sql, ", %s %s NOT NULL", quoted(&last_columns[c]),
						 source_type(last_columns[c].type));
	appendStringInfoString(&sql, ")");
	execute(sql.data);
	execute(psprintf(
		"COMMENT ON TABLE %s IS %s", table,
		quote_literal_cstr(psprintf("scores of model %s, kept by usercls.refresh_scores()", model->name))));
	comment_on_column(table, &user_id_column);
	for (int c = 0; c < columns; c++)
		comment_on_column(table, &column[c]);
	for (int c = 0; c < lengthof(last_columns); c++)
		comment_on_column(table, &last_columns[c]);
}

void
score_table_prepare(const char *target, const Model *model, const ScoreChoice *choice)
{
	const ScoreColumn *column;
	const int columns = model->kind->score_columns(&column, model, choice);
	const Oid id_type = score_table_id_type(model);
	const RangeVar *name = target_name(target);
	const Oid relation = registry_find_or_create(name);

	if (!OidIsValid(relation))
	{
		create_table(name, column, columns, id_type, model);
		return;
	}
	check_table(relation, model->kind, column, columns, id_type);
	add_columns(relation, column, columns);
}

/* Probabilities of classes that the model no longer has: null, where it had them. */
static void
find_stale(ScoreTable *table, Oid relation)
{
	const Relation rel = table_open(relation, AccessShareLock);
	const TupleDesc desc = RelationGetDescr(rel);

	table->stale = palloc(sizeof(char *) * (size_t) Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		const Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const char *comment =
			attribute->attisdropped ? NULL : GetComment(relation, RelationRelationId, i + 1);
		int c = 0;

		if (!comment || strncmp(comment, SCORE_CLASS_COMMENT, strlen(SCORE_CLASS_COMMENT)) != 0)
			continue;
		while (c < table->columns - 1 && strcmp(table->column[c].name, NameStr(attribute->attname)) != 0)
			c++;
		if (c == table->columns - 1)
			table->stale[table->stales++] = quote_identifier(pstrdup(NameStr(attribute->attname)));
	}
	table_close(rel, AccessShareLock);
}

ScoreTable *
score_table_open(const char *target, const Model *model, const ScoreChoice *choice)
{
	const ModelKind *kind = model->kind;
	const Oid relation = RangeVarGetRelid(target_name(target), NoLock, false);
	ScoreTable *table = palloc0(sizeof(*table));
	StringInfoData sql;

	table->name = source_quote(relation);
	table->model = model;
	table->relation = relation;
	table->id_type = score_table_id_type(model);
	get_typlenbyvalalign(table->id_type, &table->id_length, &table->id_by_value, &table->id_align);
	table->columns = kind->score_columns(&table->column, model, choice) + 1;
	table->version = model->version;
	find_stale(table, relation);
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT s.user_id");
	for (int c = 1; c < table->columns; c++)
		appendStringInfo(&sql, ", %s", table->column[c - 1].from);
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
	const char *name = quoted(column);

	appendStringInfo(sql, " OR (o.%s IS NULL) OPERATOR(pg_catalog.<>) (u.%s IS NULL) OR ", name, name);
	if (column->type == FLOAT8OID)
		appendStringInfo(
			sql, "pg_catalog.abs(o.%s OPERATOR(pg_catalog.-) u.%s) OPERATOR(pg_catalog.>) " SAME_SCORE, name,
			name);
	else
		appendStringInfo(sql, "o.%s OPERATOR(pg_catalog.<>) u.%s", name, name);
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
		appendStringInfo(&names, ", %s", quoted(&table->column[c - 1]));

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
	for (int i = 0; i < table->stales; i++)
		appendStringInfo(&sql, " OR o.%s IS NOT NULL", table->stale[i]);
	appendStringInfoString(&sql, " ON CONFLICT (user_id) DO UPDATE SET version = EXCLUDED.version, "
								 "scored_at = EXCLUDED.scored_at");
	for (int c = 1; c < table->columns; c++)
		appendStringInfo(&sql, ", %s = EXCLUDED.%s", quoted(&table->column[c - 1]),
						 quoted(&table->column[c - 1]));
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

Datum
score_table_id_array(const ScoreTable *table, Datum *id, size_t n)
{
	return PointerGetDatum(
		construct_array(id, (int) n, table->id_type, table->id_length, table->id_by_value, table->id_align));
}

/* Run "<before> FROM table WHERE it is none of the ids"; returns SPI_processed. */
static uint64
execute_on_others(const char *before, const ScoreTable *table, Datum *id, size_t n)
{
	const Oid type[] = {source_array_type(table->id_type)};
	const Datum ids[] = {score_table_id_array(table, id, n)};

	return score_table_execute(
		table, InvalidOid,
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
	score_table_execute(table, InvalidOid, psprintf("SELECT pg_catalog.count(*) FROM %s", table->name), 0,
						NULL, NULL);
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

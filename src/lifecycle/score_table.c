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
	{.name = "version", .type = INT4OID, .comment = "version of the model that says so", .required = true},
	{.name = "scored_at", .type = TIMESTAMPTZOID, .comment = "when this row last changed", .required = true},
};

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
	execute(psprintf("COMMENT ON COLUMN %s.%s IS %s", table, score_column_quoted(column),
					 quote_literal_cstr(column->comment)));
}

/* The table is of before there were these columns, or the model has new classes; false: it has them all. */
static bool
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
		appendStringInfo(&sql, "%s ADD COLUMN %s %s", missing > 0 ? "," : "", score_column_quoted(&column[c]),
						 source_type(column[c].type));
		appendStringInfo(&names, "%s%s", missing++ > 0 ? ", " : "", column[c].name);
	}
	if (missing == 0)
		return false;

	const bool is_table = relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE;

	if (!is_table || !pg_class_ownercheck(relation, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s lacks columns for what the model says", table),
				 errdetail("It has no columns %s.", names.data),
				 is_table ? errhint("Its owner can add them: %s;", sql.data)
						  : errhint("Make it a view of a table that has them.")));
	execute(sql.data);
	for (int c = 0; c < columns; c++)
		if (strstr(sql.data, psprintf(" ADD COLUMN %s ", score_column_quoted(&column[c]))))
			comment_on_column(table, &column[c]);
	ereport(NOTICE, (errmsg("columns were added to table %s: %s", table, names.data)));
	return true;
}

/*
 * Half of each page is free, for the next version of its rows: a refresh may change all of them. Beside the old ones they
 * need no new index entries, and the table does not grow.
 */
#define TABLE_STORAGE " WITH (fillfactor = 50)"

static void
create_table(const RangeVar *target, const ScoreColumn *column, int columns, Oid id_type, const Model *model)
{
	const Oid schema = RangeVarGetCreationNamespace(target);
	const char *table = quote_qualified_identifier(get_namespace_name(schema), target->relname);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (user_id %s PRIMARY KEY", table, source_type(id_type));
	for (int c = 0; c < columns; c++)
		appendStringInfo(&sql, ", %s %s", score_column_quoted(&column[c]), source_type(column[c].type));
	for (int c = 0; c < lengthof(last_columns); c++)
		appendStringInfo(&sql, ", %s %s NOT NULL", score_column_quoted(&last_columns[c]),
						 source_type(last_columns[c].type));
	appendStringInfoString(&sql, ")" TABLE_STORAGE);
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

bool
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
		return true;
	}
	check_table(relation, model->kind, column, columns, id_type);
	return add_columns(relation, column, columns);
}

/* A column that a refresh of before wrote: of a class or treatment that the model may no longer have, or of reasons. */
static bool
may_be_stale(const ModelKind *kind, const char *comment)
{
	for (const char *const *begin = kind->optional_columns; comment && *begin; begin++)
		if (strncmp(comment, *begin, strlen(*begin)) == 0)
			return true;
	return false;
}

/* What this refresh says nothing of: null, where another one did. */
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

		if (!may_be_stale(table->model->kind, comment))
			continue;
		while (c < table->columns - 1 && strcmp(table->column[c].name, NameStr(attribute->attname)) != 0)
			c++;
		if (c == table->columns - 1)
			table->stale[table->stales++] = quote_identifier(pstrdup(NameStr(attribute->attname)));
	}
	table_close(rel, AccessShareLock);
}

/* SELECT of a query for its scores, from FROM on. */
static char *
select_sql(const ScoreTable *table, const char *rows)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT s.user_id");
	for (int c = 1; c < table->columns; c++)
	{
		const ScoreColumn *column = &table->column[c - 1];

		if (table->of_some && column->rank_by)
			appendStringInfo(&sql, ", NULL::%s", source_type(column->type));
		else
			appendStringInfo(&sql, ", %s", column->from);
	}
	appendStringInfo(&sql, " FROM %s AS s", rows);
	return sql.data;
}

ScoreTable *
score_table_open(const char *target, const Model *model, const ScoreChoice *choice)
{
	const ModelKind *kind = model->kind;
	const Oid relation = RangeVarGetRelid(target_name(target), NoLock, false);
	ScoreTable *table = palloc0(sizeof(*table));

	table->name = source_quote(relation);
	table->model = model;
	table->relation = relation;
	table->id_type = score_table_id_type(model);
	get_typlenbyvalalign(table->id_type, &table->id_length, &table->id_by_value, &table->id_align);
	table->columns = kind->score_columns(&table->column, model, choice) + 1;
	table->version = model->version;
	find_stale(table, relation);
	table->select =
		select_sql(table, psprintf(choice->reasons > 0 && kind->reasons ? kind->reasons : kind->scores,
								   source_type(table->id_type)));
	return table;
}

void
score_table_select_some(ScoreTable *table, const char *rows)
{
	table->of_some = true;
	table->select = select_sql(table, rows);
}

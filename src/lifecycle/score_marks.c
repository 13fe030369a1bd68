#include "postgres.h"

#include "lifecycle/score_marks.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

#include "server/errors.h"
#include "server/source.h"

/* Of the 8000 bytes that a notification may have, those for ids. */
#define IDS_BYTES_MAX 7000

typedef struct OutboxColumn
{
	const char *name, *definition; /* NULL: the type of user ids */
	const char *comment;
} OutboxColumn;

static const OutboxColumn outbox_columns[] = {
	{"id", "pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "number of the change"},
	{"model", "pg_catalog.text NOT NULL", "the model"},
	{"version", "pg_catalog.int4 NOT NULL", "version of the model that says so"},
	{"user_id", NULL, "the user"},
	{"entered", "pg_catalog.bool NOT NULL", "true: the user is marked now; false: no longer"},
	{"score", "pg_catalog.float8", "the user''s score; null when the user is gone"},
	{"changed_at", "pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()", "when the mark changed"},
};

static void
execute(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(SPI_result));
}

static RangeVar *
outbox_name(const char *outbox)
{
	return makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(outbox)));
}

static void
create_outbox(const RangeVar *name, Oid id_type)
{
	const char *table =
		quote_qualified_identifier(get_namespace_name(RangeVarGetCreationNamespace(name)), name->relname);
	StringInfoData sql;

	initStringInfo(&sql);
	for (int c = 0; c < lengthof(outbox_columns); c++)
		appendStringInfo(&sql, "%s%s %s", c > 0 ? ", " : "", outbox_columns[c].name,
						 outbox_columns[c].definition ? outbox_columns[c].definition
													  : psprintf("%s NOT NULL", source_type(id_type)));
	execute(psprintf("CREATE TABLE %s (%s)", table, sql.data));
	execute(
		psprintf("COMMENT ON TABLE %s IS 'who entered or left the mark, written by usercls.refresh_scores(); "
				 "whoever has dealt with a row deletes it'",
				 table));
	for (int c = 0; c < lengthof(outbox_columns); c++)
		execute(psprintf("COMMENT ON COLUMN %s.%s IS '%s'", table, outbox_columns[c].name,
						 outbox_columns[c].comment));
}

static void
check_outbox(Oid relation)
{
	for (int c = 0; c < lengthof(outbox_columns); c++)
		if (get_attnum(relation, outbox_columns[c].name) == InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
							errmsg("table %s is no outbox", source_quote(relation)),
							errdetail("It has no column \"%s\".", outbox_columns[c].name),
							errhint("Pass a name that is free, or a table that refresh_scores() made.")));
}

void
score_outbox_prepare(const char *outbox, Oid id_type)
{
	if (!outbox)
		return;

	const RangeVar *name = outbox_name(outbox);
	const Oid relation = registry_find_or_create(name);

	if (OidIsValid(relation))
		check_outbox(relation);
	else
		create_outbox(name, id_type);
}

void
score_marks_begin(ScoreMarks *marks, const ScoreTable *table, const char *outbox, bool marks_now)
{
	*marks = (ScoreMarks){.table = table, .watched = marks_now, .context = CurrentMemoryContext};
	if (outbox)
	{
		marks->outbox_relation = RangeVarGetRelid(outbox_name(outbox), AccessShareLock, false);
		marks->outbox = source_quote(marks->outbox_relation);
	}
	if (!marks->watched)
	{
		score_table_execute(table, InvalidOid,
							psprintf("SELECT FROM %s WHERE " SCORE_MARKED " LIMIT 1", table->name), 0, NULL,
							NULL);
		marks->watched = SPI_processed > 0;
	}
}

static void
keep_id(ScoreMarks *marks, bool entered, const char *id)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, id);
	marks->bytes += (size_t) json.len + 2;
	pfree(json.data);
	if (marks->bytes > IDS_BYTES_MAX)
		return;
	if (!marks->id[entered])
		marks->id[entered] = MemoryContextAlloc(
			marks->context, sizeof(char *) * (IDS_BYTES_MAX / 3)); /* "",_ is the shortest */
	marks->id[entered][marks->ids[entered]++] = MemoryContextStrdup(marks->context, id);
}

/* Those whose mark changes: `changes` is a query of user_id, score and entered. */
static void
note(ScoreMarks *marks, const char *changes, int n, const Oid *type, const Datum *value)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "WITH changes AS (%s) ", changes);
	if (marks->outbox)
		appendStringInfo(&sql,
						 "INSERT INTO %s (model, version, user_id, entered, score) SELECT %s, %d, user_id, "
						 "entered, score FROM changes RETURNING user_id, entered",
						 marks->outbox, quote_literal_cstr(marks->table->model->name), marks->table->version);
	else
		appendStringInfoString(&sql, "SELECT user_id, entered FROM changes");
	score_table_execute(marks->table, marks->outbox_relation, sql.data, n, type, value);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		const HeapTuple row = SPI_tuptable->vals[i];
		bool null;
		const bool entered = DatumGetBool(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &null));

		marks->count[entered]++;
		keep_id(marks, entered, SPI_getvalue(row, SPI_tuptable->tupdesc, 1));
	}
	SPI_freetuptable(SPI_tuptable);
}

void
score_marks_batch(ScoreMarks *marks, const Datum *array)
{
	const ScoreTable *table = marks->table;
	const Oid type[] = {source_array_type(table->id_type), get_array_type(FLOAT8OID),
						get_array_type(BOOLOID)};
	const Datum value[] = {array[0], array[score_table_place(table, SCORE_SCORE)],
						   array[score_table_place(table, SCORE_MARKED)]};

	if (marks->watched)
		note(marks,
			 psprintf(
				 "SELECT u.user_id, u.score, u.marked IS TRUE AS entered FROM ROWS FROM ("
				 "pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) AS u (user_id, score, "
				 "marked) LEFT JOIN (SELECT r.user_id, r." SCORE_MARKED
				 " FROM %1$s AS r WHERE r.user_id %2$s ANY ($1)) AS o ON o.user_id %2$s u.user_id WHERE "
				 "(u.marked IS TRUE) OPERATOR(pg_catalog.<>) (o." SCORE_MARKED " IS TRUE)",
				 table->name, source_equality(table->id_type)),
			 3, type, value);
}

void
score_marks_removed(ScoreMarks *marks, const ScoreIds *scored, const ScoreIds *looked_at)
{
	const ScoreTable *table = marks->table;
	const char *equals = source_equality(table->id_type);
	const Oid ids_type = source_array_type(table->id_type);
	const Oid type[] = {ids_type, ids_type};
	const Datum ids[] = {score_table_id_array(table, scored),
						 looked_at ? score_table_id_array(table, looked_at) : 0};

	if (marks->watched)
		note(marks,
			 psprintf(
				 "SELECT t.user_id, NULL::pg_catalog.float8 AS score, false AS entered FROM %s AS t WHERE "
				 "t." SCORE_MARKED " AND NOT EXISTS (SELECT FROM pg_catalog.unnest($1) AS u (user_id) WHERE "
				 "u.user_id %s t.user_id)%s",
				 table->name, equals, looked_at ? psprintf(" AND t.user_id %s ANY ($2)", equals) : ""),
			 looked_at ? 2 : 1, type, ids);
}

void
score_marks_put(const ScoreMarks *marks, JsonbBuild *build)
{
	bool null;

	score_table_execute(
		marks->table, InvalidOid,
		psprintf("SELECT pg_catalog.count(*) FROM %s WHERE " SCORE_MARKED, marks->table->name), 0, NULL,
		NULL);
	jsonb_put_int(build, "marked",
				  DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null)));
	jsonb_put_int(build, "entered", (int64) marks->count[true]);
	jsonb_put_int(build, "left", (int64) marks->count[false]);
	jsonb_put_names(build, "entered_users", marks->id[true], marks->ids[true]);
	jsonb_put_names(build, "left_users", marks->id[false], marks->ids[false]);
	jsonb_put_bool(build, "complete", marks->bytes <= IDS_BYTES_MAX);
}

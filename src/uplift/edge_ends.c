/*
 * An edge's ends in the type of the users' ids, and the search for them:
 *
 *   the same type, or both integers:  column = id, which an index of the column serves
 *   otherwise:                        column::type = id, which is what a training reads
 *     and for ids that are texts, and a column of integers or uuids:  column = the number or uuid that the id writes;
 *       an id that writes none has no edges
 */
#include "postgres.h"

#include "uplift/edge_ends.h"

#include "access/genam.h"
#include "access/relation.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The condition that a number is in the range of an integer type. */
static const char *
within(const char *sql, Oid type)
{
	static const char *const lowest[] = {[2] = "-32768", [4] = "-2147483648", [8] = "-9223372036854775808"};
	static const char *const highest[] = {[2] = "32767", [4] = "2147483647", [8] = "9223372036854775807"};
	const int16 length = get_typlen(type);

	return psprintf("%1$s OPERATOR(pg_catalog.>=) %2$s AND %1$s OPERATOR(pg_catalog.<=) %3$s", sql,
					lowest[length], highest[length]);
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == NAMEOID;
}

/* A number as an integer id; null where it is no whole number of that type: a cast would round, or be an error. */
static const char *
whole_number(const SourceColumn *column, Oid id_type)
{
	const char *const sql = column->quoted;
	const char *const type = source_type(id_type);

	if (source_is_integer(column->type) && get_typlen(column->type) <= get_typlen(id_type))
		return psprintf("%s::%s", sql, type);
	if (source_is_integer(column->type))
		return psprintf("CASE WHEN %s THEN %s::%s END", within(sql, id_type), sql, type);
	return psprintf(
		"CASE WHEN %1$s OPERATOR(pg_catalog.=) pg_catalog.trunc(%1$s) AND %2$s THEN %1$s::%3$s END", sql,
		within(sql, id_type), type);
}

const char *
edge_end(const UpliftRequest *from, const SourceColumn *column, Oid id_type)
{
	if (column->type == id_type)
		return column->quoted;
	if (!can_coerce_type(1, &column->type, &id_type, COERCION_ASSIGNMENT))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of \"%s\" is of type %s, but user ids are of type %s", column->name,
						get_rel_name(from->edges), format_type_be(column->type), format_type_be(id_type)),
				 errhint("Both ends of an edge are user ids: give them the same type.")));
	if (source_is_integer(id_type) && (source_is_integer(column->type) || column->type == NUMERICOID))
		return whole_number(column, id_type);
	return psprintf("%s::%s", column->quoted, source_type(id_type));
}

/* The integer or uuid that a text writes as PostgreSQL writes it, null for any other text; NULL: no such type. */
static const char *
read_text(Oid type, const char *id)
{
	if (type == UUIDOID)
		return psprintf(
			"CASE WHEN %1$s::pg_catalog.text OPERATOR(pg_catalog.~) "
			"'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN %1$s::pg_catalog.uuid END",
			id);
	if (!source_is_integer(type))
		return NULL;

	const char *number = psprintf("%s::pg_catalog.text::pg_catalog.numeric", id);

	return psprintf("CASE WHEN %1$s::pg_catalog.text OPERATOR(pg_catalog.~) '^-?[0-9]{1,19}$' THEN "
					"CASE WHEN %2$s THEN %3$s::%4$s END END",
					id, within(number, type), number, source_type(type));
}

/* Whether "column = id" is the whole condition. */
static bool
compares_as_it_is(Oid type, Oid id_type)
{
	return type == id_type || (source_is_integer(id_type) && (source_is_integer(type) || type == NUMERICOID));
}

const char *
edge_end_is_any(const UpliftRequest *from, const SourceColumn *column, Oid id_type, const char *array)
{
	const char *equals = source_equality(id_type);
	const char *read = is_text(id_type) ? read_text(column->type, "self.id") : NULL;

	if (compares_as_it_is(column->type, id_type))
		return psprintf("%s %s ANY (%s)", column->quoted, equals, array);
	return psprintf("%s %s ANY (%s)%s", edge_end(from, column, id_type), equals, array,
					!read ? ""
						  : psprintf(" AND %s OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT %s FROM "
									 "pg_catalog.unnest(%s) AS self (id)))",
									 column->quoted, read, array));
}

const char *
edge_end_is(const UpliftRequest *from, const SourceColumn *column, Oid id_type, const char *item)
{
	const char *equals = source_equality(id_type);
	const char *read = is_text(id_type) ? read_text(column->type, item) : NULL;

	if (compares_as_it_is(column->type, id_type))
		return psprintf("%s %s %s", column->quoted, equals, item);
	return psprintf("%s %s %s%s", edge_end(from, column, id_type), equals, item,
					read ? psprintf(" AND %s OPERATOR(pg_catalog.=) %s", column->quoted, read) : "");
}

/* Whether an index of the table begins with the column; attribute 0: with an expression. */
static bool
has_index(Oid table, AttrNumber number)
{
	const char kind = get_rel_relkind(table);

	/* A view's indexes are those of its tables: we cannot see which. */
	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_PARTITIONED_TABLE)
		return true;

	Relation relation = relation_open(table, AccessShareLock);
	List *indexes = RelationGetIndexList(relation);
	bool found = false;
	ListCell *cell;

	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		found = found || (index->rd_index->indisvalid && index->rd_index->indkey.values[0] == number &&
						  RelationGetIndexPredicate(index) == NIL);
		index_close(index, AccessShareLock);
	}
	relation_close(relation, AccessShareLock);
	return found;
}

/* A NOTICE unless an index of the table begins with the column; key: what to index, NULL: the column. */
static void
hint_index(Oid table, const SourceColumn *column, const char *key)
{
	if (has_index(table, key ? 0 : column->number))
		return;
	ereport(NOTICE,
			(errmsg(key ? "no index of \"%s\" serves column \"%s\" as a user id"
						: "no index of \"%s\" begins with column \"%s\"",
					get_rel_name(table), column->name),
			 errdetail(
				 "usercls.uplift() looks up users and edges one by one: it reads the whole table each time."),
			 errhint("CREATE INDEX ON %s (%s);", source_quote(table), key ? key : column->quoted)));
}

void
edge_end_hint_index(const UpliftRequest *from, const SourceColumn *column, Oid id_type)
{
	const bool served = compares_as_it_is(column->type, id_type) ||
						IsBinaryCoercible(column->type, id_type) ||
						(is_text(id_type) && read_text(column->type, ""));

	hint_index(from->edges, column, served ? NULL : psprintf("(%s)", edge_end(from, column, id_type)));
}

void
user_id_hint_index(const UpliftRequest *from)
{
	const SourceColumn column = source_column(from->users, from->user_column);

	hint_index(from->users, &column, NULL);
}

#include "postgres.h"

#include "uplift/relations.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/notices.h"

const UpliftRelations *
uplift_relations_none(void)
{
	static const UpliftRelations none = {0};

	return &none;
}

const UpliftRelations *
uplift_relations_copy(const UpliftRelations *from)
{
	UpliftRelations *copy = palloc(sizeof(*copy));

	*copy = (UpliftRelations){from->n, palloc(sizeof(char *) * Max(from->n, 1))};
	for (size_t r = 0; r < from->n; r++)
		copy->name[r] = pstrdup(from->name[r]);
	return copy;
}

bool
uplift_relations_same(const UpliftRelations *a, const UpliftRelations *b)
{
	if (a->n != b->n)
		return false;
	for (size_t r = 0; r < a->n; r++)
		if (strcmp(a->name[r], b->name[r]) != 0)
			return false;
	return true;
}

const char *
uplift_relations_text(const UpliftRelations *relations)
{
	StringInfoData list;

	initStringInfo(&list);
	for (size_t r = 0; r < relations->n; r++)
		appendStringInfo(&list, "%s%s",
						 r == 0                 ? ""
						 : r + 1 < relations->n ? ", "
												: " and ",
						 quote_literal_cstr(relations->name[r]));
	return list.data;
}

/* -- In the table --------------------------------------------------------- */

SourceColumn
uplift_relation_column(const UpliftRequest *request)
{
	const SourceColumn column = source_column(request->edges, request->relation_column);

	if (!source_is_category(column.type) && column.type != BOOLOID && !source_is_integer(column.type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of relation \"%s\" does not name relations", column.name,
						get_rel_name(request->edges)),
				 errdetail("Its type is %s.", format_type_be(column.type)),
				 errhint("The relation of an edge is a text, an enum, an integer or a boolean: cast it "
						 "in a view.")));
	return column;
}

const char *
uplift_relation_expression(SourceColumn column)
{
	return psprintf("%s::pg_catalog.text", column.quoted);
}

typedef struct RelationReader
{
	UpliftRelations *relations;
	MemoryContext context;
} RelationReader;

/* A SourceRow; value[]: text. */
static void
relation_row(void *arg, const Datum *value, const bool *isnull pg_attribute_unused())
{
	RelationReader *reader = arg;
	UpliftRelations *relations = reader->relations;
	char *name = TextDatumGetCString(value[0]);

	if (relations->n++ < UPLIFT_RELATIONS_MAX)
		relations->name[relations->n - 1] = MemoryContextStrdup(reader->context, name);
}

/* The values: numbers and enums in their own order, texts by their bytes; one more than there may be, at most. */
static const char *
relations_sql(const UpliftRequest *request, const SourceColumn *column)
{
	const bool is_text = source_is_category(column->type) && !type_is_enum(column->type);

	return psprintf(
		"SELECT value::pg_catalog.text FROM (SELECT DISTINCT %s AS value FROM %s WHERE %s IS NOT NULL) "
		"AS e ORDER BY value%s LIMIT %d",
		is_text ? uplift_relation_expression(*column) : column->quoted, source_quote(request->edges),
		column->quoted, is_text ? " COLLATE pg_catalog.\"C\"" : "", UPLIFT_RELATIONS_MAX + 1);
}

static void
check_number(const UpliftRequest *request, const UpliftRelations *relations)
{
	if (relations->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("no edge has a relation"),
						errdetail("Column \"%s\" of \"%s\" has no value that is not null.",
								  request->relation_column, get_rel_name(request->edges)),
						errhint("Fill the column, or leave out relation_column: edges are then all alike.")));
	if (relations->n > UPLIFT_RELATIONS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column \"%s\" has too many relations", request->relation_column),
						errdetail("A layer listens to each by matrices of its own; at most %d are possible.",
								  UPLIFT_RELATIONS_MAX),
						errhint("Join relations in a view, or set those of no interest to NULL.")));
}

const UpliftRelations *
uplift_relations_find(const UpliftRequest *request)
{
	if (!request->relation_column)
		return uplift_relations_none();

	UpliftRelations *relations = palloc0(sizeof(*relations));
	RelationReader reader = {.relations = relations, .context = CurrentMemoryContext};
	const SourceColumn column = uplift_relation_column(request);

	relations->name = palloc(sizeof(char *) * UPLIFT_RELATIONS_MAX);
	source_scan(&(SourceScan){
		.sql = relations_sql(request, &column), .whole = true, .row = relation_row, .arg = &reader});
	check_number(request, relations);
	return relations;
}

/* -- Of an edge ----------------------------------------------------------- */

uint8_t
uplift_relation_named(const UpliftRelations *relations, const char *name, size_t length)
{
	for (size_t r = 0; r < relations->n; r++)
		if (strlen(relations->name[r]) == length && memcmp(relations->name[r], name, length) == 0)
			return (uint8_t) r;
	return RELATION_NONE;
}

uint8_t
uplift_relation_of(RelationsLeftOut *left_out, const UpliftRelations *relations, Datum value, bool isnull)
{
	uint8_t relation = RELATION_NONE;

	if (!isnull)
	{
		const text *name = DatumGetTextPP(value);

		relation = uplift_relation_named(relations, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
		if (relation == RELATION_NONE && !left_out->name)
			left_out->name = MemoryContextStrdup(left_out->context, text_to_cstring(name));
	}
	left_out->edges += relation == RELATION_NONE;
	return relation;
}

bool
uplift_relations_notice(const RelationsLeftOut *left_out, const UpliftRequest *request,
						const UpliftRelations *relations)
{
	if (left_out->edges == 0)
		return false;
	notice_send(NOTICE, "edges of no known relation are left out",
				psprintf("Column \"%s\" of \"%s\" is %s for %zu of them; the model knows %s.",
						 request->relation_column, get_rel_name(request->edges),
						 left_out->name ? quote_literal_cstr(left_out->name) : "null", left_out->edges,
						 uplift_relations_text(relations)),
				left_out->name ? "Train again to learn new relations."
							   : "Give every edge a relation to have it heard.");
	return true;
}

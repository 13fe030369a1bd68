/*
 * The table of edges to arrays, in any order:
 *
 *   put the row into a ring and ask for the entries of its two ids;
 *     16 rows later source, target = idmap_find(id), GRAPH_UNKNOWN for an id that is no user's
 */
#include "postgres.h"

#include "uplift/edgeload.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "uplift/edge_ends.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/source.h"

/* Rows before an array first grows. */
#define ROWS_START 1024

#define EDGES_WAITING 16 /* at most */

float
graphload_weight(const UpliftRequest *from, const SourceColumn *column, Datum value, bool isnull)
{
	const double weight = isnull ? 1.0 : source_number(value, column->type);

	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("column \"%s\" of \"%s\" is null for an edge", column->name,
							   get_rel_name(from->edges)),
						errhint("Give every edge a weight; 0 means no edge.")));
	if (!isfinite((float) weight))
		error_not_finite(get_rel_name(from->edges), column->name, weight, NULL);
	if (weight < 0.0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("column \"%s\" of \"%s\" is %g for an edge", column->name,
							   get_rel_name(from->edges), weight),
						errdetail("Weights of edges are not negative."),
						errhint("Leave out the edge, or map its weight to a positive number.")));
	return (float) weight;
}

/* An edge that waits for the entries of its ids: see server/waiting.h. */
typedef struct EdgeRow
{
	Datum id[2];
	uint64 hash[2];
	bool known[2]; /* not NULL */
} EdgeRow;

typedef struct EdgeReader
{
	UserGraph *users;
	const UpliftRequest *from;
	SourceColumn weight;
	bool weighted, related;
	RelationsLeftOut left_out;
	size_t room;
	const char *what;
	MemoryContext context;

	EdgeRow waiting[EDGES_WAITING];
	int waits; /* edges that may wait: 0 where ids are gone with their rows */
	size_t looked_up;
	const IdTable *table; /* of the users' ids, or NULL */
} EdgeReader;

static size_t
edges_bytes(const EdgeReader *reader, size_t room)
{
	return room * (2 * sizeof(uint32_t) + (reader->weighted ? sizeof(float) : 0) + reader->related);
}

static void
edges_grow(EdgeReader *reader)
{
	UserGraph *users = reader->users;
	const size_t room = reader->room ? reader->room * 2 : ROWS_START;

	memory_check(users->bytes + edges_bytes(reader, room), reader->what);
	users->source = memory_array_resize(reader->context, users->source, room, sizeof(uint32_t));
	users->target = memory_array_resize(reader->context, users->target, room, sizeof(uint32_t));
	if (reader->weighted)
		users->weight = memory_array_resize(reader->context, users->weight, room, sizeof(float));
	if (reader->related)
		users->relation = memory_array_resize(reader->context, users->relation, room, 1);
	reader->room = room;
}

static void
edge_resolve(EdgeReader *reader, size_t edge, const EdgeRow *row)
{
	UserGraph *users = reader->users;
	uint32_t *const end[2] = {&users->source[edge], &users->target[edge]};

	for (int i = 0; i < 2; i++)
		*end[i] = !row->known[i]  ? GRAPH_UNKNOWN
				  : reader->table ? idtable_find(reader->table, row->id[i])
								  : idmap_find(users->ids, row->id[i], row->hash[i]);
	users->unknown += *end[0] == GRAPH_UNKNOWN || *end[1] == GRAPH_UNKNOWN;
}

/* A SourceRow; value[]: source, target, then what there is of weight and relation. */
static void
edge_row(void *arg, const Datum *value, const bool *isnull)
{
	EdgeReader *reader = arg;
	UserGraph *users = reader->users;
	const size_t edge = users->E;
	EdgeRow *row = &reader->waiting[edge % EDGES_WAITING];

	if (edge == reader->room)
		edges_grow(reader);
	if (reader->waits > 0 && edge >= reader->looked_up + (size_t) reader->waits)
		edge_resolve(reader, reader->looked_up++, row);
	for (int i = 0; i < 2; i++)
	{
		row->known[i] = !isnull[i];
		if (isnull[i])
			continue;
		row->id[i] = value[i];
		if (reader->table)
			idtable_prefetch(reader->table, value[i]);
		else
		{
			row->hash[i] = idmap_hash(users->ids, value[i]);
			idmap_prefetch(users->ids, value[i], row->hash[i]);
		}
	}
	if (reader->weighted)
		users->weight[edge] = graphload_weight(reader->from, &reader->weight, value[2], isnull[2]);
	if (reader->related)
		users->relation[edge] = uplift_relation_of(&reader->left_out, users->relations,
												   value[2 + reader->weighted], isnull[2 + reader->weighted]);
	users->E++;
	if (reader->waits == 0)
		edge_resolve(reader, reader->looked_up++, row);
}

/* The condition on edges that one of the ids $1 listens to. */
static const char *
heard_by(const UpliftRequest *from, const SourceColumn *end, Oid id_type)
{
	const char *target = edge_end_is_any(from, &end[1], id_type, "$1");

	if (from->directed)
		return target;
	return psprintf("(%s OR %s)", target, edge_end_is_any(from, &end[0], id_type, "$1"));
}

void
edges_load(UserGraph *users, const GraphLoad *load)
{
	const UpliftRequest *from = load->from;
	EdgeReader reader = {.users = users,
						 .from = from,
						 .weighted = from->weight_column != NULL,
						 .related = load->relations->n > 0,
						 .left_out = {.context = CurrentMemoryContext},
						 .what = load->what,
						 .context = CurrentMemoryContext,
						 .table = idmap_table(users->ids),
						 .waits = idmap_by_value(users->ids) ? EDGES_WAITING : 0};
	SourceColumn column[4] = {source_column(from->edges, from->source_column),
							  source_column(from->edges, from->target_column)};
	const char *const end[] = {edge_end(from, &column[0], users->id_type),
							   edge_end(from, &column[1], users->id_type)};
	const char *part = load->part ? heard_by(from, column, users->id_type) : NULL;
	const Oid ids_type = part ? source_array_type(users->id_type) : InvalidOid;
	bool converted = end[0] != column[0].quoted || end[1] != column[1].quoted;
	int columns = 2;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, %s", end[0], end[1]);
	if (reader.weighted)
	{
		reader.weight = column[columns++] = source_number_column(from->edges, from->weight_column);
		appendStringInfo(&sql, ", %s", reader.weight.quoted);
	}
	if (reader.related)
	{
		const SourceColumn relation = column[columns++] = uplift_relation_column(from);

		appendStringInfo(&sql, ", %s", uplift_relation_expression(relation));
		converted = converted || relation.type != TEXTOID;
	}
	appendStringInfo(&sql, " FROM %s", source_quote(from->edges));
	if (part)
		appendStringInfo(&sql, " WHERE %s", part);
	edges_grow(&reader);
	if (converted)
		source_scan(&(SourceScan){.sql = sql.data,
								  .n = part ? 1 : 0,
								  .types = &ids_type,
								  .values = part ? &load->part->listeners : NULL,
								  .whole = load->whole,
								  .row = edge_row,
								  .arg = &reader});
	else
		source_read(&(SourceRead){.relation = from->edges,
								  .columns = column,
								  .n = columns,
								  .condition = part,
								  .params = part ? 1 : 0,
								  .types = &ids_type,
								  .values = part ? &load->part->listeners : NULL,
								  .whole = load->whole,
								  .row = edge_row,
								  .arg = &reader});
	while (reader.looked_up < users->E)
	{
		edge_resolve(&reader, reader.looked_up, &reader.waiting[reader.looked_up % EDGES_WAITING]);
		reader.looked_up++;
	}
	users->bytes += edges_bytes(&reader, reader.room);
	uplift_relations_notice(&reader.left_out, from, users->relations);
}

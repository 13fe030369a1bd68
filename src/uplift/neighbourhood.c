/*
 * The users within L edges of one, by index lookups:
 *
 *   frontier = the user
 *   for distance = 1 .. L: edges = lookup(frontier), limited;  new ids = their other ends
 *                          frontier = lookup(new ids) among the users: they become nodes in this order
 *   behaviour of all of them, where the model reads it
 *   when there are more edges than wanted: all of it again, with a limit for each node and direction
 *
 * Ids are numbered as they are met, nodes when their id is found to be a user's: so nodes are sorted by distance. The
 * prepared lookups of the models used last are kept for the session (struct NeighbourLookup, static). They belong to
 * one process; `busy` counts calls that are inside one, since a view that is read may call usercls.uplift() again.
 */
#include "postgres.h"

#include "uplift/neighbourhood.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "uplift/behaviour.h"
#include "uplift/edge_ends.h"
#include "uplift/neighbour_plans.h"
#include "uplift/pure/graph.h"
#include "uplift/graphload.h"
#include "server/memory.h"
#include "server/source.h"

#define LOOKUPS_KEPT 8

struct NeighbourLookup
{
	/*
	 * What the lookups are of. The spec says which tables they read: a version that was rolled back leaves its number,
	 * and its weights may come again with another spec. Whether these tables may be read is asked at each use.
	 */
	int64 model_id;
	int32 version;
	uint8 digest[MODEL_DIGEST];
	const Jsonb *spec;

	uint64 used; /* when it was used last, by a counter */
	int busy;    /* calls that are in it: a view that it reads may call usercls.uplift(), too */

	MemoryContext context;
	UpliftRequest *request;
	Oid id_type;
	int16 typlen;
	bool typbyval;
	char typalign;
	SourcePlan *neighbours; /* (ids, limit for all) → id, neighbour, weight, relation */
	SourcePlan *bounded;    /* (ids, limit for each) → the same */
	SourcePlan *users;      /* (ids) → id, features */
	SourceColumn weight;
	const UpliftRelations *relations;
	bool told; /* of edges that are left out for their relation */
	UpliftInputs *inputs;
};

/* -- Preparing ------------------------------------------------------------ */

static void
lookup_prepare(NeighbourLookup *lookup, const UpliftModel *uplift)
{
	UpliftRequest *request = uplift_request_read(lookup->spec);

	lookup->request = request;
	lookup->id_type = graphload_id_type(request);
	get_typlenbyvalalign(lookup->id_type, &lookup->typlen, &lookup->typbyval, &lookup->typalign);

	(void) source_array_type(lookup->id_type); /* an error where ids cannot be listed */
	lookup->relations = uplift_relations_copy(uplift->relations);
	if (request->weight_column)
		lookup->weight = source_number_column(request->edges, request->weight_column);

	lookup->inputs = uplift_inputs_of(request, uplift->feature, uplift->net.F);

	user_id_hint_index(request);

	if (OidIsValid(request->edges))
	{
		const SourceColumn target = source_column(request->edges, request->target_column);
		const SourceColumn source = source_column(request->edges, request->source_column);

		edge_end_hint_index(request, &target, lookup->id_type);
		if (!request->directed)
			edge_end_hint_index(request, &source, lookup->id_type);
		lookup->neighbours = neighbour_edges_plan(request, lookup->id_type, lookup->relations, false);
		lookup->bounded = neighbour_edges_plan(request, lookup->id_type, lookup->relations, true);
	}
	lookup->users = neighbour_users_plan(request, lookup->id_type, lookup->inputs);
}

/* -- What the session keeps ----------------------------------------------- */

static void
lookup_drop(NeighbourLookup *lookup)
{
	if (!lookup->context)
		return;
	if (lookup->neighbours)
		source_plan_free(lookup->neighbours);
	if (lookup->bounded)
		source_plan_free(lookup->bounded);
	if (lookup->users)
		source_plan_free(lookup->users);
	MemoryContextDelete(lookup->context);
	memset(lookup, 0, sizeof(*lookup));
}

static bool
lookup_is_of(const NeighbourLookup *lookup, const Model *model, const Jsonb *spec)
{
	return lookup->context && lookup->model_id == model->model_id && lookup->version == model->version &&
		   memcmp(lookup->digest, model->digest, MODEL_DIGEST) == 0 &&
		   VARSIZE(lookup->spec) == VARSIZE(spec) && memcmp(lookup->spec, spec, VARSIZE(spec)) == 0;
}

static bool
lookup_is_valid(const NeighbourLookup *lookup)
{
	return lookup->version != 0 &&
		   (!lookup->neighbours || source_plan_valid(lookup->neighbours, lookup->request->edges)) &&
		   source_plan_valid(lookup->users, lookup->request->users);
}

/*
 * Make the lookups of a version. After an error the entry has version 0, and neighbour_lookup() drops it when it
 * needs it.
 */
static void
lookup_make(NeighbourLookup *lookup, const Model *model, const Jsonb *spec, const UpliftModel *uplift)
{
	lookup->context = AllocSetContextCreate(TopMemoryContext, "usercls neighbours", ALLOCSET_SMALL_SIZES);

	const MemoryContext old = MemoryContextSwitchTo(lookup->context);

	lookup->busy = 1;
	PG_TRY();
	{
		lookup->spec = memcpy(palloc(VARSIZE(spec)), spec, VARSIZE(spec));
		lookup_prepare(lookup, uplift);
	}
	PG_FINALLY();
	{
		lookup->busy = 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	lookup->model_id = model->model_id;
	lookup->version = model->version;
	memcpy(lookup->digest, model->digest, MODEL_DIGEST);
}

NeighbourLookup *
neighbour_lookup(const Model *model, const UpliftModel *uplift)
{
	static NeighbourLookup kept[LOOKUPS_KEPT];
	static uint64 clock = 0;
	const Jsonb *spec = registry_spec(model);
	NeighbourLookup *lookup = NULL; /* to be made anew */

	for (int i = 0; i < LOOKUPS_KEPT; i++)
	{
		const bool ours = lookup_is_of(&kept[i], model, spec);

		if (ours && lookup_is_valid(&kept[i]))
		{
			kept[i].used = ++clock;
			return &kept[i];
		}
		if (kept[i].busy == 0 && (!lookup || ours || kept[i].used < lookup->used))
			lookup = &kept[i];
	}
	if (!lookup)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("calls of usercls.uplift() are nested too deeply"),
				 errdetail("%d calls read tables whose views call it again.", LOOKUPS_KEPT),
				 errhint("Store the scores that a view needs in a table, with usercls.refresh_scores().")));
	lookup_drop(lookup);
	lookup_make(lookup, model, spec, uplift);
	lookup->used = ++clock;
	return lookup;
}

Oid
neighbour_id_type(const NeighbourLookup *lookup)
{
	return lookup->id_type;
}

const char *
neighbour_behaviour(const NeighbourLookup *lookup)
{
	return lookup->request->behaviour;
}

const UpliftInputs *
neighbour_inputs(const NeighbourLookup *lookup)
{
	return lookup->inputs;
}

/* -- Reading -------------------------------------------------------------- */

/* The state of one search. An id's number says when it was met; node[] has the node that it is, once it is known. */
typedef struct Reader
{
	const NeighbourLookup *lookup;
	Neighbourhood *found;
	IdMap *ids;
	uint32_t *node;         /* of each id; GRAPH_UNKNOWN: no user, as far as we know */
	uint32 asked, numbered; /* ids that were asked for last; those before `numbered` have an entry */
	uint32_t *frontier;     /* ids of the nodes that were found last */
	uint32 frontier_size;
	size_t feature_room, edge_room;
	bool bounded; /* edges of each user are limited, rather than of all */
	RelationsLeftOut left_out;
	Datum last; /* id whose edges come, and its number */
	uint32 last_number;
	MemoryContext context;
} Reader;

static uint32
reader_id(Reader *reader, Datum id)
{
	return idmap_add(reader->ids, id, idmap_hash(reader->ids, id));
}

/* Make room in node[] for the ids that are new. */
static void
reader_number(Reader *reader)
{
	const uint32 count = idmap_count(reader->ids);

	reader->node = memory_array_resize(reader->context, reader->node, count, sizeof(uint32_t));
	for (uint32 i = reader->numbered; i < count; i++)
		reader->node[i] = GRAPH_UNKNOWN;
	reader->numbered = count;
}

static Datum
reader_array(const Reader *reader, const uint32_t *id, uint32 n)
{
	const NeighbourLookup *lookup = reader->lookup;
	Datum *datum = palloc(sizeof(Datum) * Max(n, 1));

	for (uint32 i = 0; i < n; i++)
		datum[i] = idmap_id(reader->ids, id[i]);
	return PointerGetDatum(
		construct_array(datum, (int) n, lookup->id_type, lookup->typlen, lookup->typbyval, lookup->typalign));
}

static void
user_row(void *arg, const Datum *value, const bool *isnull)
{
	Reader *reader = arg;
	const NeighbourLookup *lookup = reader->lookup;
	Neighbourhood *found = reader->found;
	const uint32 id =
		isnull[0] ? IDMAP_NONE : idmap_find(reader->ids, value[0], idmap_hash(reader->ids, value[0]));
	const size_t F = (size_t) lookup->inputs->F;

	/*
	 * A view may compute its ids anew for each look, a collation call equal what the type does not: such rows are of
	 * nobody. And training refuses tables with two rows for a user.
	 */
	if (id == IDMAP_NONE || id < reader->asked || reader->node[id] != GRAPH_UNKNOWN)
		return;
	if (found->N == reader->feature_room)
	{
		reader->feature_room = Max(64, reader->feature_room * 2);
		found->feature = memory_array_resize(reader->context, found->feature, reader->feature_room,
											 sizeof(float) * Max(F, 1));
	}
	uplift_inputs_fill(found->feature + found->N * F, lookup->inputs, value + 1, isnull + 1, lookup->id_type,
					   value[0]);
	reader->frontier[reader->frontier_size++] = id;
	reader->node[id] = (uint32_t) found->N++;
}

/* Look up which ids from number `first` on are users: they become nodes, and the frontier. */
static void
read_users(Reader *reader, uint32 first)
{
	reader_number(reader);
	reader->asked = first;

	const uint32 n = reader->numbered - first;
	uint32_t *ids = palloc(sizeof(uint32_t) * Max(n, 1));

	for (uint32 i = 0; i < n; i++)
		ids[i] = first + i;
	reader->frontier = palloc(sizeof(uint32_t) * Max(n, 1));
	reader->frontier_size = 0;
	if (n > 0)
	{
		const Datum array = reader_array(reader, ids, n);

		source_run(reader->lookup->users, &array, user_row, reader);
	}
}

/* The number of the id that a row of edges was looked up by: often that of the row before. */
static uint32
reader_self(Reader *reader, Datum id)
{
	if (!idmap_by_value(reader->ids))
		return reader_id(reader, id);
	if (reader->last_number == IDMAP_NONE || reader->last != id)
	{
		reader->last = id;
		reader->last_number = reader_id(reader, id);
	}
	return reader->last_number;
}

static void
edge_row(void *arg, const Datum *value, const bool *isnull)
{
	Reader *reader = arg;
	Neighbourhood *found = reader->found;
	const bool weighted = reader->lookup->request->weight_column != NULL;
	const UpliftRelations *relations = reader->lookup->relations;
	const uint8_t relation =
		relations->n > 0 ? uplift_relation_of(&reader->left_out, relations, value[3], isnull[3]) : 0;

	if (isnull[0] || isnull[1] || relation == RELATION_NONE)
		return;
	if (found->E == reader->edge_room)
	{
		reader->edge_room = Max(256, reader->edge_room * 2);
		found->source =
			memory_array_resize(reader->context, found->source, reader->edge_room, sizeof(uint32_t));
		found->target =
			memory_array_resize(reader->context, found->target, reader->edge_room, sizeof(uint32_t));
		if (weighted)
			found->weight =
				memory_array_resize(reader->context, found->weight, reader->edge_room, sizeof(float));
		if (relations->n > 0)
			found->relation = memory_array_resize(reader->context, found->relation, reader->edge_room, 1);
	}
	if (relations->n > 0)
		found->relation[found->E] = relation;
	found->target[found->E] = reader_self(reader, value[0]);
	found->source[found->E] = reader_id(reader, value[1]);
	if (weighted)
		found->weight[found->E] =
			graphload_weight(reader->lookup->request, &reader->lookup->weight, value[2], isnull[2]);
	found->E++;
}

/*
 * Read the edges of the frontier; false: there are more than wanted, and the search begins again with a limit for
 * each node.
 */
static bool
read_edges(Reader *reader)
{
	const int64 n = reader->frontier_size;
	const int64 limit = reader->bounded ? Max(1, Min(NEIGHBOURS_MAX, NEIGHBOURHOOD_EDGES_MAX / n))
										: NEIGHBOURHOOD_EDGES_MAX + 1;
	const Datum values[] = {reader_array(reader, reader->frontier, (uint32) n), Int64GetDatum(limit)};
	const SourcePlan *plan = reader->bounded ? reader->lookup->bounded : reader->lookup->neighbours;

	return source_run(plan, values, edge_row, reader) <= NEIGHBOURHOOD_EDGES_MAX || reader->bounded;
}

/* Search from the user outwards; false as read_edges(). */
static bool
read_steps(Reader *reader, Datum user, const UpliftNet *net)
{
	Neighbourhood *found = reader->found;

	reader_id(reader, user);
	read_users(reader, 0);
	found->within[0] = found->N;
	for (size_t distance = 1; distance <= net->L; distance++)
	{
		if (reader->frontier_size > 0 && reader->lookup->neighbours)
		{
			const uint32 first = idmap_count(reader->ids);

			if (!read_edges(reader))
				return false;
			read_users(reader, first);
		}
		found->within[distance] = found->N;
	}
	return true;
}

static void
note_ids(Neighbourhood *found, const Reader *reader)
{
	found->id = memory_array(found->N, sizeof(Datum));
	for (uint32 i = 0; i < reader->numbered; i++)
		if (reader->node[i] != GRAPH_UNKNOWN)
			found->id[reader->node[i]] = idmap_id(reader->ids, i);
}

static Reader
reader_make(const NeighbourLookup *lookup, Neighbourhood *found, bool bounded)
{
	return (Reader){.lookup = lookup,
					.found = found,
					.ids = idmap_create(lookup->id_type),
					.bounded = bounded,
					.last_number = IDMAP_NONE,
					.left_out = {.context = CurrentMemoryContext},
					.context = CurrentMemoryContext};
}

static Neighbourhood *
read_around(NeighbourLookup *lookup, Datum user, const UpliftNet *net)
{
	Neighbourhood *found = palloc0(sizeof(*found));
	Reader reader = reader_make(lookup, found, false);

	if (!read_steps(&reader, user, net))
	{
		memset(found, 0, sizeof(*found));
		reader = reader_make(lookup, found, true);
		read_steps(&reader, user, net);
	}
	if (!lookup->told)
		lookup->told = uplift_relations_notice(&reader.left_out, lookup->request, lookup->relations);
	if (found->N == 0)
		return NULL;
	for (size_t e = 0; e < found->E; e++)
	{
		found->source[e] = reader.node[found->source[e]];
		found->target[e] = reader.node[found->target[e]];
	}
	note_ids(found, &reader);
	behaviour_fill(&(BehaviourFill){.request = lookup->request,
									.inputs = lookup->inputs,
									.now = true,
									.feature = found->feature,
									.id = found->id,
									.N = found->N,
									.id_type = lookup->id_type,
									.few = true,
									.what = "scoring"});
	return found;
}

Neighbourhood *
neighbourhood_read(NeighbourLookup *lookup, Datum user, const UpliftNet *net)
{
	Neighbourhood *found;

	lookup->busy++;
	PG_TRY();
	{
		found = read_around(lookup, user, net);
	}
	PG_FINALLY();
	{
		lookup->busy--;
	}
	PG_END_TRY();
	return found;
}

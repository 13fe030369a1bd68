/*
 * Tables to arrays:
 *
 *   users, in the order of their ids: node = idmap_add(id);  features, and treatment, outcome, propensity
 *   edges: edges_load()
 *   graph: graphbuild_step() until it is done, checking interrupts in between
 */
#include "postgres.h"

#include "uplift/graphload.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "uplift/behaviour.h"
#include "uplift/edgeload.h"
#include "uplift/pure/train.h"
#include "uplift/yes_no.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/source.h"

/* Rows before an array first grows. */
#define ROWS_START 1024

/* A DEBUG1 message of how long a part took; bench/graph/server.py reads it. */
static void
report_time(const char *what, size_t n, instr_time start)
{
	instr_time end;

	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	ereport(DEBUG1, (errmsg_internal("%s of %zu in %.3f ms", what, n, INSTR_TIME_GET_MILLISEC(end))));
}

/* -- Users ---------------------------------------------------------------- */

typedef struct UserReader
{
	UserGraph *users;
	const UpliftRequest *from;
	SourceColumn id;
	const UpliftInputs *inputs;
	const UpliftArms *arms; /* NULL: the experiment is not read */
	SourceColumn treatment, outcome, propensity;
	bool binary, parts;
	size_t room;
	const char *table;
	const char *what;
	MemoryContext context;
} UserReader;

static size_t
users_bytes(const UserGraph *users, size_t room)
{
	return room * (users->F * sizeof(float) + sizeof(int8_t) + 2 * sizeof(float)) + idmap_memory(users->ids);
}

static void
users_grow(UserReader *reader)
{
	UserGraph *users = reader->users;
	const size_t room = reader->room ? reader->room * 2 : ROWS_START;

	memory_check(users_bytes(users, room), reader->what);
	users->feature = memory_array_resize(reader->context, users->feature, room, users->F * sizeof(float));
	if (reader->arms)
	{
		users->arm = memory_array_resize(reader->context, users->arm, room, sizeof(int8_t));
		users->outcome = memory_array_resize(reader->context, users->outcome, room, sizeof(float));
		if (reader->from->propensity_column)
			users->propensity = memory_array_resize(reader->context, users->propensity, room, sizeof(float));
	}
	reader->room = room;
}

static float
user_number(const UserReader *reader, const SourceColumn *column, Datum value, Datum id)
{
	return uplift_number(reader->from->users, column, value, reader->id.type, id);
}

static void
error_user_value(const UserReader *reader, const SourceColumn *column, double value, Datum id,
				 const char *wanted, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("column \"%s\" of \"%s\" is %g for user %s, expected %s", column->name,
						   reader->table, value, source_id_text(reader->id.type, id), wanted),
					errhint("%s", hint)));
}

static int8_t
user_arm(const UserReader *reader, Datum value, Datum id)
{
	if (!reader->arms->named)
	{
		const float treated = user_number(reader, &reader->treatment, value, id);

		if (treated != 0.0f && treated != 1.0f)
			error_user_value(
				reader, &reader->treatment, treated, id, "0 or 1",
				"Use 1 for treated users, 0 for untreated ones, and NULL for users outside the "
				"experiment. Where values name several arms, pass that of the untreated as control.");
		return (int8_t) treated;
	}

	const char *name = TextDatumGetCString(value);
	const int arm = uplift_arm_named(reader->arms, name);

	if (arm < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" of \"%s\" is %s for user %s, which is none of the arms",
						reader->treatment.name, reader->table, quote_literal_cstr(name),
						source_id_text(reader->id.type, id)),
				 errdetail("The arms are %s.", uplift_arms_text(reader->arms)),
				 errhint("Use NULL for users outside the experiment; to learn a new arm, train without a "
						 "warm start.")));
	return (int8_t) arm;
}

/* The chance of the user's own arm. Who could be in no other one was not drawn: an error where the outcome counts. */
static float
user_chance(const UserReader *reader, int8_t *arm, Datum value, bool counts, Datum id)
{
	const float chance = user_number(reader, &reader->propensity, value, id);
	const bool could = chance > 0.0f && chance < 1.0f;

	if (!could && counts)
		error_user_value(reader, &reader->propensity, chance, id, "a number above 0 and below 1",
						 "Set the outcome of users who could not be in both arms to NULL.");
	*arm = could ? *arm : UPLIFT_OUTSIDE;
	return reader->arms->named || *arm == 1 ? chance : 1 - chance;
}

static float
user_outcome(const UserReader *reader, Datum value, Datum id)
{
	const float outcome = user_number(reader, &reader->outcome, value, id);

	if (reader->binary && outcome != 0.0f && outcome != 1.0f)
		error_user_value(reader, &reader->outcome, outcome, id, "0 or 1",
						 "Of numbers, pass \"outcome\": \"number\" in hyperparams.");
	return outcome;
}

/* Treatment, outcome and propensity of a user, who is outside the experiment when one of them is NULL. */
static void
experiment_row(UserReader *reader, size_t node, const Datum *value, const bool *isnull, Datum id)
{
	UserGraph *users = reader->users;
	const bool propensity = reader->from->propensity_column != NULL;
	const bool drawn = !isnull[0] && !(propensity && isnull[2]);

	users->arm[node] = UPLIFT_OUTSIDE;
	users->outcome[node] = reader->parts ? NAN : 0.0f;
	if (propensity)
		users->propensity[node] = 0.5f;
	if (!reader->parts && !(drawn && !isnull[1]))
		return;
	if (drawn)
		users->arm[node] = user_arm(reader, value[0], id);
	if (!isnull[1])
		users->outcome[node] = user_outcome(reader, value[1], id);
	if (drawn && propensity)
		users->propensity[node] = user_chance(reader, &users->arm[node], value[2], !isnull[1], id);
	users->inside += drawn && !isnull[1];
}

static void
user_row(void *arg, const Datum *value, const bool *isnull)
{
	UserReader *reader = arg;
	UserGraph *users = reader->users;
	const size_t node = users->N;

	if (isnull[0])
		error_null_id(reader->table, reader->id.name);
	if (node == reader->room)
		users_grow(reader);
	if (idmap_add(users->ids, value[0], idmap_hash(users->ids, value[0])) != node)
		error_duplicate_id(reader->table, reader->id.name, source_id_text(reader->id.type, value[0]));
	users->N++;

	uplift_inputs_fill(users->feature + node * users->F, reader->inputs, value + 1, isnull + 1,
					   reader->id.type, value[0]);
	if (reader->arms)
		experiment_row(reader, node, value + 1 + reader->inputs->sources,
					   isnull + 1 + reader->inputs->sources, value[0]);
}

/* The rows in the order of the ids, so that the same data give the same model. */
static void
users_load(UserGraph *users, const GraphLoad *load)
{
	const UpliftRequest *from = load->from;
	const UpliftInputs *inputs = load->inputs;
	UserReader reader = {.users = users,
						 .from = from,
						 .id = source_column(from->users, from->user_column),
						 .inputs = inputs,
						 .arms = load->experiment == LOAD_EXPERIMENT ? load->arms : NULL,
						 .binary = load->binary,
						 .parts = load->parts,
						 .table = get_rel_name(from->users),
						 .what = load->what,
						 .context = CurrentMemoryContext};
	const Oid ids_type = load->part ? source_array_type(reader.id.type) : InvalidOid;
	StringInfoData sql;

	users->inputs = inputs;
	users->F = (size_t) inputs->F;
	users->arms = reader.arms;
	users->id_type = reader.id.type;
	users->ids = idmap_create(reader.id.type);

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s", reader.id.quoted);
	uplift_inputs_select(&sql, inputs);
	if (reader.arms)
	{
		reader.treatment = uplift_arms_column(from, reader.arms);
		reader.outcome = yes_no_column(from->users, from->outcome_column, "outcome_column", "outcome");
		appendStringInfo(&sql, ", %s, %s", uplift_arms_expression(&reader.treatment, reader.arms),
						 reader.outcome.quoted);
		if (from->propensity_column)
		{
			reader.propensity = source_number_column(from->users, from->propensity_column);
			appendStringInfo(&sql, ", %s", reader.propensity.quoted);
		}
	}
	appendStringInfo(&sql, " FROM %s", source_quote(from->users));
	if (load->part)
		appendStringInfo(&sql, " WHERE %s %s ANY ($1)", reader.id.quoted, source_equality(reader.id.type));
	if (OidIsValid(lookup_type_cache(reader.id.type, TYPECACHE_LT_OPR)->lt_opr))
		appendStringInfo(&sql, " ORDER BY 1");
	source_scan(&(SourceScan){.sql = sql.data,
							  .n = load->part ? 1 : 0,
							  .types = &ids_type,
							  .values = load->part ? &load->part->users : NULL,
							  .whole = load->whole,
							  .row = user_row,
							  .arg = &reader});

	if (users->N == 0 && !load->part)
		error_no_rows(reader.table, "The table of users is empty.",
					  "Pass a table that has a row for each user.");
	users->bytes = users_bytes(users, reader.room);
	behaviour_load(users, load);
}

/* Each user has a row of the graph for each relation, and rows have 32-bit numbers. */
static void
check_rows(const UserGraph *users)
{
	if (users->N * Max(users->relations->n, 1) >= GRAPH_UNKNOWN)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("there are too many users for so many relations"),
						errdetail("%zu users and %zu relations make more rows than a graph can have, %u.",
								  users->N, users->relations->n, GRAPH_UNKNOWN - 1),
						errhint("Join relations in a view.")));
}

/* -- Both ----------------------------------------------------------------- */

UserGraph *
graph_load(const GraphLoad *load)
{
	UserGraph *users = palloc0(sizeof(*users));
	instr_time start, middle;

	StaticAssertStmt(IDMAP_NONE == GRAPH_UNKNOWN, "an id that is not found is an unknown end");
	INSTR_TIME_SET_CURRENT(start);
	users_load(users, load);
	INSTR_TIME_SET_CURRENT(middle);
	report_time("users read", users->N, start);
	users->relations = load->relations;
	if (load->experiment != LOAD_USERS && OidIsValid(load->from->edges))
	{
		check_rows(users);
		edges_load(users, load);
		report_time("edges read", users->E, middle);
	}
	return users;
}

Oid
graphload_id_type(const UpliftRequest *from)
{
	return source_column(from->users, from->user_column).type;
}

GraphSetup
graphload_setup(const UserGraph *users, const UpliftRequest *from)
{
	return (GraphSetup){.N = users->N,
						.E = users->E,
						.directed = from->directed,
						.weighted = users->weight != NULL,
						.relations = users->relations->n};
}

void
graphload_build(Graph *graph, const UserGraph *users, const GraphSetup *setup, GraphCounts *counts)
{
	GraphBuild build = {0};
	Arena arena = arena_measure();
	instr_time began;

	INSTR_TIME_SET_CURRENT(began);
	graphbuild_carve(&build, &arena, setup);

	const size_t bytes = arena.used + ARENA_ALIGNMENT;
	void *scratch = memory_array(bytes, 1);

	arena = arena_over(arena_align(scratch), bytes - ARENA_ALIGNMENT);
	graphbuild_carve(&build, &arena, setup);
	graphbuild_start(&build, graph,
					 &(GraphEdges){users->source, users->target, users->weight, users->relation, users->E});
	while (graphbuild_step(&build))
		CHECK_FOR_INTERRUPTS();
	if (counts)
		*counts = build.counts;
	pfree(scratch);
	report_time("graph built", users->E, began);
}

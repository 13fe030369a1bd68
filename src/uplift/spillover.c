/* usercls.spillover: what one's own treatment does, and what that of friends does, by the draws of the experiment. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/rows.h"
#include "uplift/evaluate.h"
#include "uplift/pure/spillover.h"
#include "uplift/pure/train.h"

enum
{
	ARG_MODEL,
	ARG_EXPOSURE,
	ARG_CLUSTER,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_VERSION
};

enum
{
	OUT_EFFECT,
	OUT_ARM,
	OUT_AMONG,
	OUT_ESTIMATE,
	OUT_ERROR,
	OUT_LOW,
	OUT_HIGH,
	OUT_USERS,
	OUT_COLUMNS
};

/* -- What cannot be answered ----------------------------------------------- */

static bool
by_number_arg(FunctionCallInfo fcinfo)
{
	const char *exposure = arg_text(fcinfo, ARG_EXPOSURE, "exposure");

	if (strcmp(exposure, "share") != 0 && strcmp(exposure, "number") != 0)
		error_out_of_range("exposure", exposure, "share or number");
	return strcmp(exposure, "number") == 0;
}

static void
check_request(const EvaluateCall *call, const UpliftRequest *request, const UpliftArms *arms)
{
	if (!OidIsValid(request->edges))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" was trained without edges", call->model->name),
						errdetail("Version %d does not know who is whose friend.", call->model->version),
						errhint("Train a version with edges: spillover is what friends' treatment does.")));
	if (request->propensity_column && arms->treatments > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("spillover of several treatments with a propensity_column is not known"),
				 errdetail("Column \"%s\" is the chance of a user's own arm; how many friends were to be "
						   "expected in each arm takes the chances of all %zu.",
						   request->propensity_column, arms->treatments + 1),
				 errhint("Train on a view of one treatment and the control.")));
}

/* -- Who was drawn together ------------------------------------------------- */

typedef struct ClusterReader
{
	const UserGraph *users;
	IdMap *clusters;
	uint32 *of; /* N: IDMAP_NONE for who was drawn alone */
} ClusterReader;

/* A SourceRow: user, cluster. */
static void
cluster_row(void *arg, const Datum *value, const bool *isnull)
{
	ClusterReader *reader = arg;
	const UserGraph *users = reader->users;
	const uint32 node =
		isnull[0] ? IDMAP_NONE : idmap_find(users->ids, value[0], idmap_hash(users->ids, value[0]));

	if (node != IDMAP_NONE && !isnull[1])
		reader->of[node] = idmap_add(reader->clusters, value[1], idmap_hash(reader->clusters, value[1]));
}

/* Numbers the values of the column; a user without one has a number of its own. */
static void
read_clusters(SpilloverSample *sample, const UserGraph *users, const UpliftRequest *request, const char *name)
{
	const SourceColumn id = source_column(request->users, request->user_column);
	const SourceColumn cluster = source_column(request->users, name);
	ClusterReader reader = {
		.users = users, .clusters = idmap_create(cluster.type), .of = memory_array(users->N, sizeof(uint32))};

	memset(reader.of, 0xff, users->N * sizeof(uint32));
	source_scan(&(SourceScan){
		.sql = psprintf("SELECT %s, %s FROM %s", id.quoted, cluster.quoted, source_quote(request->users)),
		.row = cluster_row,
		.arg = &reader});
	sample->groups = idmap_count(reader.clusters);
	for (size_t i = 0; i < users->N; i++)
		if (reader.of[i] == IDMAP_NONE)
			reader.of[i] = (uint32) sample->groups++;
	sample->together = reader.of;
	idmap_free(reader.clusters);
}

/* -- Estimates --------------------------------------------------------------- */

/* Who listens to whom, by edges of any relation, in the current memory context. */
static const Graph *
build_graph(size_t *bytes, const UserGraph *users, const UpliftRequest *request)
{
	GraphSetup setup = graphload_setup(users, request);
	Graph *graph = palloc0(sizeof(*graph));
	GraphBuild build = {0};
	Arena arena = arena_measure(), scratch = arena_measure();

	setup.relations = 1;
	graph_carve(graph, &arena, &setup);
	graphbuild_carve(&build, &scratch, &setup);
	*bytes = arena.used + ARENA_ALIGNMENT;
	memory_check(users->bytes + *bytes + scratch.used, "evaluation");

	void *block = memory_array(*bytes, 1);

	arena = arena_over(arena_align(block), *bytes - ARENA_ALIGNMENT);
	graph_carve(graph, &arena, &setup);
	graphload_build(graph, users, &setup, NULL);
	return graph;
}

static Spillover *
spillover_new(const SpilloverSample *sample, size_t besides)
{
	Spillover *spillover = palloc0(sizeof(*spillover));
	Arena arena = arena_measure();

	spillover_carve(spillover, &arena, sample);

	const size_t bytes = arena.used + ARENA_ALIGNMENT;

	memory_check(besides + bytes, "evaluation");
	arena = arena_over(arena_align(memory_array(bytes, 1)), bytes - ARENA_ALIGNMENT);
	spillover_carve(spillover, &arena, sample);
	return spillover;
}

static void
estimate(Spillover *spillover, const SpilloverSample *sample, bool others)
{
	spillover_begin(spillover, sample, others);
	do
		CHECK_FOR_INTERRUPTS();
	while (spillover_step(spillover));
}

/* The users of both groups together. */
typedef struct Told
{
	bool spillover;
	size_t users, exposed;
} Told;

static void
require_spillover(const Told *told, const UpliftRequest *request)
{
	if (!told->spillover)
		ereport(
			ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("%s says nothing about the treatment of friends", get_rel_name(request->users)),
			 errdetail("Of %zu users with an outcome, %zu have friends in the experiment, and how many of "
					   "these were "
					   "treated does not differ beyond what the features say.",
					   told->users, told->exposed),
			 errhint("Friends must be in the experiment, some in each arm; edges \"%s\" say who they are.",
					 get_rel_name(request->edges))));
}

/* -- Rows -------------------------------------------------------------------- */

static void
put_effect(FunctionCallInfo fcinfo, const char *name, const char *arm, const char *among,
		   SpilloverEffect effect)
{
	Datum value[OUT_COLUMNS] = {[OUT_EFFECT] = CStringGetTextDatum(name),
								[OUT_ARM] = CStringGetTextDatum(arm),
								[OUT_AMONG] = CStringGetTextDatum(among),
								[OUT_USERS] = Int64GetDatum((int64) effect.users)};
	bool null[OUT_COLUMNS] = {false};

	rows_number(value, null, OUT_ESTIMATE, effect.estimate);
	rows_number(value, null, OUT_ERROR, effect.standard_error);
	rows_number(value, null, OUT_LOW, effect.estimate - 1.96 * effect.standard_error);
	rows_number(value, null, OUT_HIGH, effect.estimate + 1.96 * effect.standard_error);
	rows_put(fcinfo, value, null);
}

/* Nothing of a group of which nothing is known. */
static void
put_effects(FunctionCallInfo fcinfo, Told *told, const UpliftArms *arms, const Spillover *spillover)
{
	const char *among = spillover->others ? "others" : "experiment";
	bool known = false;

	told->users += spillover->users;
	told->exposed += spillover->exposed;
	for (size_t k = 0; k < arms->treatments; k++)
		known |= !isnan(spillover_of_friends(spillover, k).estimate);
	told->spillover |= known;
	if (!known && (spillover->others || spillover->users == 0))
		return;
	for (size_t k = 0; k < spillover->own; k++)
		put_effect(fcinfo, "own", arms->name[k + 1], among, spillover_own(spillover, k));
	for (size_t k = 0; k < arms->treatments; k++)
		put_effect(fcinfo, "spillover", arms->name[k + 1], among, spillover_of_friends(spillover, k));
}

PG_FUNCTION_INFO_V1(usercls_spillover);
Datum
usercls_spillover(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call =
		evaluate_call(fcinfo, &uplift_kind,
					  (EvaluateArguments){.source = ARG_SOURCE, .edges = ARG_EDGES, .version = ARG_VERSION});
	const bool by_number = by_number_arg(fcinfo);
	const char *cluster = arg_name_or_null(fcinfo, ARG_CLUSTER);
	const UpliftRequest *request = uplift_request_for(&call);
	const UpliftModel *model = modelcache_get(call.model, CurrentMemoryContext);
	const UpliftArms *arms = model->arms;

	check_request(&call, request, arms);

	const UserGraph *users = uplift_users(&call, request, model, true);
	size_t graph_bytes;
	const Graph *graph = build_graph(&graph_bytes, users, request);
	SpilloverSample sample = {.N = users->N,
							  .F = users->F,
							  .treatments = arms->treatments,
							  .feature = users->feature,
							  .arm = users->arm,
							  .outcome = users->outcome,
							  .chance = users->propensity,
							  .friends = &graph->in,
							  .by_number = by_number};

	if (cluster)
		read_clusters(&sample, users, request, cluster);

	Spillover *spillover =
		spillover_new(&sample, users->bytes + graph_bytes + (cluster ? users->N * sizeof(uint32) : 0));

	Told told = {0};

	for (int others = 0; others < 2; others++)
	{
		estimate(spillover, &sample, others);
		put_effects(fcinfo, &told, arms, spillover);
	}
	require_spillover(&told, request);
	rows_end(old);
	return (Datum) 0;
}

/*
 * Users whose uplift new rows may have changed, scored in their surroundings. A model of L layers hears L edges far:
 *
 *   ids = users with a new row, and both ends of new edges
 *   L times: ids += who listens to one that was added last         these are scored
 *   L times: ids += whom one listens to that was added last        these are what their scores are made of
 *   score the graph of ids; give back those of the first part
 */
#include "postgres.h"

#include "uplift/changed.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "registry/modelcache.h"
#include "server/memory.h"
#include "uplift/decision.h"
#include "uplift/edge_ends.h"
#include "uplift/graphload.h"
#include "uplift/request.h"
#include "work/progress.h"

typedef struct Spread
{
	const UpliftRequest *from;
	Oid id_type;
	SourceColumn end[2]; /* source, target */
	IdMap *ids;
	uint32 first; /* of those that were added last */
} Spread;

static Spread
spread_begin(const UpliftRequest *from)
{
	const Oid id_type = graphload_id_type(from);
	Spread spread = {.from = from, .id_type = id_type, .ids = idmap_create(id_type)};

	if (OidIsValid(from->edges))
	{
		spread.end[0] = source_column(from->edges, from->source_column);
		spread.end[1] = source_column(from->edges, from->target_column);
	}
	return spread;
}

/* Users with a new row, and both ends of new edges. */
static void
spread_find(Spread *spread, const ChangedSince *changed)
{
	const UpliftRequest *from = spread->from;
	const Oid table[] = {from->users, from->edges};
	const bool missing[] = {get_attnum(from->users, changed->column) == InvalidAttrNumber,
							OidIsValid(from->edges) &&
								get_attnum(from->edges, changed->column) == InvalidAttrNumber};
	SourceColumn came;

	for (int i = 0; i < lengthof(table) && !(missing[0] && (missing[1] || !OidIsValid(table[1]))); i++)
		if (missing[i])
			changed_notice_unseen(table[i], changed->column);
	if (missing[0] && (missing[1] || !OidIsValid(table[1])))
		(void) source_column(from->users, changed->column); /* an error with the nearest name */
	if (!missing[0] && changed_column(&came, from->users, changed->column))
		changed_ids(spread->ids, from->users, source_column(from->users, from->user_column).quoted, &came,
					changed->moment);
	if (OidIsValid(from->edges) && !missing[1] && changed_column(&came, from->edges, changed->column))
		for (int i = 0; i < lengthof(spread->end); i++)
			changed_ids(spread->ids, from->edges, edge_end(from, &spread->end[i], spread->id_type), &came,
						changed->moment);
}

/* A SourceRow; value[]: an id. */
static void
add_id(void *arg, const Datum *value, const bool *isnull)
{
	IdMap *ids = arg;

	if (!isnull[0])
		idmap_add(ids, value[0], idmap_hash(ids, value[0]));
}

/* Add the ends of edges whose other end was added last; of directed ones only those at that end, 0 source, 1 target. */
static void
spread_step(Spread *spread, int wanted)
{
	const UpliftRequest *from = spread->from;
	const uint32 n = idmap_count(spread->ids);
	const Oid type = source_array_type(spread->id_type);
	const Datum last = idmap_array(spread->ids, spread->first, n - spread->first);

	if (!OidIsValid(from->edges) || n == spread->first)
		return;
	spread->first = n;
	for (int i = 0; i < 2; i++)
		if (i == wanted || !from->directed)
			source_scan(&(SourceScan){
				.sql = psprintf("SELECT %s FROM %s WHERE %s",
								edge_end(from, &spread->end[i], spread->id_type), source_quote(from->edges),
								edge_end_is_any(from, &spread->end[1 - i], spread->id_type, "$1")),
				.n = 1,
				.types = &type,
				.values = &last,
				.row = add_id,
				.arg = spread->ids});
}

/* The columns of target_users() that a table of scores reads. */
enum
{
	OUT_USER,
	OUT_SCORE,
	OUT_RANK = OUT_SCORE + SCORE_COLUMNS,
	OUT_ARMS,
	OUT_COLUMNS = OUT_ARMS + ARM_COLUMNS
};

static TupleDesc
row_shape(Oid id_type)
{
	const Oid type[OUT_COLUMNS] = {id_type, FLOAT8OID, FLOAT8OID, FLOAT8OID, TEXTOID, INT8OID,
								   TEXTOID, TEXTOID,   JSONBOID,  FLOAT8OID, JSONBOID};
	static const char *const name[OUT_COLUMNS] = {"user_id", "p_first",   "p_second",  "uplift",
												  "segment", "rank",      "best_arm",  "arm",
												  "uplifts", "uplift_sd", "uplift_sds"};
	TupleDesc desc = CreateTemplateTupleDesc(OUT_COLUMNS);

	for (int i = 0; i < OUT_COLUMNS; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), name[i], type[i], -1, 0);
	return desc;
}

/* Of the users of the graph those who are among the first ids. */
static void
put_scores(ChangedScores *scores, const UserGraph *users, const UpliftModel *model, const UpliftScore *score,
		   const UpliftDecision *decision, const IdMap *ids, uint32 first, const UserIdOutput *as)
{
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(row);

	for (size_t i = 0; i < users->N; i++)
	{
		const Datum id = idmap_id(users->ids, (uint32) i);
		const UpliftScore *user = score + i * decision->treatments;
		Datum value[OUT_COLUMNS];
		bool null[OUT_COLUMNS] = {[OUT_RANK] = true};

		CHECK_FOR_INTERRUPTS();
		if (idmap_find(ids, id, idmap_hash(ids, id)) >= first)
			continue;

		const size_t chosen = uplift_choose(decision, user);

		value[OUT_USER] = user_id_datum(as, id);
		uplift_put_score(value + OUT_SCORE, null + OUT_SCORE, model, user, chosen);
		uplift_put_arms(value + OUT_ARMS, null + OUT_ARMS, model, user, chosen);
		tuplestore_putvalues(scores->rows, scores->desc, value, null);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row);
}

/* Whether it is faster to score everybody: the surroundings are half of the users or more. */
static bool
is_most_of(const Spread *spread)
{
	return (double) idmap_count(spread->ids) > 0.5 * source_rows(spread->from->users);
}

ChangedScores *
uplift_changed(const Model *version, const ChangedSince *changed, Oid id_type, const ScoreChoice *choice)
{
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	const UpliftRequest *request = uplift_request_of(version);
	const UpliftDecision decision = uplift_decision_by_average(model);
	Spread spread = spread_begin(request);
	uint32 scored, inner;

	if (!changed->column)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("changed_since needs changed_column"),
				 errdetail("The tables of an uplift model have no time of their own."),
				 errhint("Pass the column that says when a row was written as changed_column.")));
	/* What a sequence model reads of users changes with time, whether they have new rows or not. */
	if (request->behaviour)
		return NULL;
	progress_phase(PROGRESS_READING);
	spread_find(&spread, changed);
	for (size_t l = 0; l < model->net.L; l++)
		spread_step(&spread, 1);
	scored = inner = idmap_count(spread.ids);
	spread.first = 0;
	for (size_t l = 0; l < model->net.L && !is_most_of(&spread); l++)
	{
		inner = idmap_count(spread.ids);
		spread_step(&spread, 0);
	}
	if (is_most_of(&spread))
		return NULL;

	const GraphPart part = {idmap_array(spread.ids, 0, idmap_count(spread.ids)),
							idmap_array(spread.ids, 0, inner)};
	const UserGraph *users =
		graph_load(&(GraphLoad){.from = request,
								.inputs = uplift_inputs_of(request, model->feature, model->net.F),
								.experiment = LOAD_FEATURES,
								.relations = model->relations,
								.part = &part,
								.what = "scoring"});
	const UserIdOutput as = user_id_as(id_type, spread.id_type);
	ChangedScores *scores = changed_scores(row_shape(id_type));

	progress_phase(PROGRESS_SCORING);
	if (users->N > 0)
		put_scores(scores, users, model, uplift_of_users(model, users, request, NULL), &decision, spread.ids,
				   scored, &as);
	changed_scores_look_at(scores, spread.ids, scored, &as);
	return scores;
}

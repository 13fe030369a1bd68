/*
 * The sample of an uplift model: users of the experiment, what was predicted and what was measured. And the functions
 * over it that only they have.
 */
#include "postgres.h"

#include "uplift/evaluate.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/rows.h"
#include "uplift/pure/train.h"
#include "uplift/randomized.h"
#include "uplift/request.h"
#include "uplift/stored.h"
#include "uplift/trial.h"

void
uplift_require_arms(const Experiment *experiment)
{
	const UserGraph *users = experiment->users;
	size_t n[UPLIFT_TREATMENTS_MAX + 1] = {0};

	for (size_t i = 0; i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE && (!experiment->chosen || experiment->chosen[i]))
			n[users->arm[i]]++;
	for (size_t arm = 0; arm <= users->arms->treatments; arm++)
		if (n[arm] == 0)
			error_no_arm(experiment->request, users->arms, arm, (int64) experiment->n);
}

/* Edges that the caller names in place of those that the model was trained on. */
static void
use_edges(UpliftRequest *request, const EvaluateCall *call)
{
	if (!OidIsValid(call->edges))
		return;
	if (!OidIsValid(request->edges))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" was trained without edges", call->model->name),
						errdetail("edges is \"%s\", and version %d does not know what a neighbour is.",
								  get_rel_name(call->edges), call->model->version),
						errhint("Leave out edges, or train a version with them.")));
	request->edges = call->edges;
}

/* Marks the users to evaluate: those that the training held out, unless the others are asked for, too. */
static void
choose_users(Experiment *experiment, const EvaluateCall *call)
{
	const UserGraph *users = experiment->users;
	uint8_t *held_out;

	experiment->n = users->inside;
	if (OidIsValid(call->source))
		return;
	held_out = memory_array(users->N, 1);
	uplift_held_out(held_out, users, &experiment->request->split);
	experiment->held_out = held_out;
	if (call->learned)
		return;
	experiment->chosen = held_out;
	experiment->n = 0;
	for (size_t i = 0; i < users->N; i++)
		experiment->n += held_out[i];
}

UpliftRequest *
uplift_request_for(const EvaluateCall *call)
{
	UpliftRequest *request = uplift_request_read(registry_spec(call->model));

	if (OidIsValid(call->source))
		request->users = call->source;
	if (request->has_as_of && call->has_as_of)
		request->as_of = call->as_of;
	use_edges(request, call);
	return request;
}

const UserGraph *
uplift_users(const EvaluateCall *call, const UpliftRequest *request, const UpliftModel *model, bool parts)
{
	return graph_load(&(GraphLoad){.from = request,
								   .inputs = uplift_inputs_of(request, model->feature, model->net.F),
								   .experiment = LOAD_EXPERIMENT,
								   .arms = model->arms,
								   .relations = parts ? uplift_relations_none() : model->relations,
								   .binary = !uplift_of_numbers(&model->net.config),
								   .parts = parts,
								   .what = "evaluation"});
}

Experiment
uplift_experiment(const EvaluateCall *call)
{
	const bool own = !OidIsValid(call->source);
	const UpliftRequest *request = uplift_request_for(call);

	if (own && !call->learned && request->split.share == 0)
		error_nobody_held_out(call->model);

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const UserGraph *users = uplift_users(call, request, model, false);
	Experiment experiment = {.model = model, .request = request, .users = users};

	choose_users(&experiment, call);
	if (experiment.n == 0)
		error_nobody(request->users, own && !call->learned
										 ? "No user that the training held out is in the experiment."
										 : "No user has both a treatment and an outcome.");
	experiment.score = uplift_of_users(model, users, request, NULL);
	return experiment;
}

UpliftTrial *
uplift_sample(const EvaluateCall *call, ArmsApart *apart)
{
	const Experiment experiment = uplift_experiment(call);

	uplift_require_arms(&experiment);
	if (apart)
		*apart = uplift_arms_apart(experiment.users, experiment.chosen);
	return uplift_trial(experiment.users, experiment.score, experiment.chosen);
}

Predictions *
uplift_predictions(const EvaluateCall *call)
{
	const Experiment experiment = uplift_experiment(call);
	const UserGraph *users = experiment.users;
	Datum *id = memory_array(experiment.n, sizeof(*id));
	uint8 *held_out = experiment.held_out ? memory_array(experiment.n, 1) : NULL;
	const size_t treatments = users->arms->treatments;
	uint8 *arm = memory_array(experiment.n, 1);
	double *outcome = memory_array(experiment.n, sizeof(*outcome));
	double *uplift = memory_array(experiment.n, treatments * sizeof(*uplift));
	Predictions *all = palloc(sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE || (experiment.chosen && !experiment.chosen[i]))
			continue;
		id[n] = idmap_id(users->ids, (uint32) i);
		if (held_out)
			held_out[n] = experiment.held_out[i];
		arm[n] = (uint8) users->arm[i];
		outcome[n] = (double) users->outcome[i];
		for (size_t k = 0; k < treatments; k++)
			uplift[n * treatments + k] = experiment.score[i * treatments + k].uplift;
		n++;
	}
	*all = (Predictions){.rows = {.n = n, .id_type = users->id_type, .id = id, .held_out = held_out},
						 .outcome = outcome,
						 .treatments = treatments,
						 .arm_name = users->arms->name,
						 .arm = arm,
						 .uplift = uplift};
	return all;
}

/* -- Features among other users ------------------------------------------- */

/* Bytes that a set of metrics keeps of a user, about. */
#define ROW_BYTES 32

/* The inputs of a column come from other users; kept: what they were, N × n. */
static void
shuffle_column(const UserGraph *users, const UpliftColumn *column, const float *kept, const uint32 *donor)
{
	const size_t n = (size_t) column->n;

	for (size_t i = 0; i < users->N; i++)
		memcpy(users->feature + i * users->F + (size_t) column->first, kept + (donor ? donor[i] : i) * n,
			   sizeof(float) * n);
}

static float *
keep_column(const UserGraph *users, const UpliftColumn *column)
{
	const size_t n = (size_t) column->n;
	float *kept = memory_array(users->N * n, sizeof(float));

	for (size_t i = 0; i < users->N; i++)
		memcpy(kept + i * n, users->feature + i * users->F + (size_t) column->first, sizeof(float) * n);
	return kept;
}

/* The metrics of these scores, whose rows know their users. */
static MetricSet *
metrics_of(const Experiment *experiment, const UpliftScore *score)
{
	const UpliftTrial *trial = uplift_trial(experiment->users, score, experiment->chosen);
	const ArmsApart apart = {0};
	MetricSet *set = uplift_set(trial, &apart);

	if (!set->user)
	{
		set->user = trial->user[0];
		set->users = trial->users;
	}
	return set;
}

static MetricSet *
metrics_without(const Experiment *experiment, int column, int shuffle, int64 seed)
{
	const UserGraph *users = experiment->users;
	const UpliftColumn *of = &users->inputs->column[column];
	float *kept = keep_column(users, of);
	uint32 *donor = memory_array(users->N, sizeof(*donor));

	importance_donors(donor, users->N, column, shuffle, seed);
	shuffle_column(users, of, kept, donor);

	UpliftScore *score = uplift_of_users(experiment->model, users, experiment->request, NULL);
	MetricSet *set = metrics_of(experiment, score);

	shuffle_column(users, of, kept, NULL);
	pfree(score);
	pfree(donor);
	pfree(kept);
	return set;
}

Importance *
uplift_importance(const EvaluateCall *call, const ImportanceRequest *request)
{
	const Experiment experiment = uplift_experiment(call);
	const UpliftInputs *inputs = experiment.users->inputs;
	const int sets = inputs->columns * IMPORTANCE_SHUFFLES;
	MetricSet **shuffled = palloc(sizeof(*shuffled) * (size_t) Max(sets, 1));
	const char **name = palloc(sizeof(char *) * (size_t) Max(inputs->columns, 1));

	memory_check(experiment.users->bytes + experiment.n * (size_t) (sets + 1) * ROW_BYTES, "importance");
	for (int c = 0; c < inputs->columns; c++)
		name[c] = inputs->column[c].name;
	for (int i = 0; i < sets; i++)
		shuffled[i] =
			metrics_without(&experiment, i / IMPORTANCE_SHUFFLES, i % IMPORTANCE_SHUFFLES, request->seed);
	return importance_of(metrics_of(&experiment, experiment.score), shuffled, name, inputs->columns);
}

/* -- Features then and now ------------------------------------------------ */

static Observed
observed_users(const UserGraph *users)
{
	return (Observed){users->feature, users->N, users->F};
}

void
uplift_observe(Observations *features, const EvaluateCall *call)
{
	UpliftRequest *request = uplift_request_read(registry_spec(call->model));

	if (!OidIsValid(call->source))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("drift of uplift model \"%s\" needs a table to compare with", call->model->name),
				 errdetail("Its users \"%s\" have no time column to tell then from now.",
						   get_rel_name(request->users)),
				 errhint("Pass the users of today, with the same columns, as source.")));

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const UpliftInputs *inputs = uplift_inputs_of(request, model->feature, model->net.F);
	const UserGraph *users = graph_load(
		&(GraphLoad){.from = request, .inputs = inputs, .experiment = LOAD_USERS, .what = "drift"});

	features->then = observed_users(users);
	request->users = call->source;
	inputs = uplift_inputs_of(request, model->feature, model->net.F);
	users = graph_load(&(GraphLoad){
		.from = request, .inputs = inputs, .experiment = LOAD_USERS, .now = true, .what = "drift"});
	features->now = observed_users(users);
	features->name = (const char *const *) inputs->name;
}

/* -- uplift_by_decile(), qini_curve() -------------------------------------- */

/* Arguments of both; the last one is uplift_by_decile()'s groups, or qini_curve()'s points. */
enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_VERSION,
	ARG_NUMBER
};

static const EvaluateArguments arguments = {.source = ARG_SOURCE, .edges = ARG_EDGES, .version = ARG_VERSION};

static UpliftBin *
groups_of(const UpliftScores *sample, int groups)
{
	UpliftBin *bin;

	if (groups < 1 || (size_t) groups > sample->n)
		error_out_of_range("groups", psprintf("%d", groups),
						   psprintf("1 to %zu, the number of users", sample->n));
	bin = palloc(sizeof(*bin) * (Size) groups);
	uplift_by_bin(bin, sample, (size_t) groups);
	return bin;
}

static void
put_groups(FunctionCallInfo fcinfo, const UpliftBin *bin, int groups, Datum arm)
{
	for (int i = 0; i < groups; i++)
	{
		Datum value[12] = {Int32GetDatum(i + 1), Int64GetDatum((int64) (bin[i].n[0] + bin[i].n[1])),
						   Int64GetDatum((int64) bin[i].n[1])};
		bool null[12] = {false};

		rows_number(value, null, 3, bin[i].predicted);
		rows_number(value, null, 4, bin[i].lowest);
		rows_number(value, null, 5, bin[i].highest);
		rows_number(value, null, 6, bin[i].outcome[1]);
		rows_number(value, null, 7, bin[i].outcome[0]);
		rows_number(value, null, 8, bin[i].effect);
		rows_number(value, null, 9, bin[i].standard_error);
		null[10] = isnan(bin[i].standard_error);
		value[10] = BoolGetDatum(fabs(bin[i].predicted - bin[i].effect) <= 1.96 * bin[i].standard_error);
		value[11] = arm;
		rows_put(fcinfo, value, null);
	}
}

PG_FUNCTION_INFO_V1(usercls_uplift_by_decile);
Datum
usercls_uplift_by_decile(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, &uplift_kind, arguments);
	const int groups = arg_int(fcinfo, ARG_NUMBER, "groups");
	const UpliftTrial *trial = uplift_sample(&call, NULL);

	for (size_t k = 0; k < trial->treatments; k++)
		put_groups(fcinfo, groups_of(&trial->of[k], groups), groups, CStringGetTextDatum(trial->name[k]));
	rows_end(old);
	return (Datum) 0;
}

/* The first point at or after each of `points` equal steps, and both ends. */
static void
put_curve(FunctionCallInfo fcinfo, const CurvePoint *curve, size_t n, int points, Datum arm)
{
	const CurvePoint end = curve[n - 1];
	double step_end = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (curve[i].x < step_end && i < n - 1)
			continue;
		step_end = (floor(curve[i].x * points / end.x) + 1) * end.x / points;

		Datum value[5] = {Float8GetDatum(curve[i].x / end.x), Int64GetDatum((int64) curve[i].x),
						  Float8GetDatum(curve[i].y), Float8GetDatum(end.y * curve[i].x / end.x), arm};
		bool null[5] = {false};

		rows_put(fcinfo, value, null);
	}
}

PG_FUNCTION_INFO_V1(usercls_qini_curve);
Datum
usercls_qini_curve(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, &uplift_kind, arguments);
	const int points = arg_int(fcinfo, ARG_NUMBER, "points");

	if (points < 1)
		error_out_of_range("points", psprintf("%d", points), "1 and more");

	const UpliftTrial *trial = uplift_sample(&call, NULL);

	for (size_t k = 0; k < trial->treatments; k++)
	{
		CurvePoint *curve = memory_array(trial->of[k].n + 1, sizeof(*curve));

		put_curve(fcinfo, curve, uplift_qini_curve(curve, &trial->of[k]), points,
				  CStringGetTextDatum(trial->name[k]));
		pfree(curve);
	}
	rows_end(old);
	return (Datum) 0;
}

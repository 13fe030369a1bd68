/* usercls.train_uplift: from two tables to a version of a model. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "metrics/sample.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/options.h"
#include "server/source.h"
#include "uplift/networks.h"
#include "uplift/behaviour.h"
#include "uplift/pure/train.h"
#include "uplift/randomized.h"
#include "uplift/sampled.h"
#include "uplift/train_uplift.h"
#include "uplift/trial.h"
#include "work/progress.h"
#include "work/train.h"

PG_FUNCTION_INFO_V1(usercls_train_uplift);

/* What ranking at random is worth, by UPLIFT_METRIC. */
#define DECIDING_BASELINE 0.0

/* -- The experiment ------------------------------------------------------- */

typedef struct ArmCounts
{
	size_t users[UPLIFT_TREATMENTS_MAX + 1]; /* of each arm */
	size_t all;
	size_t responded; /* outcome 1, when outcomes are 0 or 1 */
} ArmCounts;

/* held_out NULL: of the whole experiment. */
static ArmCounts
arms_count(const UserGraph *users, const uint8_t *held_out, bool part)
{
	ArmCounts arms = {0};

	for (size_t i = 0; i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE && (!held_out || (held_out[i] != 0) == part))
		{
			arms.users[users->arm[i]]++;
			arms.all++;
			arms.responded += users->outcome[i] == 1.0f;
		}
	return arms;
}

static void
estimator_check(const UpliftRequest *request, const UpliftArms *arms)
{
	if (uplift_tells_apart(&request->config, arms->treatments))
		return;

	char estimator[CONFIG_TEXT_MAX];

	for (size_t i = 0; i < uplift_option_count; i++)
		if (strcmp(uplift_options[i].name, "estimator") == 0)
			config_text(estimator, sizeof(estimator), &request->config, &uplift_options[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("estimator %s is for two arms, and there are %zu", estimator, arms->treatments + 1),
			 errdetail("The arms are %s.", uplift_arms_text(arms)),
			 errhint("Use the estimator two_head, or set the treatment of users in other arms to NULL.")));
}

/* Uplift can only be learned where all arms are, and where something differs. */
static void
experiment_check(const UserGraph *users, const UpliftRequest *request, const ArmCounts *all)
{
	const char *table = get_rel_name(request->users);

	if (all->all == 0)
		error_no_rows(table,
					  psprintf("No user has both \"%s\" and \"%s\".", request->treatment_column,
							   request->outcome_column),
					  "Check treatment_column and outcome_column: null means outside the experiment.");
	for (size_t arm = 0; arm <= users->arms->treatments; arm++)
		if (all->users[arm] == 0)
			error_no_arm(request, users->arms, arm, (int64) all->all);
	if (!uplift_of_numbers(&request->config) && (all->responded == 0 || all->responded == all->all))
		error_one_class(table, all->responded ? "1" : "0", (int64) all->all);
}

static void
put_arms(JsonbBuild *build, const UpliftArms *arms, const ArmCounts *all)
{
	for (size_t arm = 0; arm <= arms->treatments; arm++)
		jsonb_put_int(build, arms->name[arm], (int64) all->users[arm]);
}

/* Edges of each relation. */
static Jsonb *
relations_count(const UserGraph *users)
{
	size_t edges[UPLIFT_RELATIONS_MAX] = {0};
	JsonbBuild build;

	for (size_t e = 0; e < users->E; e++)
		if (users->relation[e] != RELATION_NONE)
			edges[users->relation[e]]++;
	jsonb_begin(&build);
	for (size_t r = 0; r < users->relations->n; r++)
		jsonb_put_int(&build, users->relations->name[r], (int64) edges[r]);
	return jsonb_end(&build);
}

/* Users by arm: of named arms in an object of their own, where no name can be that of another figure. */
static Jsonb *
classes_of(const UserGraph *users, const ArmCounts *all)
{
	JsonbBuild build, arms;

	jsonb_begin(&build);
	if (users->arms->named)
	{
		jsonb_begin(&arms);
		put_arms(&arms, users->arms, all);
		jsonb_put_jsonb(&build, "arms", jsonb_end(&arms));
	}
	else
		put_arms(&build, users->arms, all);
	jsonb_put_int(&build, "outside", (int64) (users->N - users->inside));
	jsonb_put_int(&build, "edges", (int64) users->E);
	jsonb_put_int(&build, "edges_to_unknown_users", (int64) users->unknown);
	if (users->relations->n > 0)
		jsonb_put_jsonb(&build, "relations", relations_count(users));
	if (users->inputs->behaviour_n > 0)
		jsonb_put_int(&build, "without_behaviour", (int64) users->without_behaviour);
	return jsonb_end(&build);
}

/* -- Training ------------------------------------------------------------- */

static void
train_carve(void *task, Arena *arena, const void *setup, int workers)
{
	uplifttrain_carve(task, arena, setup, workers);
}

const RunnerKind runner_uplift = {.worker = "usercls_uplift_training_worker",
								  .task_size = sizeof(UpliftTask),
								  .carve = train_carve,
								  .next = uplifttrain_next,
								  .run = uplifttrain_run,
								  .report = uplifttrain_report,
								  .stop = uplifttrain_stop};

extern PGDLLEXPORT void usercls_uplift_training_worker(dsm_segment *segment, shm_toc *toc);

void
usercls_uplift_training_worker(dsm_segment *segment, shm_toc *toc)
{
	runner_work(&runner_uplift, segment, toc);
}

/*
 * The version to start from; NULL: none. It has to have the same tensors, and they have to mean the same: the heads of
 * partial_label and two_head are alike, and answer different questions. Its features decide what will be read.
 */
static const UpliftModel *
warm_model(const TrainRun *run, const UpliftRequest *request)
{
	if (!request->warm_start)
		return NULL;

	const UpliftModel *model = train_stored(run, request->warm_start);
	ParamTable *stored = palloc(sizeof(*stored)), *wanted = palloc(sizeof(*wanted));

	const UpliftShape shape = uplift_shape(&model->net);

	(void) upliftmodel_params(stored, &model->net.config, &shape);
	if (model->arms->named != (request->control != NULL) ||
		(request->control && strcmp(model->arms->name[0], request->control) != 0))
		error_warm_start(run, request->warm_start, "That version has another control.");
	if (!behaviour_goes_on(
			request, registry_spec_if_any(registry_version(run->name, request->warm_start, RIGHT_TRAIN))))
		error_warm_start(run, request->warm_start,
						 "That version reads behaviour by another version of its model.");
	if ((model->relations->n > 0) != (request->relation_column != NULL))
		error_warm_start(run, request->warm_start,
						 model->relations->n > 0
							 ? "That version tells the relations of edges apart."
							 : "That version does not tell the relations of edges apart.");
	if (!uplift_tells_apart(&request->config, model->net.treatments))
		error_warm_start(run, request->warm_start, "That version has other tensors, or another estimator.");
	(void) upliftmodel_params(wanted, &request->config, &shape);
	if (!params_same(stored, wanted) || model->net.config.estimator != request->config.estimator)
		error_warm_start(run, request->warm_start, "That version has other tensors, or another estimator.");
	return model;
}

/* -- Measuring ------------------------------------------------------------ */

/* Held-out metrics as jsonb, with the one that decides beside. */
static Jsonb *
measure(double *deciding, const UpliftMeasured *measured)
{
	const ArmsApart apart = uplift_arms_apart(measured->users, measured->held_out);
	const MetricSet *set =
		uplift_set(uplift_trial(measured->users, measured->score, measured->held_out), &apart);
	double *value = palloc(sizeof(double) * (size_t) set->rows);
	JsonbBuild build;

	*deciding = NAN;
	set->measure(value, set->state, NULL);
	jsonb_begin(&build);
	for (int i = 0; i < set->rows; i++)
	{
		jsonb_put_float(&build, set->row[i].name, value[i]);
		if (strcmp(set->row[i].name, UPLIFT_METRIC) == 0)
			*deciding = value[i];
	}
	return jsonb_end(&build);
}

/* -- The whole ------------------------------------------------------------ */

static void
train(TrainRun *run, TrainOutcome *outcome, UpliftRequest *request)
{
	train_begin(run, &uplift_kind);
	behaviour_begin(request);

	const bool binary = !uplift_of_numbers(&request->config);
	const UpliftModel *warm = warm_model(run, request);
	const UpliftInputs *inputs =
		warm ? uplift_inputs_of(request, warm->feature, warm->net.F) : uplift_inputs_find(request);
	const UpliftArms *arms = warm ? warm->arms : uplift_arms_find(request);
	const UpliftRelations *relations = warm ? warm->relations : uplift_relations_find(request);

	estimator_check(request, arms);

	const UserGraph *users = graph_load(&(GraphLoad){.from = request,
													 .inputs = inputs,
													 .experiment = LOAD_EXPERIMENT,
													 .arms = arms,
													 .relations = relations,
													 .binary = binary,
													 .whole = true,
													 .what = "training"});
	uint8_t *held_out = memory_array(users->N, 1);

	request->split = uplift_split(users, request, train_begun_split(run, request->warm_start));
	uplift_held_out(held_out, users, &request->split);

	const ArmCounts train = arms_count(users, held_out, false);
	const ArmCounts test = arms_count(users, held_out, true);
	const ArmCounts all = arms_count(users, NULL, false);
	UpliftSetup setup = {.config = request->config,
						 .graph = graphload_setup(users, request),
						 .F = users->F,
						 .treatments = arms->treatments,
						 .propensities = users->propensity != NULL,
						 .warm_start = warm != NULL,
						 .seed = (uint64_t) request->seed};

	experiment_check(users, request, &all);

	const size_t beside = users->bytes + uplift_networks_bytes(&setup);

	setup.batch = uplift_batch(&setup, beside, false);

	const size_t bytes = Max(users->peak, beside + runner_measure(&runner_uplift, &setup));

	*outcome = (TrainOutcome){
		.record = {.architecture = "graph_attention",
				   .features = (const char *const *) inputs->name,
				   .n_features = inputs->F,
				   .hyperparams = options_to_jsonb(&request->config, uplift_options, uplift_option_count),
				   .seed = request->seed,
				   .metric = UPLIFT_METRIC,
				   .value = NAN,
				   .baseline = DECIDING_BASELINE,
				   .as_of = request->has_as_of ? request->as_of : DT_NOBEGIN,
				   .spec = uplift_request_write(request),
				   .rows_train = (int64) train.all,
				   .rows_held_out = (int64) test.all,
				   .memory = (int64) bytes},
		.classes = classes_of(users, &all)};
	uplift_tell_features(request);
	behaviour_tell(request, users->N, users->without_behaviour);
	uplift_find_telling(outcome, users);
	uplift_check_randomized(outcome, users);
	if (run->dry_run)
	{
		train_end(run, outcome);
		return;
	}

	memory_check(bytes, "training");

	const UpliftTraining training = {
		.run = run, .request = request, .users = users, .held_out = held_out, .setup = setup, .warm = warm};
	const UpliftModel *model = uplift_networks_train(&outcome->record, &training);

	progress_phase(PROGRESS_EVALUATING);

	UpliftMeasured measured = {.request = request,
							   .users = users,
							   .held_out = held_out,
							   .binary = binary,
							   .sampled = setup.batch > 0};

	measured.score = uplift_measure_scores(model, &measured);
	outcome->record.metrics = measure(&outcome->record.value, &measured);
	uplift_compare(outcome, run, &measured);
	train_end(run, outcome);
}

void
uplift_retrain(TrainRun *run, const Jsonb *spec)
{
	TrainOutcome outcome;
	UpliftRequest *request = uplift_request_read(spec);

	request->warm_start = run->warm_start;
	if (!run->warm_start)
		request->behaviour_version = 0; /* the promoted one */
	if (run->has_as_of)
		request->as_of = run->as_of;
	train(run, &outcome, request);
}

/* -- The SQL function ----------------------------------------------------- */

Datum
usercls_train_uplift(PG_FUNCTION_ARGS)
{
	TrainRun run;
	TrainOutcome outcome;
	UpliftRequest *request = uplift_request_from_args(&run, fcinfo);

	train(&run, &outcome, request);
	return train_result(fcinfo, &run, &outcome);
}

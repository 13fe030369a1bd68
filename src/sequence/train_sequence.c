/* train_sequence(): from a table to a version. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "metrics/class_metrics.h"
#include "sequence/pure/train.h"
#include "sequence/pure/train_sample.h"
#include "sequence/networks.h"
#include "sequence/request.h"
#include "sequence/score.h"
#include "sequence/stored.h"
#include "sequence/train_sequence.h"
#include "sequence/users.h"
#include "sequence/users_attributes.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/notices.h"
#include "server/options.h"
#include "server/request.h"
#include "work/progress.h"
#include "work/train.h"

/*
 * Standard errors by which the log-loss has to be lower than that of a rule. The held-out users have chosen the epoch and
 * the penalty, too, so that chance alone makes one of them more than it should be.
 */
#define SURE 2.0

static bool
same_names(const char *const *a, int n, char **b, int m)
{
	if (n != m)
		return false;
	for (int i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Whether a stored model answers the same question from the same features. */
static bool
is_comparable(const SequenceModel *model, const SequenceRequest *request, const SequenceUsers *users)
{
	return same_names(request->reading.features, request->reading.F, model->features, model->F) &&
		   same_names(users->classes, users->C, model->classes, model->C) &&
		   users_have_attributes(users, &model->attributes);
}

static int32
warm_version(const TrainRun *run, const SequenceRequest *request)
{
	return request->warm_start ? request->warm_start : run->warm_start;
}

/* The version to start from, or NULL. What retrain() asks for is left out when it does not fit today's
 * classes. */
static const SequenceModel *
warm_model(const TrainRun *run, SequenceRequest *request, const SequenceUsers *users)
{
	const int32 version = warm_version(run, request);

	if (version == 0)
		return NULL;

	const SequenceModel *model = train_stored(run, version);
	ParamTable *params = palloc0(sizeof(*params));
	SequenceConfig config = request->config;

	if (request->automatic)
		(void) networks_candidate(&config, request, model->config.architecture);
	config.attributes = model->config.attributes; /* the values that it knows go on */
	config.bins = model->config.bins;
	(void) seqmodel_params(params, &config, users->F, (size_t) users->C);
	if (is_comparable(model, request, users) && params_same(model->params, params))
	{
		request->config = config;
		return model;
	}
	if (request->warm_start == 0)
		return NULL;
	error_warm_start(run, version, "That version has other features, classes or tensors.");
}

/* The split that the training goes on from; *warm is let go where it held out users and this one does times, or the reverse. */
static const Split *
begun_split(const SequenceModel **warm, const TrainRun *run, const SequenceRequest *request)
{
	const Split *begun = *warm ? train_begun_split(run, warm_version(run, request)) : NULL;

	if (!begun || begun->share <= 0 || begun->by_time == request->validation.by_time)
		return begun;
	if (request->warm_start)
		error_warm_start(run, request->warm_start, "That version held out by another method of validation.");
	*warm = NULL;
	return NULL;
}

/* What a model says of the held-out users, who come first: held_out × C. */
static real *
held_out_probabilities(const SequenceModel *model, const SequenceUsers *users, size_t held_out)
{
	const size_t C = (size_t) model->C;
	size_t *start = memory_array(users->N + 1, sizeof(size_t));
	float *value = memory_array(users->steps * users->F, sizeof(float));
	float *attribute = memory_array(users->N * (size_t) model->attributes.n, sizeof(float));
	const SequenceSet set = {
		.N = held_out, .F = (size_t) model->F, .start = start, .value = value, .attribute = attribute};

	sequence_fill(users, start, value);
	attribute_coder_fill(attribute, attribute_coder(users, &model->attributes), 0, users->N);

	real *prob = memory_array(held_out * C, sizeof(real));

	sequence_probabilities(prob, sequence_model_batch(model, users->longest, SEQUENCE_BATCH, "training"),
						   &set, held_out, C);
	return prob;
}

/* What an epoch learns from: each sequence that is not held out, or as many of each class as are drawn. */
static Jsonb *
count_drawn(const SequenceUsers *users, size_t held_out, ClassBalance balance, double samples_per_class)
{
	size_t *begin = palloc0(sizeof(size_t) * (size_t) (users->C + 1));
	JsonbBuild build;

	for (size_t i = held_out; i < users->N; i++)
		begin[users->label[i] + 1]++;
	for (int c = 0; c < users->C; c++)
		begin[c + 1] += begin[c];

	const size_t drawn = sample_per_class(begin, (size_t) users->C, samples_per_class);

	jsonb_begin(&build);
	for (int c = 0; c < users->C; c++)
		jsonb_put_int(&build, users->classes[c],
					  (int64) (balance == BALANCE_RESAMPLE ? drawn : begin[c + 1] - begin[c]));
	return jsonb_end(&build);
}

static Jsonb *
count_classes(const SequenceUsers *users)
{
	JsonbBuild build;

	jsonb_begin(&build);
	for (int c = 0; c < users->C; c++)
		jsonb_put_int(&build, users->classes[c], users->users[c]);
	return jsonb_end(&build);
}

/* A rule that needs no model, as it does on the held-out users. */
typedef struct Rule
{
	const ClassMetrics *metrics;
	const char *name;
	bool labels; /* they are answers as the model's are, which ranges of a number are not */
} Rule;

/*
 * Whether the model is better than a rule that needs none: surely in log-loss, and no worse in what its labels are for,
 * accuracy or under another decision than the largest probability macro-F1. The reason of the first rule that it is not
 * better than stays.
 */
static void
compare_with_rule(TrainOutcome *outcome, const ClassMetrics *model, const Rule *rule,
				  const SequenceUsers *users, size_t held_out, const SequenceRequest *request)
{
	uint32 *user = memory_array(held_out, sizeof(*user));

	const bool largest = request->config.decision == DECISION_LARGEST;
	const double ours = largest ? model->accuracy : model->macro_f1;
	const double theirs = largest ? rule->metrics->accuracy : rule->metrics->macro_f1;

	sequence_count_users(user, users, 0, held_out);

	const double gain = class_gain(model, rule->metrics, user, held_out);

	pfree(user);
	if (outcome->comparison.rule)
		return;
	if (gain < SURE)
		outcome->comparison.rule = psprintf("log_loss %.4g against %.4g of %s (%.1f standard errors, not %g)",
											model->log_loss, rule->metrics->log_loss, rule->name, gain, SURE);
	else if (rule->labels && ours < theirs)
		outcome->comparison.rule = psprintf("%s %.4g against %.4g of %s", largest ? "accuracy" : "macro_f1",
											ours, theirs, rule->name);
}

/*
 * Encode what was trained, and measure it on the held-out users: their probabilities say which ones a prediction set takes,
 * and that is encoded, too.
 */
static SequenceMeasured
encode(VersionRecord *record, const TrainRun *run, const SequenceRequest *request, const SequenceUsers *users,
	   SequenceFile *file, const TrainedNetworks *trained)
{
	const size_t held_out = (size_t) record->rows_held_out;
	SequenceMeasured measured = {.request = request, .users = users, .held_out = held_out};

	record->weights = sequence_model_encode(file, trained->params, trained->w);
	if (held_out == 0)
		return measured;
	measured.model =
		sequence_model_decode(VARDATA_ANY(record->weights), VARSIZE_ANY_EXHDR(record->weights), run->name, 0);
	measured.prob = held_out_probabilities(measured.model, users, held_out);
	file->conformal = conformal_measure(measured.prob, users->label, held_out, (size_t) users->C);
	record->weights = sequence_model_encode(file, trained->params, trained->w);
	return measured;
}

/* The metrics on the held-out users; without any, all stay null. */
static void
measure(TrainOutcome *outcome, const TrainRun *run, const TrainedNetworks *trained,
		const SequenceMeasured *measured)
{
	VersionRecord *record = &outcome->record;
	const SequenceUsers *users = measured->users;
	const size_t held_out = measured->held_out;

	record->metric = SEQUENCE_METRIC;
	record->value = NAN;
	record->baseline = NAN;
	if (held_out == 0)
	{
		(void) train_incumbent(run, outcome);
		return;
	}

	const size_t C = (size_t) users->C;
	const ClassMetrics metrics =
		class_metrics(measured->prob, users->label, measured->model->decision, held_out, C);
	const ClassMetrics majority = majority_metrics(users->label, held_out, users->N, C);
	JsonbBuild build;

	record->value = metrics.log_loss;
	record->baseline = majority.log_loss;
	compare_with_rule(outcome, &metrics, &(Rule){&majority, "the classes' shares", users->ranges == NULL},
					  users, held_out, measured->request);
	jsonb_begin(&build);
	jsonb_put_jsonb(&build, "model", class_metrics_jsonb(&metrics, users->classes, users->C));
	jsonb_put_jsonb(&build, "majority", class_metrics_jsonb(&majority, users->classes, users->C));
	if (users->carried)
	{
		const ClassMetrics carried = carried_metrics(users->label, users->carried, held_out, users->N, C);

		record->baseline = Min(record->baseline, carried.log_loss);
		compare_with_rule(outcome, &metrics, &(Rule){&carried, "carrying the label forward", true}, users,
						  held_out, measured->request);
		jsonb_put_jsonb(&build, "carried_forward", class_metrics_jsonb(&carried, users->classes, users->C));
	}
	jsonb_put_float(&build, "temperature", trained->temperature);
	if (trained->candidates)
		jsonb_put_jsonb(&build, "candidates", trained->candidates);
	record->metrics = jsonb_end(&build);
	if (outcome->comparison.rule)
		notice_send(
			NOTICE, "the new version is not surely better than a rule without a model",
			psprintf("On the held-out users it has %s.", outcome->comparison.rule),
			"Bring more users or features, or another window and horizon; promote => 'always' promotes it "
			"nonetheless.");
	sequence_compare(outcome, run, measured);
}

/* Of a number the promoted version's ranges, so that the two can be compared, when it answers the same question; or NULL. */
static const NumberRanges *
ranges_of_promoted(const TrainRun *run, const SequenceRequest *request)
{
	const int32 promoted = run->model ? run->model->promoted : 0;
	const char *outcome = request->reading.outcome;

	if (promoted == 0 || !outcome)
		return NULL;

	const Jsonb *spec = registry_spec_if_any(registry_version(run->name, promoted, RIGHT_TRAIN));
	const char *answered = spec ? spec_text(spec, "outcome") : NULL;

	if (!answered || strcmp(answered, outcome) != 0)
		return NULL;
	return ((const SequenceModel *) train_stored(run, promoted))->ranges;
}

/* Of fewer sequences a network learns by heart what it reads by bins. */
#define BINS_LEAST 2000

static void
train(TrainRun *run, TrainOutcome *outcome, SequenceRequest *request)
{
	const SequenceReading *reading = &request->reading;
	VersionRecord *record = &outcome->record;

	train_begin(run, &sequence_kind);

	SequenceUsers *users = sequence_read(&(SequenceRead){.reading = reading,
														 .as_of = request->has_as_of ? &request->as_of : NULL,
														 .cutoffs = &request->cutoffs,
														 .ranges = ranges_of_promoted(run, request),
														 .labels = SEQUENCE_LABELED,
														 .whole = true,
														 .what = "training"});

	sequence_check_users(reading, users, request->has_as_of);
	progress_phase(PROGRESS_BUILDING);

	const SequenceModel *warm = warm_model(run, request, users);

	const Split *begun = begun_split(&warm, run, request);
	const size_t labeled = sequence_count_labeled(users);

	request->split = sequence_split(users, &request->validation, request->seed, begun);
	outcome->users = (int64) sequence_count_users(NULL, users, 0, users->N);

	const size_t held_out = sequence_hold_out(users, &request->split);

	if (users->ranges)
		ranges_measure(users->ranges, users->number + held_out, users->label + held_out, users->N - held_out);
	sequence_check_held_out(users, held_out, labeled, &request->validation);
	/* Of sequences without dates the label is what they are, and not what comes. */
	if (!reading->sequence_column)
		sequence_find_telling(outcome, reading, users);

	const Attributes attributes = warm ? warm->attributes : attributes_learn(users, held_out);

	request->config.attributes = attributes_shapes(&attributes);
	request->config.bins =
		warm ? warm->config.bins : request->config.bins && users->N - held_out >= BINS_LEAST;

	double *weight = palloc(sizeof(double) * (size_t) users->C);
	const SequenceSetup setup = {.config = request->config,
								 .ordered = users->ranges != NULL,
								 .N = users->N,
								 .F = users->F,
								 .C = (size_t) users->C,
								 .steps = users->steps,
								 .longest = users->longest,
								 .balance =
									 (int) sequence_class_balance(weight, request, users->classes, users->C),
								 .warm_start = warm != NULL,
								 .seed = (uint64_t) request->seed};

	NetworksTraining training = {.run = run,
								 .request = request,
								 .users = users,
								 .held_out = held_out,
								 .setup = setup,
								 .weight = weight,
								 .attributes = &attributes,
								 .warm = warm};

	record->memory = (int64) (users->memory + networks_memory(&training));
	record->rows_train = (int64) (users->N - held_out);
	record->rows_held_out = (int64) held_out;
	outcome->attributes = reading->attributes;
	outcome->n_attributes = reading->A;
	outcome->classes = count_classes(users);
	outcome->drawn =
		count_drawn(users, held_out, (ClassBalance) setup.balance, request->config.samples_per_class);
	outcome->cutoffs = users->cutoffs;
	outcome->counts_activity = true;
	outcome->active = (int64) users->active;
	outcome->silent = (int64) users->silent;
	memory_check((size_t) record->memory, "training");
	if (!run->dry_run)
	{
		const TrainedNetworks trained = networks_train(&training);

		SequenceFile file = {.config = &request->config,
							 .reading = reading,
							 .attributes = &attributes,
							 .typical = typical_measure(users, &attributes, held_out),
							 .classes = users->classes,
							 .C = users->C,
							 .ranges = users->ranges};
		const SequenceMeasured measured = encode(record, run, request, users, &file, &trained);

		record->best_epoch = trained.best_epoch;
		measure(outcome, run, &trained, &measured);
	}

	record->architecture = sequence_architectures[request->config.architecture];
	record->features = reading->features;
	record->n_features = reading->F;
	record->classes = users->classes;
	record->n_classes = users->C;
	record->hyperparams = options_to_jsonb(&request->config, sequence_options, sequence_option_count);
	record->seed = request->seed;
	record->as_of = users->as_of;
	record->spec = sequence_request_to_spec(request);
	train_end(run, outcome);
}

void
sequence_retrain(TrainRun *run, const Jsonb *spec)
{
	TrainOutcome outcome = {0};
	SequenceRequest request;

	sequence_request_from_spec(&request, spec);
	if (run->has_as_of && request.cutoffs.at)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" is trained at a list of cutoffs", run->name),
						errdetail("The newest is %s; as_of moves a number of cutoffs alone.",
								  timestamptz_to_str(request.cutoffs.at[request.cutoffs.n - 1])),
						errhint("Leave as_of out, or train with a number of cutoffs.")));
	request.has_as_of = run->has_as_of;
	request.as_of = run->as_of;
	train(run, &outcome, &request);
}

PG_FUNCTION_INFO_V1(usercls_train_sequence);

Datum
usercls_train_sequence(PG_FUNCTION_ARGS)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls train_sequence", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(context);
	TrainRun run;
	TrainOutcome outcome = {0};
	SequenceRequest request;

	sequence_request_from_args(&run, &request, fcinfo);
	train(&run, &outcome, &request);
	MemoryContextSwitchTo(old);

	const Datum result = train_result(fcinfo, &run, &outcome);

	MemoryContextDelete(context);
	return result;
}

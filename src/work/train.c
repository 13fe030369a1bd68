#include "postgres.h"

#include "work/train.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "registry/modelcache.h"
#include "registry/sources.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/notices.h"
#include "server/request.h"
#include "server/transaction.h"
#include "work/progress.h"

void
train_begin(TrainRun *run, const ModelKind *kind)
{
	if (run->run_id != 0)
		return;
	registry_check_promote(run->promote);
	if (!run->dry_run)
	{
		PreventCommandIfReadOnly("training");
		registry_refuse_copy();
	}
	run->kind = kind;
	run->context = CurrentMemoryContext;
	run->started = GetCurrentTimestamp();
	run->model = registry_find_or_new(run->name, RIGHT_TRAIN);
	if (run->model)
		registry_check_kind(run->model, kind);
	notices_begin();
	progress_start(run->commits ? "retrain" : "train", run->name);
	progress_phase(PROGRESS_READING);

	/* From here on it is on record, whatever becomes of it. */
	if (run->commits)
	{
		run->run_id = registry_run_start(&run->model, run->name, run->kind, run->started);
		procedure_commit();
	}
}

const void *
train_stored(const TrainRun *run, int32 version)
{
	return modelcache_get(registry_version(run->name, version, RIGHT_TRAIN), CurrentMemoryContext);
}

void
error_warm_start(const TrainRun *run, int32 version, const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("training cannot start from version %d of model \"%s\"", version, run->name),
					errdetail("%s", why),
					errhint("Train with the arguments of that version, or without warm_start.")));
}

const Split *
train_begun_split(const TrainRun *run, int32 version)
{
	const Jsonb *spec =
		version ? registry_spec_if_any(registry_version(run->name, version, RIGHT_TRAIN)) : NULL;
	Split *split = palloc(sizeof(*split));

	if (!spec)
		return NULL;
	*split = spec_split(spec);
	if (split->share <= 0)
		notice_send(
			NOTICE, "nobody is held out",
			psprintf("Version %d, which the training goes on from, has learned from everybody.", version),
			"Train without warm_start to hold users out.");
	return split;
}

static void
keep_report(TrainRun *run, const TrainReport *report)
{
	if (run->epochs == run->room)
	{
		run->room = Max(64, 2 * run->room);
		run->log = run->log ? repalloc(run->log, sizeof(*run->log) * (size_t) run->room)
							: MemoryContextAlloc(run->context, sizeof(*run->log) * (size_t) run->room);
	}
	run->log[run->epochs] = (LoggedEpoch){*report, GetCurrentTimestamp()};
	run->log[run->epochs].report.epoch += run->epochs_before;
	run->log[run->epochs].report.best_epoch += report->best_epoch > 0 ? run->epochs_before : 0;
	run->epochs++;
}

/* on_epoch of RunnerWatch. */
static void
epoch_done(void *arg, const TrainReport *report)
{
	TrainRun *run = arg;

	keep_report(run, report);
	if (!run->commits)
		return;
	registry_log(run->run_id, &run->log[run->epochs - 1].report, run->metric, run->log[run->epochs - 1].at);
	procedure_commit();
}

void
train_run(TrainRun *run, Runner *runner, int networks, int max_epochs, const char *metric)
{
	const RunnerWatch watch = {.epochs_before = run->epochs,
							   .max_epochs = run->epochs + networks * max_epochs,
							   .on_epoch = epoch_done,
							   .arg = run,
							   .writes = run->commits,
							   .deadline = run->deadline};

	run->metric = metric;
	run->epochs_before = run->epochs;
	progress_phase(PROGRESS_TRAINING);
	runner_run(runner, &watch);
	progress_phase(PROGRESS_EVALUATING);
}

/* A feature that the stored spec of a version says tells the answer; NULL: none. */
static const char *
telling_feature(const Jsonb *spec)
{
	int n = 0;
	const char **names = spec && jsonb_member(spec, "telling") ? spec_names(&n, spec, "telling") : NULL;

	return n > 0 ? names[0] : NULL;
}

/* Why the two are not measured against each other; NULL: they may be. */
static const char *
obstacle(const TrainOutcome *outcome, const TrainIncumbent *incumbent, bool *promote_anyway)
{
	const VersionRecord *record = &outcome->record;
	const char *telling = telling_feature(incumbent->spec);

	/* What a telling feature reaches is no yardstick, and no achievement. */
	if (telling && outcome->n_telling == 0)
	{
		*promote_anyway = true;
		return psprintf("its feature \"%s\" alone tells the answer", telling);
	}
	if (!telling && outcome->n_telling > 0)
		return psprintf("feature \"%s\" of the new version alone tells the answer", outcome->telling[0]);
	if (record->rows_held_out == 0)
		return "nobody is held out";
	if (isnan(record->value))
		return psprintf("%s is not defined on the held-out users", record->metric);
	if (incumbent->spec && incumbent->split.share <= 0)
		return "it has learned from everybody";
	return NULL;
}

const TrainIncumbent *
train_incumbent(const TrainRun *run, TrainOutcome *outcome)
{
	const int32 promoted = run->model ? run->model->promoted : 0;
	Comparison *comparison = &outcome->comparison;
	TrainIncumbent *incumbent = palloc0(sizeof(*incumbent));

	if (promoted == 0)
		return NULL;

	/* A training that commits holds nobody up: its incumbent may even have been pruned. */
	if (registry_find(run->name, RIGHT_TRAIN)->promoted != promoted)
	{
		comparison->obstacle = "another version was promoted meanwhile";
		return NULL;
	}

	const Model *model = registry_version(run->name, promoted, RIGHT_TRAIN);

	incumbent->version = promoted;
	incumbent->model = modelcache_get(model, CurrentMemoryContext);
	incumbent->spec = registry_spec_if_any(model);
	incumbent->waiting = sources_waiting(model, incumbent->spec);

	/* The spec of an import may be of another hand. */
	if (incumbent->spec && !split_of_spec(&incumbent->split, incumbent->spec))
		incumbent->spec = NULL;
	*comparison = (Comparison){.metric = outcome->record.metric, .value = NAN, .incumbent = NAN};
	comparison->obstacle = obstacle(outcome, incumbent, &comparison->promote_anyway);
	return comparison->obstacle ? NULL : incumbent;
}

bool
train_measures(const TrainIncumbent *incumbent, uint64 hash, TimestampTz at)
{
	return !incumbent->spec || split_measures(&incumbent->split, hash, at);
}

bool
train_compares(TrainOutcome *outcome, const TrainIncumbent *incumbent, size_t n, size_t held_out)
{
	Comparison *comparison = &outcome->comparison;
	const char *doubt = incumbent->spec ? "" : ", which was imported and may have learned from them";

	if (n < COMPARED_MIN)
		comparison->obstacle = psprintf("both can be measured on %zu of %zu held-out users, fewer than %d", n,
										held_out, COMPARED_MIN);
	else if (n < held_out)
		comparison->users = psprintf("%s on %zu of %zu held-out users", doubt, n, held_out);
	else
		comparison->users = doubt;
	return !comparison->obstacle;
}

void
train_tells(TrainOutcome *outcome, const char *what, const char *feature, const char *answer,
			const char *detail)
{
	const int n = outcome->n_telling;

	if (n == 0 || strcmp(outcome->telling[n - 1], feature) != 0)
	{
		outcome->telling =
			memory_array_resize(CurrentMemoryContext, outcome->telling, (size_t) n + 1, sizeof(char *));
		outcome->telling[outcome->n_telling++] = feature;
	}
	notice_send(
		WARNING, psprintf("%s \"%s\" alone tells the %s", what, feature, answer), detail,
		psprintf("Is it known before the %s is? If not, leave it out: name the columns to learn from in %ss.",
				 answer, what));
}

/* The stored spec names the features that alone tell the answer: later versions are compared with that in mind. */
static void
note_telling(VersionRecord *record, const TrainOutcome *outcome)
{
	JsonbBuild build;

	if (outcome->n_telling == 0)
		return;
	jsonb_begin(&build);
	jsonb_put_names(&build, "telling", outcome->telling, outcome->n_telling);
	record->spec = DatumGetJsonbP(
		DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(record->spec), JsonbPGetDatum(jsonb_end(&build))));
}

static Datum
names_datum(const char *const *names, int n)
{
	Datum *element = palloc(sizeof(*element) * (size_t) Max(n, 1));

	for (int i = 0; i < n; i++)
		element[i] = CStringGetTextDatum(names[i]);
	return PointerGetDatum(construct_array(element, n, TEXTOID, -1, false, TYPALIGN_INT));
}

void
train_end(TrainRun *run, TrainOutcome *outcome)
{
	VersionRecord *record = &outcome->record;

	record->seconds = (double) (GetCurrentTimestamp() - run->started) / USECS_PER_SEC;
	record->epochs = run->epochs;
	record->comment = run->comment;
	run->n_notices = notices_end(&run->notices);
	if (!run->dry_run)
	{
		progress_phase(PROGRESS_STORING);
		if (!run->commits)
		{
			run->run_id = registry_run_start(&run->model, run->name, run->kind, run->started);
			for (int i = 0; i < run->epochs; i++)
				registry_log(run->run_id, &run->log[i].report, run->metric, run->log[i].at);
		}
		note_telling(record, outcome);
		run->version = registry_store(run->model, run->run_id, record);
		run->promoted =
			registry_gate(run->model, run->version, run->promote, &outcome->comparison, &run->reason);
		registry_run_decide(run->run_id, run->promoted, run->reason, run->notices, run->n_notices);
		if (transaction_pending(psprintf("version %d of model \"%s\" is %s", run->version, run->name,
										 run->promoted ? "stored and promoted" : "stored")))
			run->reason = psprintf("%s; stored when this transaction commits", run->reason);
	}
	progress_end();
}

Datum
train_result(FunctionCallInfo fcinfo, const TrainRun *run, const TrainOutcome *outcome)
{
	const VersionRecord *record = &outcome->record;
	const bool dry = run->dry_run;
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	Datum value[] = {
		CStringGetTextDatum(run->name),
		Int32GetDatum(run->version),
		BoolGetDatum(run->promoted),
		run->reason ? CStringGetTextDatum(run->reason) : (Datum) 0,
		dry ? (Datum) 0 : CStringGetTextDatum(record->metric),
		Float8GetDatum(record->value),
		Float8GetDatum(record->baseline),
		Int32GetDatum(record->best_epoch),
		Int32GetDatum(record->epochs),
		Int64GetDatum(record->rows_train),
		Int64GetDatum(record->rows_held_out),
		Int64GetDatum(outcome->active),
		Int64GetDatum(outcome->silent),
		JsonbPGetDatum(outcome->classes),
		PointerGetDatum(outcome->drawn),
		names_datum(record->features, record->n_features),
		names_datum(outcome->attributes, outcome->n_attributes),
		names_datum(outcome->telling, outcome->n_telling),
		names_datum(run->notices, run->n_notices),
		Int64GetDatum(record->memory),
		Float8GetDatum(record->seconds),
		Int64GetDatum(outcome->users > 0 ? outcome->users : record->rows_train + record->rows_held_out),
		Int32GetDatum(outcome->cutoffs)};
	bool null[] = {false,
				   dry,
				   dry,
				   run->reason == NULL,
				   dry,
				   dry || isnan(record->value),
				   dry || isnan(record->baseline),
				   dry,
				   dry,
				   false,
				   false,
				   !outcome->counts_activity,
				   !outcome->counts_activity,
				   false,
				   outcome->drawn == NULL,
				   false,
				   outcome->n_attributes == 0,
				   false,
				   false,
				   false,
				   false,
				   false,
				   outcome->cutoffs == 0};

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, null));
}

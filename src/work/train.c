#include "postgres.h"

#include "work/train.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "registry/modelcache.h"
#include "server/errors.h"
#include "server/transaction.h"
#include "work/progress.h"

char *
train_text_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
	return text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

char *
train_name_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
	return pstrdup(NameStr(*PG_GETARG_NAME(arg)));
}

void
train_begin(TrainRun *run, const ModelKind *kind)
{
	registry_check_promote(run->promote);
	if (!run->dry_run)
		PreventCommandIfReadOnly("training");
	run->kind = kind;
	run->context = CurrentMemoryContext;
	run->started = GetCurrentTimestamp();
	run->model = registry_find_or_new(run->name, RIGHT_TRAIN);
	if (run->model)
		registry_check_kind(run->model, kind);
	progress_start(run->commits ? "retrain" : "train", run->name);
	progress_phase(PROGRESS_READING);
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
	Split *split = palloc0(sizeof(*split));

	if (!spec || !split_of_spec(split, spec))
		return NULL;
	if (split->share <= 0)
		ereport(NOTICE, (errmsg("nobody is held out"),
						 errdetail("Version %d, which the training goes on from, has learned from everybody.",
								   version),
						 errhint("Train without warm_start to hold users out.")));
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
	run->log[run->epochs++] = (LoggedEpoch){*report, GetCurrentTimestamp()};
}

/* on_epoch of RunnerWatch. */
static void
epoch_done(void *arg, const TrainReport *report)
{
	TrainRun *run = arg;

	keep_report(run, report);
	if (!run->commits)
		return;
	registry_log(run->run_id, report, run->metric, run->log[run->epochs - 1].at);
	train_commit();
}

void
train_commit(void)
{
	SPI_commit();
	EnsurePortalSnapshotExists();
}

void
train_run(TrainRun *run, Runner *runner, int max_epochs, const char *metric)
{
	const RunnerWatch watch = {.max_epochs = max_epochs,
							   .on_epoch = epoch_done,
							   .arg = run,
							   .writes = run->commits,
							   .deadline = run->deadline};

	run->metric = metric;
	if (run->commits)
	{
		run->run_id = registry_run_start(&run->model, run->name, run->kind, run->started);
		train_commit();
	}
	progress_phase(PROGRESS_TRAINING);
	runner_run(runner, &watch);
	progress_phase(PROGRESS_EVALUATING);
}

int32
train_incumbent(const TrainRun *run)
{
	const int32 promoted = run->model ? run->model->promoted : 0;

	/* A training that commits holds nobody up: its incumbent may even have been pruned. */
	return promoted != 0 && registry_find(run->name, RIGHT_TRAIN)->promoted == promoted ? promoted : 0;
}

static Interval *
time_since(TimestampTz started)
{
	Interval *elapsed = palloc0(sizeof(*elapsed));

	elapsed->time = GetCurrentTimestamp() - started;
	return elapsed;
}

void
train_end(TrainRun *run, TrainOutcome *outcome)
{
	VersionRecord *record = &outcome->record;

	record->elapsed = time_since(run->started);
	record->epochs = run->epochs;
	record->comment = run->comment;
	if (!run->dry_run)
	{
		progress_phase(PROGRESS_STORING);
		if (!run->commits)
		{
			run->run_id = registry_run_start(&run->model, run->name, run->kind, run->started);
			for (int i = 0; i < run->epochs; i++)
				registry_log(run->run_id, &run->log[i].report, run->metric, run->log[i].at);
		}
		run->version = registry_store(run->model, run->run_id, record);
		run->promoted =
			registry_gate(run->model, run->version, run->promote, record->metric, outcome->larger_is_better,
						  record->value, outcome->incumbent, &run->reason);
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

	Datum value[] = {CStringGetTextDatum(run->name),
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
					 JsonbPGetDatum(outcome->classes),
					 Int64GetDatum(record->memory),
					 IntervalPGetDatum(record->elapsed)};
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
				   false,
				   false,
				   false};

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, null));
}

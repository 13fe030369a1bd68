/* retrain(): the stored training of a model, on today's data. */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "server/notices.h"
#include "server/transaction.h"
#include "work/train.h"

enum
{
	ARG_MODEL,
	ARG_AS_OF,
	ARG_WARM_START,
	ARG_PROMOTE,
	ARG_KEEP_VERSIONS,
	ARG_KEEP_HISTORY,
	ARG_MAX_RUNTIME,
	ARG_COMMENT
};

/* The promoted version says how to train; before any is promoted, the newest one. */
static Model *
version_to_repeat(const char *name)
{
	const Model *model = registry_find(name, RIGHT_TRAIN);

	if (model->newest == 0)
		error_not_promoted(name, 0);
	return registry_version(name, model->promoted ? model->promoted : model->newest, RIGHT_TRAIN);
}

static TimestampTz
deadline_of(const Interval *max_runtime)
{
	const Interval zero = {0};

	if (DatumGetInt32(
			DirectFunctionCall2(interval_cmp, IntervalPGetDatum(max_runtime), IntervalPGetDatum(&zero))) <= 0)
		error_out_of_range("max_runtime",
						   DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(max_runtime))),
						   "a positive interval such as 1 hour");
	return DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_pl_interval, TimestampTzGetDatum(GetCurrentTimestamp()), IntervalPGetDatum(max_runtime)));
}

static void
error_busy(const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), errmsg("model \"%s\" is being retrained already", name),
					errhint("usercls.progress() shows how far it is.")));
}

/*
 * What was committed of the run stays: so does the error that ended it, which is raised again. Of what fails every
 * night no more than history trainings stay, either.
 */
static void
record_failure(const TrainRun *run, int history)
{
	const int64 model_id = run->model->model_id;
	ErrorData *error = transaction_begin_again(run->context);
	const char *const *notices;
	const int n_notices = notices_end(&notices);

	registry_run_fail(run->run_id,
					  error->detail ? psprintf("%s: %s", error->message, error->detail) : error->message,
					  notices, n_notices);
	registry_prune_runs(model_id, history);
	transaction_raise(error);
}

PG_FUNCTION_INFO_V1(usercls_retrain);

Datum
usercls_retrain(PG_FUNCTION_ARGS)
{
	TrainRun run = {.name = arg_text(fcinfo, ARG_MODEL, "model"),
					.promote = arg_text(fcinfo, ARG_PROMOTE, "promote"),
					.comment = arg_text_or_null(fcinfo, ARG_COMMENT),
					.has_as_of = !PG_ARGISNULL(ARG_AS_OF),
					.commits = procedure_may_commit(fcinfo)};
	const int versions = arg_count_or_all(fcinfo, ARG_KEEP_VERSIONS, "keep_versions");
	const int history = arg_count_or_all(fcinfo, ARG_KEEP_HISTORY, "keep_history");

	if (run.has_as_of)
		run.as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	if (!PG_ARGISNULL(ARG_MAX_RUNTIME))
		run.deadline = deadline_of(PG_GETARG_INTERVAL_P(ARG_MAX_RUNTIME));
	SPI_connect_ext(run.commits ? SPI_OPT_NONATOMIC : 0);

	const Model *version = version_to_repeat(run.name);

	if (run.has_as_of && !registry_is_dated(version))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("model \"%s\" is not trained as of a time", run.name),
						errdetail("%s", version->kind->timeless), errhint("Leave as_of out.")));

	if (arg_bool(fcinfo, ARG_WARM_START))
		run.warm_start = version->version;
	if (!registry_work_lock(version->model_id, WORK_RETRAIN))
		error_busy(run.name);
	PG_TRY();
	{
		/* On record first, whatever the spec says: a table that is gone is found again in usercls.training_runs. */
		if (run.commits)
			train_begin(&run, version->kind);
		version->kind->train(&run, registry_spec(version));
		registry_prune(run.model, versions, history);
	}
	PG_CATCH();
	{
		registry_work_unlock(version->model_id, WORK_RETRAIN);
		if (run.commits && run.run_id != 0)
			record_failure(&run, history);
		PG_RE_THROW();
	}
	PG_END_TRY();
	registry_work_unlock(version->model_id, WORK_RETRAIN);
	SPI_finish();
	PG_RETURN_VOID();
}

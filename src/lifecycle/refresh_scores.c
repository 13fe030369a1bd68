/* refresh_scores(): a table that holds what the promoted version says about each user today. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/queryenvironment.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/changed.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/transaction.h"
#include "work/progress.h"
#include "lifecycle/score_marks.h"
#include "lifecycle/score_table.h"
#include "work/train.h"

enum
{
	ARG_MODEL,
	ARG_TARGET,
	ARG_AS_OF,
	ARG_BATCH_SIZE,
	ARG_MAX_REMOVED,
	ARG_CLASS,
	ARG_THRESHOLD,
	ARG_OUTBOX,
	ARG_CHANGED_SINCE,
	ARG_CHANGED_COLUMN,
	ARG_REASONS
};

/* What was asked for. */
typedef struct RefreshRequest
{
	const char *model;
	const char *target;
	NullableDatum as_of;
	int batch;
	double max_removed; /* of the table's users, as a share */
	ScoreChoice choice;
	const char *outbox; /* NULL: none */
	bool some;          /* only users whose scores rows may have changed that came in since */
	ChangedSince since;
	bool commits; /* after each batch */
} RefreshRequest;

#define BATCH_MAX 1000000

/* The name of the rows that a refresh of some users selects from. */
#define SOME_ROWS "usercls_changed"

/* Users of a refresh. */
typedef struct Users
{
	ScoreIds scored;           /* for the removal of those that are gone */
	const ScoreIds *looked_at; /* NULL: all users were */
	size_t room;
	MemoryContext context;
} Users;

static void
keep_id(Users *users, const ScoreTable *table, Datum id)
{
	const MemoryContext old = MemoryContextSwitchTo(users->context);
	ScoreIds *ids = &users->scored;

	if (ids->n == users->room)
	{
		users->room = Max(1024, 2 * users->room);
		memory_check(users->room * sizeof(Datum), "refreshing scores");
		ids->id = memory_array_resize(users->context, ids->id, users->room, sizeof(Datum));
	}
	ids->id[ids->n++] = score_table_copy_id(table, id);
	MemoryContextSwitchTo(old);
}

/* Score the users: rows of user_id and the columns, of which the ids are kept; the cursor stands before the first. */
static Portal
open_scores(Users *users, const ScoreTable *table, const RefreshRequest *request)
{
	const ScoreChoice *choice = &request->choice;
	const Oid type[] = {TEXTOID, TIMESTAMPTZOID, FLOAT8OID, INT4OID, TEXTOID};
	Datum given[] = {CStringGetTextDatum(request->model), request->as_of.value,
					 Float8GetDatum(choice->threshold), Int32GetDatum(choice->reasons),
					 choice->class ? CStringGetTextDatum(choice->class) : (Datum) 0};
	const char null[] = {' ', request->as_of.isnull ? 'n' : ' ', choice->marks ? ' ' : 'n',
						 ' ', choice->class ? ' ' : 'n',         '\0'};
	Portal cursor = SPI_cursor_open_with_args(NULL, table->select, lengthof(type), (Oid *) type, given, null,
											  true, CURSOR_OPT_SCROLL);
	uint64 rows;

	do
	{
		SPI_cursor_fetch(cursor, true, request->batch);
		rows = SPI_processed;
		for (uint64 i = 0; i < rows; i++)
		{
			bool is_null;

			keep_id(users, table, SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null));
		}
		SPI_freetuptable(SPI_tuptable);
	} while (rows > 0);
	SPI_scroll_cursor_move(cursor, FETCH_ABSOLUTE, 0);
	return cursor;
}

static void
notice_everybody(const ScoreTable *table, const char *why, const char *hint)
{
	ereport(NOTICE, (errmsg("all users of table %s are scored again", table->name), errdetail("%s", why),
					 errhint("%s", hint)));
}

/* Let the table select from the rows of users whose scores may have changed. False, and a notice: all are to be scored. */
static bool
select_some(Users *users, ScoreTable *table, const RefreshRequest *request)
{
	EphemeralNamedRelation rows = palloc0(sizeof(*rows));
	ScoreIds *looked_at = palloc(sizeof(*looked_at));

	if (!score_table_is_of(table, &request->choice))
	{
		notice_everybody(table,
						 "It does not hold what this version says with this class, threshold and reasons.",
						 "This is once: the next refresh with changed_since finds what this one leaves.");
		return false;
	}

	const ChangedScores *scores =
		table->model->kind->changed(table->model, &request->since, table->id_type, &request->choice);

	if (!scores)
	{
		notice_everybody(table, "The surroundings of users with new rows are half of the users or more.",
						 "Refresh more often, or leave changed_since out.");
		return false;
	}
	*looked_at = (ScoreIds){scores->looked_at, scores->n};
	users->looked_at = looked_at;
	rows->md.name = SOME_ROWS;
	rows->md.tupdesc = scores->desc;
	rows->md.enrtype = ENR_NAMED_TUPLESTORE;
	rows->md.enrtuples = (double) scores->n;
	rows->reldata = scores->rows;
	SPI_register_relation(rows);
	score_table_select_some(table, SOME_ROWS);
	return true;
}

/* How many users are to be removed. A source that is not loaded yet, or a window where nobody is, must not empty the table. */
static uint64
users_gone(const ScoreTable *table, const Users *users, double max_removed)
{
	uint64 all;
	const uint64 others = score_table_count_others(table, &users->scored, users->looked_at, &all);
	const char *whose =
		users->looked_at
			? psprintf("Of %zu users whose rows may have changed the model's source has", users->looked_at->n)
			: "The model's source has";

	if ((double) others > max_removed * (double) all)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("refresh would remove " UINT64_FORMAT " of the " UINT64_FORMAT " users of table %s",
					others, all, table->name),
			 errdetail("%s %zu users now, and max_removed is %g of the table. Nothing was changed.", whose,
					   users->scored.n, max_removed),
			 errhint("Check that the source is complete and its times are right; pass a larger max_removed "
					 "(1: all of them) when these users are gone.")));
	return others;
}

/* Delete the rows of users who are gone, and say that these are no longer marked; returns how many. */
static uint64
remove_gone(ScoreMarks *marks, const ScoreTable *table, const Users *users)
{
	score_marks_removed(marks, &users->scored, users->looked_at);
	return score_table_remove_others(table, &users->scored, users->looked_at);
}

/* The next rows of the cursor as one array for each column; how many rows there were. */
static uint64
fetch_columns(Datum *array, const ScoreTable *table, Portal cursor, int batch)
{
	SPI_cursor_fetch(cursor, true, batch);

	const uint64 rows = SPI_processed;
	Datum *value = palloc(sizeof(*value) * Max(rows, 1));
	bool *null = palloc(sizeof(*null) * Max(rows, 1));

	for (int c = 0; c < table->columns; c++)
	{
		for (uint64 i = 0; i < rows; i++)
			value[i] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, c + 1, &null[i]);
		array[c] = score_table_array(table, c, value, null, (int) rows);
	}
	return rows;
}

/* Write what changed, batch by batch; how many rows were written. */
static uint64
write_scores(const ScoreTable *table, ScoreMarks *marks, Portal cursor, int batch, bool commits)
{
	const MemoryContext per_batch =
		AllocSetContextCreate(CurrentMemoryContext, "usercls scores of a batch", ALLOCSET_DEFAULT_SIZES);
	uint64 written = 0, done = 0;

	/* A commit keeps a pinned cursor, with its rows. */
	if (commits)
		PinPortal(cursor);
	for (;;)
	{
		const MemoryContext old = MemoryContextSwitchTo(per_batch);
		Datum *array = palloc(sizeof(*array) * (size_t) table->columns);
		const uint64 rows = fetch_columns(array, table, cursor, batch);
		SPITupleTable *tuples = SPI_tuptable;

		if (rows > 0)
		{
			score_marks_batch(marks, array);
			written += score_table_upsert(table, array);
		}
		SPI_freetuptable(tuples);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_batch);
		if (rows == 0)
			break;
		progress_rows(done += rows);
		if (commits)
			procedure_commit();
	}
	if (commits)
		UnpinPortal(cursor);
	SPI_cursor_close(cursor);
	MemoryContextDelete(per_batch);
	return written;
}

static void
notify(const ScoreTable *table, const ScoreMarks *marks, size_t users, uint64 written, uint64 removed,
	   TimestampTz started)
{
	JsonbBuild build;

	jsonb_begin(&build);
	jsonb_put_text(&build, "model", table->model->name);
	jsonb_put_int(&build, "version", table->version);
	jsonb_put_text(&build, "target", table->name);
	jsonb_put_int(&build, "users", (int64) users);
	jsonb_put_int(&build, "written", (int64) written);
	jsonb_put_int(&build, "removed", (int64) removed);
	score_marks_put(marks, &build);
	jsonb_put_float(&build, "seconds", (double) (GetCurrentTimestamp() - started) / USECS_PER_SEC);

	Jsonb *summary = jsonb_end(&build);

	Async_Notify("usercls_scores", JsonbToCString(NULL, &summary->root, VARSIZE(summary)));
}

/* The table, made when it was missing, ready to take what the promoted version says; *grown: it was made, or has new columns. */
static ScoreTable *
open_target(bool *grown, const RefreshRequest *request)
{
	const Model *model = registry_promoted(request->model, NULL, RIGHT_SCORE);

	if (!request->as_of.isnull && model->kind->timeless)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("model \"%s\" does not score as of a time", request->model),
						errdetail("%s", model->kind->timeless), errhint("Leave as_of out.")));
	*grown = score_table_prepare(request->target, model, &request->choice);
	score_outbox_prepare(request->outbox, score_table_id_type(model));
	if (request->commits)
		procedure_commit();

	/* The version that scores is the one of the cursor's snapshot: this one. */
	model = registry_promoted(request->model, NULL, RIGHT_SCORE);
	return score_table_open(request->target, model, &request->choice);
}

static void
refresh(ScoreTable *table, bool grown, const RefreshRequest *request)
{
	const TimestampTz started = GetCurrentTimestamp();
	Users users = {.context = CurrentMemoryContext};
	ScoreMarks marks;

	progress_start("refresh_scores", request->model);

	const bool some = request->some && !grown && select_some(&users, table, request);
	const Portal cursor = open_scores(&users, table, request);

	const uint64 gone = users_gone(table, &users, request->max_removed);

	score_marks_begin(&marks, table, request->outbox, request->choice.marks);

	uint64 written = write_scores(table, &marks, cursor, request->batch, request->commits);

	progress_phase(PROGRESS_STORING);
	const uint64 removed = gone > 0 ? remove_gone(&marks, table, &users) : 0;

	/* Also where nothing was written now: a refresh that was cancelled after its first batch left ranks of before. */
	if (some)
		written += score_table_rank(table);
	notify(table, &marks, users.scored.n, written, removed, started);
	transaction_pending(psprintf("the table of scores %s is kept", table->name));
	progress_end();
}

static void
check_changes(const RefreshRequest *request)
{
	if (!request->some && request->since.column)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("changed_column is given without changed_since"),
						errdetail("It says which rows came in since then."),
						errhint("Pass a moment before the former refresh began as changed_since.")));
	if (!request->some)
		return;
	if (!request->as_of.isnull)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("changed_since and as_of exclude each other"),
						errdetail("Up to when the former refresh read is not known then."),
						errhint("Leave as_of out: the window then ends where the data do, before and now.")));
	if (request->since.moment > GetCurrentTimestamp())
		error_out_of_range("changed_since", timestamptz_to_str(request->since.moment), "a time up to now");
}

static RefreshRequest
request_of(FunctionCallInfo fcinfo)
{
	const RefreshRequest request = {
		.model = arg_text(fcinfo, ARG_MODEL, "model"),
		.target = arg_text(fcinfo, ARG_TARGET, "target"),
		.as_of = fcinfo->args[ARG_AS_OF],
		.batch = arg_int_or(fcinfo, ARG_BATCH_SIZE, 10000),
		.max_removed = PG_ARGISNULL(ARG_MAX_REMOVED) ? 1 : PG_GETARG_FLOAT8(ARG_MAX_REMOVED),
		.choice = {.class = arg_text_or_null(fcinfo, ARG_CLASS),
				   .marks = !PG_ARGISNULL(ARG_THRESHOLD),
				   .threshold = PG_ARGISNULL(ARG_THRESHOLD) ? 0 : PG_GETARG_FLOAT8(ARG_THRESHOLD),
				   .reasons = arg_int_or(fcinfo, ARG_REASONS, 0)},
		.outbox = arg_text_or_null(fcinfo, ARG_OUTBOX),
		.some = !PG_ARGISNULL(ARG_CHANGED_SINCE),
		.since = {.moment = PG_ARGISNULL(ARG_CHANGED_SINCE) ? 0 : PG_GETARG_TIMESTAMPTZ(ARG_CHANGED_SINCE),
				  .column = arg_text_or_null(fcinfo, ARG_CHANGED_COLUMN)},
		.commits = procedure_may_commit(fcinfo)};

	if (request.batch < 1 || request.batch > BATCH_MAX)
		error_out_of_range("batch_size", psprintf("%d", request.batch), psprintf("1 to %d", BATCH_MAX));
	if (!(request.max_removed >= 0 && request.max_removed <= 1))
		error_out_of_range("max_removed", psprintf("%g", request.max_removed), "a share from 0 to 1");
	if (request.choice.marks && !isfinite(request.choice.threshold))
		error_out_of_range("threshold", psprintf("%g", request.choice.threshold), "a finite number");
	if (request.choice.reasons < 0 || request.choice.reasons > SCORE_REASONS_MAX)
		error_out_of_range("reasons", psprintf("%d", request.choice.reasons),
						   psprintf("0 to %d", SCORE_REASONS_MAX));
	check_changes(&request);
	return request;
}

PG_FUNCTION_INFO_V1(usercls_refresh_scores);

Datum
usercls_refresh_scores(PG_FUNCTION_ARGS)
{
	const RefreshRequest request = request_of(fcinfo);

	SPI_connect_ext(request.commits ? SPI_OPT_NONATOMIC : 0);

	bool grown;
	ScoreTable *table = open_target(&grown, &request);

	score_table_check_writer(table); /* before it may hold others up, and before long work */
	if (!registry_work_lock(table->relation, WORK_REFRESH))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("scores in %s are being refreshed already", table->name),
						errhint("usercls.progress() shows how far it is.")));
	PG_TRY();
	{
		refresh(table, grown, &request);
	}
	PG_FINALLY();
	{
		registry_work_unlock(table->relation, WORK_REFRESH);
	}
	PG_END_TRY();
	SPI_finish();
	PG_RETURN_VOID();
}

#include "postgres.h"

#include "work/progress.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "server/majors.h"

/* Any number that is not one of the server's own commands; its views filter by theirs. */
#define PROGRESS_COMMAND ((ProgressCommandType) 0x5543)

enum
{
	AT_COMMAND,
	AT_PHASE,
	AT_STARTED,
	AT_ROWS,
	AT_EPOCH,
	AT_MAX_EPOCHS,
	AT_FRACTION,
	AT_TRAIN_LOSS,
	AT_VALID_LOSS,
	AT_NAME /* and the seven after it: the model's name */
};

#define NAME_SLOTS 8

StaticAssertDecl(AT_NAME + NAME_SLOTS <= PGSTAT_NUM_PROGRESS_PARAM, "all values fit a status entry");

static const char *const commands[] = {"train", "retrain", "score", "refresh_scores"};

static const char *const phases[] = {
	[PROGRESS_READING] = "reading",       [PROGRESS_BUILDING] = "building", [PROGRESS_TRAINING] = "training",
	[PROGRESS_EVALUATING] = "evaluating", [PROGRESS_SCORING] = "scoring",   [PROGRESS_STORING] = "storing",
};

/*
 * How many commands run inside the one that is shown. An error ends them all, and the next progress_start() sets it
 * to 0.
 */
static int nested;

static int64
bits_of(double value)
{
	int64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static double
double_of(int64 bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

void
progress_start(const char *command, const char *model)
{
	/* classify_users() within refresh_scores() shows its phases under the outer command. */
	if (MyBEEntry && MyBEEntry->st_progress_command == PROGRESS_COMMAND)
	{
		nested++;
		return;
	}
	nested = 0;

	int index[AT_NAME + NAME_SLOTS];
	int64 value[AT_NAME + NAME_SLOTS] = {0};
	char name[NAME_SLOTS * sizeof(int64)] = {0};

	for (int i = 0; i < (int) lengthof(commands); i++)
		if (strcmp(commands[i], command) == 0)
			value[AT_COMMAND] = i;
	value[AT_STARTED] = GetCurrentTimestamp();
	memcpy(name, model, pg_mbcliplen(model, (int) strlen(model), sizeof(name) - 1));
	memcpy(&value[AT_NAME], name, sizeof(name));
	for (int i = 0; i < AT_NAME + NAME_SLOTS; i++)
		index[i] = i;

	pgstat_progress_start_command(PROGRESS_COMMAND, InvalidOid);
	pgstat_progress_update_multi_param(AT_NAME + NAME_SLOTS, index, value);
}

void
progress_phase(ProgressPhase phase)
{
	const int index[] = {AT_PHASE, AT_ROWS};
	const int64 value[] = {phase, 0};

	pgstat_progress_update_multi_param(2, index, value);
}

void
progress_rows(uint64_t rows)
{
	pgstat_progress_update_param(AT_ROWS, (int64) rows);
}

void
progress_train(const TrainReport *report, int epochs_before, int max_epochs)
{
	const int index[] = {AT_EPOCH, AT_MAX_EPOCHS, AT_FRACTION, AT_TRAIN_LOSS, AT_VALID_LOSS};
	const int64 value[] = {epochs_before + report->epoch, max_epochs, bits_of(report->fraction),
						   bits_of(report->train_loss), bits_of(report->valid_loss)};

	pgstat_progress_update_multi_param(lengthof(index), index, value);
}

void
progress_end(void)
{
	if (nested > 0)
	{
		nested--;
		return;
	}
	pgstat_progress_end_command();
}

/* The model's name; NULL where its bytes are none in our encoding: another database may have another one. */
static const char *
name_of(const int64 *at, char *name)
{
	memcpy(name, &at[AT_NAME], NAME_SLOTS * sizeof(int64));
	return pg_verifymbstr(name, (int) strlen(name), true) ? name : NULL;
}

/* "unknown" where another database's version of ours has written a number that this one does not know. */
static const char *
word_of(const char *const *words, size_t n, int64 i)
{
	return i >= 0 && (size_t) i < n ? words[i] : "unknown";
}

static void
progress_row(ReturnSetInfo *rsinfo, const PgBackendStatus *backend, TimestampTz now)
{
	const int64 *at = backend->st_progress_param;
	Datum value[13] = {0};
	bool null[13] = {false};
	char name[NAME_SLOTS * sizeof(int64)];
	const char *database = get_database_name(backend->st_databaseid);
	const double epochs = (double) at[AT_EPOCH] + double_of(at[AT_FRACTION]);
	const double spent = (double) (now - at[AT_STARTED]) / USECS_PER_SEC;
	const bool training = at[AT_PHASE] == PROGRESS_TRAINING && at[AT_MAX_EPOCHS] > 0;

	null[2] = name_of(at, name) == NULL;
	value[0] = Int32GetDatum(backend->st_procpid);
	null[1] = database == NULL;
	value[1] = database ? CStringGetTextDatum(database) : 0;
	value[2] = null[2] ? 0 : CStringGetTextDatum(name);
	value[3] = CStringGetTextDatum(word_of(commands, lengthof(commands), at[AT_COMMAND]));
	value[4] = CStringGetTextDatum(word_of(phases, lengthof(phases), at[AT_PHASE]));
	value[5] = Int64GetDatum(at[AT_ROWS]);
	null[5] = at[AT_ROWS] == 0;
	value[6] = Int32GetDatum((int32) at[AT_EPOCH]);
	value[7] = Int32GetDatum((int32) at[AT_MAX_EPOCHS]);
	null[6] = null[7] = !training;
	value[8] = Float8GetDatum(double_of(at[AT_TRAIN_LOSS]));
	value[9] = Float8GetDatum(double_of(at[AT_VALID_LOSS]));
	null[8] = null[9] = at[AT_EPOCH] == 0;
	value[10] = TimestampTzGetDatum(at[AT_STARTED]);
	value[11] = Float8GetDatum(spent);
	null[12] = !training || epochs <= 0;

	/* Early stopping makes this the longest it can take. */
	value[12] = Float8GetDatum(null[12] ? 0 : spent * ((double) at[AT_MAX_EPOCHS] / epochs - 1));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
}

PG_FUNCTION_INFO_V1(usercls_progress);

Datum
usercls_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const TimestampTz now = GetCurrentTimestamp();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
	{
		const LocalPgBackendStatus *local = pgstat_fetch_stat_local_beentry(i);

		if (!local || local->backendStatus.st_progress_command != PROGRESS_COMMAND)
			continue;
		if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) &&
			!has_privs_of_role(GetUserId(), local->backendStatus.st_userid))
			continue;
		progress_row(rsinfo, &local->backendStatus, now);
	}
	return (Datum) 0;
}

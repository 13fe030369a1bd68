/* Storing models and the log of their training. */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/hashfn.h"
#include "common/sha2.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "model/codec.h"
#include "server/errors.h"
#include "registry/sources.h"
#include "registry/tables.h"

/* A row with weights beyond this could not be dumped as text: hexadecimal doubles it, and a row holds 1 GB.
 */
#define WEIGHTS_MAX (256 * 1024 * 1024)

/* Advisory locks of ours have classes that SQL's pg_advisory_lock() does not reach (it uses 1 and 2): this and on. */
#define FIRST_LOCK_CLASS 21827

Model *
registry_make(const char *name, const ModelKind *kind)
{
	RegistryAccess access;
	Statement insert = {0};
	Model *model = palloc0(sizeof(Model));

	model->name = pstrdup(name);
	model->kind = kind;
	model->owner = GetUserId();
	model->right = RIGHT_ADMIN;
	if (strlen(name) < 1 || strlen(name) > 200)
		error_out_of_range("model", name, "a name of 1 to 200 bytes");

	const char *owner = GetUserNameFromId(model->owner, false);

	registry_refuse_copy();
	registry_enter(&access);
	statement_add_text(&insert, name);
	statement_add_text(&insert, kind->name);
	statement_add_text(&insert, owner);

	const uint64 rows = statement_run(&insert, "INSERT INTO usercls.model (name, kind, owner)"
											   " VALUES ($1, $2, $3::name) ON CONFLICT (name) DO NOTHING"
											   " RETURNING model_id");
	bool isnull;

	if (rows == 1)
		model->model_id = DatumGetInt64(statement_result(1, &isnull));
	registry_leave(&access);
	if (rows == 1)
		return model;

	PushActiveSnapshot(GetLatestSnapshot());
	model = registry_find_or_new(name, RIGHT_TRAIN);
	PopActiveSnapshot();
	if (model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("model \"%s\" is being made by another session", name), errhint("Try again.")));
	return model;
}

int64
registry_run_start(Model **model, const char *name, const ModelKind *kind, TimestampTz started)
{
	if (*model == NULL)
		*model = registry_make(name, kind);
	registry_check_kind(*model, kind);

	char *user = GetUserNameFromId(GetUserId(), false);
	RegistryAccess access;
	Statement insert = {0};
	bool isnull;

	registry_enter(&access);
	registry_keep(*model);
	statement_add_bigint(&insert, (*model)->model_id);
	statement_add_text(&insert, user);
	statement_add(&insert, TIMESTAMPTZOID, TimestampTzGetDatum(started), false);
	statement_run(&insert,
				  "INSERT INTO usercls.training_run (model_id, role, started_at) VALUES ($1, $2::name, $3)"
				  " RETURNING run_id");

	const int64 run_id = DatumGetInt64(statement_result(1, &isnull));

	registry_leave(&access);
	return run_id;
}

void
registry_log(int64 run_id, const TrainReport *report, const char *metric, TimestampTz at)
{
	RegistryAccess access;
	Statement log = {0};

	registry_enter(&access);
	statement_add_bigint(&log, run_id);
	statement_add_int(&log, report->epoch);
	statement_add_float(&log, report->train_loss);
	statement_add_float(&log, report->valid_loss);
	statement_add_float(&log, report->valid_metric);
	statement_add_float(&log, report->learning_rate);
	statement_add_int(&log, report->best_epoch);
	statement_add(&log, TIMESTAMPTZOID, TimestampTzGetDatum(at), false);
	if (statement_run(&log, "INSERT INTO usercls.training_log (run_id, epoch, train_loss, held_out_loss,"
							" held_out_metric, learning_rate, best_epoch, logged_at)"
							" SELECT t.run_id, $2, $3, $4, $5, $6, $7, $8 FROM usercls.training_run t"
							" WHERE t.run_id = $1 FOR KEY SHARE") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the model was dropped while it was trained"),
				 errdetail("Another session removed the model and its training runs."),
				 errhint("Train it anew.")));
	if (report->epoch == 1)
	{
		Statement name = {0};

		statement_add_bigint(&name, run_id);
		statement_add_text(&name, metric);
		statement_run(&name, "UPDATE usercls.training_run SET metric = $2 WHERE run_id = $1");
	}
	registry_leave(&access);
}

void
registry_run_decide(int64 run_id, bool promoted, const char *reason, const char *const *notices,
					int n_notices)
{
	RegistryAccess access;
	Statement decide = {0};

	registry_enter(&access);
	statement_add_bigint(&decide, run_id);
	statement_add_text(&decide, promoted ? "promoted" : "not promoted");
	statement_add_text(&decide, reason);
	statement_add_names(&decide, notices, n_notices);
	statement_run(&decide, "UPDATE usercls.training_run SET decision = $2, reason = $3, notices = $4"
						   " WHERE run_id = $1");
	registry_leave(&access);
}

void
registry_run_fail(int64 run_id, const char *error, const char *const *notices, int n_notices)
{
	RegistryAccess access;
	Statement fail = {0};

	registry_enter(&access);
	statement_add_bigint(&fail, run_id);
	statement_add_text(&fail, error);
	statement_add_names(&fail, notices, n_notices);
	statement_run(&fail, "UPDATE usercls.training_run SET error = $2, notices = $3 WHERE run_id = $1");
	registry_leave(&access);
}

static bytea *
digest_of(const bytea *weights)
{
	bytea *digest = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights)) < 0 ||
		pg_cryptohash_final(hash, (uint8 *) VARDATA(digest), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256 of the weights");
	pg_cryptohash_free(hash);
	SET_VARSIZE(digest, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	return digest;
}

void
registry_digest(uint8 *digest, const bytea *weights)
{
	memcpy(digest, VARDATA(digest_of(weights)), MODEL_DIGEST);
}

static void
notice_waiting(const Model *model, const Jsonb *spec)
{
	const char *source = sources_waiting(model, spec);

	if (source)
		ereport(NOTICE,
				(errmsg("version %d of model \"%s\" waits for approval", model->version, model->name),
				 errdetail("It reads %s, which nobody who administers the model has approved.", source),
				 errhint("Whoever administers the model and trusts the owner of %s calls "
						 "usercls.approve_source(%s, %d).",
						 source, quote_literal_cstr(model->name), model->version)));
}

int32
registry_store(Model *model, int64 run_id, const VersionRecord *record)
{
	const Size size = VARSIZE_ANY_EXHDR(record->weights);
	Codec *codec = palloc(sizeof(Codec));
	char *user = GetUserNameFromId(GetUserId(), false);
	bytea *digest = digest_of(record->weights); /* outlives SPI's context */
	RegistryAccess access;
	bool isnull;

	if (size > WEIGHTS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("weights of model \"%s\" are too large", model->name),
						errdetail("They take %zu bytes; at most %d can be stored.", size, WEIGHTS_MAX),
						errhint("Choose a smaller hidden_size or fewer layers.")));
	report_weights(codec_open(codec, VARDATA_ANY(record->weights), size), NULL, 0);
	pfree(codec);

	registry_refuse_copy();
	registry_enter(&access);

	Statement number = {0};

	statement_add_bigint(&number, model->model_id);
	if (statement_run(&number, "UPDATE usercls.model SET last_version = last_version + 1 WHERE model_id = $1"
							   " RETURNING last_version") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" was dropped meanwhile", model->name),
				 errhint("Train it again.")));

	const int32 version = DatumGetInt32(statement_result(1, &isnull));
	const bool trained = run_id != 0; /* what is imported has neither rows nor a seed */
	Statement insert = {0};

	statement_add_bigint(&insert, model->model_id);
	statement_add_int(&insert, version);
	statement_add_text(&insert, record->architecture);
	statement_add_pointer(&insert, BYTEAOID, record->weights);
	statement_add_pointer(&insert, BYTEAOID, digest);
	statement_add_names(&insert, record->features, record->n_features);
	statement_add_names(&insert, record->classes, record->n_classes);
	statement_add_pointer(&insert, JSONBOID, record->hyperparams);
	statement_add(&insert, INT8OID, Int64GetDatum(record->seed), !trained);
	statement_add_text(&insert, record->metric);
	statement_add_float(&insert, record->value);
	statement_add_float(&insert, record->baseline);
	statement_add_pointer(&insert, JSONBOID, record->metrics);
	statement_add(&insert, TIMESTAMPTZOID, TimestampTzGetDatum(record->as_of),
				  TIMESTAMP_NOT_FINITE(record->as_of));
	statement_add_pointer(&insert, JSONBOID, record->spec);
	statement_add(&insert, INT8OID, Int64GetDatum(record->rows_train), !trained);
	statement_add(&insert, INT8OID, Int64GetDatum(record->rows_held_out), !trained);
	statement_add(&insert, INT4OID, Int32GetDatum(record->best_epoch), !trained);
	statement_add(&insert, INT4OID, Int32GetDatum(record->epochs), !trained);
	statement_add(&insert, INT8OID, Int64GetDatum(record->memory), !trained);
	statement_add(&insert, FLOAT8OID, Float8GetDatum(record->seconds), !trained);
	statement_add_text(&insert, user);
	statement_add_text(&insert, record->comment);
	statement_run(
		&insert,
		"INSERT INTO usercls.model_version (model_id, version, architecture, weights, sha256, features,"
		" classes, hyperparams, seed, metric, value, baseline, metrics, as_of, spec, rows_train,"
		" rows_held_out, best_epoch, epochs, memory, elapsed_seconds, created_by, comment)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, COALESCE($8, '{}'), $9, $10, $11, $12, $13, $14, $15, $16,"
		" $17, $18, $19, $20, $21, $22::name, $23)");
	if (run_id != 0)
	{
		Statement finish = {0};

		statement_add_bigint(&finish, run_id);
		statement_add_int(&finish, version);
		statement_add_text(&finish, record->metric);
		statement_run(&finish, "UPDATE usercls.training_run SET version = $2, metric = COALESCE($3, metric),"
							   " finished_at = clock_timestamp() WHERE run_id = $1");
	}
	registry_leave(&access);
	memcpy(model->digest, VARDATA(digest), MODEL_DIGEST);
	model->version = model->newest = version;
	if (model->right == RIGHT_ADMIN)
		sources_approve(model, record->spec);
	else
		notice_waiting(model, record->spec);
	return version;
}

/* ---- one at a time ---- */

static LOCKTAG
work_locktag(int64 id, ModelWork work)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) ((uint64) id >> 32), (uint32) id,
						 FIRST_LOCK_CLASS + (uint16) work);
	return tag;
}

bool
registry_work_lock(int64 id, ModelWork work)
{
	const LOCKTAG tag = work_locktag(id, work);

	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
registry_work_unlock(int64 id, ModelWork work)
{
	const LOCKTAG tag = work_locktag(id, work);

	LockRelease(&tag, ExclusiveLock, true);
}

Oid
registry_find_or_create(const RangeVar *name)
{
	const Oid relation = RangeVarGetRelid(name, NoLock, true);

	if (OidIsValid(relation))
		return relation;

	const uint64 schema = RangeVarGetCreationNamespace(name);
	const uint32 hash = string_hash(name->relname, NAMEDATALEN);
	const LOCKTAG tag = work_locktag((int64) (schema << 32 | hash), WORK_CREATE);

	LockAcquire(&tag, ExclusiveLock, false, false);
	AcceptInvalidationMessages();
	return RangeVarGetRelid(name, NoLock, true);
}

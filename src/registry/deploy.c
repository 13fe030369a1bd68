/* Which version answers: promotion, the gate of trainings, and the way back. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "server/errors.h"
#include "registry/sources.h"
#include "registry/tables.h"

/* The model's rows get the names that roles have today, and lose the roles that are gone: a dump has nothing but names. */
static void
names_refresh(const Model *model)
{
	Statement refresh = {0};

	statement_add_bigint(&refresh, model->model_id);
	statement_run(&refresh, "UPDATE usercls.model m SET owner = r.rolname FROM pg_catalog.pg_authid r"
							" WHERE m.model_id = $1 AND r.oid = m.owner_oid AND r.rolname <> m.owner");

	/* Counting has all of them deleted before the first is inserted: two roles may have changed names. */
	statement_run(
		&refresh,
		"WITH old AS (DELETE FROM usercls.model_acl a"
		" WHERE a.model_id = $1 AND a.grantee <> 'public' AND NOT EXISTS"
		" (SELECT FROM pg_catalog.pg_authid r WHERE r.oid = a.grantee_oid AND r.rolname = a.grantee)"
		" RETURNING *), counted AS (SELECT count(*) FROM old)"
		" INSERT INTO usercls.model_acl (model_id, grantee, \"right\", granted_by, granted_at)"
		" SELECT old.model_id, r.rolname, old.\"right\", old.granted_by, old.granted_at"
		" FROM counted, old, pg_catalog.pg_authid r WHERE r.oid = old.grantee_oid"
		" ON CONFLICT DO NOTHING");
}

/* Returns with the row as statement_result. The model's rows then have the names that its roles have today. */
static void
lock_row(const Model *model, const char *sql)
{
	Statement lock = {0};

	names_refresh(model);
	statement_add_bigint(&lock, model->model_id);
	if (statement_run(&lock, sql) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" was dropped meanwhile", model->name),
				 errhint("The view usercls.models lists the models that you may use.")));
}

int64
registry_lock(Model *model)
{
	bool isnull;

	registry_refuse_copy();
	lock_row(model,
			 "SELECT m.last_version, m.promoted, m.deployment_id FROM usercls.model m WHERE m.model_id = $1"
			 " FOR NO KEY UPDATE");
	model->newest = DatumGetInt32(statement_result(1, &isnull));
	model->promoted = DatumGetInt32(statement_result(2, &isnull));
	return DatumGetInt64(statement_result(3, &isnull));
}

void
registry_keep(const Model *model)
{
	lock_row(model, "SELECT FROM usercls.model m WHERE m.model_id = $1 FOR KEY SHARE");
}

/* The first source of the version that is not approved, or NULL. */
static const char *
waiting_source(const Model *model, int32 version)
{
	Model stored = *model;

	stored.version = version;
	PushActiveSnapshot(GetLatestSnapshot()); /* this statement may have stored it */

	const char *source = sources_waiting(&stored, registry_spec_if_any(&stored));

	PopActiveSnapshot();
	return source;
}

/* A version that cannot score everybody's users answers for nobody. */
static void
check_sources(const Model *model, int32 version)
{
	const char *source = waiting_source(model, version);

	if (source)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("version %d of model \"%s\" waits for approval", version, model->name),
						errdetail("Nobody who administers the model has approved that it reads %s.", source),
						errhint("Whoever administers the model and trusts the owner of %s calls "
								"usercls.approve_source(%s, %d).",
								source, quote_literal_cstr(model->name), version)));
}

static void
check_version(const Model *model, int32 version)
{
	Statement find = {0};

	statement_add_bigint(&find, model->model_id);
	statement_add_int(&find, version);
	if (statement_run(&find,
					  "SELECT FROM usercls.model_version v WHERE v.model_id = $1 AND v.version = $2") == 0)
		error_unknown_version(model->name, version, model->newest);
}

/* previous: the deployment that a rollback by one step returns to, 0 for none */
static void
deploy(Model *model, int32 version, const char *action, const char *reason, const char *user, int64 previous)
{
	Statement history = {0};
	Statement pointer = {0};
	bool isnull;

	statement_add_bigint(&history, model->model_id);
	statement_add_int(&history, version);
	statement_add_text(&history, action);
	statement_add_text(&history, reason);
	statement_add_text(&history, user);
	statement_add(&history, INT8OID, Int64GetDatum(previous), previous == 0);
	statement_run(&history,
				  "INSERT INTO usercls.deployment (model_id, version, action, reason, role, previous)"
				  " VALUES ($1, $2, $3, $4, $5::name, $6) RETURNING deployment_id");

	const int64 deployment_id = DatumGetInt64(statement_result(1, &isnull));

	statement_add_bigint(&pointer, model->model_id);
	statement_add_int(&pointer, version);
	statement_add_bigint(&pointer, deployment_id);
	statement_run(&pointer, "UPDATE usercls.model SET promoted = $2, deployment_id = $3 WHERE model_id = $1");
	model->promoted = version;
}

void
registry_promote(Model *model, int32 version, const char *reason)
{
	char *user = GetUserNameFromId(GetUserId(), false);
	RegistryAccess access;

	check_sources(model, version);
	registry_enter(&access);

	const int64 current = registry_lock(model);

	check_version(model, version);
	if (model->promoted != version)
		deploy(model, version, "promote", reason, user, current);
	registry_leave(&access);
}

int32
registry_rollback(Model *model, int32 steps, const char *reason)
{
	char *user = GetUserNameFromId(GetUserId(), false);
	RegistryAccess access;
	Statement find = {0};
	bool isnull, no_previous;

	if (steps < 1)
		error_out_of_range("steps", psprintf("%d", steps), "1 or more");
	registry_enter(&access);

	const int64 current = registry_lock(model);

	if (model->promoted == 0)
		error_not_promoted(model->name, model->newest);

	/* Versions that were pruned since are passed over, and so is one that answered twice in a row because of
	 * that. */
	statement_add_bigint(&find, model->model_id);
	statement_add_bigint(&find, current);
	statement_add_bigint(&find, steps);

	const uint64 found = statement_run(
		&find, "WITH RECURSIVE way AS ("
			   " SELECT d.version, d.previous, 0::bigint AS step FROM usercls.deployment d"
			   "  WHERE d.deployment_id = $2 AND d.model_id = $1"
			   " UNION ALL"
			   " SELECT d.version, d.previous,"
			   "  way.step + CASE WHEN v.version IS NULL THEN 0 ELSE 1 END"
			   "  FROM way JOIN usercls.deployment d ON d.deployment_id = way.previous AND d.model_id = $1"
			   "  LEFT JOIN usercls.model_version v ON v.model_id = d.model_id AND v.version = d.version"
			   "  WHERE way.step < $3)"
			   " SELECT way.version, way.previous FROM way WHERE way.step = $3 ORDER BY way.step LIMIT 1");

	if (found == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("model \"%s\" cannot be rolled back by %d", model->name, steps),
			 errdetail("Fewer versions that still exist answered for it before."),
			 errhint(
				 "The view usercls.deployments shows its history; usercls.promote() takes any version.")));

	const int32 version = DatumGetInt32(statement_result(1, &isnull));
	const int64 previous = DatumGetInt64(statement_result(2, &no_previous));

	deploy(model, version, "rollback", reason, user, no_previous ? 0 : previous);
	registry_leave(&access);
	return version;
}

void
registry_check_promote(const char *promote)
{
	static const char *const modes[] = {"if_better", "always", "never"};

	for (int i = 0; i < lengthof(modes); i++)
		if (strcmp(promote, modes[i]) == 0)
			return;
	error_out_of_range("promote", promote, "if_better, always or never");
}

/* Whether the new version is to answer instead of version `now`, and in *reason why. */
static bool
decide(const Comparison *comparison, int32 now, char **reason)
{
	if (comparison->obstacle)
	{
		*reason = psprintf("version %d is not compared: %s", now, comparison->obstacle);
		return comparison->promote_anyway;
	}
	*reason = psprintf("%s %.4g against %.4g of version %d%s", comparison->metric, comparison->value,
					   comparison->incumbent, now, comparison->users ? comparison->users : "");
	return comparison->smaller_is_better ? comparison->value < comparison->incumbent
										 : comparison->value > comparison->incumbent;
}

bool
registry_gate(Model *model, int32 version, const char *promote, const Comparison *comparison, char **reason)
{
	const int32 compared = model->promoted;
	RegistryAccess access;

	registry_check_promote(promote);
	if (strcmp(promote, "never") == 0)
	{
		*reason = pstrdup("promotion was not asked for");
		return false;
	}

	const char *waiting = waiting_source(model, version);

	if (waiting)
	{
		*reason = psprintf("that it reads %s waits for usercls.approve_source()", waiting);
		return false;
	}
	if (strcmp(promote, "always") == 0)
	{
		*reason = pstrdup("promotion was asked for whatever the metric");
		registry_promote(model, version, *reason);
		return true;
	}

	/* The lock stays until the transaction ends: what answers now answers until we have promoted. */
	registry_enter(&access);
	registry_lock(model);
	registry_leave(&access);

	const int32 now = model->promoted;

	if (now == 0)
		*reason = pstrdup("no version was promoted before");
	else if (now != compared)
	{
		*reason = psprintf("version %d was promoted meanwhile, and not compared", now);
		return false;
	}
	else if (!decide(comparison, now, reason))
		return false;
	if (comparison->rule)
	{
		*reason = psprintf("not surely better than a rule without a model: %s", comparison->rule);
		return false;
	}
	registry_promote(model, version, *reason);
	return true;
}

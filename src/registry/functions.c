/* The SQL functions over the registry. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "registry/tables.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/transaction.h"

PG_FUNCTION_INFO_V1(usercls__immutable);
PG_FUNCTION_INFO_V1(usercls__model_right);
PG_FUNCTION_INFO_V1(usercls__right_name);
PG_FUNCTION_INFO_V1(usercls__role_oid);
PG_FUNCTION_INFO_V1(usercls_promote);
PG_FUNCTION_INFO_V1(usercls_rollback);
PG_FUNCTION_INFO_V1(usercls_drop_model);
PG_FUNCTION_INFO_V1(usercls_prune_versions);
PG_FUNCTION_INFO_V1(usercls_export_model);
PG_FUNCTION_INFO_V1(usercls_grant_model);
PG_FUNCTION_INFO_V1(usercls_revoke_model);
PG_FUNCTION_INFO_V1(usercls_set_model_owner);
PG_FUNCTION_INFO_V1(usercls_set_model_comment);

/* ---- arguments ---- */

static ModelRight
right_argument(const char *name)
{
	const ModelRight right = registry_right_from(name);

	if (right == RIGHT_NONE)
		error_out_of_range("right", name, "score, train or admin");
	return right;
}

Model *
registry_shown(FunctionCallInfo fcinfo, ModelRight right)
{
	enum
	{
		ARG_MODEL,
		ARG_VERSION
	};
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");

	if (!PG_ARGISNULL(ARG_VERSION))
		return registry_version(name, PG_GETARG_INT32(ARG_VERSION), right);

	const Model *model = registry_find(name, right);

	if (model->promoted == 0)
		error_not_promoted(name, model->newest);
	return registry_version(name, model->promoted, right);
}

/* ---- rights, as the views see them ---- */

Datum
usercls__model_right(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(registry_right(PG_GETARG_INT64(0), PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1)));
}

Datum
usercls__right_name(PG_FUNCTION_ARGS)
{
	const int32 right = PG_GETARG_INT32(0);

	if (right < RIGHT_NONE || right > RIGHT_ADMIN) /* somebody else called */
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(registry_right_name((ModelRight) right)));
}

Datum
usercls__role_oid(PG_FUNCTION_ARGS)
{
	const char *role = NameStr(*PG_GETARG_NAME(0));

	if (strcmp(role, "public") == 0)
		PG_RETURN_OID(ACL_ID_PUBLIC);

	const Oid oid = get_role_oid(role, true);

	if (!OidIsValid(oid))
		PG_RETURN_NULL();
	PG_RETURN_OID(oid);
}

Datum
usercls__immutable(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("this is a trigger function"),
				 errhint("It protects the table of versions and is called by its triggers alone.")));
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("a stored version of a model cannot be changed"),
					errdetail("What has scored users must stay what it was."),
					errhint("Store a new version with usercls.import_model(), and promote it.")));
}

/* ---- versions ---- */

Datum
usercls_promote(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_VERSION,
		ARG_REASON
	};
	Model *model = registry_find(arg_text(fcinfo, ARG_MODEL, "model"), RIGHT_TRAIN);

	const int32 version = arg_int(fcinfo, ARG_VERSION, "version");

	registry_promote(model, version, arg_text_or_null(fcinfo, ARG_REASON));
	transaction_pending(psprintf("version %d of model \"%s\" is promoted", version, model->name));
	PG_RETURN_VOID();
}

Datum
usercls_rollback(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_STEPS,
		ARG_REASON
	};
	Model *model = registry_find(arg_text(fcinfo, ARG_MODEL, "model"), RIGHT_TRAIN);

	const int32 version =
		registry_rollback(model, arg_int(fcinfo, ARG_STEPS, "steps"), arg_text_or_null(fcinfo, ARG_REASON));

	transaction_pending(psprintf("version %d of model \"%s\" is promoted", version, model->name));
	PG_RETURN_INT32(version);
}

Datum
usercls_prune_versions(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_KEEP,
		ARG_KEEP_HISTORY
	};
	Model *model = registry_find(arg_text(fcinfo, ARG_MODEL, "model"), RIGHT_ADMIN);

	PG_RETURN_INT32(registry_prune(model, arg_count_or_all(fcinfo, ARG_KEEP, "keep"),
								   arg_count_or_all(fcinfo, ARG_KEEP_HISTORY, "keep_history")));
}

Datum
usercls_drop_model(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_IF_EXISTS
	};
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	const bool if_exists = arg_bool(fcinfo, ARG_IF_EXISTS);
	RegistryAccess access;
	Statement drop = {0};

	if (if_exists && registry_find_visible(name) == NULL)
	{
		ereport(NOTICE, (errmsg("model \"%s\" does not exist, skipping", name)));
		PG_RETURN_VOID();
	}

	const Model *model = registry_find(name, RIGHT_ADMIN);

	registry_refuse_copy();
	registry_enter(&access);
	statement_add_bigint(&drop, model->model_id);
	statement_run(&drop, "DELETE FROM usercls.model m WHERE m.model_id = $1");
	statement_run(&drop, "DELETE FROM usercls.model_version v WHERE v.model_id = $1");
	statement_run(&drop, "DELETE FROM usercls.deployment d WHERE d.model_id = $1");

	/* A training that commits its epochs locks its run alone: from here on it waits, and then finds no run. */
	statement_run(&drop, "SELECT FROM usercls.training_run t WHERE t.model_id = $1 FOR UPDATE");
	statement_run(&drop, "DELETE FROM usercls.training_log l USING usercls.training_run t"
						 " WHERE t.run_id = l.run_id AND t.model_id = $1");
	statement_run(&drop, "DELETE FROM usercls.training_run t WHERE t.model_id = $1");
	statement_run(&drop, "DELETE FROM usercls.model_source s WHERE s.model_id = $1");
	statement_run(&drop, "DELETE FROM usercls.model_acl a WHERE a.model_id = $1");
	registry_leave(&access);
	PG_RETURN_VOID();
}

Datum
usercls_export_model(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(registry_weights(registry_shown(fcinfo, RIGHT_TRAIN)));
}

/* ---- who may do what ---- */

/* The role as it is stored: it must exist, and public stands for everybody. */
static const char *
role_argument(FunctionCallInfo fcinfo, int arg)
{
	const char *role = arg_name(fcinfo, arg, "role");

	if (strcmp(role, "public") != 0)
		(void) get_role_oid(role, false);
	return role;
}

Datum
usercls_grant_model(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_ROLE,
		ARG_RIGHT
	};
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	const char *role = role_argument(fcinfo, ARG_ROLE);
	const char *right = arg_text(fcinfo, ARG_RIGHT, "right");
	const char *user = GetUserNameFromId(GetUserId(), false);
	RegistryAccess access;
	Statement grant = {0};

	right_argument(right);

	const Model *model = registry_find(name, RIGHT_ADMIN);

	registry_refuse_copy();
	registry_enter(&access);
	statement_add_bigint(&grant, model->model_id);
	statement_add_text(&grant, role);
	statement_add_text(&grant, right);
	statement_add_text(&grant, user);
	registry_keep(model);
	statement_run(&grant, "INSERT INTO usercls.model_acl (model_id, grantee, \"right\", granted_by)"
						  " VALUES ($1, $2::name, $3, $4::name) ON CONFLICT DO NOTHING");
	registry_leave(&access);
	PG_RETURN_VOID();
}

Datum
usercls_revoke_model(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_ROLE,
		ARG_RIGHT
	};
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	const char *role = arg_name(fcinfo, ARG_ROLE, "role");
	const char *right = arg_text_or_null(fcinfo, ARG_RIGHT);
	RegistryAccess access;
	Statement revoke = {0};

	if (right != NULL)
		right_argument(right);

	const Model *model = registry_find(name, RIGHT_ADMIN);

	registry_refuse_copy();
	registry_enter(&access);
	statement_add_bigint(&revoke, model->model_id);
	statement_add_text(&revoke, role);
	statement_add_text(&revoke, right);
	registry_keep(model);
	statement_run(&revoke, "DELETE FROM usercls.model_acl a WHERE a.model_id = $1 AND a.grantee = $2::name"
						   " AND a.\"right\" = COALESCE($3, a.\"right\")");
	registry_leave(&access);
	PG_RETURN_VOID();
}

Datum
usercls_set_model_owner(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_ROLE
	};
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");
	RegistryAccess access;
	Statement change = {0};

	const char *role = arg_name(fcinfo, ARG_ROLE, "role");
	const Model *model = registry_find(name, RIGHT_ADMIN);

	/* As for ALTER ... OWNER TO: nobody gives things to a role that he could not take them back from. */
	if (!is_member_of_role(GetUserId(), get_role_oid(role, false)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("model \"%s\" cannot be given to role \"%s\"", name, role),
						errdetail("You are not a member of that role."),
						errhint("Ask a member of both roles to do it.")));
	registry_refuse_copy();
	registry_enter(&access);
	statement_add_bigint(&change, model->model_id);
	statement_add_text(&change, role);
	registry_keep(model);
	statement_run(&change, "UPDATE usercls.model SET owner = $2::name WHERE model_id = $1");
	registry_leave(&access);
	PG_RETURN_VOID();
}

Datum
usercls_set_model_comment(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_COMMENT,
		ARG_VERSION
	};
	const Model *model = registry_find(arg_text(fcinfo, ARG_MODEL, "model"), RIGHT_TRAIN);
	const char *comment = arg_text_or_null(fcinfo, ARG_COMMENT);
	RegistryAccess access;
	Statement change = {0};

	registry_refuse_copy();
	registry_enter(&access);
	statement_add_bigint(&change, model->model_id);
	statement_add_text(&change, comment);
	if (PG_ARGISNULL(ARG_VERSION))
		statement_run(&change, "UPDATE usercls.model SET comment = $2 WHERE model_id = $1");
	else
	{
		statement_add_int(&change, PG_GETARG_INT32(ARG_VERSION));
		if (statement_run(&change, "UPDATE usercls.model_version SET comment = $2 WHERE model_id = $1"
								   " AND version = $3") == 0)
			error_unknown_version(model->name, PG_GETARG_INT32(ARG_VERSION), model->newest);
	}
	registry_leave(&access);
	PG_RETURN_VOID();
}

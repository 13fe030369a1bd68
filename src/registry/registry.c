/* Finding models: index lookups under the active snapshot, and the one place that checks rights. */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "server/errors.h"
#include "registry/registry.h"
#include "registry/sources.h"
#include "registry/tables.h"

Oid
registry_relation(const char *name)
{
	const Oid oid = get_relname_relid(name, get_namespace_oid("usercls", false));

	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation \"usercls.%s\" does not exist", name),
				 errhint("Create the extension usercls in this database.")));
	return oid;
}

/* ---- scans ---- */

typedef struct TableScan
{
	Relation relation;
	SysScanDesc scan;
	HeapTuple tuple;
} TableScan;

static TableScan
scan_begin(const char *table, const char *index, ScanKey key, int keys)
{
	TableScan scan;

	scan.relation = table_open(registry_relation(table), AccessShareLock);
	scan.scan =
		systable_beginscan(scan.relation, registry_relation(index), true, GetActiveSnapshot(), keys, key);
	return scan;
}

static bool
scan_next(TableScan *scan)
{
	scan->tuple = systable_getnext(scan->scan);
	return HeapTupleIsValid(scan->tuple);
}

/* The attribute's value; valid until the next row. */
static Datum
scan_value(const TableScan *scan, AttrNumber attribute, bool *isnull)
{
	return heap_getattr(scan->tuple, attribute, RelationGetDescr(scan->relation), isnull);
}

static Datum
scan_required(const TableScan *scan, AttrNumber attribute)
{
	bool isnull;
	const Datum value = scan_value(scan, attribute, &isnull);

	if (isnull)
		elog(ERROR, "column %d of registry table \"%s\" is null", attribute,
			 RelationGetRelationName(scan->relation));
	return value;
}

static void
scan_end(TableScan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->relation, AccessShareLock);
}

static ScanKeyData
key_int8(AttrNumber attribute, int64 value)
{
	ScanKeyData key;

	ScanKeyInit(&key, attribute, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(value));
	return key;
}

static ScanKeyData
key_int4(AttrNumber attribute, int32 value)
{
	ScanKeyData key;

	ScanKeyInit(&key, attribute, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(value));
	return key;
}

/* ---- rights ---- */

static const char *const right_names[] = {[RIGHT_NONE] = "none",
										  [RIGHT_MONITOR] = "monitor",
										  [RIGHT_SCORE] = "score",
										  [RIGHT_TRAIN] = "train",
										  [RIGHT_ADMIN] = "admin"};

ModelRight
registry_right_from(const char *name)
{
	for (ModelRight right = RIGHT_SCORE; right <= RIGHT_ADMIN; right++)
		if (strcmp(name, right_names[right]) == 0)
			return right;
	return RIGHT_NONE;
}

const char *
registry_right_name(ModelRight right)
{
	return right_names[right];
}

/* Whether user has what the role has; a role that is gone gives nothing. */
static bool
user_is(Oid user, Oid role)
{
	return OidIsValid(role) && has_privs_of_role(user, role);
}

/* The right of any user who is given none by owner or administrators. */
static ModelRight
right_on_all_models(Oid user)
{
	if (pg_class_aclcheck(registry_relation("model_acl"), user, ACL_INSERT) == ACLCHECK_OK)
		return RIGHT_ADMIN;
	return user_is(user, ROLE_PG_MONITOR) || user_is(user, ROLE_PG_READ_ALL_DATA) ? RIGHT_MONITOR
																				  : RIGHT_NONE;
}

/* The right that is granted to the user, himself, by a role of his, or with everybody. */
static ModelRight
right_granted(Oid user, int64 model_id)
{
	ScanKeyData key = key_int8(ACL_MODEL_ID, model_id);
	TableScan scan = scan_begin("model_acl", "model_acl_pkey", &key, 1);
	ModelRight right = RIGHT_NONE;

	while (scan_next(&scan))
	{
		bool gone;
		const Oid grantee = DatumGetObjectId(scan_value(&scan, ACL_GRANTEE_OID, &gone));

		if (!gone && (grantee == ACL_ID_PUBLIC || user_is(user, grantee)))
			right = Max(right, registry_right_from(TextDatumGetCString(scan_required(&scan, ACL_RIGHT))));
	}
	scan_end(&scan);
	return right;
}

ModelRight
registry_right(int64 model_id, Oid owner)
{
	return registry_right_of(GetUserId(), model_id, owner);
}

ModelRight
registry_right_of(Oid user, int64 model_id, Oid owner)
{
	const ModelRight right = user_is(user, owner) ? RIGHT_ADMIN : right_on_all_models(user);

	return right == RIGHT_ADMIN ? right : Max(right, right_granted(user, model_id));
}

/* ---- models ---- */

/* The nearest name among the models that the current user may see, or NULL. */
static const char *
nearest_model(const char *name)
{
	TableScan scan = scan_begin("model", "model_name_key", NULL, 0);
	int n = 0, cap = 64;
	const char **names = palloc(sizeof(char *) * cap);

	while (scan_next(&scan))
	{
		const int64 id = DatumGetInt64(scan_required(&scan, MODEL_ID));
		bool gone; /* 0 then */
		const Oid owner = DatumGetObjectId(scan_value(&scan, MODEL_OWNER_OID, &gone));

		if (registry_right(id, owner) == RIGHT_NONE)
			continue;
		if (n == cap)
			names = repalloc(names, sizeof(char *) * (cap *= 2));
		names[n++] = TextDatumGetCString(scan_required(&scan, MODEL_NAME));
	}
	scan_end(&scan);
	return nearest_name(name, names, n);
}

/* The model's row and its promoted version; NULL when there is none of that name. */
static Model *
read_model(const char *name)
{
	ScanKeyData key;

	ScanKeyInit(&key, MODEL_NAME, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(name));

	TableScan scan = scan_begin("model", "model_name_key", &key, 1);
	Model *model = NULL;
	bool none; /* 0 then */

	if (scan_next(&scan))
	{
		model = palloc0(sizeof(Model));
		model->model_id = DatumGetInt64(scan_required(&scan, MODEL_ID));
		model->name = TextDatumGetCString(scan_required(&scan, MODEL_NAME));
		model->kind = model_kind(TextDatumGetCString(scan_required(&scan, MODEL_KIND)));
		model->owner = DatumGetObjectId(scan_value(&scan, MODEL_OWNER_OID, &none));
		model->newest = DatumGetInt32(scan_required(&scan, MODEL_LAST_VERSION));
		model->promoted = DatumGetInt32(scan_value(&scan, MODEL_PROMOTED, &none));
		model->right = registry_right(model->model_id, model->owner);
	}
	scan_end(&scan);
	return model;
}

static Model *
check_right(Model *model, const char *name, ModelRight right)
{
	if (model == NULL || model->right == RIGHT_NONE)
		error_unknown_model(name, nearest_model(name));
	if (model->right < right)
		error_model_right(name, right_names[right]);
	return model;
}

Model *
registry_find(const char *name, ModelRight right)
{
	return check_right(read_model(name), name, right);
}

Model *
registry_find_visible(const char *name)
{
	Model *model = read_model(name);

	return model != NULL && model->right > RIGHT_NONE ? model : NULL;
}

Model *
registry_find_or_new(const char *name, ModelRight right)
{
	Model *model = read_model(name);

	if (model == NULL)
		return NULL;
	if (model->right == RIGHT_NONE)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("model name \"%s\" is taken", name),
						errdetail("Another role has a model of this name, and you have no right on it."),
						errhint("Choose another name, or ask for the right \"%s\".", right_names[right])));
	return check_right(model, name, right);
}

/* Position a scan on the row of model->version. */
static TableScan
version_scan(const Model *model, int32 version)
{
	ScanKeyData key[2] = {key_int8(VERSION_MODEL_ID, model->model_id), key_int4(VERSION_VERSION, version)};
	TableScan scan = scan_begin("model_version", "model_version_pkey", key, 2);

	if (!scan_next(&scan))
	{
		scan_end(&scan);
		error_unknown_version(model->name, version, model->newest);
	}
	return scan;
}

static Model *
read_version(Model *model, int32 version)
{
	TableScan scan = version_scan(model, version);
	const bytea *digest = DatumGetByteaPP(scan_required(&scan, VERSION_SHA256));

	if (VARSIZE_ANY_EXHDR(digest) != MODEL_DIGEST)
		elog(ERROR, "digest of model \"%s\" version %d has a wrong length", model->name, version);
	memcpy(model->digest, VARDATA_ANY(digest), MODEL_DIGEST);
	model->version = version;
	scan_end(&scan);
	return model;
}

void
registry_check_kind(const Model *model, const ModelKind *kind)
{
	if (model->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("model \"%s\" is not of kind %s", model->name, kind->name),
				 errdetail("It is of kind %s.", model->kind->name), errhint("%s", model->kind->usage)));
}

Model *
registry_promoted(const char *name, const ModelKind *kind, ModelRight right)
{
	Model *model = registry_find(name, right);

	if (kind != NULL)
		registry_check_kind(model, kind);
	if (model->promoted == 0)
		error_not_promoted(name, model->newest);
	return read_version(model, model->promoted);
}

Model *
registry_version(const char *name, int32 version, ModelRight right)
{
	return read_version(registry_find(name, right), version);
}

bool
registry_has_version(const Model *model, int32 version)
{
	ScanKeyData key[2] = {key_int8(VERSION_MODEL_ID, model->model_id), key_int4(VERSION_VERSION, version)};
	TableScan scan = scan_begin("model_version", "model_version_pkey", key, 2);
	const bool found = scan_next(&scan);

	scan_end(&scan);
	return found;
}

bytea *
registry_weights(const Model *model)
{
	TableScan scan = version_scan(model, model->version);
	bytea *weights = DatumGetByteaPCopy(scan_required(&scan, VERSION_WEIGHTS));

	scan_end(&scan);
	return weights;
}

Jsonb *
registry_spec_if_any(const Model *model)
{
	TableScan scan = version_scan(model, model->version);
	bool isnull;
	const Datum spec = scan_value(&scan, VERSION_SPEC, &isnull);
	Jsonb *copy = isnull ? NULL : DatumGetJsonbPCopy(spec);

	scan_end(&scan);
	return copy;
}

Jsonb *
registry_spec(const Model *model)
{
	Jsonb *spec = registry_spec_if_any(model);

	if (!spec)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("version %d of model \"%s\" was imported without its training", model->version,
							   model->name),
						errdetail("It does not say from which tables and columns its input comes."),
						errhint("Pass spec to usercls.import_model(), or score the rows of a query: see %s.",
								model->kind->scores_rows)));
	sources_check(model, spec);
	return spec;
}

bool
registry_is_dated(const Model *model)
{
	const Jsonb *spec = model->kind->timeless ? registry_spec_if_any(model) : NULL;

	return !model->kind->timeless || (spec && model->kind->dated && model->kind->dated(spec));
}

bool
registry_source_approval(SourceApproval *approval, int64 model_id, const char *source)
{
	ScanKeyData key[2] = {key_int8(SOURCE_MODEL_ID, model_id)};

	ScanKeyInit(&key[1], SOURCE_NAME, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(source));

	TableScan scan = scan_begin("model_source", "model_source_pkey", key, 2);
	const bool found = scan_next(&scan);
	bool none; /* 0 then */

	if (found)
	{
		approval->owner = DatumGetObjectId(scan_value(&scan, SOURCE_OWNER_OID, &none));
		approval->relation = DatumGetObjectId(scan_value(&scan, SOURCE_RELATION, &none));
	}
	scan_end(&scan);
	return found;
}

TimestampTz
registry_as_of(const Model *model)
{
	TableScan scan = version_scan(model, model->version);
	bool isnull;
	const Datum as_of = scan_value(&scan, VERSION_AS_OF, &isnull);
	const TimestampTz time = isnull ? DT_NOBEGIN : DatumGetTimestampTz(as_of);

	scan_end(&scan);
	return time;
}

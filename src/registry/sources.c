/* Approved sources: see registry/sources.h. */
#include "postgres.h"

#include "registry/sources.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "registry/tables.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/source.h"

/* A source as its name is understood now, or an expression. */
typedef struct Source
{
	const char
		*name; /* "schema"."name" of the relation; as it is written while there is none; (an expression) */
	bool expression;
	Oid relation; /* InvalidOid: there is none */
	Oid owner;
} Source;

typedef enum SourceState
{
	SOURCE_APPROVED,
	SOURCE_OWN, /* of the current user */
	SOURCE_WAITING,
	SOURCE_CHANGED,
	SOURCE_MISSING
} SourceState;

static const char *const state_names[] = {[SOURCE_APPROVED] = "approved",
										  [SOURCE_OWN] = "waiting",
										  [SOURCE_WAITING] = "waiting",
										  [SOURCE_CHANGED] = "changed",
										  [SOURCE_MISSING] = "missing"};

static Source
source_named(const char *text, LOCKMODE lock)
{
	Source source = {.name = text, .relation = source_find(text, lock)};

	if (!OidIsValid(source.relation))
		return source;
	source.owner = source_owner(source.relation);
	source.name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(source.relation)),
											 get_rel_name(source.relation));
	return source;
}

/* No name of a relation begins so: source_find() knows quoted ones alone that do. */
static Source
source_expression(const char *text)
{
	return (Source){.name = psprintf("(%s)", text), .expression = true};
}

static SourceState
state_of(const Source *source, int64 model_id, Oid model_owner)
{
	SourceApproval approval;

	if (source->expression)
		return registry_source_approval(&approval, model_id, source->name) ? SOURCE_APPROVED : SOURCE_WAITING;
	if (!OidIsValid(source->relation))
		return SOURCE_MISSING;
	if (!registry_source_approval(&approval, model_id, source->name))
		return source->owner == GetUserId() ? SOURCE_OWN : SOURCE_WAITING;
	if (source->relation == approval.relation && source->owner == approval.owner)
		return SOURCE_APPROVED;
	if (source->owner == GetUserId())
		return SOURCE_OWN;
	return registry_right_of(source->owner, model_id, model_owner) == RIGHT_ADMIN ? SOURCE_APPROVED
																				  : SOURCE_CHANGED;
}

static void
refuse(const Model *model, const Source *source, SourceState state)
{
	if (state == SOURCE_MISSING)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation %s does not exist", source->name),
				 errdetail("Version %d of model \"%s\" reads it.", model->version, model->name),
				 errhint("Make it again, with the columns that it had; the view usercls.sources shows what "
						 "models read.")));
	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg("version %d of model \"%s\" %s %s, which is not approved", model->version, model->name,
				source->expression ? "runs" : "reads", source->name),
		 state == SOURCE_WAITING
			 ? errdetail("The version comes from a role that may train the model, but not say what it reads.")
			 : errdetail("It is not the relation that was approved under this name, and belongs to role "
						 "\"%s\" now.",
						 GetUserNameFromId(source->owner, false)),
		 errhint("Whoever administers the model and trusts %s%s calls "
				 "usercls.approve_source(%s, %d).",
				 source->expression ? "" : "the owner of ", source->name, quote_literal_cstr(model->name),
				 model->version)));
}

/* The strings under a key: of a string or an array; others are none. */
static List *
texts_under(const Jsonb *spec, const char *key)
{
	const JsonbValue *value = jsonb_member(spec, key);
	List *texts = NIL;

	if (value && value->type == jbvString)
		return list_make1((char *) jsonb_scalar_text(value));
	if (!value || value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return NIL;
	for (uint32 i = 0; i < JsonContainerSize(value->val.binary.data); i++)
	{
		const JsonbValue *element = getIthJsonbValueFromContainer(value->val.binary.data, i);

		if (element->type == jbvString)
			texts = lappend(texts, pnstrdup(element->val.string.val, element->val.string.len));
	}
	return texts;
}

static Source *
copy_source(Source source)
{
	return memcpy(palloc(sizeof(source)), &source, sizeof(source));
}

/* All that a spec (NULL: none) reads and runs, as Sources; relations are locked unless lock is NoLock. */
static List *
sources_of(const ModelKind *kind, const Jsonb *spec, LOCKMODE lock)
{
	List *sources = NIL;
	ListCell *cell;

	for (int i = 0; spec && kind->sources[i]; i++)
		foreach (cell, texts_under(spec, kind->sources[i]))
			sources = lappend(sources, copy_source(source_named(lfirst(cell), lock)));
	for (int i = 0; spec && kind->expressions[i]; i++)
		foreach (cell, texts_under(spec, kind->expressions[i]))
			sources = lappend(sources, copy_source(source_expression(lfirst(cell))));
	return sources;
}

void
sources_check(const Model *model, const Jsonb *spec)
{
	ListCell *cell;

	foreach (cell, sources_of(model->kind, spec, AccessShareLock))
	{
		const Source *source = lfirst(cell);
		const SourceState state = state_of(source, model->model_id, model->owner);

		if (state > SOURCE_OWN)
			refuse(model, source, state);
	}
}

const char *
sources_waiting(const Model *model, const Jsonb *spec)
{
	ListCell *cell;

	foreach (cell, sources_of(model->kind, spec, NoLock))
	{
		const Source *source = lfirst(cell);
		SourceApproval approval;

		if (!registry_source_approval(&approval, model->model_id, source->name))
			return source->name;
	}
	return NULL;
}

static void
approve(const Model *model, const Source *source)
{
	const char *user = GetUserNameFromId(GetUserId(), false);
	const char *owner = OidIsValid(source->relation) ? GetUserNameFromId(source->owner, false) : NULL;
	RegistryAccess access;
	Statement insert = {0};

	registry_enter(&access);
	registry_keep(model);
	statement_add_bigint(&insert, model->model_id);
	statement_add_text(&insert, source->name);
	statement_add(&insert, OIDOID, ObjectIdGetDatum(source->relation), !OidIsValid(source->relation));
	statement_add_text(&insert, owner);
	statement_add_text(&insert, user);
	statement_run(
		&insert,
		"INSERT INTO usercls.model_source AS s (model_id, source, relation, owner, approved_by)"
		" VALUES ($1, $2, $3, $4::name, $5::name) ON CONFLICT (model_id, source) DO UPDATE"
		" SET relation = EXCLUDED.relation, owner = EXCLUDED.owner, approved_by = EXCLUDED.approved_by,"
		" approved_at = EXCLUDED.approved_at"
		" WHERE (s.relation, s.owner_oid) IS DISTINCT FROM (EXCLUDED.relation, EXCLUDED.owner_oid)");
	registry_leave(&access);
}

void
sources_approve(const Model *model, const Jsonb *spec)
{
	ListCell *cell;

	foreach (cell, sources_of(model->kind, spec, AccessShareLock))
		approve(model, lfirst(cell));
}

/* ---- SQL ---- */

PG_FUNCTION_INFO_V1(usercls_approve_source);
PG_FUNCTION_INFO_V1(usercls_revoke_source);
PG_FUNCTION_INFO_V1(usercls__source_state);

Datum
usercls_approve_source(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		error_null_argument(PG_ARGISNULL(0) ? "model" : "version");

	const Model *model =
		registry_version(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1), RIGHT_ADMIN);
	ListCell *cell;

	foreach (cell, sources_of(model->kind, registry_spec_if_any(model), AccessShareLock))
	{
		const Source *source = lfirst(cell);

		if (!source->expression && !OidIsValid(source->relation))
			refuse(model, source, SOURCE_MISSING);
		approve(model, source);
	}
	PG_RETURN_VOID();
}

static void
error_nothing_to_revoke(const char *source, const Model *model)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("%s is no approved source of model \"%s\"", source, model->name),
					errhint("The view usercls.sources shows what its versions read, and what is approved.")));
}

Datum
usercls_revoke_source(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_MODEL,
		ARG_SOURCE
	};
	const Model *model = registry_find(arg_text(fcinfo, ARG_MODEL, "model"), RIGHT_ADMIN);
	const char *written = arg_text(fcinfo, ARG_SOURCE, "source");
	const Source source = source_named(written, NoLock);
	RegistryAccess access;
	Statement revoke = {0};

	registry_enter(&access);
	registry_keep(model);
	statement_add_bigint(&revoke, model->model_id);
	statement_add_text(&revoke, source.name);
	statement_add_text(&revoke, source_expression(written).name);
	if (statement_run(&revoke, "DELETE FROM usercls.model_source s WHERE s.model_id = $1"
							   " AND s.source IN ($2, $3)") == 0)
		error_nothing_to_revoke(written, model);
	registry_leave(&access);
	PG_RETURN_VOID();
}

/* For the view usercls.sources, which shows the same to everybody: approved, waiting, changed or missing. */
Datum
usercls__source_state(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(2))
		PG_RETURN_NULL();

	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	const Source source = PG_GETARG_BOOL(3) ? source_expression(name) : source_named(name, NoLock);
	const SourceState state =
		state_of(&source, PG_GETARG_INT64(0), PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1));

	PG_RETURN_TEXT_P(cstring_to_text(state_names[state]));
}

/*
 * The tables behind registry/registry.h, for the registry's own files.
 *
 * Attribute numbers are those of sql/1.0.0/30_registry.sql: an upgrade may add
 * columns at the end, nothing else.
 */
#ifndef USERCLS_REGISTRY_TABLES_H
#define USERCLS_REGISTRY_TABLES_H

#include "access/attnum.h"
#include "fmgr.h"

#include "registry/registry.h"

enum
{
	MODEL_ID = 1,
	MODEL_NAME,
	MODEL_KIND,
	MODEL_OWNER,
	MODEL_OWNER_OID,
	MODEL_LAST_VERSION,
	MODEL_PROMOTED
};

enum
{
	VERSION_MODEL_ID = 1,
	VERSION_VERSION,
	VERSION_ARCHITECTURE,
	VERSION_WEIGHTS,
	VERSION_SHA256,
	VERSION_AS_OF = 14,
	VERSION_SPEC = 15
};

enum
{
	ACL_MODEL_ID = 1,
	ACL_GRANTEE,
	ACL_GRANTEE_OID,
	ACL_RIGHT
};

enum
{
	SOURCE_MODEL_ID = 1,
	SOURCE_NAME,
	SOURCE_RELATION,
	SOURCE_OWNER,
	SOURCE_OWNER_OID
};

/* The table or index usercls.name. */
extern Oid registry_relation(const char *name);

/* The right of the current user: the only place that decides. */
extern ModelRight registry_right(int64 model_id, Oid owner);

/* What was approved under the name of a source. */
typedef struct SourceApproval
{
	Oid relation; /* InvalidOid: there was none of that name */
	Oid owner;    /* InvalidOid then */
} SourceApproval;

/* false: nothing was. */
extern bool registry_source_approval(SourceApproval *approval, int64 model_id, const char *source);

/* The model, or NULL when the current user may not see one of that name. */
extern Model *registry_find_visible(const char *name);

/* The version that a function of (model, version) is to show: the promoted one when version is null. */
extern Model *registry_shown(FunctionCallInfo fcinfo, ModelRight right);

/* Make a model that the current user owns, or find the one that another session made meanwhile. */
extern Model *registry_make(const char *name, const ModelKind *kind);

/*
 * Lock the model's row until the transaction ends, and read again what answers: whoever changes that does so
 * first. Between registry_enter and registry_leave. Returns the current deployment, 0 for none.
 */
extern int64 registry_lock(Model *model);

/* Keep the model from being dropped until the transaction ends: whoever adds a row that belongs to it does so
 * first. */
extern void registry_keep(const Model *model);

/* Return to the version that answered `steps` deployments before; returns it. */
extern int32 registry_rollback(Model *model, int32 steps, const char *reason);

/* The right that can be granted under the name; RIGHT_NONE: none. */
extern ModelRight registry_right_from(const char *name);
extern const char *registry_right_name(ModelRight right);

/* One SQL statement with its parameters, between registry_enter and registry_leave. Start from {0}. */
#define STATEMENT_MAX 24

typedef struct Statement
{
	int n;
	Oid type[STATEMENT_MAX];
	Datum value[STATEMENT_MAX];
	char null[STATEMENT_MAX];
} Statement;

extern void statement_add(Statement *statement, Oid type, Datum value, bool isnull);
extern void statement_add_text(Statement *statement, const char *text /* NULL: null */);
extern void statement_add_int(Statement *statement, int32 value);
extern void statement_add_bigint(Statement *statement, int64 value);
extern void statement_add_float(Statement *statement, double value /* NaN: null */);
extern void statement_add_pointer(Statement *statement, Oid type, const void *value /* NULL: null */);
extern void statement_add_names(Statement *statement, const char *const *names, int n);
extern uint64 statement_run(Statement *statement, const char *sql);  /* rows it processed */
extern uint64 statement_read(Statement *statement, const char *sql); /* the same, under the active snapshot */
extern Datum statement_result(int column, bool *isnull);             /* of its first row; column from 1 */

#endif

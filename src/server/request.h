/*
 * What a training was asked for, as far as trainings of every kind ask it.
 *
 * A request comes from SQL arguments, is stored with the version as its spec (a jsonb object under the arguments'
 * names), and is read back for retrain() and scoring. A spec may also come with an import, and hold anything.
 */
#ifndef USERCLS_SERVER_REQUEST_H
#define USERCLS_SERVER_REQUEST_H

#include "postgres.h"

#include "utils/array.h"

#include "server/jsonbuild.h"
#include "server/split.h"

/* ---- users held out ---- */

/* From {"method": "user" | "time" | "none", "share": 0.2}. */
typedef struct Validation
{
	double share; /* of the users, or cutoffs; 0: nobody */
	bool by_time; /* the newest cutoffs, and not users */
} Validation;

/* And back. times: whether there may be several cutoffs, so that "time" is possible. */
extern Validation request_validation(const Jsonb *validation, bool times);
extern void request_put_validation(JsonbBuild *build, const Validation *validation);

/* Who was held out by the training of a spec. */
extern Split spec_split(const Jsonb *spec);

/* ---- features ---- */

/* A column that can be no feature, and what it is: "the label". */
typedef struct ColumnRole
{
	const char *column; /* NULL: no such column */
	const char *role;
} ColumnRole;

/* The names in an argument `features`. */
extern const char **request_features(int *n, ArrayType *features);

/* What is meant when none are named: every column of a type that will do which has no other role. */
extern const char **request_default_columns(int *n, Oid relation, bool (*will_do)(Oid type),
											const ColumnRole *roles, int n_roles);

/* An error when one is named twice or has another role. argument: "features". */
extern void request_check_features(const char *const *features, int n, const ColumnRole *roles, int n_roles,
								   const char *argument);

/* ---- the spec, read back: an error where it lacks the key or holds something else ---- */

extern const char *spec_text(const Jsonb *spec, const char *key); /* NULL: not there */
extern const char *spec_need(const Jsonb *spec, const char *key); /* the same for what no spec is without */
extern int64 spec_int(const Jsonb *spec, const char *key);
extern bool spec_bool(const Jsonb *spec, const char *key);
extern Jsonb *spec_jsonb(const Jsonb *spec, const char *key);
extern Oid spec_table(const Jsonb *spec, const char *key);
extern const char **spec_names(int *n, const Jsonb *spec, const char *key);

#endif

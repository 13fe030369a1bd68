/*
 * Arguments of SQL functions that are called on null input too: an error names the argument that must not be null.
 *
 * The numbers of a function's arguments stand in one enum beside it:
 *
 *   enum { ARG_MODEL, ARG_VERSION, ARG_REASON };
 *   ... arg_text(fcinfo, ARG_MODEL, "model"), arg_text_or_null(fcinfo, ARG_REASON)
 */
#ifndef USERCLS_SERVER_ARGUMENTS_H
#define USERCLS_SERVER_ARGUMENTS_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/jsonb.h"

/* An error when the argument is null; name as the user writes it. All functions below with a name begin with it. */
extern void arg_require(FunctionCallInfo fcinfo, int arg, const char *name);

extern char *arg_text(FunctionCallInfo fcinfo, int arg, const char *name);
extern char *arg_text_or_null(FunctionCallInfo fcinfo, int arg);
extern char *arg_name(FunctionCallInfo fcinfo, int arg, const char *name); /* of type name */
extern char *arg_name_or_null(FunctionCallInfo fcinfo, int arg);
extern Oid arg_table(FunctionCallInfo fcinfo, int arg, const char *name); /* of type regclass */
extern Oid arg_table_or_none(FunctionCallInfo fcinfo, int arg);           /* null: InvalidOid */
extern const Jsonb *arg_jsonb(FunctionCallInfo fcinfo, int arg, const char *name);
extern int32 arg_int(FunctionCallInfo fcinfo, int arg, const char *name);
extern int32 arg_int_or(FunctionCallInfo fcinfo, int arg, int32 otherwise); /* what a null stands for */
extern int32 arg_count_or_all(FunctionCallInfo fcinfo, int arg,
							  const char *name); /* from 1; null: 0, for all */
extern int64 arg_bigint(FunctionCallInfo fcinfo, int arg, const char *name);
extern bool arg_bool(FunctionCallInfo fcinfo, int arg); /* null is false */

#endif

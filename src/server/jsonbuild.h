/*
 * Reading and building jsonb objects, in fewer words than the server's own functions.
 */
#ifndef USERCLS_SERVER_JSONBUILD_H
#define USERCLS_SERVER_JSONBUILD_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

/* A number, string, boolean or null as text; what is nested as "[...]" or "{...}". */
extern const char *jsonb_scalar_text(const JsonbValue *value);

/* An error that names the argument unless it is an object. */
extern void jsonb_expect_object(const Jsonb *given, const char *argument);

/* The next member of an object: start with *it = NULL; false: there is none. key is palloc'd. */
extern bool jsonb_next_member(JsonbIterator **it, const Jsonb *object, const char **key, JsonbValue *value);

/* The member of that name as it is; NULL: there is none, it is null, or that is no object. */
extern JsonbValue *jsonb_member(const Jsonb *object, const char *key);

typedef JsonbParseState *JsonbBuild;

extern void jsonb_begin(JsonbBuild *build);
extern void jsonb_put_text(JsonbBuild *build, const char *key, const char *value); /* NULL: null */
extern void jsonb_put_names(JsonbBuild *build, const char *key, const char *const *names, int n);
extern void jsonb_put_number(JsonbBuild *build, const char *key, const char *value);
extern void jsonb_put_int(JsonbBuild *build, const char *key, int64 value);
extern void jsonb_put_float(JsonbBuild *build, const char *key, double value); /* not finite: null */
extern void jsonb_put_bool(JsonbBuild *build, const char *key, bool value);
extern void jsonb_put_jsonb(JsonbBuild *build, const char *key, const Jsonb *value);
extern Jsonb *jsonb_end(JsonbBuild *build);

/* A time as JSON has it, and back; an error when it is none. */
extern char *jsonb_time_text(TimestampTz time);
extern TimestampTz jsonb_time(const char *text);

#endif

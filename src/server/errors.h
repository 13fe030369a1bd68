/*
 * Errors that more than one place can meet, worded once.
 *
 * Each function raises: none returns, except report_status with STATUS_SUCCESS.
 * Names are passed unquoted. `where` is the relation, or the argument, that the
 * user has to look at.
 */
#ifndef USERCLS_SERVER_ERRORS_H
#define USERCLS_SERVER_ERRORS_H

#include "model/status.h"
#include "server/majors.h"

/* What a function below src/server answered, as an error; returns when it is STATUS_SUCCESS. */
extern void report_status(Status status);

/* The same where an ensemble's networks are about to be trained. */
extern void report_ensemble(Status status);

/* The same for stored weights: model NULL when they came as bytea. */
extern void report_weights(Status status, const char *model, int32 version);

/*
 * The name among n that is nearest to what was written, or NULL when none is near enough to be meant
 * (more than a third of its letters, or more than 3, are wrong).
 */
extern const char *nearest_name(const char *name, const char *const *names, int n);

/* A hint for ereport() around nearest_name: errhint_nearest(nearest, otherwise). otherwise may be NULL. */
extern int errhint_nearest(const char *nearest, const char *otherwise);

/* Data */
extern void error_unknown_column(Oid relation, const char *column) pg_attribute_noreturn();
extern void error_not_numeric(Oid relation, const char *column, Oid type) pg_attribute_noreturn();
extern void error_null_id(const char *where, const char *column) pg_attribute_noreturn();
extern void error_duplicate_id(const char *where, const char *column, const char *id) pg_attribute_noreturn();
extern void error_not_finite(const char *where, const char *column, double value,
							 const char *id /* of the user, NULL: not known */) pg_attribute_noreturn();
extern void error_no_rows(const char *where, const char *detail, const char *hint) pg_attribute_noreturn();
extern void error_one_class(const char *where, const char *label, int64 users) pg_attribute_noreturn();

/* Arguments */
extern void error_null_argument(const char *name) pg_attribute_noreturn();
extern void error_unknown_option(const char *argument, const char *name, const char *const *names, int n)
	pg_attribute_noreturn();
extern void error_out_of_range(const char *name, const char *value, const char *range)
	pg_attribute_noreturn();

/* Models */
extern void error_unknown_model(const char *name, const char *nearest /* NULL: none */)
	pg_attribute_noreturn();
extern void error_unknown_version(const char *model, int32 version, int32 newest) pg_attribute_noreturn();
extern void error_not_promoted(const char *model, int32 newest /* 0: no version at all */)
	pg_attribute_noreturn();
extern void error_model_right(const char *model, const char *right) pg_attribute_noreturn();

extern void error_outside_aggregate(void)
	pg_attribute_noreturn(); /* a part of an aggregate, called by itself */

extern void error_score_overflow(void) pg_attribute_noreturn(); /* NaN would rank above every score */

/* Memory */
extern void error_memory(const char *what, size_t bytes, size_t limit) pg_attribute_noreturn();

#endif

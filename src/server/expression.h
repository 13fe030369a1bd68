/*
 * Aggregate expressions over rows of a table, as users write them: 'count(*) = 0'.
 *
 * They are code, and run with the rights of the invoker. While one runs, search_path is pg_catalog alone: what it calls
 * is what it says, in any session and whatever others create. Functions of users are written with their schema.
 */
#ifndef USERCLS_SERVER_EXPRESSION_H
#define USERCLS_SERVER_EXPRESSION_H

#include "server/source.h"

/* An error unless the text is one SQL expression. argument: where it was given, "outcome". */
extern void expression_check(const char *argument, const char *text);

/* The type of a column of the query's result (from 1), domains looked through; the query does not run. */
extern Oid expression_type(const char *argument, const SourceScan *scan, int column);

/* source_scan() of a query that has expressions of the argument in it; errors say so. */
extern uint64 expression_scan(const char *argument, const SourceScan *scan);

#endif

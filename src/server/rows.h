/*
 * Rows of a set-returning function that are all made at once:
 *
 *   const MemoryContext before = rows_begin(fcinfo);
 *   ... for each row: rows_put(fcinfo, value, null) ...
 *   rows_end(before);
 */
#ifndef USERCLS_SERVER_ROWS_H
#define USERCLS_SERVER_ROWS_H

#include "postgres.h"

#include "fmgr.h"

/* What is allocated between the two is gone after them; the rows stay. */
extern MemoryContext rows_begin(FunctionCallInfo fcinfo);
extern void rows_end(MemoryContext before);

extern void rows_put(FunctionCallInfo fcinfo, Datum *value, bool *null);

/* Column i, a number; NaN: null. */
extern void rows_number(Datum *value, bool *null, int i, double number);

#endif

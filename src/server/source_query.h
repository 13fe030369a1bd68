/*
 * What queries over users' tables have in common, by SPI or without. Private to server/source*.c.
 */
#ifndef USERCLS_SERVER_SOURCE_QUERY_H
#define USERCLS_SERVER_SOURCE_QUERY_H

#include "server/source.h"

#include "nodes/params.h"
#include "tcop/dest.h"

/* A DestReceiver that calls row for each row. */
typedef struct SourceReceiver
{
	DestReceiver receiver; /* first: what the executor knows */
	SourceRow row;
	void *arg;
	MemoryContext per_row; /* reset after each row */
} SourceReceiver;

/* Its memory is a child of `parent`: deleted by the caller. */
extern SourceReceiver source_receiver(MemoryContext parent, SourceRow row, void *arg);

/*
 * From here to the end of the caller's level of settings (NewGUCNestLevel) a query is refused rather than that row
 * security hides rows from it.
 */
extern void source_refuse_hidden_rows(void);

/* Constants to a planner; NULL when there are none. */
extern ParamListInfo source_params(int n, const Oid *types, const Datum *values);

#endif

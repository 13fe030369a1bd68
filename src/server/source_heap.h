/*
 * Reading a heap without an executor. Private to server/source*.c: what may be read so, server/source_read.c knows.
 */
#ifndef USERCLS_SERVER_SOURCE_HEAP_H
#define USERCLS_SERVER_SOURCE_HEAP_H

#include "server/source.h"

/* Whether the relation is a heap: not of another table access method, and no relation without storage. */
extern bool source_is_heap(Oid relation);

/*
 * All visible rows of a heap, whatever rights and policies there are: the caller has had them checked. number: of its
 * n columns; the arrays that rows gets have their order.
 */
extern void source_scan_heap(Oid relation, const AttrNumber *number, int n, SourceRows rows, void *arg);

#endif

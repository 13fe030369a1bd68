/*
 * The ends of an edge: columns whose type need not be that of the users' ids, as SQL.
 */
#ifndef USERCLS_UPLIFT_EDGE_ENDS_H
#define USERCLS_UPLIFT_EDGE_ENDS_H

#include "server/source.h"
#include "uplift/request.h"

/*
 * The column as an id of that type, the same text as column->quoted when it is one. An error when it cannot be one. An end that no
 * id of the type is like is null, which is no user's.
 */
extern const char *edge_end(const UpliftRequest *from, const SourceColumn *column, Oid id_type);

/*
 * The condition that the end of an edge is an id; array: an SQL expression of ids, or (item) of one. An index of the column serves
 * where it can.
 */
extern const char *edge_end_is_any(const UpliftRequest *from, const SourceColumn *column, Oid id_type,
								   const char *array);
extern const char *edge_end_is(const UpliftRequest *from, const SourceColumn *column, Oid id_type,
							   const char *item);

/* A NOTICE unless an index serves such a condition. */
extern void edge_end_hint_index(const UpliftRequest *from, const SourceColumn *column, Oid id_type);

/* The same for the users' own column. */
extern void user_id_hint_index(const UpliftRequest *from);

#endif

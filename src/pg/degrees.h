/*
 * How many neighbours users have, counted in the edges' indexes without a query: the last step of a lookup, and
 * most of its work, when the network is told degrees.
 *
 * Only for a plain table whose b-tree indexes hold both ends of an edge, begin with the end that is looked up, and
 * compare integer-like ids. The caller has read the same columns in this statement, so rights were checked.
 */
#ifndef USERCLS_PG_DEGREES_H
#define USERCLS_PG_DEGREES_H

#include "access/attnum.h"

#include "pg/uplift_source.h"

typedef struct DegreeIndexes
{
	Oid edges;
	int directions; /* 1: of a directed graph */
	Oid index[2];   /* that begins with the target column, and with the source column */
	AttrNumber other[2]; /* position there of the other end */
	RegProcedure equal[2];
} DegreeIndexes;

/* False: there are no such indexes. */
extern bool degrees_prepare(DegreeIndexes *indexes, const UpliftSource *source, Oid id_type);

/*
 * degree[i]: distinct neighbours of ids[i], itself not counted. False, and they are of no use: there are more than
 * `most` edges, or they may not be read this way now.
 */
extern bool degrees_count(float *degree, const DegreeIndexes *indexes, const Datum *ids, size_t n, size_t most);

#endif

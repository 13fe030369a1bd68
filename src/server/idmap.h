/*
 * Ids of any hashable type to dense numbers 0, 1, 2, … in the order of their first appearance.
 *
 * Integer-like ids (int2, int4, int8, oid, date, timestamps) are keys by value;
 * any other type goes through its default hash operator class and a copy of
 * each distinct id is kept. Hash first, prefetch, and look up some rows later:
 * a lookup in a large map is one miss of the cache, which idmap_prefetch hides.
 * Integer-like ids that lie close together index a plain table instead.
 *
 * Everything lives in a memory context of the map's own, under the one that was
 * current at creation.
 */
#ifndef USERCLS_SERVER_IDMAP_H
#define USERCLS_SERVER_IDMAP_H

#include "postgres.h"

#define IDMAP_NONE UINT32_MAX

typedef struct IdMap IdMap;

/* The type must be hashable: an error otherwise. */
extern IdMap *idmap_create(Oid type);
extern void idmap_free(IdMap *map);

/* Whether ids are integer-like: such a Datum is the id itself, and stays good when its row is gone. */
extern bool idmap_by_value(const IdMap *map);

extern uint64 idmap_hash(const IdMap *map, Datum id);
extern void idmap_prefetch(const IdMap *map, Datum id, uint64 hash);

/* The number of id, or IDMAP_NONE. */
extern uint32 idmap_find(const IdMap *map, Datum id, uint64 hash);

/* The number of id; a new id gets number idmap_count() of before the call. */
extern uint32 idmap_add(IdMap *map, Datum id, uint64 hash);

/* The hashes of n ids, with the prefetch of each: so the misses of the cache of all n are waited for together. */
extern void idmap_hash_many(const IdMap *map, uint64 *hash, const Datum *id, size_t n);

/*
 * The numbers of n ids, adding those that are new. An id whose hash is below low or above high gets IDMAP_NONE, and
 * is not added.
 */
extern void idmap_add_many(IdMap *map, uint32 *number, const Datum *id, const uint64 *hash, size_t n,
						   uint64 low, uint64 high);

extern uint32 idmap_count(const IdMap *map);
extern Datum idmap_id(const IdMap *map, uint32 number);            /* belongs to the map */
extern Datum idmap_array(const IdMap *map, uint32 from, uint32 n); /* the ids of n numbers, as an array */
extern size_t idmap_memory(const IdMap *map);                      /* bytes in use, copies of ids included */

/* The plain table, for loops that look up many ids while none is added. */
typedef struct IdTable
{
	uint64 low;     /* the smallest id that it covers */
	uint64 span;    /* ids from low on that it covers */
	uint32 *number; /* of each, IDMAP_NONE: there is no such id */
} IdTable;

/* The map's table; NULL: it has entries instead. Good until an id is added. */
extern const IdTable *idmap_table(const IdMap *map);

static inline void
idtable_prefetch(const IdTable *table, Datum id)
{
	const uint64 at = (uint64) id - table->low;

	if (at < table->span)
		__builtin_prefetch(&table->number[at]);
}

static inline uint32
idtable_find(const IdTable *table, Datum id)
{
	const uint64 at = (uint64) id - table->low;

	return at < table->span ? table->number[at] : IDMAP_NONE;
}

#endif

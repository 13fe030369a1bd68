/*
 * Memory for long work: how much a run may take, and arrays above PostgreSQL's
 * ordinary limit of 1 GB.
 *
 *   memory_check(n * sizeof(Datum), "scoring");
 *   Datum *id = memory_array(n, sizeof(Datum));
 */
#ifndef USERCLS_SERVER_MEMORY_H
#define USERCLS_SERVER_MEMORY_H

#include "postgres.h"

/* Bytes that one run may use now: usercls.max_memory, or maintenance_work_mem. */
extern size_t memory_limit(void);

/* An error that states both figures when bytes is above the limit; what: "training" */
extern void memory_check(size_t bytes, const char *what);

/*
 * An array of n elements of `size` bytes each, not cleared, in the current
 * memory context. n may be 0; the array can be given to pfree in any case.
 */
extern void *memory_array(size_t n, size_t size);
extern void *memory_array_in(MemoryContext context, size_t n, size_t size); /* in another one */

/* The same array with room for n elements. NULL: a new one, in context. */
extern void *memory_array_resize(MemoryContext context, void *array, size_t n, size_t size);

/*
 * For a large table that is read at random places. Where the system offers huge
 * pages on request, it is asked for them: a lookup in a table of 100 MB then
 * misses the cache, but not the translation of its address too.
 */
extern void *memory_huge(MemoryContext context, size_t size);

#endif

/*
 * Memory for large tables that are read at random places.
 *
 * Where the system offers huge pages on request, it is asked for them: a lookup
 * in a table of 100 MB then misses the cache, but not the translation of its
 * address too.
 */
#ifndef USERCLS_PG_HUGEMEM_H
#define USERCLS_PG_HUGEMEM_H

#include "postgres.h"

extern void *memory_huge(MemoryContext context, size_t size);

#endif

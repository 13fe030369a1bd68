#include "postgres.h"

#include "server/memory.h"

#include <sys/mman.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/module.h"

#define HUGE_PAGE (2 * 1024 * 1024)

size_t
memory_limit(void)
{
	return (size_t) (usercls_max_memory < 0 ? maintenance_work_mem : usercls_max_memory) * 1024;
}

void
memory_check(size_t bytes, const char *what)
{
	const size_t limit = memory_limit();

	if (bytes > limit)
		error_memory(what, bytes, limit);
}

/* n × size, an error when that overflows; at least 1, so that an array of nothing has an address, too. */
static size_t
array_bytes(size_t n, size_t size)
{
	if (size > 0 && n > MaxAllocHugeSize / size)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("data is too large"),
				 errdetail("An array of %zu times %zu bytes does not fit the machine's addresses.", n, size),
				 errhint("Pass fewer users, periods, features or edges at a time.")));
	return Max(n * size, 1);
}

void *
memory_array_in(MemoryContext context, size_t n, size_t size)
{
	return MemoryContextAllocHuge(context, array_bytes(n, size));
}

void *
memory_array(size_t n, size_t size)
{
	return memory_array_in(CurrentMemoryContext, n, size);
}

void *
memory_array_resize(MemoryContext context, void *array, size_t n, size_t size)
{
	return array ? repalloc_huge(array, array_bytes(n, size)) : memory_array_in(context, n, size);
}

void *
memory_huge(MemoryContext context, size_t size)
{
	char *memory = MemoryContextAllocHuge(context, size);

#ifdef MADV_HUGEPAGE
	char *first = (char *) TYPEALIGN(HUGE_PAGE, memory),
		 *end = (char *) TYPEALIGN_DOWN(HUGE_PAGE, memory + size);

	/* Advice only: where it is refused, small pages do. */
	if (first < end)
		(void) madvise(first, (size_t) (end - first), MADV_HUGEPAGE);
#endif
	return memory;
}

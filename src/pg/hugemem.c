#include "postgres.h"

#include <sys/mman.h>

#include "utils/memutils.h"

#include "pg/hugemem.h"

#define HUGE_PAGE (2 * 1024 * 1024)

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

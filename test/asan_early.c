/*
 * Preloaded beside AddressSanitizer's library and initialised before anything
 * else: one allocation that starts ASan before a constructor of another library
 * asks for memory, which would hang a stock postgres.
 */
#include <stdlib.h>

__attribute__((constructor)) static void
early(void)
{
	void *volatile p = malloc(1);

	free(p);
}

#include "nn/arena.h"

#include <stdint.h>

Arena
arena_measure(void)
{
	return (Arena){.base = NULL, .size = SIZE_MAX};
}

Arena
arena_over(void *base, size_t size)
{
	return (Arena){.base = base, .size = size};
}

void *
arena_align(void *p)
{
	return (void *) (((uintptr_t) p + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT);
}

void *
arena_take(Arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
		__builtin_add_overflow(bytes, ARENA_ALIGNMENT - 1, &bytes))
	{
		arena->overflow = true;
		return NULL;
	}
	bytes -= bytes % ARENA_ALIGNMENT;
	if (arena->overflow || bytes > arena->size - arena->used)
	{
		arena->overflow = true;
		return NULL;
	}

	char *piece = arena->base ? arena->base + arena->used : NULL;

	arena->used += bytes;
	return piece;
}

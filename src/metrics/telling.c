#include "postgres.h"

#include "metrics/telling.h"

#include "server/memory.h"

Telling *
telling_make(size_t users)
{
	Telling *telling = palloc(sizeof(*telling));
	Arena arena = arena_measure();

	telling_carve(telling, &arena, users);

	void *block = memory_array(arena.used + ARENA_ALIGNMENT, 1);

	arena = arena_over(arena_align(block), arena.used);
	telling_carve(telling, &arena, users);
	return telling;
}

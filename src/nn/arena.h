/*
 * An arena carves one block of memory into aligned pieces.
 *
 * The same carving code runs twice: over arena_measure(), to learn the size
 * (every piece is then NULL), and over arena_over() the block the caller got.
 * Nothing below src/server allocates in any other way.
 */
#ifndef USERCLS_NN_ARENA_H
#define USERCLS_NN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define ARENA_ALIGNMENT 64

typedef struct Arena
{
	char *base;    /* NULL while measuring */
	size_t size;   /* bytes at base; SIZE_MAX while measuring */
	size_t used;   /* bytes handed out so far, a multiple of ARENA_ALIGNMENT */
	bool overflow; /* a size did not fit size_t, or the block: nothing may be used */
} Arena;

extern Arena arena_measure(void);

/* base must be aligned to ARENA_ALIGNMENT (see arena_align). */
extern Arena arena_over(void *base, size_t size);

/* The first aligned address at or after p; ask for ARENA_ALIGNMENT bytes more than measured. */
extern void *arena_align(void *p);

/* A piece of count × size bytes, not initialised; it belongs to the block. NULL while measuring and after overflow. */
extern void *arena_take(Arena *arena, size_t count, size_t size);

#define ARENA_TAKE(arena, type, count) ((type *) arena_take((arena), (count), sizeof(type)))

#endif

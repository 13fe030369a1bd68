/*
 * The memory of a job: one large block, private or shared with workers, that
 * is given back fast. A statement must end soon after it is cancelled, and the
 * system takes long to take back memory in small pages: some 60 ms for 500 MB
 * that are shared, 20 more for each process that sees them.
 *
 * A private block asks for huge pages. A shared one is left to a background
 * worker when there is no time to wait: see block.c.
 */
#ifndef USERCLS_WORK_BLOCK_H
#define USERCLS_WORK_BLOCK_H

#include "postgres.h"

#include "storage/dsm.h"

typedef struct Block Block;

/*
 * Whether the system has room for a shared block of that many bytes beside what workers need otherwise; *room: how
 * many bytes it has. A container's /dev/shm, where POSIX segments are, has 64 MB unless it was told otherwise.
 */
extern bool block_fits(size_t bytes, size_t *room);

/* A block of that many bytes; it is given back when the context is reset or deleted. */
extern Block *block_create(MemoryContext context, size_t bytes, bool shared);

extern void *block_address(const Block *block);

/* Where other processes find it; of a shared block only. */
extern dsm_handle block_handle(const Block *block);

/*
 * Take a shared block's pages out of this process's address space; what is in
 * them stays, and is there again at the next access. Taking them out takes time:
 * all processes do it side by side, instead of each at its end.
 */
extern void block_unmap(Block *block);

/* Give a shared block's pages back to the system, checking for interrupts; what was in them is lost. */
extern void block_empty(Block *block);

#endif

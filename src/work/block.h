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

/* It goes with the context. */
extern Block *block_create(MemoryContext context, size_t bytes, bool shared);

extern void *block_address(const Block *block);

/* Of a shared block. */
extern dsm_handle block_handle(const Block *block);

/*
 * Let go of a shared block's pages, which stay as they are for whoever looks
 * again: so the process has done its part while others still do theirs.
 */
extern void block_unmap(Block *block);

/* Give the pages back, cancellable; what was in them is lost. */
extern void block_empty(Block *block);

#endif

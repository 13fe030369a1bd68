#include "postgres.h"

#include "work/block.h"

#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/dsm_impl.h"
#include "utils/memutils.h"

#include "server/memory.h"

struct Block
{
	char *address;
	size_t bytes;
	dsm_segment *segment; /* NULL: private */
	bool empty;
	MemoryContextCallback release;
};

/* A shared block below this size is given back within some milliseconds, without the sweeper. */
#define SWEEP_BYTES ((size_t) 64 << 20)

/* How much block_empty() gives back between two checks for interrupts. */
#define EMPTY_BYTES ((size_t) 32 << 20)

#define SWEEPER "usercls_release_worker"

/* Where Linux keeps POSIX segments, and what a handful of workers need there for themselves. */
#define SHARED_MEMORY_FOLDER "/dev/shm"
#define WORKERS_BYTES ((size_t) 1 << 20)

extern PGDLLEXPORT void usercls_release_worker(Datum handle);

/* The pages that lie wholly in the block: returns their bytes, 0 for none, and in *first their address. */
static size_t
whole_pages(char **first, const Block *block)
{
	const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	const uintptr_t from = ((uintptr_t) block->address + page - 1) / page * page;
	const uintptr_t to = ((uintptr_t) block->address + block->bytes) / page * page;

	*first = (char *) from;
	return from < to ? to - from : 0;
}

/* -- The background worker ------------------------------------------------- */

/* Start the background worker that frees a pinned segment; false: the server has no free slot for it. */
static bool
sweeper_start(dsm_handle handle)
{
	BackgroundWorker worker = {.bgw_name = "usercls memory release",
							   .bgw_type = "usercls memory release",
							   .bgw_flags = BGWORKER_SHMEM_ACCESS,
							   .bgw_start_time = BgWorkerStart_ConsistentState,
							   .bgw_restart_time = BGW_NEVER_RESTART,
							   .bgw_library_name = "$libdir/usercls",
							   .bgw_function_name = SWEEPER,
							   .bgw_main_arg = UInt32GetDatum(handle)};

	return RegisterDynamicBackgroundWorker(&worker, NULL);
}

void
usercls_release_worker(Datum handle)
{
	/* Signals stay blocked: there is nothing to wait for. */
	dsm_unpin_segment(DatumGetUInt32(handle));
}

/*
 * The pages of a shared block are freed by whoever leaves it last. Once it is pinned that is the sweeper, and the
 * statement need not wait; without a free slot for it we wait. Should the sweeper never come to run, because the
 * server is shutting down or crashes, the server destroys the segment itself.
 */
static void
block_release(void *arg)
{
	Block *block = arg;
	const dsm_handle handle = block_handle(block);

	if (block->empty || block->bytes < SWEEP_BYTES)
	{
		dsm_detach(block->segment);
		return;
	}
	dsm_pin_segment(block->segment);
	dsm_detach(block->segment);
	if (!sweeper_start(handle))
		dsm_unpin_segment(handle);
}

/* -- The block ------------------------------------------------------------- */

bool
block_fits(size_t bytes, size_t *room)
{
	struct statvfs system;

	/* The server's own shared memory may have the room; where the folder is another, the system tells us nothing. */
	if (min_dynamic_shared_memory > 0 || dynamic_shared_memory_type != DSM_IMPL_POSIX ||
		statvfs(SHARED_MEMORY_FOLDER, &system) != 0 || system.f_blocks == 0)
		return true;
	*room = (size_t) system.f_bavail * system.f_frsize;
	return bytes + WORKERS_BYTES <= *room;
}

Block *
block_create(MemoryContext context, size_t bytes, bool shared)
{
	Block *block = MemoryContextAllocZero(context, sizeof(*block));

	block->bytes = bytes;
	if (!shared)
	{
		block->address = memory_huge(context, bytes);
		return block;
	}
	block->segment = dsm_create(bytes, 0);
	block->address = dsm_segment_address(block->segment);

	/* A commit would unmap a segment that belongs to the transaction: it belongs to the memory context instead. */
	dsm_pin_mapping(block->segment);
	block->release = (MemoryContextCallback){.func = block_release, .arg = block};
	MemoryContextRegisterResetCallback(context, &block->release);
	return block;
}

void *
block_address(const Block *block)
{
	return block->address;
}

dsm_handle
block_handle(const Block *block)
{
	return dsm_segment_handle(block->segment);
}

void
block_unmap(Block *block)
{
	char *first;
	const size_t bytes = whole_pages(&first, block);

	/* Where it is refused, the pages are unmapped at the end. */
	if (block->segment && bytes > 0)
		(void) madvise(first, bytes, MADV_DONTNEED);
}

void
block_empty(Block *block)
{
#ifdef MADV_REMOVE
	char *at;
	size_t left = whole_pages(&at, block);

	/*
	 * Within the server's own shared memory nothing is unmapped at the end, so there is nothing to gain; and a
	 * huge page that is given back there may be gone when it is needed again.
	 */
	if (!block->segment || min_dynamic_shared_memory > 0)
		return;
	while (left > 0)
	{
		const size_t bytes = Min(left, EMPTY_BYTES);

		if (madvise(at, bytes, MADV_REMOVE) != 0)
			return;
		CHECK_FOR_INTERRUPTS();
		at += bytes;
		left -= bytes;
	}
	block->empty = true;
#endif
}

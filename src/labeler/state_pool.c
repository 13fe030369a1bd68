/*
 * Memory for states, and their waiting rows:
 *
 *   take:    the next piece of the pool's block;  none left: a new block, entered in the table of chunks by region
 *   state:   a datum whose address lies within a chunk of the table is a state of this pool
 *   add:     ask for the slot;  add the row that has waited longest;  put this one in its place
 *   settle:  add all rows that wait
 *
 * NB: whoever reads a state of a pool, or moves its slots, settles it first (labeler/state.c, labeler/state_merge.c).
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "labeler/state_pool.h"
#include "server/memory.h"

#define BLOCK_MIN ((size_t) 1024 * 1024)
#define BLOCK_MAX ((size_t) 8 * 1024 * 1024)
#define CHUNK_BITS_START 6
#define POOLS_MAX 4 /* of one aggregate context, that have a shape each */

/* All pools. Each lives in a memory context and ends with it; only this list is outside. */
static slist_head pools = SLIST_STATIC_INIT(pools);

uint64 trend_pools_ended;

static void
pool_end(void *arg)
{
	slist_delete(&pools, &((TrendPool *) arg)->node);
	trend_pools_ended++;
}

static TrendShape *
shape_copy(const TrendPool *pool, const TrendShape *shape)
{
	TrendShape *copy = MemoryContextAlloc(pool->context, sizeof(TrendShape));

	*copy = *shape;
	return copy;
}

static TrendPool *
pool_make(MemoryContext aggcontext, const TrendShape *shape, bool any_shape)
{
	const MemoryContext context = AllocSetContextCreate(aggcontext, "usercls trends", ALLOCSET_DEFAULT_SIZES);
	TrendPool *pool = MemoryContextAllocZero(context, sizeof(TrendPool));

	pool->aggcontext = aggcontext;
	pool->context = context;
	pool->shape = shape_copy(pool, shape);
	pool->any_shape = any_shape;
	pool->callback = (MemoryContextCallback){.func = pool_end, .arg = pool};
	slist_push_head(&pools, &pool->node);
	MemoryContextRegisterResetCallback(context, &pool->callback);
	return pool;
}

TrendPool *
trend_pool_of(MemoryContext aggcontext, const TrendShape *shape)
{
	slist_iter iter;
	TrendPool *any = NULL;
	int there = 0;

	slist_foreach(iter, &pools)
	{
		TrendPool *pool = slist_container(TrendPool, node, iter.cur);

		if (pool->aggcontext != aggcontext)
			continue;
		if (trend_shape_equal(pool->shape, shape))
			return pool;
		if (pool->any_shape)
			any = pool;
		there++;
	}
	if (there < POOLS_MAX)
		return pool_make(aggcontext, shape, false);
	if (any == NULL)
		return pool_make(aggcontext, shape, true);
	any->shape = shape_copy(any, shape);
	return any;
}

TrendPool *
trend_pool_find(const TrendState *state)
{
	slist_iter iter;

	slist_foreach(iter, &pools)
	{
		TrendPool *pool = slist_container(TrendPool, node, iter.cur);

		if (pool->context == state->header.eoh_context)
			return pool;
	}
	return NULL;
}

TrendPool *
trend_pool_waiting(const TrendState *state)
{
	TrendPool *pool = trend_pool_find(state);

	return pool && pool->chunk ? pool : NULL;
}

static void
chunk_enter(TrendPool *pool, PoolChunk chunk)
{
	uint64 i = pool_entry(pool, chunk.begin);

	while (pool->chunk[i].end != 0)
		i = (i + 1) & ((UINT64CONST(1) << pool->chunk_bits) - 1);
	pool->chunk[i] = chunk;
	pool->chunks++;
}

/* Make the table of chunks anew, of 2^bits entries. At least half of it stays free, so that a vain search ends soon. */
static void
chunks_make(TrendPool *pool, int bits)
{
	PoolChunk *const old = pool->chunk;
	const uint32 entries = old ? 1u << pool->chunk_bits : 0;

	pool->chunk = MemoryContextAllocZero(pool->context, sizeof(PoolChunk) << bits);
	pool->chunk_bits = bits;
	pool->chunks = 0;
	for (uint32 i = 0; i < entries; i++)
		if (old[i].end != 0)
			chunk_enter(pool, old[i]);
	if (old)
		pfree(old);
}

/* Enter a block into the table of chunks, a chunk for each region of memory that it lies in. */
static void
block_enter(TrendPool *pool, uintptr_t begin, uintptr_t end)
{
	const uintptr_t region = (uintptr_t) 1 << POOL_REGION_SHIFT;

	if (pool->chunk == NULL)
		chunks_make(pool, CHUNK_BITS_START);
	for (uintptr_t to; begin < end; begin = to)
	{
		to = Min(end, (begin | (region - 1)) + 1);
		if (pool->chunks >= 1u << (pool->chunk_bits - 1))
			chunks_make(pool, pool->chunk_bits + 1);
		chunk_enter(pool, (PoolChunk){.begin = begin, .end = to});
	}
}

/*
 * Whether the place of a slot follows from its state's address: all states alike, a given window, every slot behind
 * the head.
 */
static bool
rows_may_wait(const TrendPool *pool)
{
	const TrendShape *shape = pool->shape;

	return !pool->any_shape && !pool->mixed && shape->grid.windowed &&
		   shape->periods <= TREND_STATE_SLOT_MAX && shape->width == 1;
}

/*
 * Blocks grow, so that the one state of a sorted group is small and the states of a hash table are packed; by
 * a sixteenth of what is there, so that the last one wastes little. Rows of the first few do not wait: what
 * is small is in the cache.
 */
void *
trend_pool_take(TrendPool *pool)
{
	const size_t bytes = trend_state_size(pool->shape);

	if ((size_t) (pool->end - pool->free) < bytes)
	{
		const size_t block = pool->total < BLOCK_MIN ? pool->total : Max(BLOCK_MIN, pool->total / 16);
		const size_t used = Max(1, Min(block, BLOCK_MAX) / bytes) * bytes;

		pool->free = (char *) TYPEALIGN(POOL_ALIGNMENT, memory_huge(pool->context, used + POOL_ALIGNMENT));
		pool->end = pool->free + used;
		if (pool->total >= BLOCK_MIN && rows_may_wait(pool))
			block_enter(pool, (uintptr_t) pool->free, (uintptr_t) pool->end);
		pool->total += used;
	}

	void *piece = pool->free;

	pool->free += bytes;
	return piece;
}

static void
rows_add(TrendPool *pool)
{
	if (!pool->waits)
		return;
	pool->waits = false;
	for (int i = 0; i < POOL_WAITING; i++)
	{
		const PoolRow row = pool->row[pool->next];

		pool->row[pool->next].state = NULL;
		pool->next = (pool->next + 1) % POOL_WAITING;
		if (row.state)
			trend_state_add(row.state, row.slot, row.value);
	}
}

void
trend_pool_settle(const TrendState *state)
{
	TrendPool *pool = trend_pool_find(state);

	if (pool)
		rows_add(pool);
}

void
trend_pool_mix(TrendPool *pool)
{
	rows_add(pool);
	pool->mixed = true;
	if (pool->chunk)
		memset(pool->chunk, 0, sizeof(PoolChunk) << pool->chunk_bits);
}

/*
 * Where the states of an aggregate come from, and where their rows wait.
 *
 * In a large hash table rows wait for their slots: see server/waiting.h. To find the
 * slot nothing of the state is read: a pointer into a chunk of the pool points to
 * a state of the pool's shape.
 *
 * NB: whoever reads a state, or moves its slots, calls trend_pool_settle() first,
 * which adds the rows that wait.
 */
#ifndef USERCLS_LABELER_STATE_POOL_H
#define USERCLS_LABELER_STATE_POOL_H

#include "postgres.h"

#include "lib/ilist.h"

#include "labeler/state.h"
#include "server/waiting.h"

#define POOL_WAITING 8 /* rows at most */
#define POOL_REGION_SHIFT 21
#define POOL_ALIGNMENT 64 /* of states: a line of the cache */

/* States side by side, as far as they lie in one region of memory. */
typedef struct PoolChunk
{
	uintptr_t begin, end; /* end 0: a free entry */
} PoolChunk;

typedef struct PoolRow
{
	TrendState *state; /* NULL: none */
	TrendSlot *slot;
	double value;
} PoolRow;

typedef struct TrendPool
{
	slist_node node;
	MemoryContext aggcontext;
	MemoryContext context;   /* a child of it, which the pool ends with */
	const TrendShape *shape; /* of all states; of the last one where any may come */
	bool any_shape;
	bool mixed; /* some state has taken another shape than it was made with */
	char *free, *end;
	size_t total;

	PoolChunk *chunk; /* by region: open addressing. NULL: rows do not wait */
	uint32 chunks;
	int chunk_bits;

	uint32 next; /* row that came longest ago */
	bool waits;  /* some row does */
	PoolRow row[POOL_WAITING];
	MemoryContextCallback callback;
} TrendPool;

/* How many pools have ended. A pool that was found earlier is still there while this number has not changed. */
extern uint64 trend_pools_ended;

/* The pool of states of that shape under an aggregate context; rare shapes share one. */
extern TrendPool *trend_pool_of(MemoryContext aggcontext, const TrendShape *shape);

/* Memory for a state. */
extern void *trend_pool_take(TrendPool *pool);

/* The state's pool, NULL when it comes from none. */
extern TrendPool *trend_pool_find(const TrendState *state);

/* Its pool when rows may wait there. */
extern TrendPool *trend_pool_waiting(const TrendState *state);

/* Add all rows that wait, so that the state's slots hold every row that has come. */
extern void trend_pool_settle(const TrendState *state);

/* The pool's states no longer have one shape: rows that wait are added, and from now on none waits. */
extern void trend_pool_mix(TrendPool *pool);

static inline uint64
pool_entry(const TrendPool *pool, uintptr_t address)
{
	return (uint64) (address >> POOL_REGION_SHIFT) * UINT64CONST(0x9e3779b97f4a7c15) >>
		   (64 - pool->chunk_bits);
}

/* The state of this pool that a datum points to, found by its address alone; NULL: the address is in no chunk of it. */
static inline TrendState *
trend_pool_state(const TrendPool *pool, Datum datum)
{
	const uintptr_t address = (uintptr_t) DatumGetPointer(datum) - offsetof(ExpandedObjectHeader, eoh_rw_ptr);
	const uint64 mask = (UINT64CONST(1) << pool->chunk_bits) - 1;

	if (unlikely(address % POOL_ALIGNMENT != 0))
		return NULL;
	for (uint64 i = pool_entry(pool, address);; i = (i + 1) & mask)
	{
		const PoolChunk *chunk = &pool->chunk[i];

		if (likely(address >= chunk->begin && address < chunk->end))
			return (TrendState *) address;
		if (chunk->end == 0)
			return NULL;
	}
}

/* Add a row to a state that trend_pool_state() found, now or a few rows later. */
static inline void
trend_pool_add(TrendPool *pool, TrendState *state, TrendSlot *slot, double value)
{
	PoolRow *row = &pool->row[pool->next];

	waiting_ask(slot, sizeof(*slot));
	pool->next = (pool->next + 1) % POOL_WAITING;

	const PoolRow arrived = *row;

	*row = (PoolRow){.state = state, .slot = slot, .value = value};
	pool->waits = true;
	if (likely(arrived.state != NULL))
		trend_state_add(arrived.state, arrived.slot, arrived.value);
}

#endif

/*
 * Rounds of items, shared by processes:
 *
 *   begin(items):   items[round & 1] = items;  left = items;  next = round << 32;  wake those who sleep
 *   take:           i = next; when its low half < items[its round]: compare-and-swap to i + 1, and item i is ours
 *   done:           left = left - 1; at 0 wake the leader
 *   finish:         until left is 0: look for a while, then sleep
 *
 * Concurrency. `next` holds round and item in one word, so that a member who slept through a round can never take an
 * item of another one: its compare-and-swap fails. The number of items is stored before `next` (a full barrier lies
 * between), and read after it; two rounds' numbers are kept, since a member may still look at the round that has just
 * ended. `left` is decremented by whoever ran the item, whose writes come before that; the leader reads it before it
 * goes on. Whoever waits looks some ten thousand times, giving way to other processes now and then, before it sleeps
 * on a condition variable: rounds follow each other faster than a process wakes. Nothing is locked, and no member
 * waits for one that has taken nothing.
 */
#include "postgres.h"

#include <sched.h>

#include "work/crew.h"

#include "storage/s_lock.h"
#include "utils/wait_event.h"

/* How often to look before sleeping: a quarter of a millisecond or so. */
#define LOOKS 10000

/* Every so many looks, give way: with more processes than cores, the one that is waited for may need this core. */
#define LOOKS_YIELD 32

static void
look_away(int i)
{
	if (i % LOOKS_YIELD == 0)
		sched_yield();
	else
		SPIN_DELAY();
}

/* The number of the running round, or of the last one. */
static uint32
round_of(Crew *crew)
{
	return (uint32) (pg_atomic_read_u64(&crew->next) >> 32);
}

void
crew_init(Crew *crew)
{
	memset(crew, 0, sizeof(*crew));
	pg_atomic_init_u64(&crew->next, 0);
	pg_atomic_init_u32(&crew->left, 0);
	ConditionVariableInit(&crew->begun);
	ConditionVariableInit(&crew->done);
}

bool
crew_take(Crew *crew, size_t *item)
{
	uint64 next = pg_atomic_read_u64(&crew->next);

	for (;;)
	{
		pg_read_barrier();

		/* Perhaps another round's number by now; then `next` has changed as well, and the exchange below fails. */
		const uint32 items = crew->items[next >> 32 & 1];

		if ((uint32) next >= items)
			return false;
		if (pg_atomic_compare_exchange_u64(&crew->next, &next, next + 1))
			break;
	}
	*item = (uint32) next;
	return true;
}

void
crew_done(Crew *crew)
{
	if (pg_atomic_sub_fetch_u32(&crew->left, 1) == 0)
		ConditionVariableSignal(&crew->done);
}

static void
begin(Crew *crew, uint32 items)
{
	const uint32 round = round_of(crew) + 1;

	crew->items[round & 1] = items;
	pg_atomic_write_u32(&crew->left, items);
	pg_memory_barrier();
	pg_atomic_write_u64(&crew->next, (uint64) round << 32);
	ConditionVariableBroadcast(&crew->begun);
}

void
crew_begin(Crew *crew, size_t items)
{
	Assert(items > 0 && items <= PG_UINT32_MAX);
	begin(crew, (uint32) items);
}

void
crew_finish(Crew *crew)
{
	for (int i = 0; i < LOOKS && pg_atomic_read_u32(&crew->left) > 0; i++)
		look_away(i);
	if (pg_atomic_read_u32(&crew->left) > 0)
	{
		ConditionVariablePrepareToSleep(&crew->done);
		while (pg_atomic_read_u32(&crew->left) > 0)
			ConditionVariableSleep(&crew->done, PG_WAIT_EXTENSION);
		ConditionVariableCancelSleep();
	}
	pg_memory_barrier();
}

void
crew_dismiss(Crew *crew)
{
	crew->dismissed = true;
	begin(crew, 0);
}

bool
crew_follow(Crew *crew, uint32 *round)
{
	for (int i = 0; i < LOOKS && round_of(crew) == *round; i++)
		look_away(i);
	if (round_of(crew) == *round)
	{
		ConditionVariablePrepareToSleep(&crew->begun);
		while (round_of(crew) == *round)
			ConditionVariableSleep(&crew->begun, PG_WAIT_EXTENSION);
		ConditionVariableCancelSleep();
	}
	*round = round_of(crew);
	pg_memory_barrier();
	return !crew->dismissed;
}

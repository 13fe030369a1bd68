#include "postgres.h"

#include <sched.h>

#include "work/crew.h"

#include "storage/s_lock.h"
#include "utils/wait_event.h"

/* Looks before sleeping: a quarter of a millisecond or so. */
#define LOOKS 10000

/* After so many, give way: with more processes than cores, whoever is waited for may need this one's core. */
#define LOOKS_YIELD 32

static void
look_away(int i)
{
	if (i % LOOKS_YIELD == 0)
		sched_yield();
	else
		SPIN_DELAY();
}

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

		/* Of another round, perhaps, when this one has just ended: then next has changed, too. */
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

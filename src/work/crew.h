/*
 * Processes that share the items of a job: the leader begins a round of them, everybody takes one after the
 * other, and the leader waits until all are done.
 *
 * A member may join or fall asleep at any time: nobody waits for one that has taken nothing. Rounds follow
 * each other within a tenth of a millisecond, less than it takes to wake a process, so one that finds nothing
 * to do looks again for a while before it sleeps.
 */
#ifndef USERCLS_WORK_CREW_H
#define USERCLS_WORK_CREW_H

#include "port/atomics.h"
#include "storage/condition_variable.h"

/* In shared memory. */
typedef struct Crew
{
	pg_atomic_uint64 next; /* round << 32 | the item to be taken next */
	pg_atomic_uint32 left; /* items of the round that are not done */
	uint32 items[2];       /* of the round and of the one before, by the last bit of its number */
	bool dismissed;
	ConditionVariable begun, done;
} Crew;

extern void crew_init(Crew *crew);

/* Any member: take an item of the running round (false: all are taken); and say that it is done. */
extern bool crew_take(Crew *crew, size_t *item);
extern void crew_done(Crew *crew);

/* The leader: begin a round of at least one item; wait until all its items are done; say that no more rounds come. */
extern void crew_begin(Crew *crew, size_t items);
extern void crew_finish(Crew *crew);
extern void crew_dismiss(Crew *crew);

/*
 * The others: wait until there is a round after the one numbered *round, and store its number there; false:
 * dismissed.
 */
extern bool crew_follow(Crew *crew, uint32 *round);

#endif

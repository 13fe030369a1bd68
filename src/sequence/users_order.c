/*
 * Which users there are at which cutoff, in the order of the hashes of their ids: the same order every time, whatever
 * order the rows had.
 *
 *   foreach cutoff, foreach user with a row up to it: (hash, cutoff, number)
 *   sort by hash, then cutoff
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "sequence/users_cells.h"
#include "server/memory.h"

size_t
user_first(const SequenceCells *cells, const double *sum)
{
	const size_t F = (size_t) cells->reading->F;

	for (size_t i = 0; i < cells->sums; i++)
		if (!isnan(sum[i]))
			return i / F;
	return (size_t) cells->window.before - 1;
}

void
users_count_steps(SequenceUsers *users)
{
	users->steps = 0;
	users->longest = 0;
	for (size_t i = 0; i < users->N; i++)
	{
		const SequenceCells *cells = row_cells(users, i);
		const size_t steps = (size_t) cells->window.before - user_first(cells, row_sum(users, i));

		users->steps += steps;
		users->longest = Max(users->longest, steps);
	}
}

typedef struct UserOrder
{
	uint64 hash;
	uint32 number;
	uint16 at;
} UserOrder;

#define ST_SORT sort_users
#define ST_ELEMENT_TYPE UserOrder
#define ST_COMPARE(a, b)                                                                                     \
	((a)->hash != (b)->hash ? ((a)->hash < (b)->hash ? -1 : 1) : (int) (a)->at - (int) (b)->at)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* Whether the user is one of those that are asked for. Silent users without a row after as_of share a record. */
static bool
count_user(SequenceUsers *users, SequenceCells *cells, uint32 user, uint32 *nobody)
{
	UserPlace *place = &cells->place[user];

	if (place->record != IDMAP_NONE && *record_active(cells, record_at(cells, place->record)))
	{
		users->active++;
		return true;
	}
	if (!place->earlier)
		return false;
	users->silent++;
	if (cells->reading->active_only)
		return false;
	if (place->record == IDMAP_NONE)
		place->record = *nobody = *nobody == IDMAP_NONE ? cells_add_record(cells) : *nobody;
	return true;
}

/* The users who are there at a cutoff, from `order` on; returns how many. */
static size_t
users_at(UserOrder *order, SequenceUsers *users, int at)
{
	SequenceCells *cells = users->cells[at];
	uint32 nobody = IDMAP_NONE;
	size_t n = 0;

	for (uint32 i = 0; i < idmap_count(cells->ids); i++)
		if (count_user(users, cells, i, &nobody))
			order[n++] = (UserOrder){idmap_hash(cells->ids, idmap_id(cells->ids, i)), i, (uint16) at};
	return n;
}

void
users_order(SequenceUsers *users)
{
	UserOrder *order;
	size_t N = 0;

	for (int at = 0; at < users->cutoffs; at++)
		N += idmap_count(users->cells[at]->ids);
	order = memory_array(N, sizeof(*order));
	N = 0;
	for (int at = 0; at < users->cutoffs; at++)
		N += users_at(order + N, users, at);
	sort_users(order, N);

	users->N = N;
	users->id = memory_array(N, sizeof(Datum));
	users->hash = memory_array(N, sizeof(uint64));
	users->at = memory_array(N, sizeof(uint16));
	users->in_cells = memory_array(N, sizeof(uint32));
	for (size_t i = 0; i < N; i++)
	{
		users->id[i] = idmap_id(users->cells[order[i].at]->ids, order[i].number);
		users->hash[i] = order[i].hash;
		users->at[i] = order[i].at;
		users->in_cells[i] = order[i].number;
	}
	pfree(order);
}

size_t
sequence_count_users(uint32 *user, const SequenceUsers *users, size_t from, size_t n)
{
	size_t count = 0;

	for (size_t i = from; i < from + n; i++)
	{
		count += i == from || users->hash[i] != users->hash[i - 1];
		if (user)
			user[i - from] = (uint32) (count - 1);
	}
	return count;
}

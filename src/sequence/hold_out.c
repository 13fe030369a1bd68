/*
 * Which sequences are held out of a training.
 *
 *   by user: split_make() chooses users; all sequences of a user are in one part
 *   by time: those at the newest cutoffs; learned are those whose label was known at the first of these
 *   then move the ones to the front:  held out | learned
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "sequence/users_cells.h"
#include "server/errors.h"
#include "server/memory.h"

/* The rarest class that a user has a sequence of: so that of each class some users are in either part. */
static int32
rarer(const SequenceUsers *users, int32 a, int32 b)
{
	if (a < 0 || b < 0)
		return Max(a, b);
	return users->users[b] < users->users[a] ? b : a;
}

static Split
split_by_user(const SequenceUsers *users, double share, int64 seed, const Split *begun)
{
	uint64 *hash = memory_array(users->N, sizeof(*hash));
	int32 *group = memory_array(users->N, sizeof(*group));
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
		if (n > 0 && hash[n - 1] == users->hash[i])
			group[n - 1] = rarer(users, group[n - 1], users->label[i]);
		else
		{
			hash[n] = users->hash[i];
			group[n++] = users->label[i];
		}

	const SplitUsers whom = {.N = n, .hash = hash, .group = group, .groups = users->C};
	const Split split = split_make(seed, share, begun, &whom);

	pfree(hash);
	pfree(group);
	return split;
}

Split
sequence_split(const SequenceUsers *users, const Validation *validation, int64 seed, const Split *begun)
{
	const int n = users->cutoffs;

	if (!validation->by_time)
		return split_by_user(users, validation->share, seed, begun);

	const int held_out = (int) Min(Max(rint(validation->share * n), 1), n - 1);
	const TimestampTz from = users->cutoff[n - held_out];

	return (Split){.seed = seed,
				   .share = validation->share,
				   .by_time = true,
				   .from = begun ? Max(from, begun->from) : from};
}

enum
{
	LEARNED,
	HELD_OUT,
	UNKNOWN
};

/* The part of everybody's sequences at a cutoff. */
static uint8
part_by_time(const SequenceUsers *users, const Split *split, int at)
{
	int first = 0;

	while (first < users->cutoffs && users->cutoff[first] < split->from)
		first++;
	if (at >= first)
		return HELD_OUT;
	return first == users->cutoffs || users->cells[at]->window.periods.end <= users->cells[first]->window.at
			   ? LEARNED
			   : UNKNOWN;
}

static uint8
part_of(const SequenceUsers *users, const Split *split, size_t i)
{
	if (users->label[i] < 0)
		return UNKNOWN;
	if (split->by_time)
		return part_by_time(users, split, users->at[i]);
	return split_held_out(split, users->hash[i]) ? HELD_OUT : LEARNED;
}

/* The sequences of one part, in their order, from place `to` on; returns where the next part begins. */
static size_t
move_part(SequenceUsers *to, size_t at, const SequenceUsers *from, const uint8 *part, uint8 which)
{
	for (size_t i = 0; i < from->N; i++)
	{
		if (part[i] != which)
			continue;
		to->id[at] = from->id[i];
		to->hash[at] = from->hash[i];
		to->label[at] = from->label[i];
		if (to->carried)
			to->carried[at] = from->carried[i];
		if (to->number)
			to->number[at] = from->number[i];
		to->at[at] = from->at[i];
		to->in_cells[at++] = from->in_cells[i];
	}
	return at;
}

size_t
sequence_hold_out(SequenceUsers *users, const Split *split)
{
	const SequenceUsers from = *users;
	uint8 *part = memory_array(users->N, 1);

	for (size_t i = 0; i < users->N; i++)
		part[i] = part_of(users, split, i);

	users->id = memory_array(from.N, sizeof(Datum));
	users->hash = memory_array(from.N, sizeof(uint64));
	users->label = memory_array(from.N, sizeof(int32_t));
	users->carried = from.carried ? memory_array(from.N, sizeof(int32_t)) : NULL;
	users->number = from.number ? memory_array(from.N, sizeof(double)) : NULL;
	users->at = memory_array(from.N, sizeof(uint16));
	users->in_cells = memory_array(from.N, sizeof(uint32));

	const size_t held_out = move_part(users, 0, &from, part, HELD_OUT);

	users->N = move_part(users, held_out, &from, part, LEARNED);
	pfree(from.id);
	pfree(from.hash);
	pfree(from.label);
	if (from.carried)
		pfree(from.carried);
	if (from.number)
		pfree(from.number);
	pfree(from.at);
	pfree(from.in_cells);
	pfree(part);
	users_count_steps(users);
	return held_out;
}

void
sequence_thin(SequenceUsers *users, size_t n, size_t m)
{
	for (size_t k = 0; k < m; k++)
	{
		const size_t i = k * n / m;

		users->id[k] = users->id[i];
		users->hash[k] = users->hash[i];
		users->label[k] = users->label[i];
		if (users->carried)
			users->carried[k] = users->carried[i];
		if (users->number)
			users->number[k] = users->number[i];
		users->at[k] = users->at[i];
		users->in_cells[k] = users->in_cells[i];
	}
	users->N = m;
	users_count_steps(users);
}

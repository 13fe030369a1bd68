/*
 * Who is held out.
 *
 * The seed and the hash of a user's id give a number in [0, 1): below the share
 * a user is held out, above it he is learned from. So nobody has to remember
 * the split, rows may come in any order, and a user who arrives later moves
 * nobody else.
 *
 * That alone may leave a rare group (a class; an arm of an experiment by
 * outcome) without anybody in one of the parts. So a training holds out of
 * each group those with the lowest numbers, as many as its share: at least one
 * and not all. The few users who are thereby in the other part than their
 * number says are remembered with the version, by the hashes of their ids:
 * whatever becomes of their groups and of the table, whoever was learned from
 * is never measured on, and whoever was held out stays held out.
 */
#ifndef USERCLS_SERVER_SPLIT_H
#define USERCLS_SERVER_SPLIT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "server/jsonbuild.h"

typedef struct Split
{
	int64 seed;
	double share;
	uint64 *moved; /* rising: users in the other part than their number says */
	int n_moved;
	bool by_time;     /* held out is what everybody did from some moment on, and not who */
	TimestampTz from; /* that moment */
} Split;

/* Whether nobody learned from what a user, whose id has this hash, did at a moment. */
extern bool split_measures(const Split *split, uint64 hash, TimestampTz at);

/* hash: the 64-bit hash of the user id (the extended hash function of its type with seed 0). */
extern bool split_held_out(const Split *split, uint64 hash);

/* Whom to split. */
typedef struct SplitUsers
{
	size_t N;
	const uint64 *hash;
	const int32 *group; /* 0 .. groups - 1; who is in group -1 takes no part */
	int groups;
} SplitUsers;

/*
 * begun: the split of the training that this one goes on from (NULL: none). Whom that one learned from is not held
 * out, so that a group may have fewer users to hold out than its share. In the current memory context.
 */
extern Split split_make(int64 seed, double share, const Split *begun, const SplitUsers *users);

/* As a member "split" of a training's stored spec, and back; false: the spec has none. */
extern void split_put(JsonbBuild *build, const Split *split);
extern bool split_of_spec(Split *split, const Jsonb *spec);

#endif

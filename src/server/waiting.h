/*
 * Rows that wait for memory: ask now, use later.
 *
 *   waiting_ask(the place that the row will be added to);
 *   put the row into a ring or batch of the last few rows;
 *   add the row that has waited longest: its place has arrived
 *
 * Rows come in the order of their table, and belong to users all over memory. The place of a user is then not in
 * the cache, and a row that used it at once would wait some hundred nanoseconds. Rows that wait together wait once.
 *
 * Who has rows wait, and how many:
 *   labeler/state_pool.h   rows of trend_agg: a ring of 8, for the executor comes with one at a time
 *   labeler/user_table.c   rows of trend_users: batches of 128
 *   sequence/users_rows.c  rows of a sequence model: a ring of 64; the user's entry first, 16 rows later where his
 *                          record is noted, and after 16 more his sums
 *   uplift/graphload.c     edges: a ring of 16
 *
 * NB: whoever reads what rows are added to has them added first. A user id that is passed by reference (text) is
 * gone with its row, so that such rows find their user at once.
 */
#ifndef USERCLS_SERVER_WAITING_H
#define USERCLS_SERVER_WAITING_H

#include <stddef.h>

/* Ask for memory that will be changed to be brought to the cache: its first and its last byte, so at most two lines. */
static inline void
waiting_ask(const void *place, size_t bytes)
{
	__builtin_prefetch(place, 1);
	__builtin_prefetch((const char *) place + bytes - 1, 1);
}

#endif

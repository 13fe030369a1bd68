/*
 * Does a number alone tell what a model is to find out?
 *
 * For each group the users of it are ranked against all others by the number,
 * and where it is missing for some, once more with missing as the lowest. What
 * is looked at is the area under these ROC curves, rising or falling: 1 for a
 * copy of the answer under another name, 0.5 for noise.
 *
 * The number tells a group when the area is 0.99 or more and both sides have
 * 100 users; with fewer it has to be nearer to 1, and with 30 each user of one
 * side has to be above each of the other. Below 30 nothing is said. Several rows of
 * a user are ranked each, and the user counts once on a side. How seldom
 * an ordinary feature does that is measured by bench/accuracy/telling.c and
 * stands in docs/semantics.md.
 */
#ifndef USERCLS_METRICS_PURE_TELLING_H
#define USERCLS_METRICS_PURE_TELLING_H

#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "metrics/pure/rank.h"

typedef struct Telling
{
	size_t room; /* rows, at most */
	RankItem *item;
	uint32_t *order, *row;
	double *score, *sorted;
	uint8_t *label;
} Telling;

extern void telling_carve(Telling *telling, Arena *arena, size_t room);

/*
 * The largest area of a group that the number tells; 0: it tells none. value: n, NaN where missing, otherwise finite.
 * group: n, of 0 .. groups - 1. user: n, of each row, those of one side by side; NULL: each row is a user.
 */
extern double telling_auc(Telling *telling, const double *value, const int32_t *group, const uint32_t *user,
						  size_t n, size_t groups);

#endif

#include "metrics/pure/telling.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "metrics/pure/metrics.h"

void
telling_carve(Telling *telling, Arena *arena, size_t room)
{
	telling->room = room;
	telling->item = ARENA_TAKE(arena, RankItem, 2 * room);
	telling->order = ARENA_TAKE(arena, uint32_t, room);
	telling->row = ARENA_TAKE(arena, uint32_t, room);
	telling->score = ARENA_TAKE(arena, double, room);
	telling->sorted = ARENA_TAKE(arena, double, room);
	telling->label = ARENA_TAKE(arena, uint8_t, room);
}

/* From these users of the smaller side on the area may be this much below 1; with fewer in proportion, down to 0. */
#define SIDE_FULL 100
#define SIDE_LEAST 30
#define SLACK 0.01

static bool
tells(double auc, size_t side)
{
	const double full = ((double) side - SIDE_LEAST) / (SIDE_FULL - SIDE_LEAST);

	return side >= SIDE_LEAST && auc >= 1 - SLACK * fmin(full, 1);
}

/* How many users have a known row in the group, or, without `in`, outside. */
static size_t
side_users(const Telling *telling, const int32_t *group, const uint32_t *user, size_t n, int32_t c, bool in)
{
	size_t users = 0;
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < n; i++)
	{
		const size_t row = telling->row[i];

		if ((group[row] == c) != in)
			continue;
		users += last == SIZE_MAX || !user || user[row] != user[last];
		last = row;
	}
	return users;
}

/* The largest area that tells, either way, of a group against the others, by score[0 .. n), which belong to row[]. */
static double
largest_auc(Telling *telling, const int32_t *group, const uint32_t *user, size_t n, size_t groups)
{
	const BinaryScores set = {.score = telling->sorted, .label = telling->label, .n = n};
	double largest = 0;

	rank_descending(telling->order, telling->item, telling->score, n);
	for (size_t r = 0; r < n; r++)
		telling->sorted[r] = telling->score[telling->order[r]];

	/* Of two groups each is the other's rest. */
	for (size_t c = 0; c < (groups == 2 ? 1 : groups); c++)
	{
		for (size_t r = 0; r < n; r++)
			telling->label[r] = group[telling->row[telling->order[r]]] == (int32_t) c;

		const double rising = metric_auc(&set);
		const double auc = fmax(rising, 1 - rising);

		const size_t members = side_users(telling, group, user, n, (int32_t) c, true);
		const size_t others = side_users(telling, group, user, n, (int32_t) c, false);

		if (tells(auc, members < others ? members : others))
			largest = fmax(largest, auc);
	}
	return largest;
}

double
telling_auc(Telling *telling, const double *value, const int32_t *group, const uint32_t *user, size_t n,
			size_t groups)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
		{
			telling->score[known] = value[i];
			telling->row[known++] = (uint32_t) i;
		}

	const double auc = largest_auc(telling, group, user, known, groups);

	if (known == n)
		return auc;
	for (size_t i = 0; i < n; i++)
	{
		telling->score[i] = isnan(value[i]) ? -DBL_MAX : value[i];
		telling->row[i] = (uint32_t) i;
	}
	return fmax(auc, largest_auc(telling, group, user, n, groups));
}

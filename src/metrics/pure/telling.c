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
	telling->user = ARENA_TAKE(arena, uint32_t, room);
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

/* The largest area that tells, either way, of a group against the others, by score[0 .. n), which belong to user[]. */
static double
largest_auc(Telling *telling, const int32_t *group, size_t n, size_t groups)
{
	const BinaryScores set = {.score = telling->sorted, .label = telling->label, .n = n};
	double largest = 0;

	rank_descending(telling->order, telling->item, telling->score, n);
	for (size_t r = 0; r < n; r++)
		telling->sorted[r] = telling->score[telling->order[r]];

	/* Of two groups each is the other's rest. */
	for (size_t c = 0; c < (groups == 2 ? 1 : groups); c++)
	{
		size_t members = 0;

		for (size_t r = 0; r < n; r++)
			members += telling->label[r] = group[telling->user[telling->order[r]]] == (int32_t) c;

		const double rising = metric_auc(&set);
		const double auc = fmax(rising, 1 - rising);

		if (tells(auc, members < n - members ? members : n - members))
			largest = fmax(largest, auc);
	}
	return largest;
}

double
telling_auc(Telling *telling, const double *value, const int32_t *group, size_t n, size_t groups)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
		{
			telling->score[known] = value[i];
			telling->user[known++] = (uint32_t) i;
		}

	const double auc = largest_auc(telling, group, known, groups);

	if (known == n)
		return auc;
	for (size_t i = 0; i < n; i++)
	{
		telling->score[i] = isnan(value[i]) ? -DBL_MAX : value[i];
		telling->user[i] = (uint32_t) i;
	}
	return fmax(auc, largest_auc(telling, group, n, groups));
}

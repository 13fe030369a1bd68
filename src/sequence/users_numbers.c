/* Labels by an outcome that is a number: the ranges that it is in. */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "sequence/users_cells.h"
#include "server/memory.h"

#define ST_SORT sort_numbers
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* By the numbers that are known. */
static NumberRanges
ranges_of(const SequenceUsers *users)
{
	double *rising = memory_array(users->N, sizeof(double));
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
		if (!isnan(users->number[i]))
			rising[n++] = users->number[i];
	sort_numbers(rising, n);

	const NumberRanges ranges = ranges_make(rising, n);

	pfree(rising);
	return ranges;
}

/* Returns whether each range holds somebody. */
static bool
label_by_ranges(SequenceUsers *users)
{
	const NumberRanges *ranges = users->ranges;
	bool seen[RANGES_MAX] = {false};
	int n = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		users->label[i] = isnan(users->number[i]) ? -1 : ranges_find(ranges, users->number[i]);
		if (users->label[i] < 0 || seen[users->label[i]])
			continue;
		seen[users->label[i]] = true;
		n++;
	}
	return n == ranges->n;
}

/* "0", "12.5 to 30": short where that tells them apart, and as exact as they are where it does not. */
static const char **
range_names(const NumberRanges *ranges)
{
	const char **name = palloc(sizeof(*name) * RANGES_MAX);

	for (int k = 0; k < ranges->n; k++)
	{
		const int digits =
			k > 0 && fabs(ranges->low[k] - ranges->high[k - 1]) < 1e-5 * fabs(ranges->low[k]) ? 17 : 6;

		name[k] = ranges->low[k] == ranges->high[k]
					  ? psprintf("%.*g", digits, ranges->low[k])
					  : psprintf("%.*g to %.*g", digits, ranges->low[k], digits, ranges->high[k]);
	}
	return name;
}

void
label_by_number(SequenceUsers *users, const NumberRanges *ranges, bool must)
{
	users->ranges = palloc(sizeof(*users->ranges));
	*users->ranges = ranges ? *ranges : ranges_of(users);
	if (!label_by_ranges(users) && !must)
	{
		*users->ranges = ranges_of(users);
		label_by_ranges(users);
	}
	users->classes = range_names(users->ranges);
	users->C = users->ranges->n;
}

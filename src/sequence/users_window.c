/* The window of a user: his values of all of its periods, and when each begins. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "sequence/users_cells.h"

size_t
sequence_window_periods(const SequenceUsers *users)
{
	return (size_t) users->cells[0]->window.before;
}

void
sequence_window(const SequenceUsers *users, size_t i, float *value)
{
	const size_t W = sequence_window_periods(users), F = users->F;
	size_t start[2];

	sequence_fill_part(users, i, 1, start, value);

	const size_t empty = (W - start[1]) * F;

	memmove(value + empty, value, sizeof(float) * start[1] * F);
	for (size_t k = 0; k < empty; k++)
		value[k] = NAN;
}

bool
sequence_has_dates(const SequenceUsers *users)
{
	const Window *window = &users->cells[0]->window;

	return window->periods.bounds > 0 && window->type != INT8OID;
}

bool
sequence_period_start(TimestampTz *start, const SequenceUsers *users, size_t i, size_t period)
{
	const Window *window = &row_cells(users, i)->window;

	if (window->periods.bounds == 0)
		return false;
	*start = window_period(window, (int) period);
	return true;
}

const char *
sequence_period_name(const SequenceUsers *users, size_t i, size_t period)
{
	const SequenceCells *cells = row_cells(users, i);
	struct pg_tm tm;
	fsec_t fsec;
	int zone;

	if (!sequence_has_dates(users))
		return psprintf(INT64_FORMAT, cells->window.periods.bounds > 0
										  ? cells->window.periods.bound[period] + cells->window.closed
										  : (int64) period + 1);
	if (timestamp2tm(window_period(&cells->window, (int) period), &zone, &tm, &fsec, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	return psprintf("%04d-%02d-%02d%s", tm.tm_year, tm.tm_mon, tm.tm_mday,
					cells->reading->period.time > 0 ? psprintf(" %02d:%02d", tm.tm_hour, tm.tm_min) : "");
}

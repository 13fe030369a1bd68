/*
 * Rows of the users' table, in any order, to the sums of each user's periods.
 *
 *   foreach row: period = that of its time;  put it into the ring, ask for its id's entry
 *     16 rows later: user = idmap_add(id); ask for where his record is noted
 *     32 rows later: record = the user's, or a new one; ask for the sums of the period
 *     48 rows later: sums[period] += the row's numbers; the latest label stays
 *   at the end: work off the ring
 */
#include "postgres.h"

#include "server/memory.h"
#include "sequence/users_cells.h"

#include <math.h>

#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "labeler/pure/trend.h"
#include "server/errors.h"
#include "work/progress.h"
#include "server/waiting.h"

size_t
cells_memory(const SequenceCells *cells)
{
	const size_t user = sizeof(UserPlace) + (cells->list ? sizeof(ClassSeen) : 0);

	return cells->others + cells->chunks * USER_CHUNK * cells->stride + cells->user_room * user +
		   idmap_memory(cells->ids);
}

static void
add_chunk(SequenceCells *cells)
{
	const MemoryContext old = MemoryContextSwitchTo(cells->context);

	memory_check(cells_memory(cells) + USER_CHUNK * cells->stride, cells->what);
	if (cells->chunks == cells->room)
	{
		cells->room *= 2;
		cells->chunk = repalloc(cells->chunk, cells->room * sizeof(*cells->chunk));
	}
	cells->chunk[cells->chunks] = memory_array_in(cells->context, USER_CHUNK, cells->stride);
	memset(cells->chunk[cells->chunks], 0, USER_CHUNK * cells->stride);
	cells->chunks++;
	MemoryContextSwitchTo(old);
}

uint32
cells_add_record(SequenceCells *cells)
{
	if (cells->records == cells->chunks * USER_CHUNK)
		add_chunk(cells);

	double *sum = record_at(cells, cells->records);

	for (size_t i = 0; i < cells->sums; i++)
		sum[i] = NAN;
	return cells->records++;
}

void
cells_add_user(SequenceCells *cells)
{
	if (cells->users == cells->user_room)
	{
		cells->user_room = Max(USER_CHUNK, 2 * cells->user_room);
		memory_check(cells_memory(cells), cells->what);
		cells->place =
			memory_array_resize(cells->context, cells->place, cells->user_room, sizeof(*cells->place));
		if (cells->list)
			cells->seen =
				memory_array_resize(cells->context, cells->seen, cells->user_room, sizeof(*cells->seen));
	}
	cells->place[cells->users] = (UserPlace){.record = IDMAP_NONE};
	if (cells->list)
		cells->seen[cells->users] = (ClassSeen){0};
	cells->users++;
}

double
cells_number(const SequenceCells *cells, const char *name, Oid type, Datum value, Datum id)
{
	const double number = source_number(value, type);

	if (!isfinite(number))
		error_not_finite(cells->relation, name, number, source_id_text(cells->user.type, id));
	return number;
}

static double
finite_number(const SequenceCells *cells, const SourceColumn *column, Datum value, Datum id)
{
	return cells_number(cells, column->name, column->type, value, id);
}

/*
 * Rows wait three times, for the map's entry of their id, for where the user's record is noted, and for his sums: see
 * server/waiting.h.
 */
static CellsRow *
waiting_row(SequenceCells *cells, uint64 row)
{
	return &cells->waiting[row % CELLS_WAITING];
}

static void
look_up_user(SequenceCells *cells, CellsRow *row)
{
	row->user = idmap_add(cells->ids, row->id, row->hash);
	if (row->user == cells->users)
		cells_add_user(cells);
	else
		waiting_ask(&cells->place[row->user], sizeof(UserPlace));
	if (cells->list)
		waiting_ask(&cells->seen[row->user], sizeof(ClassSeen));
}

static void
find_record(SequenceCells *cells, CellsRow *row)
{
	const size_t F = (size_t) cells->reading->F;
	UserPlace *place = &cells->place[row->user];

	if (row->period == PERIOD_NONE)
	{
		place->earlier = true;
		return;
	}
	if (place->record == IDMAP_NONE)
		place->record = cells_add_record(cells);
	row->record = record_at(cells, place->record);
	waiting_ask(row->record + (size_t) row->period * F, sizeof(double) * F);
	if (cells->slots > 0)
		waiting_ask(&record_slot(cells, row->record)[row->period], sizeof(PeriodSum));
}

static void
add_to_period(SequenceCells *cells, const CellsRow *row, double number)
{
	PeriodSum *slot = &record_slot(cells, row->record)[row->period];

	if (unlikely(slot->count == PERIOD_COUNT_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("user %s has more than %u rows in one period",
						source_id_text(cells->user.type, idmap_id(cells->ids, row->user)), PERIOD_COUNT_MAX),
				 errhint("Use a shorter period, or a view that adds rows up.")));
	trend_sum(&slot->sum, &slot->rest, number, 0.0f);
	slot->negative = trend_negative_of((uint8_t) slot->negative, trend_negative(number));
	slot->count++;
}

static void
add_row(SequenceCells *cells, const CellsRow *row)
{
	const double *number = row->number;

	if (cells->list && row->label != IDMAP_NONE)
		classes_see(cells->list, &cells->seen[row->user], row->label, row->time);
	if (row->period == PERIOD_NONE)
		return;
	if (cells->slots > 0)
	{
		if (!isnan(*number))
			add_to_period(cells, row, *number);
		number++;
	}
	if (row->period >= cells->window.before)
		return;

	double *sum = row->record + (size_t) row->period * (size_t) cells->reading->F;

	*record_active(cells, row->record) = 1;
	for (int c = 0; c < cells->columns; c++)
	{
		double *total = &sum[cells->channel[c]];

		if (!isnan(number[c]))
			*total = isnan(*total) ? number[c] : *total + number[c];
	}
}

/* Work off the ring until at most these many rows wait for each step. */
static void
drain(SequenceCells *cells, uint64 to_look_up, uint64 to_find, uint64 to_add)
{
	while (cells->rows - cells->looked_up > to_look_up)
		look_up_user(cells, waiting_row(cells, cells->looked_up++));
	while (cells->rows - cells->found > to_find)
		find_record(cells, waiting_row(cells, cells->found++));
	while (cells->rows - cells->added > to_add)
		add_row(cells, waiting_row(cells, cells->added++));
}

/* The row that was filled in begins to wait. */
static void
row_waits(SequenceCells *cells, CellsRow *row, Datum id)
{
	row->id = id;
	row->hash = idmap_hash(cells->ids, id);
	idmap_prefetch(cells->ids, row->id, row->hash);
	if (++cells->rows % 65536 == 0)
		progress_rows(cells->rows);
	if (idmap_by_value(cells->ids))
		drain(cells, CELLS_LOOK_UP_AFTER, CELLS_FIND_RECORD_AFTER, CELLS_ADD_AFTER);
	else
		drain(cells, 0, 0, 0); /* the id is gone with its row */
}

/*
 * Of a row before all periods only the user counts, and his label. Other rows that no period holds come although the
 * query asks for none: a view may compute its times anew for each look, and a remote server lie.
 */
static bool
is_earlier(const SequenceCells *cells, int64 time)
{
	return cells->everybody && time < cells->window.periods.start && time != DT_NOBEGIN;
}

/* Labels of rows before the window are those of users who are read for such rows. */
static uint32
earlier_label(const SequenceCells *cells, Datum value, bool isnull)
{
	return isnull || cells->reading->active_only ? IDMAP_NONE : classes_number(cells->list, value);
}

static void
read_earlier(SequenceCells *cells, CellsRow *row, const Datum *value, const bool *isnull)
{
	const int label = 2 + (cells->slots > 0);

	if (isnull[0] || !is_earlier(cells, row->time))
		return;
	if (cells->list)
		row->label = earlier_label(cells, value[label], isnull[label]);
	row_waits(cells, row, value[0]);
}

static bool
is_asked(const SequenceCells *cells, Datum id, bool isnull)
{
	return !isnull && idmap_find(cells->asked, id, idmap_hash(cells->asked, id)) != IDMAP_NONE;
}

void
cells_read_row(void *arg, const Datum *value, const bool *isnull)
{
	SequenceCells *cells = arg;
	CellsRow *row = waiting_row(cells, cells->rows);
	double *number = row->number;
	int at = 2;

	if (isnull[1])
		return;
	row->time = window_time(&cells->window, value[1]);
	if (cells->asked && row->time < cells->since && !is_asked(cells, value[0], isnull[0]))
		return;
	if (row->time > cells->latest)
	{
		cells->future++;
		return;
	}
	row->period = periods_find(&cells->window.periods, row->time);
	if (row->period == PERIOD_NONE)
	{
		read_earlier(cells, row, value, isnull);
		return;
	}
	if (isnull[0])
		error_null_id(cells->relation, cells->user.name);
	cells->newest_period = Max(cells->newest_period, row->period);
	if (cells->outcome && row->period >= cells->window.before)
		return; /* a query of its own reads these */
	if (cells->slots > 0)
	{
		*number++ = isnull[at] ? NAN : finite_number(cells, &cells->trend, value[at], value[0]);
		at++;
	}
	if (cells->list)
	{
		row->label = isnull[at] ? IDMAP_NONE : classes_number(cells->list, value[at]);
		at++;
	}
	for (int f = 0; f < cells->columns; f++)
		number[f] = isnull[at + f] ? NAN : finite_number(cells, &cells->feature[f], value[at + f], value[0]);
	row_waits(cells, row, value[0]);
}

void
cells_read_end(SequenceCells *cells)
{
	drain(cells, 0, 0, 0);
}

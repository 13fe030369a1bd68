/* Rows of the users' table, in any order, to the sums of each user's periods. */
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
	return cells->chunks * USER_CHUNK * cells->stride + idmap_memory(cells->ids);
}

static void
cells_grow(SequenceCells *cells)
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
	for (uint32 user = 0; user < USER_CHUNK; user++)
		for (size_t i = 0; i < cells->sums; i++)
			user_sum(cells, (uint32) (cells->chunks - 1) * USER_CHUNK + user)[i] = NAN;
	MemoryContextSwitchTo(old);
}

static double
finite_number(const SequenceCells *cells, const SourceColumn *column, Datum value, Datum id)
{
	const double number = source_number(value, column->type);

	if (!isfinite(number))
		error_not_finite(cells->relation, column->name, number, source_id_text(cells->user.type, id));
	return number;
}

/* Rows wait twice, for the map's entry of their id and for the user's sums: see server/waiting.h. */
static CellsRow *
waiting_row(SequenceCells *cells, uint64 row)
{
	return &cells->waiting[row % CELLS_WAITING];
}

static void
look_up_user(SequenceCells *cells, CellsRow *row)
{
	const size_t F = (size_t) cells->reading->F;

	row->user = idmap_add(cells->ids, row->id, row->hash);
	if (row->user == cells->chunks * USER_CHUNK)
		cells_grow(cells);
	waiting_ask(user_sum(cells, row->user) + (size_t) row->period * F, sizeof(double) * F);
	if (cells->slots > 0)
		waiting_ask(&user_slot(cells, row->user)[row->period], sizeof(PeriodSum));
}

static void
add_row(SequenceCells *cells, const CellsRow *row)
{
	const double *number = row->number;

	if (cells->slots > 0)
	{
		PeriodSum *slot = &user_slot(cells, row->user)[row->period];

		if (!isnan(*number))
		{
			trend_sum(&slot->sum, &slot->rest, *number, 0.0f);
			slot->count++;
		}
		number++;
	}
	if (cells->list && row->label != IDMAP_NONE)
		classes_see(cells->list, user_seen(cells, row->user), row->label, row->time);
	if (row->period >= cells->window.before)
		return;

	double *sum = user_sum(cells, row->user) + (size_t) row->period * (size_t) cells->reading->F;

	*user_exists(cells, row->user) = 1;
	for (int f = 0; f < cells->reading->F; f++)
		if (!isnan(number[f]))
			sum[f] = isnan(sum[f]) ? number[f] : sum[f] + number[f];
}

/* Work off the ring until at most these many rows wait. */
static void
drain(SequenceCells *cells, uint64 to_look_up, uint64 to_add)
{
	while (cells->rows - cells->looked_up > to_look_up)
		look_up_user(cells, waiting_row(cells, cells->looked_up++));
	while (cells->rows - cells->added > to_add)
		add_row(cells, waiting_row(cells, cells->added++));
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
	if (row->time > cells->latest)
	{
		cells->future++;
		return;
	}
	row->period = periods_find(&cells->window.periods, row->time);

	/* A query asks for the window, but a view may compute its times anew for each look, and a remote server
	 * lie. */
	if (row->period == PERIOD_NONE)
		return;
	if (isnull[0])
		error_null_id(cells->relation, cells->user.name);
	row->id = value[0];
	row->hash = idmap_hash(cells->ids, value[0]);
	idmap_prefetch(cells->ids, row->id, row->hash);
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
	for (int f = 0; f < cells->reading->F; f++)
		number[f] = isnull[at + f] ? NAN : finite_number(cells, &cells->feature[f], value[at + f], value[0]);

	if (++cells->rows % 65536 == 0)
		progress_rows(cells->rows);
	if (idmap_by_value(cells->ids))
		drain(cells, CELLS_LOOK_UP_AFTER, CELLS_WAITING - 1);
	else
		drain(cells, 0, 0); /* the id is gone with its row */
}

void
cells_read_end(SequenceCells *cells)
{
	drain(cells, 0, 0);
}

/*
 * Users whose sequences may be others than they were at a moment, when the rows had come in that came before it:
 *
 *   asked = users with a row that came in since, in the source or in the table of users
 *   then = the window as it was by the rows of before, and by the clock
 *   since = where the window began then if it has moved, and never otherwise
 *   a row is read when it is not earlier than since, or its user is asked
 *
 * Of a window that moved everybody sees it who has a row in it, or had one in the window of then. Who has none, the
 * silent ones, are silent in both. So nothing of the former refresh has to be known.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "sequence/users_cells.h"

static const char *
column_name(const SequenceReading *reading, const ChangedSince *changed)
{
	const char *name = changed->column            ? changed->column
					   : reading->sequence_column ? NULL
												  : reading->time_column;

	if (!name)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("changed_since needs changed_column"),
				 errdetail("The model's table \"%s\" has a row for each user, and no time of its own.",
						   get_rel_name(reading->relation)),
				 errhint("Pass the column that says when a row was written as changed_column.")));
	return name;
}

/* The window of the rows that had come in before, begun at the clock of then; false: there was none. */
static bool
window_then(Window *then, const SequenceCells *cells, const SourceColumn *came, TimestampTz moment)
{
	SequenceCells before = *cells;

	before.came = *came;
	before.before = changed_moment(came, moment);
	before.latest = time_shown(cells->time.type, moment);
	return window_make(then, &(WindowRequest){.time = &before.time,
											  .period = &cells->reading->period,
											  .before = cells->window.before,
											  .after = cells->window.after,
											  .closed = cells->window.closed,
											  .newest = cells_newest,
											  .arg = &before});
}

static int64
moved_since(const SequenceCells *cells, const SourceColumn *came, TimestampTz moment)
{
	Window then;

	if (cells->reading->sequence_column)
		return DT_NOEND;
	if (!window_then(&then, cells, came, moment))
		return DT_NOBEGIN;
	return then.at == cells->window.at ? DT_NOEND : Min(then.periods.start, cells->window.periods.start);
}

/* The table of users, when attributes are read. Its ids are of a type that becomes the source's. */
static void
ask_for_attributes(SequenceCells *cells, const char *name, TimestampTz moment)
{
	const SequenceReading *reading = cells->reading;
	SourceColumn came;

	if (reading->A == 0)
		return;
	if (!changed_column(&came, reading->users, name))
	{
		changed_notice_unseen(reading->users, name);
		return;
	}
	changed_ids(cells->asked, reading->users,
				psprintf("%s::%s", source_column(reading->users, reading->user_column).quoted,
						 source_type(cells->user.type)),
				&came, moment);
}

void
changed_find(SequenceCells *cells, const ChangedSince *changed)
{
	const SequenceReading *reading = cells->reading;
	const char *name = column_name(reading, changed);
	SourceColumn came = source_column(reading->relation, name); /* or an error with the nearest name */

	(void) changed_column(&came, reading->relation, name);
	cells->asked = idmap_create(cells->user.type);
	cells->since = moved_since(cells, &came, changed->moment);
	changed_ids(cells->asked, reading->relation, cells->user.quoted, &came, changed->moment);
	ask_for_attributes(cells, name, changed->moment);
}

const IdMap *
changed_looked_at(const SequenceCells *cells)
{
	for (uint32 i = 0; i < idmap_count(cells->ids); i++)
	{
		const Datum id = idmap_id(cells->ids, i);

		idmap_add(cells->asked, id, idmap_hash(cells->asked, id));
	}
	return cells->asked;
}

#include "postgres.h"

#include "server/memory.h"
#include "server/notices.h"
#include "sequence/users.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "labeler/pure/trend.h"
#include "server/errors.h"
#include "sequence/users_attributes.h"
#include "sequence/users_cells.h"

/* The columns that cells_read_row() takes. */
static int
list_columns(SourceColumn *column, const SequenceCells *cells)
{
	int n = 0;

	column[n++] = cells->user;
	column[n++] = cells->time;
	if (cells->slots > 0)
		column[n++] = cells->trend;
	if (cells->list)
		column[n++] = cells->label;
	memcpy(column + n, cells->feature, sizeof(*column) * (size_t) cells->columns);
	return n + cells->columns;
}

/* Which rows are needed, of $1 and $2, the ends of the periods; NULL: all are. */
static const char *
needed_times(const SequenceCells *cells)
{
	const char *time = cells->time.quoted;
	const char *from = psprintf("%s OPERATOR(pg_catalog.>=) $1", time);
	const char *until = psprintf("%s OPERATOR(pg_catalog.<) $2", time);

	/* Rows of the future are counted. */
	if (cells->latest != DT_NOEND)
		return cells->everybody ? NULL : from;
	return cells->everybody ? until : psprintf("%s AND %s", from, until);
}

/* The same where only some users are read: parameters from $3 on. */
static const char *
needed_rows(const SequenceCells *cells)
{
	const char *times = needed_times(cells);
	const char *users = only_rows(cells, times ? " AND " : "", 3);

	return times || *users ? psprintf("%s%s", times ? times : "", users) : NULL;
}

static void
read_rows(SequenceCells *cells)
{
	const bool closed = cells->window.closed; /* >= a tick later is >, and < a tick later is <= */
	Oid type[2 + ONLY_PARAMS] = {cells->window.type, cells->window.type};
	Datum value[2 + ONLY_PARAMS] = {Int64GetDatum(cells->window.periods.start + closed),
									Int64GetDatum(cells->window.periods.end + closed)};
	const int params = 2 + only_params(type + 2, value + 2, cells);
	SourceColumn *column = palloc(sizeof(*column) * ((size_t) cells->columns + 4));
	const int n = list_columns(column, cells);

	source_read(&(SourceRead){.relation = cells->reading->relation,
							  .columns = column,
							  .n = n,
							  .condition = needed_rows(cells),
							  .params = params,
							  .types = type,
							  .values = value,
							  .whole = cells->whole,
							  .row = cells_read_row,
							  .arg = cells});
	cells_read_end(cells);
}

static void
notice_future(const SequenceCells *cells)
{
	if (cells->future > 0)
		notice_send(NOTICE,
					psprintf(cells->future == 1 ? UINT64_FORMAT " row of \"%s\" lies in the future"
												: UINT64_FORMAT " rows of \"%s\" lie in the future",
							 cells->future, cells->relation),
					psprintf("Without as_of no row whose \"%s\" is later than now counts.",
							 cells->reading->time_column),
					"Correct these times, or pass as_of.");
}

/* The features that are columns. */
static void
cells_create_columns(SequenceCells *cells)
{
	const SequenceReading *reading = cells->reading;

	cells->feature = palloc(sizeof(SourceColumn) * (size_t) reading->F);
	cells->channel = palloc(sizeof(int) * (size_t) reading->F);
	for (int f = 0; f < reading->F; f++)
	{
		if (reading->expression && reading->expression[f])
			continue;
		cells->channel[cells->columns] = f;
		cells->feature[cells->columns++] = source_number_column(reading->relation, reading->features[f]);
	}
}

/* Where labels are noted; of several cutoffs they share the list of classes. */
static void
cells_create_labels(SequenceCells *cells, const SequenceCells *first)
{
	const SequenceReading *reading = cells->reading;

	if (reading->label_column)
	{
		cells->label = source_column(reading->relation, reading->label_column);
		cells->list = first ? first->list : classes_of_column(reading->relation, &cells->label);
	}
	if (reading->outcome)
		cells->outcome = outcome_create(cells, first ? first->outcome : NULL);
}

/* first: of the first cutoff that is read, or NULL. */
static SequenceCells *
cells_create(const SequenceRead *read, const SequenceCells *first)
{
	const SequenceReading *reading = read->reading;
	SequenceCells *cells = palloc0(sizeof(*cells));

	*cells = (SequenceCells){.reading = reading,
							 .relation = get_rel_name(reading->relation),
							 .what = read->what,
							 .whole = read->whole,
							 .user = source_column(reading->relation, reading->user_column),
							 .time = source_column(reading->relation, reading->time_column),
							 .context = CurrentMemoryContext,
							 .room = 16};
	window_check_column(&cells->time, reading->relation);
	period_check(TREND_TIMESTAMP, &reading->period);
	cells_create_columns(cells);
	if (reading->trend_of)
		cells->trend = source_number_column(reading->relation, reading->trend_of);
	if (read->labels == SEQUENCE_LABELED)
		cells_create_labels(cells, first);
	cells->ids = idmap_create(cells->user.type);
	return cells;
}

static const char *
time_text(const SequenceCells *cells, int64 time)
{
	if (cells->window.type == INT8OID)
		return psprintf(INT64_FORMAT, time);
	return cells->window.type == TIMESTAMPTZOID
			   ? timestamptz_to_str(time)
			   : DatumGetCString(DirectFunctionCall1(timestamp_out, TimestampGetDatum(time)));
}

/*
 * A label's window whose last period lies after the newest row would make labels of a future that is not there: of
 * periods that are empty for everybody.
 */
static void
check_labels_are_known(SequenceCells *cells, int after)
{
	const Window *window = &cells->window;
	const int64 end = window->periods.end;
	Window latest;
	int64 newest;

	/* Rows behind an empty last period say that the period was so; an infinite time says nothing. */
	cells->latest = DT_NOEND - 1;
	if (cells->newest_period == window->before + after - 1 || !cells_newest(cells, &newest) || newest >= end)
		return;
	window_make(&latest, &(WindowRequest){.time = &cells->time,
										  .period = &cells->reading->period,
										  .before = window->before,
										  .after = after,
										  .closed = window->closed,
										  .newest = cells_newest,
										  .arg = cells});

	const char *newest_text = pstrdup(time_text(cells, newest));

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("as_of is too late for the labels to be known"),
			 errdetail("The label's window ends at %s, and the newest row of %s is of %s.",
					   pstrdup(time_text(cells, end)), cells->relation, newest_text),
			 errhint("The latest as_of with complete labels is %s; leave as_of out to use it.",
					 window_as_of_text(cells->time.type, latest.as_of))));
}

/* For what is read up to one cutoff (NULL: the latest possible). first: the cells of the newest one, or NULL when that is it. */
static SequenceCells *
cells_for(const SequenceRead *read, const TimestampTz *as_of, const SequenceCells *first)
{
	const SequenceReading *reading = read->reading;
	const int after = read->labels == SEQUENCE_LABELED ? reading->horizon_periods : 0;
	SequenceCells *cells = cells_create(read, first);

	cells->latest = as_of ? DT_NOEND : time_shown(cells->time.type, GetCurrentTimestamp());
	if (!window_make(&cells->window, &(WindowRequest){.time = &cells->time,
													  .period = &reading->period,
													  .before = reading->window_periods,
													  .after = after,
													  .closed = reading->closed,
													  .as_of = as_of,
													  .newest = cells_newest,
													  .arg = cells}))
		error_no_rows(cells->relation,
					  psprintf("No row has a finite \"%s\" up to now.", reading->time_column),
					  "Check source and time_column, or pass as_of.");
	expressions_check(cells);
	if (read->only)
		only_ask(cells, read->only, read->n_only);
	if (read->changed)
		changed_find(cells, read->changed);
	cells->sums = (size_t) reading->window_periods * (size_t) reading->F;
	cells->slots = reading->trend_of ? (size_t) (reading->window_periods + after) : 0;
	cells->stride = cells->sums * sizeof(double) + cells->slots * sizeof(PeriodSum) + sizeof(int64);
	cells->everybody = !reading->active_only || read->whole || read->changed;
	cells->chunk = palloc(cells->room * sizeof(*cells->chunk));
	for (int i = 0; i < CELLS_WAITING; i++)
		cells->waiting[i].number = palloc(sizeof(double) * ((size_t) reading->F + 1));
	return cells;
}

/* Reads the rows; those of a list of cutoffs are known when those of the newest one are. */
static void
read_cutoff(SequenceCells *cells, const SequenceRead *read, bool given, bool newest)
{
	read_rows(cells);
	expressions_read(cells);
	if (given && newest && read->labels == SEQUENCE_LABELED && cells->rows > 0)
		check_labels_are_known(cells, read->reading->horizon_periods);
	notice_future(cells);
}

/* Cutoffs from the newest one back: memory is checked for all that is held. */
static void
read_cutoffs(SequenceUsers *users, const SequenceRead *read)
{
	const SequenceCutoffs *cutoffs = read->cutoffs;
	const int last = users->cutoffs - 1;
	const bool listed = cutoffs && cutoffs->at;

	if (read->reading->sequence_column)
	{
		users->cells[0] = series_read(read);
		users->cutoff[0] = users->cells[0]->window.as_of;
		return;
	}
	const TimestampTz *as_of = listed ? &cutoffs->at[last] : read->as_of;
	SequenceCells *newest = cells_for(read, as_of, NULL);

	users->cells[last] = newest;
	read_cutoff(newest, read, as_of != NULL, true);
	for (int i = last - 1; i >= 0; i--)
	{
		const TimestampTz at =
			listed ? cutoffs->at[i] : window_earlier(&newest->window, &cutoffs->every, last - i);

		users->cells[i] = cells_for(read, &at, newest);
		users->cells[i]->others = cells_memory(users->cells[i + 1]);
		read_cutoff(users->cells[i], read, true, false);
	}
	for (int i = 0; i <= last; i++)
		users->cutoff[i] = users->cells[i]->window.as_of;
}

static SequenceUsers *
read_users(const SequenceRead *read)
{
	SequenceUsers *users = palloc0(sizeof(*users));

	users->cutoffs = read->cutoffs && read->cutoffs->n > 0 ? read->cutoffs->n : 1;
	users->cells = palloc0(sizeof(*users->cells) * (size_t) users->cutoffs);
	users->cutoff = palloc(sizeof(*users->cutoff) * (size_t) users->cutoffs);
	read_cutoffs(users, read);

	if (read->changed)
		users->looked_at = changed_looked_at(users->cells[0]);
	users->F = (size_t) read->reading->F;
	users->as_of = users->cutoff[users->cutoffs - 1];
	users->id_type = users->cells[0]->user.type;
	users_order(users);
	users_count_steps(users);
	users_read_attributes(users, read->whole);
	if (read->labels == SEQUENCE_LABELED)
		users_label(users, read);
	users->memory =
		cells_memory(users->cells[0]) + users_attributes_memory(users) +
		users->N * (sizeof(Datum) + sizeof(uint64) + sizeof(uint32) + sizeof(uint16) + 2 * sizeof(int32));
	return users;
}

const char *
sequence_as_of_text(const SequenceUsers *users)
{
	return window_as_of_text(users->cells[users->cutoffs - 1]->window.column, users->as_of);
}

void
sequence_notice_silent(const SequenceReading *reading, const SequenceUsers *users)
{
	if (users->silent == 0)
		return;
	notice_send(NOTICE,
				psprintf("%zu of %zu %s \"%s\" have no row in the %d periods before %s", users->silent,
						 users->silent + users->active, users->cutoffs > 1 ? "sequences of" : "users of",
						 get_rel_name(reading->relation), reading->window_periods,
						 users->cutoffs > 1 ? "their cutoffs" : sequence_as_of_text(users)),
				reading->active_only ? "They are left out, as active_only says."
									 : "They are learned and scored as users without activity.",
				reading->active_only ? "active_only => false in the training takes them in."
									 : "active_only => true in the training leaves them out.");
}

int
sequence_enter_time_zone(const SequenceReading *reading)
{
	const int nest_level = NewGUCNestLevel();

	if (reading->time_zone)
		set_config_option("TimeZone", reading->time_zone, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
						  0, false);
	return nest_level;
}

TimestampTz
sequence_latest(const SequenceReading *reading, SequenceLabels labels)
{
	const int nest_level = sequence_enter_time_zone(reading);
	SequenceReading alone = *reading;

	alone.F = 0;

	const SequenceRead read = {.reading = &alone, .labels = labels, .whole = true, .what = "training"};
	const TimestampTz as_of = cells_for(&read, NULL, NULL)->window.as_of;

	AtEOXact_GUC(true, nest_level);
	return as_of;
}

SequenceUsers *
sequence_read(const SequenceRead *read)
{
	const int nest_level = sequence_enter_time_zone(read->reading);
	SequenceUsers *users = read_users(read);

	AtEOXact_GUC(true, nest_level);
	return users;
}

static void
error_large(const SequenceCells *cells, size_t feature, double sum, Datum id)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("feature \"%s\" of %s is out of range", cells->reading->features[feature],
						   cells->relation),
					errdetail("It is %g for a period of user %s; networks compute in type real.", sum,
							  source_id_text(cells->user.type, id)),
					errhint("Scale the column down in a view, for instance by its logarithm.")));
}

void
sequence_fill_part(const SequenceUsers *users, size_t from, size_t n, size_t *start, float *value)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
	{
		const SequenceCells *cells = row_cells(users, from + i);
		const double *sum = row_sum(users, from + i);

		CHECK_FOR_INTERRUPTS();
		start[i] = at / users->F;
		for (size_t j = user_first(cells, sum) * users->F; j < cells->sums; j++)
		{
			value[at] = (float) sum[j];
			if (isinf(value[at]))
				error_large(cells, j % users->F, sum[j], users->id[from + i]);
			at++;
		}
	}
	start[n] = at / users->F;
}

void
sequence_fill(const SequenceUsers *users, size_t *start, float *value)
{
	sequence_fill_part(users, 0, users->N, start, value);
}

ArrayType *
sequence_array(const SequenceUsers *users, size_t i)
{
	const SequenceCells *cells = row_cells(users, i);
	const double *sum = row_sum(users, i);
	Datum *value = palloc(sizeof(Datum) * cells->sums);
	bool *null = palloc(sizeof(bool) * cells->sums);
	int size[] = {cells->window.before, (int) users->F};
	int first[] = {1, 1};

	for (size_t k = 0; k < cells->sums; k++)
	{
		value[k] = Float8GetDatum(sum[k]);
		null[k] = isnan(sum[k]);
	}
	return construct_md_array(value, null, 2, size, first, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
							  TYPALIGN_DOUBLE);
}

struct varlena *
sequence_trend(const SequenceUsers *users, size_t i)
{
	const SequenceCells *cells = row_cells(users, i);

	if (cells->slots == 0)
		return NULL;

	const PeriodSum *slot = row_slot(users, i);
	TrendShape shape = cells->window.periods.shape;

	shape.periods = (uint32_t) cells->window.before;

	struct varlena *flat = palloc(VARHDRSZ + TREND_HEAD_MAX + TREND_CELL_MAX * (size_t) cells->window.before);
	TrendWriter writer = trend_writer(VARDATA(flat), &shape);

	for (uint32_t k = 0; k < shape.periods; k++)
		if (slot[k].count > 0)
		{
			const TrendCell cell = period_cell(&slot[k], k);

			trend_write(&writer, &cell);
		}
	SET_VARSIZE(flat, VARHDRSZ + writer.used);
	return flat;
}

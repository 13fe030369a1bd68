/*
 * The ranks in a table of scores, after some of its scores changed.
 *
 *   foreach row: append its score to those of its group;  sort each group's, falling
 *   foreach row: place = 1 + scores of its group that are higher
 *     if place <> the row's rank: append user and place to those that move
 *   write the rows that move
 *
 * The same as rank() OVER (PARTITION BY group ORDER BY score DESC), for a sixth of its CPU: 8 bytes a user are sorted, and not
 * rows. A rank depends on nothing but the scores, so what a refresh that was cancelled left behind is put right, too.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "lifecycle/score_table.h"
#include "lifecycle/score_writer.h"
#include "server/memory.h"
#include "server/source.h"

/* Rows that are read at a time, and rows that are updated by one statement. */
#define ROWS_READ 10000
#define ROWS_MOVED 1000000

/* The columns of the query, from 1. */
enum
{
	ROW_USER = 1,
	ROW_RANK,
	ROW_SCORE,
	ROW_GROUP
};

/* Users among whom places are given. */
typedef struct RankGroup
{
	const text *name; /* may be NULL, as the column */
	double *score;
	size_t n, room;
	struct RankGroup *next;
} RankGroup;

typedef struct Ranking
{
	const ScoreTable *table;
	const ScoreColumn *column;
	MemoryContext context;
	RankGroup *group; /* the first of all; a model has few classes */

	MemoryContext batch; /* of what is allocated for the rows that move next */
	Datum *user, *place; /* of these */
	int moved;
	uint64 written;
} Ranking;

#define ST_SORT sort_falling
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) > *(b) ? -1 : *(a) < *(b))
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

static bool
same_name(const text *a, const text *b)
{
	if (!a || !b)
		return a == b;
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/* The group of that name, a new one when there is none. */
static RankGroup *
group_of(Ranking *ranking, const text *name)
{
	RankGroup *group = ranking->group;

	while (group && !same_name(group->name, name))
		group = group->next;
	if (!group)
	{
		group = MemoryContextAllocZero(ranking->context, sizeof(*group));
		if (name)
		{
			text *copy = MemoryContextAlloc(ranking->context, VARSIZE_ANY(name));

			memcpy(copy, name, VARSIZE_ANY(name));
			group->name = copy;
		}
		group->next = ranking->group;
		ranking->group = group;
	}
	return group;
}

/* The score of a row of the query; null and NaN stand before all others. */
static double
score_of(HeapTuple row, TupleDesc desc)
{
	bool null;
	const double score = DatumGetFloat8(SPI_getbinval(row, desc, ROW_SCORE, &null));

	return null || isnan(score) ? INFINITY : score;
}

static RankGroup *
group_of_row(Ranking *ranking, HeapTuple row, TupleDesc desc)
{
	bool null;
	const Datum name = SPI_getbinval(row, desc, ROW_GROUP, &null);

	return group_of(ranking, null ? NULL : DatumGetTextPP(name));
}

static void
take_score(Ranking *ranking, HeapTuple row, TupleDesc desc)
{
	RankGroup *group = group_of_row(ranking, row, desc);

	if (group->n == group->room)
	{
		group->room = Max(1024, 2 * group->room);
		memory_check(group->room * sizeof(double), "ranking scores");
		group->score = memory_array_resize(ranking->context, group->score, group->room, sizeof(double));
	}
	group->score[group->n++] = score_of(row, desc);
}

/* The place of a score among falling ones: 1 + those that are higher. */
static int64
place_of(const RankGroup *group, double score)
{
	size_t low = 0, high = group->n;

	while (low < high)
	{
		const size_t middle = low + (high - low) / 2;

		if (group->score[middle] > score)
			low = middle + 1;
		else
			high = middle;
	}
	return (int64) low + 1;
}

/* Write the places of the rows that move. */
static void
update_places(Ranking *ranking)
{
	const ScoreTable *table = ranking->table;
	const Oid type[] = {source_array_type(table->id_type), INT8ARRAYOID, TIMESTAMPTZOID};
	const ScoreIds users = {ranking->user, (size_t) ranking->moved};

	/* A value, and not clock_timestamp(), which distributed tables refuse in UPDATE. */
	const Datum value[] = {score_table_id_array(table, &users),
						   PointerGetDatum(construct_array(ranking->place, ranking->moved, INT8OID,
														   sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)),
						   TimestampTzGetDatum(GetCurrentTimestamp())};

	ranking->written += score_table_execute(
		table, InvalidOid,
		psprintf("UPDATE %s AS t SET %s = u.place, scored_at = $3 FROM ROWS FROM (pg_catalog.unnest($1), "
				 "pg_catalog.unnest($2)) AS u (user_id, place) WHERE t.user_id %s u.user_id",
				 table->name, score_column_quoted(ranking->column), source_equality(table->id_type)),
		lengthof(type), type, value);
}

/* The same, if there are any, and begin the next batch. */
static void
move_rows(Ranking *ranking)
{
	if (ranking->moved == 0)
		return;

	const MemoryContext old = MemoryContextSwitchTo(ranking->batch);

	update_places(ranking);
	MemoryContextSwitchTo(old);
	MemoryContextReset(ranking->batch);
	ranking->moved = 0;
}

static void
take_move(Ranking *ranking, HeapTuple row, TupleDesc desc)
{
	const int64 place = place_of(group_of_row(ranking, row, desc), score_of(row, desc));
	bool null;
	const int64 rank = DatumGetInt64(SPI_getbinval(row, desc, ROW_RANK, &null));

	if (!null && rank == place)
		return;

	const MemoryContext old = MemoryContextSwitchTo(ranking->batch);

	ranking->user[ranking->moved] =
		score_table_copy_id(ranking->table, SPI_getbinval(row, desc, ROW_USER, &null));
	MemoryContextSwitchTo(old);
	ranking->place[ranking->moved++] = Int64GetDatum(place);
	if (ranking->moved == ROWS_MOVED)
		move_rows(ranking);
}

/* User, rank, score and group of all rows. Of the types that are expected here: a table of one's own may have others. */
static char *
rows_sql(const ScoreTable *table, const ScoreColumn *column)
{
	const char *within =
		column->rank_within ? psprintf("r.%s", quote_identifier(column->rank_within)) : "NULL";

	return psprintf("SELECT r.user_id::%s, r.%s::pg_catalog.int8, r.%s::pg_catalog.float8, "
					"%s::pg_catalog.text FROM %s AS r",
					source_type(table->id_type), score_column_quoted(column),
					quote_identifier(column->rank_by), within, table->name);
}

static void
each_row(Ranking *ranking, void (*take)(Ranking *ranking, HeapTuple row, TupleDesc desc))
{
	const Portal cursor = SPI_cursor_open_with_args(NULL, rows_sql(ranking->table, ranking->column), 0, NULL,
													NULL, NULL, false, 0);
	uint64 rows;

	do
	{
		SPI_cursor_fetch(cursor, true, ROWS_READ);

		SPITupleTable *tuples = SPI_tuptable;

		rows = SPI_processed;
		for (uint64 i = 0; i < rows; i++)
			take(ranking, tuples->vals[i], tuples->tupdesc);
		SPI_freetuptable(tuples);
	} while (rows > 0);
	SPI_cursor_close(cursor);
}

/* Bring a column of ranks up to date; returns how many rows were changed. */
static uint64
rank_column(const ScoreTable *table, const ScoreColumn *column)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls ranks", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(context);
	Ranking ranking = {.table = table,
					   .column = column,
					   .context = context,
					   .batch = AllocSetContextCreate(context, "usercls moved ranks", ALLOCSET_DEFAULT_SIZES),
					   .user = memory_array(ROWS_MOVED, sizeof(Datum)),
					   .place = memory_array(ROWS_MOVED, sizeof(Datum))};

	each_row(&ranking, take_score);
	for (RankGroup *group = ranking.group; group; group = group->next)
		sort_falling(group->score, group->n);
	each_row(&ranking, take_move);
	move_rows(&ranking);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return ranking.written;
}

uint64
score_table_rank(const ScoreTable *table)
{
	ScoreWriter before;
	uint64 written = 0;

	score_writer_enter(&before, table->relation, table->name, table->model);
	for (int c = 1; c < table->columns; c++)
		if (table->column[c - 1].rank_by)
			written += rank_column(table, &table->column[c - 1]);
	score_writer_leave(&before);
	return written;
}

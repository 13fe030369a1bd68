/*
 * What sequence_read() knows of each user while rows come in. Private to sequence/users_*.c.
 */
#ifndef USERCLS_SEQUENCE_USERS_CELLS_H
#define USERCLS_SEQUENCE_USERS_CELLS_H

#include "labeler/pure/trend.h"
#include "sequence/classes.h"
#include "sequence/users.h"
#include "server/source.h"
#include "sequence/window.h"

/* A period's sum as a TrendCell has it. */
typedef struct PeriodSum
{
	double sum;
	float rest;
	uint32_t count : 24;
	uint32_t negative : 8;
} PeriodSum;

#define PERIOD_COUNT_MAX ((1u << 24) - 1)

/* Records come in chunks, so that growing copies nothing. */
#define USER_CHUNK 128

/* Rows that wait (a power of two), and how many rows later each step is taken. */
#define CELLS_WAITING 64
#define CELLS_LOOK_UP_AFTER 16
#define CELLS_FIND_RECORD_AFTER 32
#define CELLS_ADD_AFTER 48

/* A row that waits: see server/waiting.h. */
typedef struct CellsRow
{
	Datum id;
	uint64 hash;
	int64 time;
	uint32 user;    /* number in the map, once looked up */
	uint32 label;   /* number of the value, IDMAP_NONE: null */
	int64 period;   /* PERIOD_NONE: before all of them */
	double *record; /* of the user, once found */
	double *number; /* of trend_of if there is one, then of the features; NaN: null */
} CellsRow;

/* Where a user's record is, and whether he was there before the window. */
typedef struct UserPlace
{
	uint32 record; /* IDMAP_NONE: he has no row in any period so far */
	bool earlier;  /* he has a row before them */
} UserPlace;

/*
 * What is known while rows come in. A user's record is
 *   double sum[before × F]         NaN: the period has no value
 *   PeriodSum slot[before + after] with trend_of
 *   int64 active                   0: no row in the periods before as_of
 * Users whose rows all lie before the periods share one record, made once all rows are read.
 */
struct SequenceCells
{
	const SequenceReading *reading;
	const char *relation; /* for messages */
	const char *what;
	SourceColumn user, time, trend, label, *feature; /* those features that are columns */
	int columns;                                     /* how many */
	int *channel;                                    /* of each, among the features */
	Oid *expression_type; /* F: of the features that are expressions; NULL: none is */
	Window window;
	bool everybody; /* also rows before the periods are read, for who is in them, or was */

	/* Rows after `latest` do not count: without as_of that is now, otherwise the end of time. */
	int64 latest;
	uint64 future; /* how many there were */

	/*
	 * Where only some users are read: those who were asked for, and those who have a row that is not earlier than `since`
	 * (a time as Window's; DT_NOEND: nobody has). Earlier rows of the latter do not matter.
	 */
	IdMap *asked; /* NULL: all users are read */
	int64 since;
	SourceColumn
		came; /* for cells_newest(): only rows that came before `before` count; quoted is NULL: all do */
	Datum before;

	MemoryContext context;
	IdMap *ids;
	UserPlace *place; /* of each id's number */
	ClassSeen *seen;  /* the same; NULL: no label column */
	uint32 users, user_room;
	ClassList *list;         /* NULL: no label column */
	struct Outcome *outcome; /* NULL: none is asked for */
	bool whole;              /* an error when row security would hide rows */
	size_t sums, slots;
	size_t stride; /* bytes of a record */
	uint32 records;
	size_t chunks, room;
	char **chunk;
	CellsRow waiting[CELLS_WAITING];
	uint64 rows, looked_up, found, added; /* so far */
	int newest_period;                    /* of a row so far */
	size_t others;                        /* bytes of the cells of other cutoffs that are held, too */
};

static inline double *
record_at(const SequenceCells *cells, uint32 record)
{
	return (double *) (cells->chunk[record / USER_CHUNK] + record % USER_CHUNK * cells->stride);
}

static inline PeriodSum *
record_slot(const SequenceCells *cells, double *record)
{
	return (PeriodSum *) (record + cells->sums);
}

static inline int64 *
record_active(const SequenceCells *cells, double *record)
{
	return (int64 *) (record_slot(cells, record) + cells->slots);
}

static inline double *
user_sum(const SequenceCells *cells, uint32 user)
{
	return record_at(cells, cells->place[user].record);
}

static inline PeriodSum *
user_slot(const SequenceCells *cells, uint32 user)
{
	return record_slot(cells, user_sum(cells, user));
}

static inline const SequenceCells *
row_cells(const SequenceUsers *users, size_t i)
{
	return users->cells[users->at[i]];
}

static inline double *
row_sum(const SequenceUsers *users, size_t i)
{
	return user_sum(row_cells(users, i), users->in_cells[i]);
}

static inline PeriodSum *
row_slot(const SequenceUsers *users, size_t i)
{
	return user_slot(row_cells(users, i), users->in_cells[i]);
}

static inline TrendCell
period_cell(const PeriodSum *slot, uint32 index)
{
	return (TrendCell){.index = index,
					   .sum = slot->sum,
					   .rest = slot->rest,
					   .negative = (uint8_t) slot->negative,
					   .count = slot->count};
}

/* users_newest.c: a WindowNewest. A time that has not come yet says nothing of where the data end. */
extern bool cells_newest(void *cells, int64 *newest);

/* The moment as a time column of that type shows it; integers know none: the end of time. */
extern int64 time_shown(Oid type, TimestampTz moment);

/* users_only.c: ask for these users, and no others. */
extern void only_ask(SequenceCells *cells, const Datum *id, size_t n);

/* The parameters of the conditions below, ONLY_PARAMS of them; returns how many, none where everybody is read. */
#define ONLY_PARAMS 2
extern int only_params(Oid *type, Datum *value, const SequenceCells *cells);

/*
 * The conditions on rows of the source, and on those of another table by its column of ids: " AND " or " WHERE " and SQL, of
 * which the first parameter has number n; "" where all rows are read.
 */
extern const char *only_rows(const SequenceCells *cells, const char *before, int n);
extern const char *only_users(const SequenceCells *cells, const char *before, const SourceColumn *user,
							  int n);

/* users_changed.c: find `asked` and `since`, once the window is known. */
extern void changed_find(SequenceCells *cells, const ChangedSince *changed);

/* All who were read, and who were asked for. */
extern const IdMap *changed_looked_at(const SequenceCells *cells);

/* A SourceRow; value[]: user, time, then what there is of trend and label, then the features. */
extern void cells_read_row(void *cells, const Datum *value, const bool *isnull);

extern void cells_read_end(SequenceCells *cells);

extern size_t cells_memory(const SequenceCells *cells); /* bytes, with the others */

/* users_series.c: the same of sequence_column. */
extern SequenceCells *series_read(const SequenceRead *read);

/* Room for the next user, whose number in the map is the number of users so far. */
extern void cells_add_user(SequenceCells *cells);

/* A new record, of no row; its number. */
extern uint32 cells_add_record(SequenceCells *cells);

/* The first period with a value; the last one when there is none. */
extern size_t user_first(const SequenceCells *cells, const double *sum);

/* Fill in steps and longest. */
extern void users_count_steps(SequenceUsers *users);

/* users_expressions.c: check the expressions, before rows are read; fill in their values, once the users are known. */
extern void expressions_check(SequenceCells *cells);
extern void expressions_read(SequenceCells *cells);

/* A finite number; an error that names the feature, and the user. */
extern double cells_number(const SequenceCells *cells, const char *name, Oid type, Datum value, Datum id);

/* users_order.c: who is there at which cutoff, once all are read. */
extern void users_order(SequenceUsers *users);

/* users_outcome.c: check the expression before rows are read (NULL: of the first cutoff); what it says of each user. */
extern struct Outcome *outcome_create(const SequenceCells *cells, const struct Outcome *first);
extern void label_by_outcome(SequenceUsers *users, const NumberRanges *ranges, bool must);

/* users_numbers.c: the same of an outcome that is a number: users->number is known. must: in these ranges, and no others. */
extern void label_by_number(SequenceUsers *users, const NumberRanges *ranges, bool must);

/* Fill in classes, labels and their counts; see sequence_read(). */
extern void users_label(SequenceUsers *users, const SequenceRead *read);

#endif

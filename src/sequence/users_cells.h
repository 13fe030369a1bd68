/*
 * What sequence_read() knows of each user while rows come in. Private to sequence/users_*.c.
 */
#ifndef USERCLS_SEQUENCE_USERS_CELLS_H
#define USERCLS_SEQUENCE_USERS_CELLS_H

#include "sequence/classes.h"
#include "sequence/users.h"
#include "server/source.h"
#include "sequence/window.h"

/* A period's sum, what rounding took from it (labeler/pure/trend.h), and how many values it is of. */
typedef struct PeriodSum
{
	double sum;
	float rest;
	uint32_t count;
} PeriodSum;

/* Users come in chunks, so that growing copies nothing. */
#define USER_CHUNK 128

#define CELLS_WAITING 32       /* rows at most */
#define CELLS_LOOK_UP_AFTER 16 /* rows later the id is looked up */

/* A row that waits: see server/waiting.h. */
typedef struct CellsRow
{
	Datum id;
	uint64 hash;
	int64 time;
	uint32 user;  /* number in the map, once looked up */
	uint32 label; /* number of the value, IDMAP_NONE: null */
	int64 period;
	double *number; /* of trend_of if there is one, then of the features; NaN: null */
} CellsRow;

/*
 * What is known while rows come in. A user's record is
 *   double sum[before × F]         NaN: the period has no value
 *   PeriodSum slot[before + after] with trend_of
 *   ClassSeen seen                 with a label column that is read
 *   int64 exists                   0: no row before as_of
 */
struct SequenceCells
{
	const SequenceReading *reading;
	const char *relation; /* for messages */
	const char *what;
	SourceColumn user, time, trend, label, *feature;
	Window window;

	/* Rows after `latest` do not count: without as_of that is now, otherwise the end of time. */
	int64 latest;
	uint64 future; /* how many there were */

	MemoryContext context;
	IdMap *ids;
	ClassList *list; /* NULL: no label column */
	size_t sums, slots;
	size_t stride; /* bytes of a record */
	size_t chunks, room;
	char **chunk;
	CellsRow waiting[CELLS_WAITING];
	uint64 rows, looked_up, added; /* so far */
	uint32 *number;                /* N, once all are read: the record of user i in the final order */
};

static inline double *
user_sum(const SequenceCells *cells, uint32 user)
{
	return (double *) (cells->chunk[user / USER_CHUNK] + user % USER_CHUNK * cells->stride);
}

static inline PeriodSum *
user_slot(const SequenceCells *cells, uint32 user)
{
	return (PeriodSum *) (user_sum(cells, user) + cells->sums);
}

static inline ClassSeen *
user_seen(const SequenceCells *cells, uint32 user)
{
	return (ClassSeen *) (user_slot(cells, user) + cells->slots);
}

static inline int64 *
user_exists(const SequenceCells *cells, uint32 user)
{
	return (int64 *) (user_seen(cells, user) + (cells->list ? 1 : 0));
}

/* A SourceRow; value[]: user, time, then what there is of trend and label, then the features. */
extern void cells_read_row(void *cells, const Datum *value, const bool *isnull);
extern void cells_read_end(SequenceCells *cells);

extern size_t cells_memory(const SequenceCells *cells); /* bytes */

/* The first period with a value; the last one when there is none. */
extern size_t user_first(const SequenceCells *cells, const double *sum);

/* Fill in steps and longest. */
extern void users_count_steps(SequenceUsers *users);

/* Fill in classes, labels and their counts; see sequence_read(). */
extern void users_label(SequenceUsers *users, const char *const *classes, int C);

#endif

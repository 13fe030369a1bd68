/*
 * Sequences of users, read from a table or view.
 *
 *            window_periods              horizon_periods
 *   |--------|--------|--------|--------|--------|--------|
 *   ^ first                              ^ as_of           ^ end
 *
 * The features of a user are the sums of each column in each of the
 * window_periods before as_of: NaN where the period has no value. Empty periods
 * before the first value are no part of the sequence: predict() drops them, too.
 * A user whose rows all come before is there, and silent: his sequence is one
 * period without a value, as predict() makes of an array of nulls. Who has no
 * row before as_of does not exist yet, and is left out.
 *
 * The label is what is true horizon_periods later. trend_of: the trend of the
 * window_periods before `end`, so that with horizon 0 it is that of the window
 * that is read. label_column: the last value before `end` that is not null, in
 * the window or before. No row at or after as_of reaches a feature.
 *
 * outcome: what an aggregate expression says of the user's rows after as_of up to
 * `end`, or of no rows. There periods are closed: a row at as_of itself is one of
 * the window, and one at `end` of the outcome. No row after as_of reaches a feature.
 *
 * Without as_of the window is the latest one whose label is known: `end` (for
 * scoring, as_of) is the end of the last day of the data that is complete, or
 * for periods below a day, of the last complete period. The day of the newest
 * row is complete when that row is at its very beginning: dates are. For an
 * outcome it is that beginning itself. A row that
 * is later than now does not count; a notice says how many do not. A time that
 * is infinite is none.
 *
 * With cutoffs each user has a sequence for each of them at which he is there: all
 * of the above holds of each, and as_of is the newest.
 *
 * A time column of integers counts by itself: see sequence/window.h. It knows no now,
 * and an integer with a row is complete.
 *
 * Days and months are those of the source's time zone: while it is read, views
 * included, that zone is the session's.
 */
#ifndef USERCLS_SEQUENCE_USERS_H
#define USERCLS_SEQUENCE_USERS_H

#include "datatype/timestamp.h"
#include "utils/array.h"

#include "sequence/pure/dataset.h"
#include "sequence/pure/numbers.h"
#include "sequence/trend_labels.h"
#include "server/changed.h"
#include "server/idmap.h"
#include "server/request.h"
#include "server/split.h"

/* What to read: from the arguments of train_sequence, or from the stored spec of a version. */
typedef struct SequenceReading
{
	Oid relation;
	const char *user_column;
	const char *time_column;
	const char *sequence_column; /* of arrays, a row a user, in place of rows with a time; NULL */
	const char **features;
	bool *expression; /* F: whether it is an aggregate expression, and no column; NULL: none is */
	int F;
	const char *label_column; /* the label: one of these three; NULL: not this one */
	const char *trend_of;
	const char *outcome;      /* an aggregate expression */
	bool closed;              /* a row at as_of itself is one of the window */
	TrendLabels trend_labels; /* with trend_of */
	Interval period;
	int window_periods;
	int horizon_periods;
	const char *time_zone;   /* whose days and months these are; NULL: the session's, as in specs of old */
	bool active_only;        /* leave silent users out */
	Oid users;               /* the table of users; InvalidOid: there is none */
	const char **attributes; /* A columns of it */
	int A;
} SequenceReading;

/* Several moments to read up to. */
typedef struct SequenceCutoffs
{
	int n;           /* 0: as_of alone */
	TimestampTz *at; /* rising; NULL: counted back from as_of */
	Interval every;  /* then, that far apart */
} SequenceCutoffs;

#define CUTOFFS_MAX 1000

typedef enum SequenceLabels
{
	SEQUENCE_UNLABELED, /* for scoring: read up to as_of */
	SEQUENCE_LABELED
} SequenceLabels;

typedef struct SequenceCells SequenceCells;
typedef struct UserAttributes UserAttributes;

/*
 * Sequences of users in an order that depends on their ids alone, those of a user by cutoff. Belongs to the memory context
 * of sequence_read(). N counts sequences: with one cutoff, users.
 */
typedef struct SequenceUsers
{
	size_t N, F;
	size_t steps;      /* of all users */
	size_t longest;    /* steps of a user */
	TimestampTz as_of; /* the newest cutoff */
	int cutoffs;
	TimestampTz *cutoff; /* rising */
	uint16 *at;          /* N: number of its cutoff */
	uint32 *in_cells;    /* N: number of the user, among those read up to that cutoff */
	size_t active;       /* users with a row in the periods before as_of */
	size_t
		silent; /* all of whose rows come before these; with active_only counted if `whole`, but no users */
	Oid id_type;
	Datum *id;     /* N */
	uint64 *hash;  /* N: idmap_hash of the id; who is held out depends on it */
	size_t memory; /* bytes that all this takes */

	/* With labels only. */
	int C;
	const char **classes; /* that occur, by the order of their type; trends from worst to best */
	int32_t *label;       /* N: class, -1: not known */
	int32_t *carried;     /* N: class of the trend of the window that is read, -1: none of C; NULL for a label
							 column */
	int64 *users;         /* C: users of each class */
	double *number;       /* N: the outcome where it is a number, NaN: not known; NULL: it is none */
	NumberRanges *ranges; /* that are the classes then */

	const IdMap
		*looked_at; /* with `changed`: all who were read, those included who are not there (any more) */
	SequenceCells **cells;       /* of each cutoff, as the rows were read; see users_cells.h */
	UserAttributes **attributes; /* of each cutoff; see users_attributes.h. NULL: none were asked for */
} SequenceUsers;

/* What is read, and how strictly. */
typedef struct SequenceRead
{
	const SequenceReading *reading;
	const TimestampTz *as_of;       /* NULL: the latest possible */
	const SequenceCutoffs *cutoffs; /* NULL: as_of alone; those that are listed need no as_of */
	SequenceLabels labels;
	const char *const *classes; /* C; NULL: those that are found. A label that is none of them is -1 */
	int C;
	const NumberRanges *ranges; /* the classes of a number; NULL: as the numbers are found */
	bool whole;                 /* an error when row security would hide rows */
	const Datum *only; /* n_only ids of the type of the source's: nobody else is read; NULL: everybody is */
	size_t n_only;
	const ChangedSince *changed; /* NULL; or those alone whose sequences new rows may have changed */
	const char *what; /* the work, in errors about memory, which is checked while it grows: "training" */
} SequenceRead;

/* Read all users. */
extern SequenceUsers *sequence_read(const SequenceRead *read);

/* The zone whose days and months the periods are, until AtEOXact_GUC(true, what this returns). */
extern int sequence_enter_time_zone(const SequenceReading *reading);

/* Fill in periods, and features that are not named, by the arrays of sequence_column. */
extern void series_measure(SequenceReading *reading);

/* The newest moment of which the label of a training is known, or, unlabeled, up to which there are rows. */
extern TimestampTz sequence_latest(const SequenceReading *reading, SequenceLabels labels);

/* The newest moment that was read up to, for messages. */
extern const char *sequence_as_of_text(const SequenceUsers *users);

/* Say how many users are silent, and what becomes of them. */
extern void sequence_notice_silent(const SequenceReading *reading, const SequenceUsers *users);

/* Whom to hold out of a training: each user with all his sequences, or everybody at the newest cutoffs. */
extern Split sequence_split(const SequenceUsers *users, const Validation *validation, int64 seed,
							const Split *begun);

/*
 * Keep the sequences whose label is known, and put those that are held out first: returns how many. Of a split by time
 * those are left out whose label is not known before the first cutoff that is held out.
 */
extern size_t sequence_hold_out(SequenceUsers *users, const Split *split);

/* Keep m of the first n sequences, evenly, and no others; m <= n. */
extern void sequence_thin(SequenceUsers *users, size_t n, size_t m);

/* How many users the sequences from .. from + n - 1 are of; user: n, the number of each one's user from 0 on; NULL: not asked. */
extern size_t sequence_count_users(uint32 *user, const SequenceUsers *users, size_t from, size_t n);

/* Write the sequences: start[N + 1], value[steps × F]. */
extern void sequence_fill(const SequenceUsers *users, size_t *start, float *value);

/* The same for the n users from `from` on, as a set of their own: start[n + 1], value[at most n × longest ×
 * F]. */
extern void sequence_fill_part(const SequenceUsers *users, size_t from, size_t n, size_t *start,
							   float *value);

/* The whole window of user i, periods × features, null where a period has no value: as predict() takes it. */
extern ArrayType *sequence_array(const SequenceUsers *users, size_t i);

/* Periods of the window; and all of them of user i, W × F: NaN where a period has no value. */
extern size_t sequence_window_periods(const SequenceUsers *users);
extern void sequence_window(const SequenceUsers *users, size_t i, float *value);

/* When a period of user i begins; false: sequences have no times. */
extern bool sequence_period_start(TimestampTz *start, const SequenceUsers *users, size_t i, size_t period);

/* The same for people: its date in the session's time zone; the integer; without times its number, from 1. */
extern const char *sequence_period_name(const SequenceUsers *users, size_t i, size_t period);
extern bool sequence_has_dates(const SequenceUsers *users);

/* How trend_of moved in the window_periods before as_of for user i; room: twice as many numbers. */
extern SignScore sequence_trend_score(const SequenceUsers *users, size_t i, TrendMeasure measure,
									  double *room);

/* A usercls.trend of trend_of in the window_periods before as_of for user i; NULL without trend_of. */
extern struct varlena *sequence_trend(const SequenceUsers *users, size_t i);

#endif

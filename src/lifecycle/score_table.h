/*
 * The table that refresh_scores() keeps: plain columns, one row for each user.
 */
#ifndef USERCLS_LIFECYCLE_SCORE_TABLE_H
#define USERCLS_LIFECYCLE_SCORE_TABLE_H

#include "utils/builtins.h"

#include "registry/registry.h"

typedef struct ScoreTable
{
	const Model *model;
	Oid relation;
	const char *name; /* qualified and quoted */
	Oid id_type;
	int16 id_length;
	bool id_by_value;
	char id_align;
	const ScoreColumn *column; /* of column 1 on; column 0 is user_id */
	int columns;               /* with user_id */
	int32 version;
	const char *select; /* $1 model, $2 as_of, $3 threshold: user_id and the columns */
	bool of_some;       /* select gives some users: ranks are null, and are written by score_table_rank() */
	const char **stale; /* columns that the model says nothing about any more, quoted */
	int stales;
} ScoreTable;

static inline const char *
score_column_quoted(const ScoreColumn *column)
{
	return quote_identifier(column->name);
}

/* The place of a column of that name among the arrays of a batch. */
extern int score_table_place(const ScoreTable *table, const char *name);

/* Users. */
typedef struct ScoreIds
{
	Datum *id;
	size_t n;
} ScoreIds;

/*
 * Make the table when there is none, and add the columns that it lacks; an error when there is something else of that
 * name. False: neither was needed.
 */
extern bool score_table_prepare(const char *target, const Model *model, const ScoreChoice *choice);

/* The type of its user ids, before there is one. */
extern Oid score_table_id_type(const Model *model);

extern ScoreTable *score_table_open(const char *target, const Model *model, const ScoreChoice *choice);

/* Select from rows of that name, which are those of some users. */
extern void score_table_select_some(ScoreTable *table, const char *rows);

/*
 * Whether all rows say what this version says with this choice; if not, a refresh of some users would leave the others as
 * they are.
 */
extern bool score_table_is_of(const ScoreTable *table, const ScoreChoice *choice);

/* Raises when the current user could not write the table at all: before long work, and before he holds others up. */
extern void score_table_check_writer(const ScoreTable *table);

/* Run SQL on the table as score_writer.h says; returns SPI_processed. also: another table that it writes, or InvalidOid. */
extern uint64 score_table_execute(const ScoreTable *table, Oid also, const char *sql, int n, const Oid *type,
								  const Datum *value);

/* A copy of a user id, in the current memory context. */
extern Datum score_table_copy_id(const ScoreTable *table, Datum id);

/* n values of column c as an array. */
extern Datum score_table_array(const ScoreTable *table, int c, Datum *value, bool *null, int n);

/* Insert users, and change the rows of those whose scores changed; array: one for each column. Returns how
 * many. */
extern uint64 score_table_upsert(const ScoreTable *table, const Datum *array);

/* Bring the ranks up to date, which depend on all users; returns how many rows were changed. */
extern uint64 score_table_rank(const ScoreTable *table);

/* These ids as an array. */
extern Datum score_table_id_array(const ScoreTable *table, const ScoreIds *ids);

/*
 * How many users there are beside those that were scored, and if there are any, of how many; looked_at: only of these,
 * NULL: of all.
 */
extern uint64 score_table_count_others(const ScoreTable *table, const ScoreIds *scored,
									   const ScoreIds *looked_at, uint64 *users);

/* Delete these; returns how many. */
extern uint64 score_table_remove_others(const ScoreTable *table, const ScoreIds *scored,
										const ScoreIds *looked_at);

#endif

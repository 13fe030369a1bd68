/*
 * The table that refresh_scores() keeps: plain columns, one row for each user.
 */
#ifndef USERCLS_LIFECYCLE_SCORE_TABLE_H
#define USERCLS_LIFECYCLE_SCORE_TABLE_H

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
	const char **stale; /* columns that the model says nothing about any more, quoted */
	int stales;
} ScoreTable;

/*
 * Make the table when there is none, and add the columns that it lacks; an error when there is something else of that
 * name.
 */
extern void score_table_prepare(const char *target, const Model *model, const ScoreChoice *choice);

/* The type of its user ids, before there is one. */
extern Oid score_table_id_type(const Model *model);

extern ScoreTable *score_table_open(const char *target, const Model *model, const ScoreChoice *choice);

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

/* These ids as an array. */
extern Datum score_table_id_array(const ScoreTable *table, Datum *id, size_t n);

/* How many users there are beside these, of how many. */
extern uint64 score_table_count_others(const ScoreTable *table, Datum *id, size_t n, uint64 *users);

/* Delete all users but these; returns how many. */
extern uint64 score_table_remove_others(const ScoreTable *table, Datum *id, size_t n);

#endif

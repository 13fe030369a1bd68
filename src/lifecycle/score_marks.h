/*
 * Who enters and who leaves the mark in a refresh: for the notification, and for the outbox.
 *
 *   score_outbox_prepare(outbox, id_type);               once, beside score_table_prepare()
 *   score_marks_begin(&marks, table, outbox, marks_now);
 *   score_marks_batch(&marks, array);                    before score_table_upsert() of the same rows
 *   score_marks_removed(&marks, &scored, looked_at);     before score_table_remove_others() of the same users
 *   score_marks_put(&marks, &build);
 *
 * A row of the outbox is written in the transaction that changes the mark: it is there when, and only when, the
 * table of scores says so.
 */
#ifndef USERCLS_LIFECYCLE_SCORE_MARKS_H
#define USERCLS_LIFECYCLE_SCORE_MARKS_H

#include "server/jsonbuild.h"
#include "lifecycle/score_table.h"

typedef struct ScoreMarks
{
	const ScoreTable *table;
	Oid outbox_relation; /* InvalidOid: none */
	const char *outbox;  /* qualified and quoted */
	bool watched;        /* somebody is marked, or may be after this */
	uint64 count[2];     /* users who left, and who entered */

	/* Their ids, in the notification, as far as there is room. */
	const char **id[2];
	int ids[2];
	size_t bytes;
	MemoryContext context;
} ScoreMarks;

/* Make the table when there is none; an error when there is something else of that name. NULL: nothing to do. */
extern void score_outbox_prepare(const char *outbox, Oid id_type);

extern void score_marks_begin(ScoreMarks *marks, const ScoreTable *table, const char *outbox, bool marks_now);
extern void score_marks_batch(ScoreMarks *marks, const Datum *array);
extern void score_marks_removed(ScoreMarks *marks, const ScoreIds *scored, const ScoreIds *looked_at);
extern void score_marks_put(const ScoreMarks *marks, JsonbBuild *build);

#endif

/*
 * Rows that came into users' tables since a moment, and whose they are.
 */
#ifndef USERCLS_SERVER_CHANGED_H
#define USERCLS_SERVER_CHANGED_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "access/tupdesc.h"
#include "utils/tuplestore.h"

#include "server/idmap.h"
#include "server/source.h"
#include "server/userid.h"

/* Which rows are new. */
typedef struct ChangedSince
{
	TimestampTz moment;
	const char *column; /* that says when a row came in; NULL: none was named */
} ChangedSince;

/* What a model says of the users whose scores these rows may have changed. */
typedef struct ChangedScores
{
	Tuplestorestate *rows;
	TupleDesc desc;
	Datum *looked_at; /* all users who were, those included of whom there is no row: they are gone */
	size_t n;
} ChangedScores;

/* None so far, in the current memory context. */
extern ChangedScores *changed_scores(TupleDesc desc);

/* The first n ids of a map are users who were looked at; `as`: how they are shown. */
extern void changed_scores_look_at(ChangedScores *scores, const IdMap *ids, uint32 n, const UserIdOutput *as);

/* The relation's column of that name; false: it has none. An error when it is no date or time. */
extern bool changed_column(SourceColumn *column, Oid relation, const char *name);

/* The moment as a value of the column's type: that of a date is its day. */
extern Datum changed_moment(const SourceColumn *column, TimestampTz moment);

/* Add the ids of rows that came in since; id: SQL over the relation's columns. Rows without an id add none. */
extern void changed_ids(IdMap *ids, Oid relation, const char *id, const SourceColumn *came,
						TimestampTz moment);

/* A NOTICE that rows of the relation, which lacks the column, are taken for unchanged. */
extern void changed_notice_unseen(Oid relation, const char *column);

#endif

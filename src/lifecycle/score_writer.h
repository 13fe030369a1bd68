/*
 * As whom refresh_scores() writes a table of scores.
 *
 * A table runs code of its owner on whoever writes it: triggers, rules, policies, defaults, checks. So we write as the
 * owner, in a security-restricted operation, as logical replication does; a caller who could not become the owner
 * writes as himself, and only where the owner is one whose code the model may run anyway: who administers it.
 */
#ifndef USERCLS_LIFECYCLE_SCORE_WRITER_H
#define USERCLS_LIFECYCLE_SCORE_WRITER_H

#include "registry/registry.h"

typedef struct ScoreWriter
{
	Oid user;
	int sec_context;
} ScoreWriter;

/*
 * Lock the table for writing until the transaction ends, and become who writes it; an error when nobody may. An error
 * in between restores the user. name: for messages, qualified and quoted.
 */
extern void score_writer_enter(ScoreWriter *before, Oid relation, const char *name, const Model *model);
/* Between the two: whoever writes may write this table, too; it belongs to him, or to who administers the model. */
extern void score_writer_check(Oid relation, const char *name, const Model *model);

extern void score_writer_leave(const ScoreWriter *before);

#endif

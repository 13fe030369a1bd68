/*
 * All users of a model's own source, scored in batches: for classify_users() and refresh_scores().
 */
#ifndef USERCLS_SEQUENCE_CLASSIFY_USERS_H
#define USERCLS_SEQUENCE_CLASSIFY_USERS_H

#include "fmgr.h"

#include "nn/real.h"
#include "registry/registry.h"
#include "server/changed.h"
#include "sequence/users.h"
#include "sequence/stored.h"

typedef struct ClassifiedUsers
{
	const SequenceModel *model;
	SequenceReading reading;
	SequenceUsers *users;
	real *prob;      /* N × C */
	int32_t *label;  /* N */
	uint32_t *order; /* N: class by class, the surest of each first */
	uint32_t *rank;  /* N: of user i within its class, from 1; equal probabilities share a rank */
} ClassifiedUsers;

/*
 * The model and its users, not scored yet: prob, label, order and rank are NULL. read says whom and up to when; reading and
 * labels are filled in. As classify_users() in all else.
 */
extern ClassifiedUsers *classify_users_read(const Model *version, SequenceRead read);

/*
 * as_of NULL: the latest possible. changed: as in SequenceRead, and ranks are those among the users that are read; NULL: all
 * users. In the current memory context.
 */
extern ClassifiedUsers *classify_users(const Model *version, const TimestampTz *as_of,
									   const ChangedSince *changed);

/* Of sequence_kind: see registry/model_kind.h. */
extern ChangedScores *classified_changed(const Model *version, const ChangedSince *changed, Oid id_type,
										 const ScoreChoice *choice);

#endif

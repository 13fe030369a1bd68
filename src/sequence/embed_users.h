/*
 * What the head of a sequence model reads of the users in the model's own table: features for models of other kinds.
 */
#ifndef USERCLS_SEQUENCE_EMBED_USERS_H
#define USERCLS_SEQUENCE_EMBED_USERS_H

#include "datatype/timestamp.h"

#include "nn/real.h"
#include "registry/registry.h"
#include "server/idmap.h"

typedef struct EmbeddedUsers
{
	size_t width;      /* numbers of a user */
	IdMap *ids;        /* of the table's type: the number of a user is that of his row */
	real *value;       /* users × width */
	TimestampTz as_of; /* up to when their rows were read */
	size_t memory;     /* bytes */
} EmbeddedUsers;

/* Which users, and when; in the current memory context. */
typedef struct EmbedRequest
{
	const Model *version;     /* of a sequence model */
	const TimestampTz *as_of; /* NULL: the end of the data, as for classify_users() */
	const Datum *only;        /* n ids of the table's type; NULL: everybody */
	size_t n;
	bool whole;       /* an error when row security would hide rows */
	size_t held;      /* bytes that the caller holds, and */
	const char *what; /* the work, in errors about memory: "training" */
} EmbedRequest;

/* The promoted version; an error when the user may not score with it, and when it is of another kind. */
extern const Model *embed_promoted(const char *model);

/* A version by its number, promoted or not; NULL: the model has it no longer. Errors as above. */
extern const Model *embed_version(const char *model, int32 version);

extern size_t embed_width(const Model *version);
extern Oid embed_id_type(const Model *version);

/* Whether its sequences have times: those that stand in one row each have none. */
extern bool embed_has_times(const Model *version);

/* Whether users are read far beyond the end of the data, *end: by more than a day, or a period that is shorter. */
extern bool embed_is_beyond(TimestampTz *end, const Model *version, TimestampTz as_of);

/* Those of them who are in the table before as_of. Its sources must be approved, and the user may read them. */
extern EmbeddedUsers *embed_users(const EmbedRequest *request);

#endif

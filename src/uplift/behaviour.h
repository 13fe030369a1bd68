/*
 * Behaviour: what a sequence model reads of each user, as inputs of an uplift network.
 *
 * A training takes the version of the sequence model that is promoted then, and records it with the digest of its weights: a
 * network that has learned what its numbers mean reads no other version's. In the experiment users are read up to the
 * request's as_of, before the treatment, and to score them up to the end of the data. Who has no row before is not known.
 */
#ifndef USERCLS_UPLIFT_BEHAVIOUR_H
#define USERCLS_UPLIFT_BEHAVIOUR_H

#include "server/idmap.h"
#include "uplift/graphload.h"
#include "uplift/inputs.h"
#include "uplift/request.h"

/* The column of which these inputs are, by its name in results. */
#define BEHAVIOUR_COLUMN "behaviour"

/* Record the promoted version, unless the request goes on with one; errors of it and of as_of, before long work. */
extern void behaviour_begin(UpliftRequest *request);

/* Say in a NOTICE by which version users were read, up to when, and how many of N are not known. */
extern void behaviour_tell(const UpliftRequest *request, size_t N, size_t unknown);

/* Whether a version of that spec (NULL: it has none) reads what the request reads. */
extern bool behaviour_goes_on(const UpliftRequest *request, const Jsonb *spec);

/* Read what that spec says, at the request's own as_of; an obstacle, as a clause, where that cannot be, otherwise NULL. */
extern const char *behaviour_take(UpliftRequest *request, const Jsonb *spec);

/* How many inputs it has; 0: the request has no behaviour. */
extern int behaviour_width(const UpliftRequest *request);

/* The users to fill in, and the time that their behaviour is read up to. */
typedef struct BehaviourFill
{
	const UpliftRequest *request;
	const UpliftInputs *inputs;
	bool now;        /* up to the end of the data; otherwise up to the request's as_of */
	float *feature;  /* N × F */
	const Datum *id; /* N, of the type of the users' ids */
	size_t N;
	Oid id_type;
	bool few;          /* look these up alone */
	bool whole;        /* an error when row security would hide rows */
	size_t held;       /* bytes that the caller holds, and */
	const char *what;  /* the work, in errors about memory */
	size_t *not_known; /* users who have no row; NULL: not asked */
	size_t *memory;    /* bytes that it took; NULL: not asked */
} BehaviourFill;

/* Write the inputs of behaviour, NaN of users without rows. Nothing where the inputs have none. */
extern void behaviour_fill(const BehaviourFill *fill);

/* The same for the users of a graph. */
extern void behaviour_load(UserGraph *users, const GraphLoad *load);

#endif

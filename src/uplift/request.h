/*
 * What an uplift model is trained on: the arguments of train_uplift.
 *
 * A version stores them as jsonb under the arguments' names, so that scoring
 * reads the same tables and retrain() can repeat the call.
 */
#ifndef USERCLS_UPLIFT_REQUEST_H
#define USERCLS_UPLIFT_REQUEST_H

#include "fmgr.h"
#include "utils/jsonb.h"

#include "registry/registry.h"
#include "work/train.h"
#include "server/split.h"
#include "uplift/pure/net.h"

typedef struct UpliftRequest
{
	Oid users;
	Oid edges; /* InvalidOid: an experiment without a graph */
	const char *user_column;
	const char *treatment_column;
	const char *control; /* its value for who was not treated; NULL: it says yes or no */
	const char *outcome_column;
	const char
		*propensity_column; /* NULL: one propensity for all; with control the chance of a user's own arm */
	const char **feature;   /* F names, in the order of the network's inputs */
	int F;
	const char *behaviour;        /* a sequence model that reads the users, too; NULL: none */
	int32 behaviour_version;      /* of it: 0 until a training records the promoted one */
	const char *behaviour_digest; /* SHA-256 of that version's weights, in hex */
	bool has_as_of;               /* up to when it reads users of the experiment */
	TimestampTz as_of;
	const char *left_out, *codes; /* of features by default, for notices; NULL: nothing to say */
	const char *source_column;
	const char *target_column;
	const char *weight_column;   /* NULL: every edge counts the same */
	const char *relation_column; /* NULL: every edge is of the same kind */
	bool directed;
	double held_out_share;
	Split split; /* who is held out: of a stored training; for a new one the training makes it */
	UpliftConfig config;
	int64 seed;
	int warm_start; /* version, 0: none */
} UpliftRequest;

/* The arguments of train_uplift from `users` to `warm_start`. Everything that can be wrong before a table is read is an error. */
extern UpliftRequest *uplift_request_from_args(TrainRun *run, FunctionCallInfo fcinfo);

extern Jsonb *uplift_request_write(const UpliftRequest *request);

/* The reverse; an error when a table no longer exists. */
extern UpliftRequest *uplift_request_read(const Jsonb *stored);

/* That of a version; an error when it was imported, and so has no tables. */
extern UpliftRequest *uplift_request_of(const Model *model);

#endif

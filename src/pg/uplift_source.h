/*
 * What an uplift model is trained on: the arguments of train_uplift.
 *
 * A version stores them as jsonb under the arguments' names, so that scoring
 * reads the same tables and retrain() can repeat the call.
 */
#ifndef USERCLS_PG_UPLIFT_SOURCE_H
#define USERCLS_PG_UPLIFT_SOURCE_H

#include "utils/jsonb.h"

#include "model/uplift.h"
#include "pg/registry.h"

typedef struct UpliftSource
{
	Oid users;
	Oid edges;
	char *user_column;
	char *treatment_column;
	char *outcome_column;
	char *propensity_column; /* NULL: one propensity for all */
	char **feature;          /* F names, in the order of the network's inputs */
	int F;
	char *source_column;
	char *target_column;
	char *weight_column; /* NULL: every edge counts the same */
	bool directed;
	double held_out_share;
	UpliftConfig config;
	int64 seed;
	int warm_start; /* version, 0: none */
} UpliftSource;

/* The features that are meant when none are named: every number of the users table that has no other role. */
extern void uplift_source_features(UpliftSource *source);

/* held_out_share from {"method": "random" | "none", "share": 0.2}. */
extern void uplift_source_validation(UpliftSource *source, const Jsonb *validation);

extern Jsonb *uplift_source_write(const UpliftSource *source);

/* The reverse; an error when a table no longer exists. */
extern UpliftSource *uplift_source_read(const Jsonb *stored);

/* That of a version; an error when it was imported, and so has no tables. */
extern UpliftSource *uplift_source_of(const Model *model);

#endif

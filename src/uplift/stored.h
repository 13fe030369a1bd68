/*
 * An uplift model in the form that scores, and the scores of a whole graph.
 */
#ifndef USERCLS_UPLIFT_STORED_H
#define USERCLS_UPLIFT_STORED_H

#include "uplift/pure/score.h"
#include "uplift/graphload.h"
#include "registry/modelcache.h"
#include "work/runner.h"

typedef struct UpliftModel
{
	UpliftNet net;
	char **feature; /* net.F names */
	real *w;        /* net.networks × net.total */
	double
		average_effect; /* of the best single treatment, in the experiment of the training; 0 where it is not known */
	const UpliftArms *arms;
	const UpliftRelations *relations;
} UpliftModel;

extern const ModelKind uplift_kind;

/* uplift_kind.decode: the model that a safetensors file holds. */
extern void *uplift_model_decode(const void *bytes, size_t size, const char *model, int32 version);

/* The safetensors file of a model. */
extern bytea *uplift_model_encode(const UpliftModel *model, const ParamTable *params);

/* Scores of all nodes by each treatment, one after the other, in the current memory context. Runs on training_workers; checks usercls.max_memory. */
extern UpliftScore *uplift_of_users(const UpliftModel *model, const UserGraph *users,
									const UpliftRequest *from, GraphCounts *counts);

#endif

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
	char **feature;        /* net.F names */
	real *w;               /* net.total */
	double average_effect; /* that the experiment of the training measured; 0 where it is not known */
} UpliftModel;

extern const ModelKind uplift_kind;

/* Of uplift_kind. */
extern void *uplift_model_decode(const void *bytes, size_t size, const char *model, int32 version);

/* The safetensors file of a model. */
extern bytea *uplift_model_encode(const UpliftModel *model, const ParamTable *params);

/*
 * The decision that the arguments value and cost ask for. Both null: to treat those whose uplift is above the average
 * effect. One null: a value of 1, a cost of 0.
 */
extern UpliftDecision uplift_decision(FunctionCallInfo fcinfo, int arg_value, int arg_cost,
									  const UpliftModel *model);

/* The same where nothing is asked for. */
extern UpliftDecision uplift_decision_by_average(const UpliftModel *model);

/* Scores of all nodes, in the current memory context. Runs on training_workers; checks usercls.max_memory. */
extern UpliftScore *uplift_of_users(const UpliftModel *model, const UserGraph *users,
									const UpliftRequest *from, GraphCounts *counts);

/* The four columns p_first, p_second, uplift, segment; null is what the estimator does not say. */
extern void uplift_put_score(Datum *value, bool *isnull, const UpliftScore *score, bool treated);

#endif

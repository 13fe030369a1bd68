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
	real *w;        /* net.total */
} UpliftModel;

extern const ModelKind uplift_kind;

/* Of uplift_kind. */
extern void *uplift_model_decode(const void *bytes, size_t size, const char *model, int32 version);

/* The safetensors file of a network. */
extern bytea *uplift_model_encode(const UpliftNet *net, const ParamTable *params, const real *w,
								  char **feature);

/* Scores of all nodes, in the current memory context. Runs on training_workers; checks usercls.max_memory. */
extern UpliftScore *uplift_of_users(const UpliftModel *model, const UserGraph *users,
									const UpliftRequest *from, GraphCounts *counts);

/* The values of the enum usercls.uplift_segment, by UpliftSegment. */
typedef struct UpliftSegments
{
	Oid value[SEGMENT_NONE];
} UpliftSegments;

extern UpliftSegments uplift_segments(void);

/* The four columns p_first, p_second, uplift, segment; null is what the estimator does not say. */
extern void uplift_put_score(Datum *value, bool *isnull, const UpliftScore *score,
							 const UpliftSegments *segments);

#endif

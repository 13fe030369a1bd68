/*
 * Scores of a whole graph, network by network and layer by layer, as a Job; also of one user.
 *
 * Use: upliftscore_carve over a measuring arena and again over the block, build
 * task->graph, fill task->feature and weights, run the job to its end, read
 * upliftscore_get for each node. Other workers carve the same block.
 *
 * For one user, give the nodes within L edges of it as a graph of their own,
 * sorted by distance with the user as node 0, and `reach`: reach[l] = nodes
 * whose state after l layers matters, i.e. those within L - l edges (reach[0] = N,
 * reach[L] = 1). The edges of the farthest are of no use.
 */
#ifndef USERCLS_UPLIFT_PURE_SCORE_H
#define USERCLS_UPLIFT_PURE_SCORE_H

#include "uplift/pure/graph.h"
#include "model/job.h"
#include "uplift/pure/net.h"
#include "uplift/pure/net_pass.h"

/* Flat. */
typedef struct UpliftScoreSetup
{
	UpliftConfig config;
	GraphSetup graph;
	size_t F;
	size_t treatments; /* arms beside the control; 0 is 1 */
	bool near;         /* reach holds: only nodes 0 .. reach[L] - 1 get an answer */
	size_t reach[UPLIFT_LAYERS_MAX + 1];
	bool own_weights; /* carve room for the weights; otherwise the caller sets the pointer */
} UpliftScoreSetup;

/* Private to each process; what it points to may be shared. */
typedef struct UpliftScoreTask
{
	UpliftScoreSetup setup;
	UpliftNet net;
	Graph graph;
	float *feature; /* N × F, NaN = missing */
	real *weights;  /* networks × net.total; only read */

	UpliftRows rows;
	real *logit;     /* networks × N × C */
	real *attention; /* networks × N, with setup.near: node 0's shares of each neighbour */
	size_t *range;
	struct UpliftScoreState *state;
	bool started;  /* in the leader, which alone calls next */
	char *scratch; /* a piece for each worker */
	size_t scratch_size;
} UpliftScoreTask;

extern void upliftscore_carve(UpliftScoreTask *task, Arena *arena, const UpliftScoreSetup *setup,
							  int workers);
extern size_t upliftscore_next(void *task);
extern void upliftscore_run(void *task, size_t item, int worker);
extern Job upliftscore_job(UpliftScoreTask *task);

/* To run the job once more, with other features. */
extern void upliftscore_restart(UpliftScoreTask *task);

/*
 * With setup.near, after the job: how much node 0 listens to each of its neighbours in the last layer, in the order of
 * graph.in, as shares, of each relation alone; of an ensemble the mean of its networks. False: they do not attend.
 */
extern bool upliftscore_attention(real *share, const UpliftScoreTask *task);

/* Answer of a node for a treatment, from 1 on, after the job: of an ensemble the mean of its networks. */
extern UpliftScore upliftscore_get(const UpliftScoreTask *task, size_t node, size_t treatment);

#endif

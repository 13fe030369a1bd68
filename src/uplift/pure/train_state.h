/* The running training of an uplift network: what train.c and train_epoch.c decide, and train_item.c works on. */
#ifndef USERCLS_UPLIFT_PURE_TRAIN_STATE_H
#define USERCLS_UPLIFT_PURE_TRAIN_STATE_H

#include "uplift/pure/loss.h"
#include "uplift/pure/train.h"

enum
{
	STAGE_MEAN,   /* of features */
	STAGE_SCALE,  /* their spread around it */
	STAGE_COUNT,  /* users of the experiment, by part and arm */
	STAGE_SHARE,  /* what heads that know no features would say */
	STAGE_SPREAD, /* of a linear path: a level of what it reads */
	STAGE_FIT,    /* its weights, a step */
	STAGE_APPLY,  /* what it adds to the logits */
	STAGE_EPOCH,  /* again and again */
	STAGE_DONE
};

/* Doubles that a lane adds up, beside its gradient. */
enum
{
	SUM_TRAIN_LOSS,
	SUM_VALID_LOSS,
	SUM_BASELINE_LOSS,
	SUM_PREDICTED,
	SUM_PROPENSITY,
	SUM_OUTCOME, /* of users learned from */
	SUM_SQUARE,  /* of these outcomes */
	SUM_FIXED    /* how many there are, whatever the network is */
};

struct UpliftState
{
	int stage;
	size_t step;           /* of STAGE_EPOCH: see epoch_run() */
	bool evaluating;       /* a pass that only measures, without dropout and without gradients */
	size_t batch, batches; /* of the running pass; the whole graph is one */
	size_t batch_users;    /* that it is drawn around: its first nodes */
	size_t batch_first;    /* where they are listed in task->user */
	size_t updates;        /* of the weights */
	double train_loss;     /* of the pass that made the last one */
	size_t ranges;
	size_t first; /* range of the running phase */
	int waited;   /* epochs since the best one */
	bool stop;    /* was asked for */
	uint32_t key; /* of dropout in the running epoch */
	double best;  /* what is monitored, lower is better */
	double outcome_mean, outcome_scale;
	real constant[UPLIFT_TREATMENTS_MAX + 1]; /* logits of heads that know no features */
	UpliftResult result;
};

/* Input channels that have a mean and a scale. */
static inline size_t
scaled_channels(const UpliftNet *net)
{
	return net->F + (net->config.log_degree ? net->R : 0);
}

/* And behind SUM_FIXED: C weights of the heads' users, and C of what these are told. */
static inline size_t
sum_used(size_t head)
{
	return SUM_FIXED + head;
}

static inline size_t
sum_target(const UpliftNet *net, size_t head)
{
	return SUM_FIXED + net->C + head;
}

/* Users of an arm that are learned from, or held out. */
static inline size_t
sum_users(const UpliftNet *net, bool held_out, size_t arm)
{
	return SUM_FIXED + 2 * net->C + (net->treatments + 1) * held_out + arm;
}

/* Of an input channel two: how many values there are, and their sum or that of their squares. */
static inline size_t
sum_feature(const UpliftNet *net, size_t channel)
{
	return SUM_FIXED + 2 * net->C + 2 * (net->treatments + 1) + 2 * channel;
}

/* The weight of all edges of a relation. */
static inline size_t
sum_weight(const UpliftNet *net, size_t relation)
{
	return sum_feature(net, scaled_channels(net)) + relation;
}

/* Behind these what the fit of a linear path adds up. */
static inline size_t
sum_fit(const UpliftNet *net)
{
	return sum_weight(net, net->R);
}

/* Without edges a range goes forward and back at once: lanes of a batch, and rows of a lane. */
#define ALONE_LANES 8
#define ALONE_ROWS (UPLIFT_BATCH_MAX / ALONE_LANES)

/* Nobody has neighbours: a row needs no other one, and there is no graph in memory. */
static inline bool
uplifttrain_alone(const UpliftTask *task)
{
	return task->setup.graph.E == 0 && task->net.R == 1;
}

/* Of a pass: forward through 2L steps, and when it trains back through 2L - 1. */
static inline size_t
row_steps(const UpliftTask *task)
{
	return task->state->evaluating ? 2 * task->net.L : 4 * task->net.L - 1;
}

/* The steps that all rows take together. */
static inline size_t
epoch_steps(const UpliftTask *task)
{
	return uplifttrain_alone(task) ? 1 : row_steps(task);
}

/*
 * Held-out users whose Qini is measured after each epoch, at most: sorting more would take too long for one step. Of
 * more of them every second, third, ... counts.
 */
#define UPLIFT_QINI_USERS ((size_t) 1 << 18)

static inline size_t
uplifttrain_qini_room(size_t N)
{
	return N < UPLIFT_QINI_USERS ? N : UPLIFT_QINI_USERS;
}

/* Numbers in the whole graph of the rows of the running batch; NULL: the rows are those of the whole graph. */
static inline const uint32_t *
batch_node(const UpliftTask *task)
{
	if (uplifttrain_alone(task))
		return task->user + task->state->batch_first;
	return task->batch ? task->sample.node : NULL;
}

/* What user i, who is in the experiment, teaches. */
extern UpliftTerms uplifttrain_terms(const UpliftTask *task, size_t i);

/* The network as the running pass sees it. */
extern UpliftPass uplifttrain_pass(const UpliftTask *task);

/* Cut the nodes of a graph, or n rows without edges, into task->range; returns the number of ranges. */
extern size_t uplifttrain_ranges(UpliftTask *task, const Graph *graph);
extern size_t uplifttrain_alone_ranges(UpliftTask *task, size_t n, size_t rows);

/* Add the lanes up into the first one, in order. */
extern double *uplifttrain_sums(UpliftTask *task);
extern void uplifttrain_clear_sums(UpliftTask *task);

/* Begin the first epoch; false: there is none. */
extern bool uplifttrain_epochs(UpliftTask *task);

/* The steps of a pass over the graph or a batch are done. False: so is the training. */
extern bool uplifttrain_step_end(UpliftTask *task);

#endif

/*
 * Training of an uplift network on the whole graph, as a Job.
 *
 * Every user takes part in the graph; those with a treatment and an outcome
 * take part in the experiment, and of these the ones that are not held out are
 * learned from. An epoch is one step of AdamW on the whole graph, then the loss
 * (or Qini) of the held-out users with the weights that the step made; when
 * that has not improved for `patience` epochs training ends, and the best
 * weights are kept. Without held-out users all max_epochs are run and the last
 * weights kept. Features are standardised over all users, missing ones left out.
 *
 * Where numbers are summed, the linear path (uplift/pure/linear.h) is fitted first. It alone is the first epoch, and what
 * the others learn is what it leaves.
 *
 * With `batch` a step is on a mini-batch instead: users of the experiment with a
 * sample of their surroundings (uplift/pure/sample.h), so that memory for the
 * network's rows does not grow with the graph. Without edges (setup.graph.E is
 * 0) steps are always on mini-batches: nobody has surroundings, there is no
 * graph in memory, and a row goes through all layers and back at once. An epoch
 * is then a pass over all users that are learned from, and the rate falls from
 * step to step (update() in uplift/pure/train_epoch.c).
 *
 * A propensity per user enters as weights that bring every user to the same
 * chances, the shares of the arms, so that scoring needs these only;
 * class_transform uses it as it is.
 *
 * Use as sequence/pure/train.h: uplifttrain_carve over a measuring arena and again
 * over the block, build task->graph if there are edges, fill task->data, run the job, read
 * uplifttrain_result and uplifttrain_weights. Bits do not depend on workers.
 */
#ifndef USERCLS_UPLIFT_PURE_TRAIN_H
#define USERCLS_UPLIFT_PURE_TRAIN_H

#include <stdint.h>

#include "uplift/pure/graph.h"
#include "model/job.h"
#include "uplift/pure/net.h"
#include "uplift/pure/net_pass.h"
#include "uplift/pure/sample.h"

#define UPLIFT_OUTSIDE (-1) /* arm: this user is not in the experiment */

/* Flat: sizes and options alone. */
typedef struct UpliftSetup
{
	UpliftConfig config;
	GraphSetup graph;
	size_t F;
	size_t treatments; /* arms beside the control; 0 is 1 */
	bool propensities; /* data.propensity is given */
	bool warm_start;   /* begin at data.initial, with its standardisation */
	size_t batch; /* users of a mini-batch, at most; 0: every step is on the whole graph, if there is one */
	bool score;   /* with batches and warm_start: only predict the held-out users */
	uint64_t seed;
} UpliftSetup;

/* Carved for the caller to fill before the job runs. */
typedef struct UpliftData
{
	float *feature;    /* N × F, NaN = missing, otherwise finite */
	int8_t *arm;       /* N: 0 the control, 1 .. treatments, or UPLIFT_OUTSIDE */
	float *outcome;    /* N: 0 or 1, for class_transform any finite number; not read outside the experiment */
	float *propensity; /* N: chance of the user's own arm, above 0; NULL unless setup.propensities */
	uint8_t *held_out; /* N: 1 = of the experiment, but only to validate */
	real *initial;     /* net.total; NULL unless warm_start */
} UpliftData;

/* Users of the experiment in one part of it. */
typedef struct UpliftPart
{
	size_t treated, control; /* by any treatment, by none */
} UpliftPart;

typedef struct UpliftResult
{
	TrainReport report; /* valid_metric: Qini, the mean of all treatments; NaN when it is not defined */
	UpliftPart train, held_out;
	double share[UPLIFT_TREATMENTS_MAX + 1]; /* of each arm, that was used */
	double valid_loss;                       /* of the best epoch */
	double valid_metric;                     /* Qini of the best epoch */
	double baseline_loss; /* held-out loss of a network that knows the training part's shares only */
	double
		predicted_effect; /* mean predicted uplift of the held-out users and treatments at the best epoch */
} UpliftResult;

/* One head's equations, and how far their solution is. */
typedef struct FitHead
{
	double users;         /* whose outcomes it learns, by their weights */
	double square, first; /* of the residual now and in the beginning, in the measure of the diagonal */
} FitHead;

typedef struct FitState
{
	size_t level; /* that is being summed, or the last one of those that are fitted */
	int pass, waited;
	double best; /* loss of the held-out users */
} FitState;

/* The linear path of a network that has one; n inputs. See uplift/pure/train_linear.c. */
typedef struct TrainLinear
{
	real *z;          /* N × n: what is linear in features and their sums, level after level */
	real *added;      /* N × C: to the logits */
	double *b, *best; /* C × n: weights, and the best ones so far */
	double *way;      /* C × n: where to go */
	double *residual; /* C × n */
	double *diagonal; /* C × n: of the equations */
	FitHead *head;    /* C */
	FitState *state;
} TrainLinear;

/* Private to each process; what it points to may be shared. */
typedef struct UpliftTask
{
	UpliftSetup setup;
	ParamTable params;
	UpliftNet net;
	Graph graph;
	UpliftData data;

	struct UpliftState *state;
	TrainLinear linear;
	size_t batch;             /* users of a mini-batch, at most; 0: every step is on the whole graph */
	UpliftSample sample;      /* the running batch, where there are edges */
	uint32_t *user;           /* N: users of the experiment, the held-out ones last; NULL without batches */
	UpliftRows rows;          /* of the graph, or of a batch */
	real *w, *best;           /* net.total: the running weights, and the best ones so far */
	real *m, *v;              /* net.total: of AdamW */
	real *lane_dw;            /* lanes × net.total */
	double *lane_sum;         /* lanes × lane_sums */
	double *predicted;        /* N × treatments: uplift of held-out users */
	struct RankItem *item;    /* 2R, to rank R held-out users */
	double *ranked;           /* 2R: predictions and outcomes in that order */
	uint8_t *ranked_treated;  /* R */
	uint32_t *order, *member; /* R each */
	size_t *range;            /* start of each range of nodes */
	size_t lanes, lane_sums;
	char *scratch; /* a piece for each worker */
	size_t scratch_size;
	bool started; /* in the leader, which alone calls next */
} UpliftTask;

extern void uplifttrain_carve(UpliftTask *task, Arena *arena, const UpliftSetup *setup, int workers);

/* The functions of Job, and the job made of them. */
extern size_t uplifttrain_next(void *task);
extern void uplifttrain_run(void *task, size_t item, int worker);
extern Job uplifttrain_job(UpliftTask *task);

/* Between two phases: leave the running epoch and end with the best one. Before the first is complete it waits for that. */
extern void uplifttrain_stop(void *task);

/* Epochs of a training that learns from so many users, at most: max_epochs, or what is usual where that is 0. */
extern int uplifttrain_max_epochs(const UpliftTask *task, size_t learned_from);

extern const TrainReport *uplifttrain_report(const void *task);
extern const UpliftResult *uplifttrain_result(const UpliftTask *task);

/*
 * Uplift of the held-out users by number of node, of each treatment one after the other; NaN where none was predicted.
 * Of all of them after setup.score.
 */
extern const double *uplifttrain_predicted(const UpliftTask *task);

/* The weights to store: those of the best epoch, task->params.total reals. */
extern const real *uplifttrain_weights(const UpliftTask *task);

#endif

/*
 * Training of a sequence network, as a Job.
 *
 * Of the sequences that are not held out: standardisation, then epochs of
 * mini-batches (AdamW, clipping, dropout), each followed by the loss on the
 * held-out ones. Training ends when that loss has not fallen for `patience`
 * epochs; the weights of the best epoch are kept, and a temperature is fitted
 * to the held-out sequences. Without held-out sequences all max_epochs are run
 * and the last weights kept, with temperature 1.
 *
 * Classes can be balanced. What balancing does to the probabilities is undone
 * by Bayes' rule: calibration.bias holds log(share / share trained with), so that
 * scores, and the losses reported here, speak of the classes as they are.
 *
 * Use: seqtrain_carve and seqtrain_carve_work over a measuring arena and again
 * over memory, fill task->data (and weights, see there), run seqtrain_job to its
 * end, read seqtrain_result. Other workers carve the same block with the same
 * setup, and work in memory of their own.
 */
#ifndef USERCLS_SEQUENCE_PURE_TRAIN_H
#define USERCLS_SEQUENCE_PURE_TRAIN_H

#include <stdint.h>

#include "sequence/pure/dataset.h"
#include "model/job.h"
#include "sequence/pure/network.h"
#include "sequence/pure/net.h"
#include "sequence/pure/train_closed.h"
#include "nn/logistic.h"

typedef enum ClassBalance
{
	BALANCE_NONE,
	BALANCE_RESAMPLE, /* each epoch draws samples_per_class of every class anew */
	BALANCE_WEIGHTS,  /* loss weights inverse to a class's share */
	BALANCE_GIVEN     /* loss weights given in data.class_weight */
} ClassBalance;

/* Flat: sizes and options alone, so that it can be copied to another process. */
typedef struct SequenceSetup
{
	SequenceConfig config;
	size_t N, F, C;  /* C = 0: numeric target */
	size_t steps;    /* of all sequences: at most this many */
	size_t longest;  /* steps of a sequence: at most this many */
	int balance;     /* ClassBalance */
	bool ordered;    /* classes are ranges of a number, in its order */
	bool warm_start; /* begin at data.initial, with its standardisation */
	uint64_t seed;
} SequenceSetup;

/* Carved for the caller to fill before the job runs. SequenceSet's comments hold. */
typedef struct SequenceData
{
	size_t *start;        /* N + 1 */
	float *value;         /* steps × F */
	int32_t *label;       /* N, or NULL when C = 0; at least one sequence of every class is not held out */
	float *target;        /* N, or NULL when C > 0 */
	uint8_t *held_out;    /* N */
	float *attribute;     /* N × attributes */
	double *class_weight; /* C; read for BALANCE_GIVEN alone: finite, above 0 */
	real *initial;        /* params.total; NULL unless warm_start */
} SequenceData;

/* The result so far; complete when the job is over. Counts leave out sequences without label or target. */
typedef struct SequenceResult
{
	TrainReport report; /* valid_metric: macro-F1, or R² for a numeric target */
	size_t N_train, N_held_out;
	double valid_loss;    /* of the best epoch, after calibration: log-loss, or MSE in the target's units */
	double valid_metric;  /* of the best epoch */
	double baseline_loss; /* held-out loss of the training part's class shares, or of its mean */
	double temperature;
} SequenceResult;

/* In the shared block. */
typedef struct SequenceStartState
{
	size_t rows, held; /* sequences that it is fitted to, and measured on */
	double loss;       /* held-out, the lowest so far */
	int penalty;       /* number of the present one */
	bool falls;        /* the last step was worth another one */
} SequenceStartState;

/* What train_start.c works with. S numbers of the summary, and a 1. */
typedef struct SequenceStart
{
	Logistic fit;
	SequenceStartState *state;
	real *held_x;          /* held × (S + 1) */
	int32_t *held_label;   /* held */
	real *held_score;      /* held × C: of the present fit */
	real *best;            /* C × (S + 1): the weights of the best fit */
	real *no_bias;         /* C times 0 */
	double *mean, *spread; /* S: of the summary */
} SequenceStart;

/* Private to each process; what it points to may be shared. */
typedef struct SequenceTask
{
	SequenceSetup setup;
	ParamTable params;
	SequenceData data;
	SequenceSet set; /* data, for reading */

	size_t chunk;  /* sequences of an item */
	size_t shards; /* items of a mini-batch, at most */
	Network net;   /* with this process's workspace */
	bool started;  /* next() has been called: the state holds something, which it does not before */

	/* All of these change while the job runs. */
	struct SequenceState *state;
	real *w, *best, *m, *v;    /* params.total each: weights, the best epoch's, and AdamW's moments */
	real *grad;                /* shards × params.total */
	double *shard_loss;        /* shards */
	struct Moments *part;      /* of the standardisation */
	uint32_t *train, *held;    /* N: sequences trained on, class by class, and held out, longest first */
	uint32_t *order;           /* of the epoch */
	uint32_t *batch, *scratch; /* the mini-batch, longest first; room to sort */
	size_t *begin, *count;     /* C + 1: see train_sample.h; longest + 2: room to sort */
	float *edge_sample;        /* EDGE_SAMPLE: values of one attribute */
	uint32_t *row;             /* N: of the table of baselines */
	double *row_count;         /* (rows of that table + 4) × C: to count in */
	real *held_score;          /* N × outputs of the head */
	int32_t *held_label;       /* N */
	SequenceStart start;       /* unless there is nothing to fit: see sequence_start_fits() */
	real *begun, *begun_score; /* weights before the first epoch, and held_score by them */
	real *class_weight, *bias; /* C: in the loss; log prior ratio */
	ClosedTask closed;         /* of encoders that are not trained */
} SequenceTask;

extern void seqtrain_carve(SequenceTask *task, Arena *arena, const SequenceSetup *setup);

/* After that, in an arena of the process's own: where it works. */
extern void seqtrain_carve_work(SequenceTask *task, Arena *arena);

/* The functions of Job, and the job made of them. */
extern size_t seqtrain_next(void *task);
extern void seqtrain_run(void *task, size_t item, int worker);
extern Job seqtrain_job(SequenceTask *task);

/* Whether an item of this phase heeds net.steps.interrupt, and may be run again. */
extern bool seqtrain_gives_up(const void *task);

/* Between two phases: leave the running epoch and end with the best one. Before the first is complete it
 * waits for that. */
extern void seqtrain_stop(void *task);

extern const TrainReport *seqtrain_report(const void *task);
extern const SequenceResult *seqtrain_result(const SequenceTask *task);

/* The weights to store: those of the best epoch, task->params.total reals. */
extern const real *seqtrain_weights(const SequenceTask *task);

#endif

/*
 * Private to train.c and the other train_*.c: what a sequence training has come to.
 */
#ifndef USERCLS_SEQUENCE_PURE_TRAIN_STATE_H
#define USERCLS_SEQUENCE_PURE_TRAIN_STATE_H

#include "sequence/pure/train.h"

/* Parts of the standardisation: fixed, for results must not depend on the workers. */
#define MEASURE_PARTS 64

/* Users whose attributes say where the bins of a number lie. */
#define EDGE_SAMPLE 10000

typedef enum Phase
{
	PHASE_MEASURE,
	PHASE_CLOSED,    /* the phases of train_closed.h */
	PHASE_SUMMARISE, /* for the regression to begin with; then the steps of its fit */
	PHASE_FIT,
	PHASE_BATCH, /* its chunks; then their sum, and the step */
	PHASE_SUM,
	PHASE_STEP,
	PHASE_EVALUATE,
	PHASE_CALIBRATE,
	PHASE_OVER
} Phase;

/* In the shared block. */
struct SequenceState
{
	SequenceResult result;
	Phase phase;
	Rng order_rng;
	size_t n_train, n_held;
	size_t epoch_size;    /* sequences an epoch draws */
	size_t batches, step; /* mini-batches of an epoch; steps done in all */
	size_t batch_at, batch_n;
	double batch_weight; /* of the running mini-batch, and of the epoch so far */
	double epoch_weight;
	double epoch_loss;
	double square[NETWORK_LAYERS_MAX]; /* of each layer's gradient */
	double norm;                       /* of all */
	double mark;    /* the held-out loss that the next one has to fall below by a good deal */
	int stale;      /* epochs since it did */
	bool beginning; /* what is evaluated is the network before its first epoch */
	bool has_best;
	bool has_begun; /* begun and begun_score are those of the network before its first epoch */
	bool stop;
};

/* The two fixed tensors at the end of w: calibration.bias and .temperature, or target.mean and .scale. */
static inline real *
fixed_tensors(const SequenceTask *task, real *w)
{
	return w + task->params.param[task->params.count - 2].offset;
}

/* train_measure.c: part `item` of MEASURE_PARTS, and what they make together: input.mean and .scale, target's
 * too. */
extern void sequence_measure_part(SequenceTask *task, size_t item);
extern void sequence_measure_end(SequenceTask *task);

/* decision.weight, if there is one: each class's mean share over its own. */
extern void sequence_measure_decision(SequenceTask *task);

/* The table of baselines, for classes, once their bias is known. count: rows × C, share: 4 × C of scratch. */
extern void sequence_measure_baseline(SequenceTask *task, double *count, double *share);

/*
 * Running tensors: their gradient is what a chunk measured. The mini-batch's is the mean over its chunks,
 * each with its share; they follow it, small mini-batches counting less and the first ones more.
 */
extern void sequence_weigh_measures(real *grad, const SequenceTask *task, double share);
extern void sequence_follow_measure(SequenceTask *task, const Tensor *p);

/*
 * train_step.c: the end of a mini-batch, by items of whole layers. First all of sequence_sum, then
 * sequence_step_begin, then all of sequence_step, after which the weights are new and packed.
 */
extern size_t sequence_step_items(const SequenceTask *task);
extern void sequence_sum(SequenceTask *task, size_t item);
extern void sequence_step_begin(SequenceTask *task);
extern void sequence_step(SequenceTask *task, size_t item);

/*
 * train_start.c: the regression that a training of classes with a summary and a baseline begins with. First the items of
 * sequence_start_begin, by sequence_start_summarise; then sequence_start_standardise, and steps while it
 * sequence_start_goes_on; at the end the weights are the network's.
 */
extern bool sequence_start_fits(const SequenceTask *task);
extern void sequence_start_carve(SequenceTask *task, Arena *arena);
extern size_t sequence_start_begin(SequenceTask *task);
extern void sequence_start_summarise(SequenceTask *task, size_t item);
extern void sequence_start_standardise(SequenceTask *task);
extern void sequence_start_step(SequenceTask *task);
extern bool sequence_start_goes_on(SequenceTask *task);
extern void sequence_start_end(SequenceTask *task);

/* train_eval.c: loss and metric of the scores in held_score; 0 without held-out sequences. */
extern void sequence_evaluate(const SequenceTask *task, double *loss, double *metric);

/* The held-out loss of always answering with the training part's shares, or its mean. */
extern double sequence_baseline(const SequenceTask *task);

/* Fit the temperature, of the best epoch's scores, and store it with its weights. */
extern void sequence_calibrate(SequenceTask *task);

#endif

/*
 * Private to seqtrain.c and seqtask.c: what a sequence training has come to.
 */
#ifndef USERCLS_MODEL_SEQSTATE_H
#define USERCLS_MODEL_SEQSTATE_H

#include "model/seqtrain.h"

/* Parts of the standardisation: fixed, for results must not depend on the workers. */
#define MEASURE_PARTS 64

typedef enum Phase
{
	PHASE_MEASURE,
	PHASE_BATCH,
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
	int stale; /* epochs since the best one */
};

/* The two fixed tensors at the end of w: calibration.bias and .temperature, or target.mean and .scale. */
static inline real *
fixed_tensors(const SequenceTask *task, real *w)
{
	return w + task->params.param[task->params.count - 2].offset;
}

#endif

/*
 * Sequence networks: options, tensors, and scoring.
 *
 * An encoder (LSTM, GRU or TCN) reads the steps, pooling makes one vector of its
 * outputs, a linear head makes class scores or one number of that. What enters
 * the encoder at a step is F standardised values, 0 where missing, and with the
 * option `mask` F more that are 1 where the value is missing.
 *
 * Beside the trained tensors a model holds fixed ones: input.mean, input.scale
 * (F), for classes calibration.bias (C) and calibration.temperature (1): the
 * probabilities are softmax((score + bias) / temperature), and for a number
 * target.mean, target.scale (1): the prediction is mean + scale × score.
 */
#ifndef USERCLS_SEQUENCE_PURE_NET_H
#define USERCLS_SEQUENCE_PURE_NET_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/config.h"
#include "sequence/pure/dataset.h"
#include "model/params.h"
#include "nn/arena.h"
#include "sequence/pure/pooling.h"
#include "nn/real.h"

typedef enum SequenceArchitecture
{
	SEQUENCE_LSTM,
	SEQUENCE_GRU,
	SEQUENCE_TCN
} SequenceArchitecture;

/* NULL-ended, indexed by SequenceArchitecture. */
extern const char *const sequence_architectures[];

typedef enum LearningSchedule
{
	SCHEDULE_CONSTANT,
	SCHEDULE_COSINE /* down to a hundredth of learning_rate at max_epochs */
} LearningSchedule;

typedef enum Normalization
{
	NORMALIZATION_NONE,
	NORMALIZATION_BATCH /* after each convolution of a TCN */
} Normalization;

/* One member for each of sequence_options, which document them, and the architecture, which is no option. */
typedef struct SequenceConfig
{
	int architecture;
	int hidden_size;
	int num_layers;
	bool bidirectional;
	int kernel_size;
	int normalization;
	int pooling;
	double dropout;
	bool mask;
	double learning_rate;
	double weight_decay;
	int batch_size;
	int max_epochs;
	int patience;
	double clip_norm;
	int schedule;
	int warmup_epochs;
	int samples_per_class;
} SequenceConfig;

extern const Option sequence_options[];
extern const size_t sequence_option_count;

/*
 * After the options are set, and before anything else is done with them: fills in what they leave to the
 * architecture. STATUS_BAD_VALUE where it cannot honour one (a bidirectional TCN, a normalised LSTM).
 */
extern Status sequence_config_check(SequenceConfig *config);

/* Tensors of a network for F values a step and C classes; C = 0 is a numeric target. */
extern void seqnet_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C);

/* Scores: weights packed for the vector unit once, then any number of sequences, one or many at a time. */
typedef struct SequenceScorer SequenceScorer;

/*
 * A scorer for calls of up to max_n sequences of up to max_steps steps each; NULL while the arena measures.
 * A call of any n works; max_n (at most 32 is of use) only sizes the workspace and with it the batches.
 */
extern SequenceScorer *seqscorer_carve(Arena *arena, const SequenceConfig *config, size_t F, size_t C,
									   size_t max_steps, size_t max_n);

/* w: the values of seqnet_params' table; not needed afterwards. */
extern void seqscorer_load(SequenceScorer *scorer, const real *w);

/* When *interrupt is not 0, a run gives up and its result is worth nothing. */
extern void seqscorer_watch(SequenceScorer *scorer, const volatile sig_atomic_t *interrupt);

/* Probabilities n × C of sequences from .. from + n - 1, or n predictions when C = 0. Always finite. */
extern void seqscorer_run(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n);

#endif

/*
 * Sequence networks: options, tensors, and scoring.
 *
 * An encoder (an LSTM, say: sequence/pure/encoder.h) reads the steps, pooling makes one
 * vector of its outputs, a linear head makes class scores or one number of that.
 * What enters the encoder at a step is F standardised values, 0 where missing, and with the
 * option `mask` F more that are 1 where the value is missing.
 *
 * Beside the encoder hidden units (wide and deep: Cheng et al. 2016) read a summary of the sequence, the
 * user's attributes, and, where there are attributes, the pooled vector; they, the summary and the attributes
 * add to the scores.
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
#include "model/ensemble.h"
#include "sequence/pure/attributes.h"
#include "sequence/pure/dataset.h"
#include "model/params.h"
#include "nn/arena.h"
#include "sequence/pure/pooling.h"
#include "nn/real.h"
#include "sequence/pure/recurrent.h"

/* A row an architecture: SEQUENCE_LSTM, its name "lstm", and its lstm_encoder. */
#define SEQUENCE_ARCHITECTURES(ROW) RECURRENT_CELLS(ROW) ROW(TCN, tcn) ROW(MINIROCKET, minirocket)

#define SEQUENCE_ENUM(NAME, name) SEQUENCE_##NAME,
typedef enum SequenceArchitecture
{
	SEQUENCE_ARCHITECTURES(SEQUENCE_ENUM)
} SequenceArchitecture;

/* Their names: NULL-ended, indexed by SequenceArchitecture. */
extern const char *const sequence_architectures[];

/* The architecture of that name, or -1. */
extern int sequence_architecture(const char *name);

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

typedef enum SequenceDecision
{
	DECISION_LARGEST,  /* the most probable class */
	DECISION_BALANCED, /* the class whose probability is the largest multiple of its share */
	DECISION_MACRO_F1 /* by factors of the probabilities that make macro-F1 the largest on the held-out users */
} SequenceDecision;

/* NULL-ended, indexed by SequenceDecision. */
extern const char *const sequence_decisions[];

typedef enum SequenceInputs
{
	INPUTS_VALUES,
	INPUTS_CHANGES, /* also what the labeler sees, and each user by his own mean and spread */
	INPUTS_AUTO
} SequenceInputs;

/* A row an option, and a member of SequenceConfig. */
/* clang-format off */
#define SEQUENCE_OPTIONS(OPTION) \
	OPTION(INT, hidden_size, 64, 1, 1024, NULL, \
		   "Size of the hidden state, or channels of a TCN.") \
	OPTION(INT, num_layers, 0, 0, NETWORK_LAYERS_MAX, NULL, \
		   "Layers, or residual blocks of a TCN; 0: one layer, or four blocks.") \
	OPTION(BOOL, bidirectional, false, 0, 1, NULL, \
		   "Read the sequence in both directions (not of a TCN).") \
	OPTION(INT, kernel_size, 3, 2, 16, NULL, \
		   "Taps of a convolution (tcn); block i skips 2^i steps between them.") \
	OPTION(INT, num_features, 9996, 84, 50000, NULL, \
		   "Features of a minirocket, rounded down to a multiple of 84.") \
	OPTION(CHOICE, normalization, NORMALIZATION_AUTO, 0, 0, normalizations, \
		   "Batch normalisation after every convolution (tcn); auto: batch for a TCN.") \
	OPTION(CHOICE, pooling, POOLING_AUTO, 0, 0, poolings, \
		   "How the outputs of all steps become one vector; auto: last, or max of a TCN.") \
	OPTION(REAL, dropout, DROPOUT_AUTO, DROPOUT_AUTO, 0.9, NULL, \
		   "Share of outputs, or of a TCN's channels, dropped while training, after every layer; -1: 0.2, or 0.1 of a TCN.") \
	OPTION(BOOL, mask, true, 0, 1, NULL, \
		   "Tell the network which values are missing, by an input more for each.") \
	OPTION(CHOICE, inputs, INPUTS_AUTO, 0, 0, inputs, \
		   "values, or changes: also what the labeler sees, and each user by his own mean and spread; auto: changes, or values of a minirocket.") \
	OPTION(INT, summary_size, 32, 0, 1024, NULL, \
		   "Hidden units that read a summary of the whole sequence, and attributes, beside the encoder; 0: none.") \
	OPTION(BOOL, bins, true, 0, 1, NULL, \
		   "With attributes and 2,000 sequences to learn from: each feature's mean and last two values are read by bins, too.") \
	OPTION(BOOL, baseline, true, 0, 1, NULL, \
		   "Begin as the best rule without a model: the classes' shares by today's trend and what is known of the next.") \
	OPTION(REAL, auto_seconds, 60, 0, 1e9, NULL, \
		   "Seconds of CPU, as estimated, that the candidates of architecture 'auto' may take; the first is tried in any case.") \
	ENSEMBLE_OPTION(OPTION) \
	OPTION(REAL, learning_rate, 0.002, 1e-7, 1, NULL, \
		   "Step size of AdamW at its highest.") \
	OPTION(REAL, weight_decay, 0.01, 0, 1, NULL, \
		   "Decoupled weight decay of AdamW; biases do not decay.") \
	OPTION(INT, batch_size, 0, 0, 4096, NULL, \
		   "Sequences in a mini-batch; 0: one in 32 of all, at least 16 and at most 64.") \
	OPTION(INT, max_epochs, 0, 0, 100000, NULL, \
		   "Passes over the training part, at most; 0: from 60 of up to 270 sequences to 12 of 7,000 and more.") \
	OPTION(INT, patience, -1, -1, 100000, NULL, \
		   "Epochs without a clearly lower held-out loss that end the training; 0: never, -1: a third of max_epochs, at least 5.") \
	OPTION(REAL, clip_norm, 1, 0, 1e6, NULL, \
		   "Gradients are scaled down to this norm; 0: never.") \
	OPTION(CHOICE, schedule, SCHEDULE_COSINE, 0, 0, schedules, \
		   "Learning rate after the warm-up.") \
	OPTION(INT, warmup_epochs, 1, 0, 10000, NULL, \
		   "Epochs over which the learning rate rises to its highest.") \
	OPTION(REAL, samples_per_class, 0, 0, 100000000, NULL, \
		   "Sequences that an epoch draws of each class under class_weights \"resample\", up to 1 as a share of the largest class; 0: the mean class size.")
/* clang-format on */

typedef struct SequenceConfig
{
	/* No options: the architecture, and what the model forecasts. All 0: neither summary nor baseline knows of a trend. */
	int architecture;
	int window_periods; /* 0: not known */
	int horizon_periods;
	int trend_feature; /* 1 + the feature whose trend is the label; 0: the label is no trend */
	int decision;      /* SequenceDecision */
	AttributeShapes attributes;
	SEQUENCE_OPTIONS(OPTION_MEMBER)
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

/* Tensors of a model: of its only network, or of those of an ensemble; as ensemble_params() answers (model/ensemble.h). */
extern Status seqmodel_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C);

/* Scores: weights packed for the vector unit once, then any number of sequences, one or many at a time. */
typedef struct SequenceScorer SequenceScorer;

/*
 * A scorer for calls of up to max_n sequences of up to max_steps steps each; NULL while the arena measures.
 * A call of any n works; max_n (at most 32 is of use) only sizes the workspace and with it the batches.
 */
extern SequenceScorer *seqscorer_carve(Arena *arena, const SequenceConfig *config, size_t F, size_t C,
									   size_t max_steps, size_t max_n);

/* w: the values of seqmodel_params' table; not needed afterwards. */
extern void seqscorer_load(SequenceScorer *scorer, const real *w);

/* When *interrupt is not 0, a run gives up and its result is worth nothing. */
extern void seqscorer_watch(SequenceScorer *scorer, const volatile sig_atomic_t *interrupt);

/* Probabilities n × C of sequences from .. from + n - 1, or n predictions when C = 0. Always finite. */
extern void seqscorer_run(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n);

/* What the head of each network reads of a sequence, one network after the other: so many numbers; n × as many. */
extern size_t seqscorer_width(const SequenceScorer *scorer);
extern size_t seqmodel_width(const SequenceConfig *config, size_t F, size_t C);
extern void seqscorer_embed(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n);

#endif

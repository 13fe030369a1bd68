#include "sequence/pure/net.h"

#include "sequence/pure/network.h"

const char *const sequence_architectures[] = {"lstm", "gru", "tcn", NULL};

/* Pooling, and after it what leaves the choice to the architecture. */
static const char *const poolings[] = {"last", "mean", "max", "attention", "auto", NULL};
#define POOLING_AUTO 4
static const char *const normalizations[] = {"none", "batch", "auto", NULL};
#define NORMALIZATION_AUTO 2

#define TCN_BLOCKS 4 /* see 61 steps with three taps */
#define DROPOUT_AUTO (-1)
static const char *const schedules[] = {"constant", "cosine", NULL};

/* A row an option. */
/* clang-format off */
#define MEMBER(kind, name, ...) {#name, OPTION_##kind, offsetof(SequenceConfig, name), __VA_ARGS__}

const Option sequence_options[] = {
	MEMBER(INT, hidden_size, 64, 1, 1024, NULL,
		   "Size of the hidden state, or channels of a TCN."),
	MEMBER(INT, num_layers, 0, 0, NETWORK_LAYERS_MAX, NULL,
		   "Layers, or residual blocks of a TCN; 0: one layer, or four blocks."),
	MEMBER(BOOL, bidirectional, false, 0, 1, NULL,
		   "Read the sequence in both directions (lstm and gru)."),
	MEMBER(INT, kernel_size, 3, 2, 16, NULL,
		   "Taps of a convolution (tcn); block i skips 2^i steps between them."),
	MEMBER(CHOICE, normalization, NORMALIZATION_AUTO, 0, 0, normalizations,
		   "Batch normalisation after every convolution (tcn); auto: batch for a TCN."),
	MEMBER(CHOICE, pooling, POOLING_AUTO, 0, 0, poolings,
		   "How the outputs of all steps become one vector; auto: last, or max of a TCN."),
	MEMBER(REAL, dropout, DROPOUT_AUTO, DROPOUT_AUTO, 0.9, NULL,
		   "Share of outputs, or of a TCN's channels, dropped while training, after every layer; -1: 0.2, or 0.1 of a TCN."),
	MEMBER(BOOL, mask, true, 0, 1, NULL,
		   "Tell the network which values are missing, by an input more for each."),
	MEMBER(REAL, learning_rate, 0.003, 1e-7, 1, NULL,
		   "Step size of AdamW at its highest."),
	MEMBER(REAL, weight_decay, 0.01, 0, 1, NULL,
		   "Decoupled weight decay of AdamW; biases do not decay."),
	MEMBER(INT, batch_size, 0, 0, 4096, NULL,
		   "Sequences in a mini-batch; 0: one in 32 of all, at least 16 and at most 64."),
	MEMBER(INT, max_epochs, 60, 1, 100000, NULL,
		   "Passes over the training part, at most."),
	MEMBER(INT, patience, 20, 0, 100000, NULL,
		   "Epochs without a lower held-out loss that end the training; 0: never."),
	MEMBER(REAL, clip_norm, 1, 0, 1e6, NULL,
		   "Gradients are scaled down to this norm; 0: never."),
	MEMBER(CHOICE, schedule, SCHEDULE_COSINE, 0, 0, schedules,
		   "Learning rate after the warm-up."),
	MEMBER(INT, warmup_epochs, 1, 0, 10000, NULL,
		   "Epochs over which the learning rate rises to its highest."),
	MEMBER(INT, samples_per_class, 0, 0, 100000000, NULL,
		   "Sequences that an epoch draws of each class under class_weights \"resample\"; 0: the mean class size."),
};
/* clang-format on */
const size_t sequence_option_count = sizeof(sequence_options) / sizeof(sequence_options[0]);

Status
sequence_config_check(SequenceConfig *config)
{
	const bool tcn = config->architecture == SEQUENCE_TCN;

	if (config->num_layers == 0)
		config->num_layers = tcn ? TCN_BLOCKS : 1;
	if (config->pooling == POOLING_AUTO)
		config->pooling = tcn ? POOLING_MAX : POOLING_LAST;
	if (config->normalization == NORMALIZATION_AUTO)
		config->normalization = tcn ? NORMALIZATION_BATCH : NORMALIZATION_NONE;
	if (config->dropout == DROPOUT_AUTO)
		config->dropout = tcn ? 0.1 : 0.2;
	if (config->dropout < 0)
		return status_make(STATUS_BAD_VALUE, 0, "dropout");
	if (!tcn && config->normalization != NORMALIZATION_NONE)
		return status_make(STATUS_BAD_VALUE, 0, "normalization");
	if (tcn && config->bidirectional)
		return status_make(STATUS_BAD_VALUE, 0, "bidirectional");
	return STATUS_FINE;
}

#include "model/seqnet.h"

#include "model/network.h"

const char *const sequence_architectures[] = {"lstm", "gru", "tcn", NULL};

/* Pooling, and after it what leaves the choice to the architecture. */
static const char *const poolings[] = {"last", "mean", "max", "attention", "auto", NULL};
#define POOLING_AUTO 4

#define TCN_BLOCKS 4 /* read back 61 steps with three taps */
static const char *const schedules[] = {"constant", "cosine", NULL};

#define MEMBER(name) #name, offsetof(SequenceConfig, name)
#define INT(name, offset, fallback, min, max, help) {name, OPTION_INT, offset, fallback, min, max, NULL, help}
#define REAL(name, offset, fallback, min, max, help) {name, OPTION_REAL, offset, fallback, min, max, NULL, help}
#define BOOL(name, offset, fallback, help) {name, OPTION_BOOL, offset, fallback, 0, 1, NULL, help}
#define CHOICE(name, offset, fallback, choices, help) {name, OPTION_CHOICE, offset, fallback, 0, 0, choices, help}
#define OPTION(kind, ...) kind(__VA_ARGS__)

const Option sequence_options[] = {
	OPTION(INT, MEMBER(hidden_size), 64, 1, 1024, "Size of the hidden state, or channels of a TCN."),
	OPTION(INT, MEMBER(num_layers), 0, 0, NETWORK_LAYERS_MAX,
		   "Layers, or residual blocks of a TCN; 0: one layer, or four blocks."),
	OPTION(BOOL, MEMBER(bidirectional), false, "Read the sequence in both directions (lstm and gru)."),
	OPTION(INT, MEMBER(kernel_size), 3, 2, 16, "Taps of a convolution (tcn); block i skips 2^i steps between them."),
	OPTION(CHOICE, MEMBER(pooling), POOLING_AUTO, poolings,
		   "How the outputs of all steps become one vector; auto: last, or max of a TCN."),
	OPTION(REAL, MEMBER(dropout), 0.2, 0, 0.9, "Share of outputs dropped while training, after every layer."),
	OPTION(BOOL, MEMBER(mask), true, "Tell the network which values are missing, by an input more for each."),
	OPTION(REAL, MEMBER(learning_rate), 0.003, 1e-7, 1, "Step size of AdamW at its highest."),
	OPTION(REAL, MEMBER(weight_decay), 0.01, 0, 1, "Decoupled weight decay of AdamW; biases do not decay."),
	OPTION(INT, MEMBER(batch_size), 64, 1, 4096, "Sequences in a mini-batch."),
	OPTION(INT, MEMBER(max_epochs), 60, 1, 100000, "Passes over the training part, at most."),
	OPTION(INT, MEMBER(patience), 20, 0, 100000, "Epochs without a lower held-out loss that end the training; 0: never."),
	OPTION(REAL, MEMBER(clip_norm), 1, 0, 1e6, "Gradients are scaled down to this norm; 0: never."),
	OPTION(CHOICE, MEMBER(schedule), SCHEDULE_COSINE, schedules, "Learning rate after the warm-up."),
	OPTION(INT, MEMBER(warmup_epochs), 1, 0, 10000, "Epochs over which the learning rate rises to its highest."),
	OPTION(INT, MEMBER(samples_per_class), 0, 0, 100000000,
		   "Sequences that an epoch draws of each class under class_weights \"resample\"; 0: the mean class size."),
};
const size_t sequence_option_count = sizeof(sequence_options) / sizeof(sequence_options[0]);

Status
sequence_config_check(SequenceConfig *config)
{
	const bool tcn = config->architecture == SEQUENCE_TCN;

	if (config->num_layers == 0)
		config->num_layers = tcn ? TCN_BLOCKS : 1;
	if (config->pooling == POOLING_AUTO)
		config->pooling = tcn ? POOLING_MAX : POOLING_LAST;
	if (tcn && config->bidirectional)
		return status_make(STATUS_BAD_VALUE, 0, "bidirectional");
	return STATUS_FINE;
}

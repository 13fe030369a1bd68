#include "sequence/pure/net.h"

#include <math.h>
#include <string.h>

#include "sequence/pure/encoder.h"

#define NAME(NAME, name) #name,
const char *const sequence_architectures[] = {SEQUENCE_ARCHITECTURES(NAME) NULL};

const char *const sequence_decisions[] = {"largest", "balanced", "macro_f1", NULL};

/* Pooling, and after it what leaves the choice to the architecture. */
static const char *const poolings[] = {"last", "mean", "max", "attention", "auto", NULL};
#define POOLING_AUTO 4
static const char *const normalizations[] = {"none", "batch", "auto", NULL};
#define NORMALIZATION_AUTO 2

#define DROPOUT_AUTO (-1)
static const char *const inputs[] = {"values", "changes", "auto", NULL};
static const char *const schedules[] = {"constant", "cosine", NULL};

#define ROW(...) OPTION_ROW(SequenceConfig, __VA_ARGS__)

const Option sequence_options[] = {SEQUENCE_OPTIONS(ROW)};
const size_t sequence_option_count = sizeof(sequence_options) / sizeof(sequence_options[0]);

int
sequence_architecture(const char *name)
{
	for (int i = 0; sequence_architectures[i]; i++)
		if (strcmp(sequence_architectures[i], name) == 0)
			return i;
	return -1;
}

Status
sequence_config_check(SequenceConfig *config)
{
	const Encoder *encoder = sequence_encoders[config->architecture];

	if (config->num_layers == 0)
		config->num_layers = encoder->layers;
	if (config->pooling == POOLING_AUTO)
		config->pooling = encoder->pooling;
	if (config->normalization == NORMALIZATION_AUTO)
		config->normalization = encoder->normalization;
	if (config->inputs == INPUTS_AUTO)
		config->inputs = encoder->whole ? INPUTS_VALUES : INPUTS_CHANGES;
	if (config->dropout == DROPOUT_AUTO)
		config->dropout = encoder->dropout;
	if (config->samples_per_class > 1 && config->samples_per_class != floor(config->samples_per_class))
		return status_make(STATUS_BAD_VALUE, 0, "samples_per_class");
	if (config->dropout < 0)
		return status_make(STATUS_BAD_VALUE, 0, "dropout");
	if (!encoder->normalises && config->normalization != NORMALIZATION_NONE)
		return status_make(STATUS_BAD_VALUE, 0, "normalization");
	if (encoder->whole && config->num_layers > 1)
		return status_make(STATUS_BAD_VALUE, 0, "num_layers");
	if (encoder->whole && config->pooling != encoder->pooling)
		return status_make(STATUS_BAD_VALUE, 0, "pooling");
	if (!encoder->both_ways && config->bidirectional)
		return status_make(STATUS_BAD_VALUE, 0, "bidirectional");
	return STATUS_FINE;
}

/*
 * An encoder: the part of a network that differs between architectures.
 */
#ifndef USERCLS_SEQUENCE_PURE_ENCODER_H
#define USERCLS_SEQUENCE_PURE_ENCODER_H

#include "sequence/pure/network.h"

typedef struct Encoder
{
	/* Append its tensors, for I inputs a step. */
	void (*params)(ParamTable *table, const SequenceConfig *config, size_t I);

	void (*init)(Network *net, const ParamTable *table);
	void (*carve_weights)(Network *net, Arena *arena);
	void (*carve_work)(Network *net, Arena *arena, size_t T, size_t B, bool training);
	void (*pack)(Network *net, const real *w, int layer);

	/* Outputs (rows × D) of net->x, to be found again by output() until the next chunk. */
	const real *(*forward)(Network *net, Rng *dropout);
	const real *(*output)(const Network *net);

	/* From net->dy[0], which it may overwrite. */
	void (*backward)(Network *net, real *dw, bool dropout);
} Encoder;

extern const Encoder lstm_encoder;
extern const Encoder gru_encoder;
extern const Encoder tcn_encoder;

#endif

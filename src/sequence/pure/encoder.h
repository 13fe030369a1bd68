/*
 * An encoder: the part of a network that differs between architectures.
 *
 * A recurrent architecture is a row of RECURRENT_CELLS and a file of its name beside lstm.c; another one a row
 * of SEQUENCE_ARCHITECTURES and an Encoder as encoder_tcn.c has it.
 */
#ifndef USERCLS_SEQUENCE_PURE_ENCODER_H
#define USERCLS_SEQUENCE_PURE_ENCODER_H

#include "sequence/pure/network.h"

typedef struct Encoder
{
	/* What the options leave to the architecture. */
	int layers;
	int pooling;
	int normalization;
	double dropout;
	bool both_ways;  /* can be bidirectional */
	bool normalises; /* knows NORMALIZATION_BATCH */

	const RecurrentCell *cell; /* of recurrent ones */

	/* Outputs, of I inputs a step; NULL: a hidden state in each direction. */
	size_t (*width)(const SequenceConfig *config, size_t I);

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

	/*
	 * Instead of the three: net->pooled at once. Nothing of such an encoder is trained, and its head is fitted in
	 * closed form (sequence/pure/train_closed.h).
	 */
	void (*whole)(Network *net, const real *w);
} Encoder;

/* Of a minirocket: sequence b of the chunk to where kernels read it; the features of kernels from .. to - 1 of all. */
extern void minirocket_read(Network *net, size_t b);
extern void minirocket_part(Network *net, real *out, size_t ldout, const real *w, size_t from, size_t to);

#define SEQUENCE_ENCODER(NAME, name) extern const Encoder name##_encoder;
SEQUENCE_ARCHITECTURES(SEQUENCE_ENCODER)

/* Indexed by SequenceArchitecture. */
extern const Encoder *const sequence_encoders[];

#endif

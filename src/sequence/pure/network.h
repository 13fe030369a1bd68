/*
 * A sequence network at work on a chunk: standardised input, encoder, pooling, head.
 *
 * Packed weights are carved apart from the workspace, since workers share them.
 * What differs between architectures is an Encoder (sequence/pure/encoder.h).
 */
#ifndef USERCLS_SEQUENCE_PURE_NETWORK_H
#define USERCLS_SEQUENCE_PURE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sequence/pure/dataset.h"
#include "sequence/pure/minirocket.h"
#include "sequence/pure/net.h"
#include "sequence/pure/pooling.h"
#include "sequence/pure/recurrent.h"
#include "sequence/pure/steps.h"
#include "sequence/pure/tcn.h"

#define NETWORK_LAYERS_MAX 8
#define NETWORK_CHUNK_MAX 32 /* sequences; more gain nothing, and leave less to share between workers */

/* A layer of recurrent cells, or a block of a TCN. */
typedef struct NetworkLayer
{
	Recurrent cell[2]; /* forward and reverse direction */
	TcnBlock block;
	size_t tensor[2]; /* offset of the first tensor of each cell, or of the block; the others follow it. Of a
					   * minirocket: of channels and biases */
	real *y;          /* rows × D: of the cells */
	uint8_t *keep;    /* rows × D: what dropout kept of y; NULL without dropout */
} NetworkLayer;

typedef struct Network
{
	SequenceConfig config;
	const struct Encoder *encoder;
	size_t F, C;
	size_t I;      /* inputs a step: input_count() */
	size_t D;      /* outputs a step: H, or 2 H if bidirectional; of a minirocket its features */
	size_t O;      /* outputs of the head */
	size_t S, Z;   /* numbers of the summary, and of the attributes */
	size_t binned; /* numbers of the sequence that are read among these: binned_count() */
	size_t M, P;   /* hidden units that read both, and numbers of the pooled vector that they read */
	size_t mean, scale, change, attention, head_weight, head_bias; /* offsets in the weights */
	size_t summary_weight, summary_bias, summary_head, baseline;
	size_t value_edge;
	AttributeTensors attributes;

	NetworkLayer layer[NETWORK_LAYERS_MAX];
	Rocket rocket; /* of a minirocket alone */
	Pooling pooling;

	/* Workspace of one worker. */
	size_t T_max, B_max;
	Steps steps;
	size_t *order; /* B: position in the caller's index of the chunk's sequences, longest first */
	real *x;       /* rows × I */
	uint8_t *need; /* T: steps of x that a TCN reads */
	RocketWork rocket_work;
	real *pooled;  /* B × D */
	uint8_t *keep; /* B × D */
	real *score;   /* B × O */
	real *dscore;  /* B × O; the caller fills it between forward and backward */
	real *dpooled; /* B × D */
	real *own;     /* 2 F: mean and spread of a user */
	float *known;  /* B × attributes, without those that are hidden while training */
	real *wide;    /* B × (M + S + Z + P): hidden units, summary, attributes, pooled vector */
	real *dwide;   /* the same */
	size_t *row;   /* B: of the table of baselines */
	real *dy[2];   /* rows × D: of a layer and of the one below */
} Network;

/* Everything but the memory. C = 0: numeric target. */
extern void network_init(Network *net, const SequenceConfig *config, size_t F, size_t C);

extern void network_carve_weights(Network *net, Arena *arena);

/* For chunks of up to B sequences of up to T steps. */
extern void network_carve_work(Network *net, Arena *arena, size_t T, size_t B, bool training);

/* Pack w, after each change of it: one layer's, or all. */
extern void network_pack_layer(Network *net, const real *w, int layer);
extern void network_pack(Network *net, const real *w);

/* Each tensor belongs to a layer: its own, or the nearest one. Those of a layer: param[*begin .. *end - 1].
 */
extern void network_layer_tensors(size_t *begin, size_t *end, const Network *net, const ParamTable *table,
								  int layer);

/*
 * The first part of network_forward(): order, steps, inputs, summaries, attributes (hide: random numbers to hide some
 * by, or NULL) and rows of the table of baselines.
 */
extern void network_read(Network *net, const real *w, const SequenceSet *set, const uint32_t *index, size_t n,
						 Rng *hide);

/*
 * net->score of the n sequences index[0 .. n - 1] of the set, in the order of net->order.
 * dropout: random numbers for it when training, NULL for none.
 */
extern void network_forward(Network *net, const real *w, const SequenceSet *set, const uint32_t *index,
							size_t n, Rng *dropout);

/*
 * What the head reads of row b of the chunk last gone forward: the pooled vector (D), then hidden units, summary and
 * attributes beside the encoder (M, S, Z). The scores are linear in it, but for the baseline's.
 */
extern size_t network_embedding_width(const Network *net);
extern void network_embedding(const Network *net, real *out, size_t b);

/* The summary (S) of sequence i. */
extern void network_summary(const Network *net, real *out, const real *w, const SequenceSet *set, uint32_t i);

/* Adds the gradient of all tensors to dw, for net->dscore, of the chunk last gone forward with dropout or
 * without. */
extern void network_backward(Network *net, real *dw, const real *w, bool dropout);

#endif

/*
 * A residual block of a temporal convolutional network (Bai, Kolter and Koltun 2018, figure 1b, without
 * weight normalisation): y = relu(f(f(x)) + x), f = dropout ∘ relu ∘ [batch normalisation ∘] causal
 * convolution.
 *
 * Where x has another width than y, a linear map (downsample) stands for the last x.
 */
#ifndef USERCLS_SEQUENCE_PURE_TCN_H
#define USERCLS_SEQUENCE_PURE_TCN_H

#include "sequence/pure/conv.h"
#include "sequence/pure/norm.h"
#include "nn/rng.h"

typedef struct TcnTensors
{
	real *w1, *b1;            /* H × I × taps; H */
	real *w2, *b2;            /* H × H × taps; H */
	real *w0, *b0;            /* H × I; H: downsample, when I is not H */
	NormTensors norm1, norm2; /* when the block has them */
} TcnTensors;

typedef struct TcnBlock
{
	Conv conv1, conv2;
	Norm norm1, norm2;
	size_t I, H;
	double dropout;
	bool folded;   /* normalisation is a part of the packed convolutions: not while training */
	real *w0, *b0; /* copies of the tensors, beside the packed weights */

	/* One worker's. */
	uint8_t *need_mid, *need_out; /* T: steps to compute */
	real *mid, *inner, *y;        /* rows × H: f(x), f(f(x)), output */
	real *keep;                   /* B × H: factors of dropout, which takes whole channels of a sequence */
	real *dmid, *dinner;          /* rows × H */
} TcnBlock;

extern void tcn_init(TcnBlock *block, size_t I, size_t H, size_t taps, size_t dilation, double dropout,
					 bool normalised);
extern void tcn_carve_weights(TcnBlock *block, Arena *arena);
extern void tcn_carve_work(TcnBlock *block, Arena *arena, size_t T, size_t B, bool training);

/* After the carving. */
extern void tcn_pack(TcnBlock *block, const TcnTensors *tensors);

/* From block->need_out, which the caller has filled: need_mid, and need_in (T) |= the steps of x that are
 * read. */
extern void tcn_need(TcnBlock *block, uint8_t *need_in, size_t T);

/* block->y at the steps of need_out; rng: for dropout, and then normalised by the chunk; NULL for neither. */
extern void tcn_forward(TcnBlock *block, const real *x, const Steps *steps, Rng *rng);

/* dy is overwritten; dx may be NULL. training: whether forward had an rng. */
extern void tcn_backward(TcnBlock *block, real *dx, const TcnTensors *d, real *dy, const real *x,
						 const Steps *steps, bool training);

#endif

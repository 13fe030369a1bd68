/*
 * What recurrent layers have in common: one direction of one layer over a packed chunk.
 *
 * Weights have PyTorch's shapes and gate order. They are packed, after each
 * change, into matrices that suit the products; those may be shared between
 * processes, while everything else belongs to one worker.
 */
#ifndef USERCLS_SEQUENCE_PURE_RECURRENT_H
#define USERCLS_SEQUENCE_PURE_RECURRENT_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/arena.h"
#include "nn/real.h"
#include "sequence/pure/steps.h"

/* Tensors of one direction, or their gradients; G gates: 4 for LSTM (i f g o), 3 for GRU (r z n). */
typedef struct RecurrentTensors
{
	real *w_ih; /* GH × I */
	real *w_hh; /* GH × H */
	real *b_ih; /* GH */
	real *b_hh; /* GH */
} RecurrentTensors;

typedef struct Recurrent
{
	size_t I, H;
	bool reverse; /* reads from the last step to the first */
	bool training;

	/* Weights as panels (nn/panel.h). A step reads a row of a: [h of the step before | 1 | x], K = H + 1 + I
	 * long. */
	real *w; /* K × 4H; in a GRU K × 2H for r and z and, behind it, (H + 1) × H and (1 + I) × H for n */
	real *wt_h; /* 4H × H: from the gates back to h */
	real *wt_x; /* 4H × I: and to x */

	/* One worker's; rows is those of a chunk, or of one step where nothing is kept for a backward pass. */
	size_t ldgate; /* of gate and dw: panel_stride(4H) */
	real *a;       /* rows of the chunk × K */
	real *gate;    /* rows × 4H: activated gates; after backward the gradients before activation */
	real *state;   /* rows × H: cell states (LSTM) */
	real *dh;      /* B × H: gradient that reaches a step from the one it feeds */
	real *dc;      /* B × H */
	real *dw;      /* K × 4H; in a GRU (H + 1) × 3H and, behind it, (1 + I) × 3H */
	real *zero;    /* H zeros: the state before the first step */
} Recurrent;

typedef struct RecurrentCell
{
	const char *name; /* prefix of its tensors */
	size_t gates;     /* G */
	void (*pack)(Recurrent *layer, const RecurrentTensors *tensors);

	/* y (rows × H, stride ldy) of x (rows × I). */
	void (*forward)(Recurrent *layer, real *y, size_t ldy, const real *x, const Steps *steps);

	/* After forward with training: dy as y. dx (rows × I) may be NULL. */
	void (*backward)(Recurrent *layer, real *dx, const RecurrentTensors *d, const real *dy, size_t ldy,
					 const Steps *steps);
} RecurrentCell;

/*
 * A row a cell: lstm_cell in lstm.c, and so on. Each is an architecture of that name (sequence/pure/net.h).
 *   lstm  Hochreiter and Schmidhuber 1997, with Gers' forget gate
 *   gru   Cho et al. 2014, PyTorch's variant: r inside the product with b_hn
 */
/* clang-format off */
#define RECURRENT_CELLS(CELL) \
	CELL(LSTM, lstm) \
	CELL(GRU, gru)
/* clang-format on */

#define RECURRENT_CELL(NAME, name) extern const RecurrentCell name##_cell;
RECURRENT_CELLS(RECURRENT_CELL)

extern void recurrent_carve_weights(Recurrent *layer, Arena *arena);
extern void recurrent_carve_work(Recurrent *layer, Arena *arena, size_t rows, size_t B, bool training);

/* For cells: copy x into a, with the ones. */
extern void recurrent_input(Recurrent *layer, const real *x, const Steps *steps);

/*
 * The walk over the steps, from the first read to the last: which step is the i-th, and what it takes over.
 * Sequences 0 .. carried - 1 have a state from step `before`; the others begin here.
 */
typedef struct RecurrentStep
{
	size_t t, before, after;
	size_t active, carried, passed; /* sequences here; with a state from before; passed on to after */
} RecurrentStep;

extern RecurrentStep recurrent_step(const Recurrent *layer, const Steps *steps, size_t i);

/* Consecutive rows whose gate gradients are done and wait to be multiplied for dw and dx. */
typedef struct RecurrentRows
{
	size_t begin, n;
} RecurrentRows;

/* Steps follow each other up or down. True when the rows are worth a product, or the walk ends with this
 * step. */
extern bool recurrent_gather(RecurrentRows *rows, const Steps *steps, size_t t, bool last);

#endif

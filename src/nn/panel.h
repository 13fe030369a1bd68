/*
 * Small matrix products, for shapes where a library spends its time on calls and copies.
 *
 *   out (M × N) = a (M × K) · b (K × N), or added to it
 *
 * b is cut into panels of 16 columns. Weights that serve many products are packed, a panel after the other
 * (panel_pack); a matrix that is read once is used where it is (panel_outer). One row's bits depend on that
 * row and on b alone: not on M, on the row's place, or on who calls.
 */
#ifndef USERCLS_NN_PANEL_H
#define USERCLS_NN_PANEL_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/real.h"

#define PANEL_COLUMNS 16

typedef enum PanelOp
{
	PANEL_SET = 0, /* overwrite the output, whatever it held */
	PANEL_ADD = 1, /* add to it */

	/* A flag beside either: walk the panels from the last to the first. The product before this one ended with the last
	   ones, which are then still in the first-level cache. */
	PANEL_BACKWARDS = 2
} PanelOp;

/* The operation of the i-th of products by the same weights that follow each other: every second one walks backwards. */
static inline PanelOp
panel_turn(size_t i)
{
	return i % 2 == 0 ? PANEL_SET : PANEL_BACKWARDS;
}

/* How many reals a packed K × N matrix takes: K times N up to a multiple of 16. */
extern size_t panel_size(size_t K, size_t N);

/* n up to a multiple of 16: columns that products make fastest. */
extern size_t panel_whole(size_t n);

/*
 * The stride to give rows of n numbers that panel_outer() reads: at least n, an odd number of cache lines. At a stride
 * of a power of two all rows would share a few sets of the first-level cache.
 */
extern size_t panel_stride(size_t n);

/* Element (k, n) of a packed matrix of K rows. */
static inline real *
panel_at(real *panel, size_t K, size_t k, size_t n)
{
	return panel + (n / PANEL_COLUMNS * K + k) * PANEL_COLUMNS + n % PANEL_COLUMNS;
}

/*
 * Rows k .. k + rows - 1 of a packed K × N matrix: element (i, j) of them is w[i * row + j * column].
 * NULL packs zeros.
 */
extern void panel_pack(real *panel, size_t K, size_t N, size_t k, size_t rows, const real *w, size_t row,
					   size_t column);

/* out = a · b, or out += a · b, b being packed (panel_pack). */
extern void panel_product(real *out, size_t ldout, const real *a, size_t lda, const real *panel, size_t M,
						  size_t N, size_t K, PanelOp op);

/*
 * out (M × N) += aᵀ · b: a has K rows of M numbers, b K rows of N. Of b, columns up to the next multiple of
 * 16 are read, though not used.
 */
extern void panel_outer(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb,
						size_t M, size_t N, size_t K);

/* ---- For tests: the levels of processor that there is code for, best first, and their product ---- */

/* a's element (m, k) is a[m * am + k * ak]; b's (k, n) is b[n / 16 * bp + k * bk + n % 16]. */
typedef void (*PanelMultiply)(real *out, size_t ldout, const real *a, size_t am, size_t ak, const real *b,
							  size_t bp, size_t bk, size_t M, size_t N, size_t K, PanelOp op);

typedef struct PanelLevel
{
	const char *name;
	bool (*supported)(void);
	PanelMultiply multiply;
} PanelLevel;

extern const PanelLevel panel_levels[]; /* the last is supported everywhere */

#endif

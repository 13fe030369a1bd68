/*
 * Products by packed weights:
 *
 *   foreach strip of 1 or TILE_PANELS panels of b                     (nn/paneltile.h)
 *     foreach tile of TILE_ROWS rows of a
 *       sums = 0, in registers;  for k = 0 .. K - 1: sums += a[rows, k] · b[k, panels]
 *       out[rows, panels] = sums, or += sums
 *
 * paneltile.h is included once for each level of processor; panel_levels has the results, best first.
 */
#include "nn/panel.h"

#include <string.h>

#include "nn/levels.h"

/* For any processor: at least 16 registers of 16 bytes. */
#define LEVEL(name) name##_any
#define VECTOR_BYTES 16
#define TILE_ROWS 2
#define TILE_PANELS 1
#include "nn/paneltile.h"

#ifdef X86_LEVELS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define LEVEL(name) name##_v3
#define VECTOR_BYTES 32
#define TILE_ROWS 6
#define TILE_PANELS 1
#include "nn/paneltile.h"
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define LEVEL(name) name##_v4
#define VECTOR_BYTES 64
#define TILE_ROWS 4
#define TILE_PANELS 4
#include "nn/paneltile.h"
#pragma GCC pop_options
#endif

const PanelLevel panel_levels[] = {
#ifdef X86_LEVELS
	{"x86-64-v4", has_v4, multiply_v4},
	{"x86-64-v3", has_v3, multiply_v3},
#endif
	{"any", has_any, multiply_any},
};

/* The product for the best level that this processor has. */
static PanelMultiply
best_multiply(void)
{
	const PanelLevel *level = panel_levels;

	while (!level->supported())
		level++;
	return level->multiply;
}

static size_t
panels_of(size_t columns)
{
	return (columns + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
}

size_t
panel_whole(size_t n)
{
	return panels_of(n) * PANEL_COLUMNS;
}

size_t
panel_size(size_t K, size_t N)
{
	return K * panel_whole(N);
}

size_t
panel_stride(size_t n)
{
	return (panels_of(n) | 1) * PANEL_COLUMNS;
}

void
panel_pack(real *panel, size_t K, size_t N, size_t k, size_t rows, const real *w, size_t row, size_t column)
{
	for (size_t n = 0; n < N; n += PANEL_COLUMNS, panel += K * PANEL_COLUMNS)
	{
		const size_t columns = !w ? 0 : N - n < PANEL_COLUMNS ? N - n : PANEL_COLUMNS;

		for (size_t i = 0; i < rows; i++)
		{
			real *to = panel + (k + i) * PANEL_COLUMNS;
			const real *from = columns > 0 ? w + n * column + i * row : NULL;

			if (columns == PANEL_COLUMNS)
				for (size_t j = 0; j < PANEL_COLUMNS; j++)
					to[j] = from[j * column];
			else
				for (size_t j = 0; j < PANEL_COLUMNS; j++)
					to[j] = j < columns ? from[j * column] : 0;
		}
	}
}

void
panel_product(real *out, size_t ldout, const real *a, size_t lda, const real *panel, size_t M, size_t N,
			  size_t K, PanelOp op)
{
	best_multiply()(out, ldout, a, lda, 1, panel, K * PANEL_COLUMNS, PANEL_COLUMNS, M, N, K, op);
}

/* Rows of a and b that panel_outer() multiplies at a time: they stay in the first-level cache while all of out passes. */
#define OUTER_ROWS 64

/* The product by the last n < 16 columns of b. They are copied: reading a whole panel would read beyond b's end. */
static void
outer_edge(PanelMultiply multiply, real *out, size_t ldout, const real *a, size_t lda, const real *b,
		   size_t ldb, size_t M, size_t n, size_t K)
{
	real panel[OUTER_ROWS * PANEL_COLUMNS] = {0};

	for (size_t k = 0; k < K; k++)
		memcpy(panel + k * PANEL_COLUMNS, b + k * ldb, n * sizeof(real));
	multiply(out, ldout, a, 1, lda, panel, 0, PANEL_COLUMNS, M, n, K, PANEL_ADD);
}

void
panel_outer(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
			size_t K)
{
	const PanelMultiply multiply = best_multiply();
	const size_t edge = N % PANEL_COLUMNS;
	const size_t whole = N - edge;

	for (size_t k = 0; k < K; k += OUTER_ROWS)
	{
		const size_t rows = K - k < OUTER_ROWS ? K - k : OUTER_ROWS;

		multiply(out, ldout, a + k * lda, 1, lda, b + k * ldb, PANEL_COLUMNS, ldb, M, whole, rows, PANEL_ADD);
		if (edge > 0)
			outer_edge(multiply, out + whole, ldout, a + k * lda, lda, b + k * ldb + whole, ldb, M, edge,
					   rows);
	}
}

/*
 * Cholesky's factor U of K + λ I = Uᵀ U, and the inverse L⁻¹ of L = Uᵀ, in one matrix: U above the diagonal, L⁻¹ below it and
 * on it. By blocks of 64 rows:
 *
 *   foreach block j do:  rows j, from j on -= U[before j, j]ᵀ U[before j, from j on];  factor the diagonal block, and
 *                        invert it;  U[j, behind j] = inverse · rows
 *   foreach block j do:  L⁻¹[j, before j] = - inverse_j · U[before j, j]ᵀ · L⁻¹[before j, before j];  U[before j, j] = 0
 *   then (K + λ I)⁻¹ y = L⁻ᵀ (L⁻¹ y), and its diagonal is the column norms of L⁻¹
 *
 * Every product is one of columns by columns, which panel_outer() makes where they are.
 */
#include "nn/ridge.h"

#include <math.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/panel.h"

#define BLOCK 64

/* Rows of L⁻¹ that a product reads at a time: it has nothing behind the last one's diagonal. */
#define PRODUCT_ROWS 256

size_t
ridge_stride(size_t n)
{
	return panel_stride(n);
}

/* Room for BLOCK rows of the matrix, and for a diagonal block. */
size_t
ridge_block_size(size_t n)
{
	return BLOCK * (ridge_stride(n) + BLOCK);
}

void
ridge_begin(Ridge *ridge, double penalty)
{
	const size_t n = ridge->n, stride = ridge_stride(n);

	ridge->penalty = penalty;
	ridge->at = 0;
	ridge->failed = false;
	for (size_t i = 0; i < n; i++)
	{
		memcpy(ridge->root + i * stride + i, ridge->gram + i * stride + i, (n - i) * sizeof(real));
		memset(ridge->root + i * stride + n, 0, (stride - n) * sizeof(real));
		ridge->root[i * stride + i] += (real) penalty;
	}
}

static size_t
rows_of(const Ridge *ridge, size_t begin)
{
	return ridge->n - begin < BLOCK ? ridge->n - begin : BLOCK;
}

/* to -= by */
USERCLS_CLONES static void
subtract(real *to, const real *by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] -= by[i];
}

USERCLS_CLONES static void
add_squares(real *to, const real *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += x[i] * x[i];
}

static void
clear_rows(real *a, size_t stride, size_t rows, size_t columns)
{
	for (size_t i = 0; i < rows; i++)
		memset(a + i * stride, 0, columns * sizeof(real));
}

/* u (m × m, of which the upper triangle is read) = its factor; false: it has none. */
USERCLS_CLONES static bool
factor_diagonal(double u[BLOCK][BLOCK], size_t m)
{
	for (size_t k = 0; k < m; k++)
	{
		if (!(u[k][k] > 0))
			return false;

		const double scale = 1 / sqrt(u[k][k]);

		for (size_t j = k; j < m; j++)
			u[k][j] *= scale;
		for (size_t i = k + 1; i < m; i++)
			for (size_t j = i; j < m; j++)
				u[i][j] -= u[k][i] * u[k][j];
	}
	return true;
}

/* inverse (m × m) = that of uᵀ, with zeros above the diagonal. */
USERCLS_CLONES static void
invert_factor(double inverse[BLOCK][BLOCK], double u[BLOCK][BLOCK], size_t m)
{
	memset(inverse, 0, BLOCK * sizeof(*inverse));
	for (size_t i = 0; i < m; i++)
	{
		const double scale = 1 / u[i][i];

		inverse[i][i] = 1;
		for (size_t k = 0; k < i; k++)
			for (size_t j = 0; j <= k; j++)
				inverse[i][j] -= u[k][i] * inverse[k][j];
		for (size_t j = 0; j <= i; j++)
			inverse[i][j] *= scale;
	}
}

/* a (m × m), of which the upper triangle is read = the inverse of its factor; false: it has none. */
static bool
invert_diagonal(real *a, size_t stride, size_t m)
{
	double u[BLOCK][BLOCK], inverse[BLOCK][BLOCK];

	for (size_t i = 0; i < m; i++)
		for (size_t j = i; j < m; j++)
			u[i][j] = (double) a[i * stride + j];
	if (!factor_diagonal(u, m))
		return false;
	invert_factor(inverse, u, m);
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			a[i * stride + j] = (real) inverse[i][j];
	return true;
}

/* out (m × columns) = sign · the diagonal block at out's rows · rows (m × columns). */
static void
multiply_by_diagonal(real *out, const Ridge *ridge, const real *rows, size_t at, size_t columns, real sign)
{
	const size_t stride = ridge_stride(ridge->n), m = rows_of(ridge, at);
	const real *diagonal = ridge->root + at * stride + at;
	real *turned = ridge->block + BLOCK * stride;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			turned[j * m + i] = sign * diagonal[i * stride + j];
	clear_rows(out, stride, m, columns);
	panel_outer(out, stride, turned, m, rows, stride, m, columns, m);
}

/* Columns behind the last are 0, so that products are of whole panels. */
static void
factor_block(Ridge *ridge)
{
	const size_t n = panel_whole(ridge->n), stride = ridge_stride(n), at = ridge->at, m = rows_of(ridge, at);
	const real *above = ridge->root + at;
	real *rows = ridge->root + at * stride + at, *product = ridge->block;

	clear_rows(product, stride, m, n - at);
	panel_outer(product, stride, above, stride, above, stride, m, n - at, at);
	for (size_t i = 0; i < m; i++)
		subtract(rows + i * stride + i, product + i * stride + i, n - at - i);
	for (size_t i = 0; i < m; i++)
		memcpy(product + i * stride + m, rows + i * stride + m, (n - at - m) * sizeof(real));
	ridge->failed = !invert_diagonal(rows, stride, m);
	if (!ridge->failed && ridge->n > at + m)
		multiply_by_diagonal(rows + m, ridge, product + m, at, n - at - m, 1);
}

static void
invert_block(Ridge *ridge)
{
	const size_t stride = ridge_stride(ridge->n), at = ridge->at - ridge->n, m = rows_of(ridge, at);
	real *above = ridge->root + at, *product = ridge->block;

	clear_rows(product, stride, m, at);
	for (size_t k = 0; k < at; k += PRODUCT_ROWS)
	{
		const size_t rows = at - k < PRODUCT_ROWS ? at - k : PRODUCT_ROWS;

		panel_outer(product, stride, above + k * stride, stride, ridge->root + k * stride, stride, m,
					k + rows, rows);
	}
	multiply_by_diagonal(ridge->root + at * stride, ridge, product, at, at, -1);
	clear_rows(above, stride, at, m);
}

/* The first part walks at over 0 .. n, the second one over n .. 2 n. */
bool
ridge_step(Ridge *ridge)
{
	if (ridge->failed || ridge->at >= 2 * ridge->n)
		return false;
	if (ridge->at < ridge->n)
	{
		factor_block(ridge);
		ridge->at = ridge->at + BLOCK < ridge->n ? ridge->at + BLOCK : ridge->n;
		return !ridge->failed;
	}
	invert_block(ridge);
	ridge->at += BLOCK;
	return ridge->at < 2 * ridge->n;
}

void
ridge_solve(real *alpha, real *other, const Ridge *ridge, const real *y, size_t O)
{
	const size_t n = ridge->n, stride = ridge_stride(n);

	blas_nn(other, O, ridge->root, stride, y, O, n, O, n, BLAS_SET);
	blas_tn(alpha, O, ridge->root, stride, other, O, n, O, n, BLAS_SET);
	memset(ridge->block, 0, n * sizeof(real));
	for (size_t i = 0; i < n; i++)
		add_squares(ridge->block, ridge->root + i * stride, i + 1);
	for (size_t i = 0; i < n; i++)
		for (size_t o = 0; o < O; o++)
			other[i * O + o] = y[i * O + o] - alpha[i * O + o] / ridge->block[i];
}

/*
 * Cholesky's factor L of K + λ I, and its inverse in the same place, by blocks of 64 columns:
 *
 *   foreach block j do:  rows from j on -= L[.., before j] L[j, before j]ᵀ;  factor the diagonal block, and invert it;
 *                        L[below j, j] = rows · inverseᵀ
 *   foreach block i do:  L⁻¹[i, before i] = - inverse_i · L[i, before i] · L⁻¹[before i, ..]
 *   then (K + λ I)⁻¹ y = L⁻ᵀ (L⁻¹ y), and its diagonal is the column norms of L⁻¹
 *
 * The diagonal blocks hold their inverses from the first part on.
 */
#include "nn/ridge.h"

#include <math.h>
#include <string.h>

#include "nn/blas.h"

#define BLOCK 64

size_t
ridge_block_size(size_t n)
{
	return BLOCK * (n + BLOCK);
}

void
ridge_begin(Ridge *ridge, double penalty)
{
	const size_t n = ridge->n;

	ridge->penalty = penalty;
	ridge->at = 0;
	ridge->failed = false;
	memcpy(ridge->root, ridge->gram, n * n * sizeof(real));
	for (size_t i = 0; i < n; i++)
		ridge->root[i * n + i] += (real) penalty;
}

static size_t
columns_of(const Ridge *ridge, size_t begin)
{
	return ridge->n - begin < BLOCK ? ridge->n - begin : BLOCK;
}

/* a (m × m, stride n) = its factor's inverse, with zeros above the diagonal; false: it has none. */
static bool
invert_diagonal(real *a, size_t n, size_t m)
{
	double l[BLOCK][BLOCK];
	double inverse[BLOCK][BLOCK] = {{0}};

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j <= i; j++)
		{
			double sum = (double) a[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k];
			if (i == j && !(sum > 0))
				return false;
			l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
		}
	for (size_t j = 0; j < m; j++)
		for (size_t i = j; i < m; i++)
		{
			double sum = i == j;

			for (size_t k = j; k < i; k++)
				sum -= l[i][k] * inverse[k][j];
			inverse[i][j] = sum / l[i][i];
		}
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			a[i * n + j] = (real) inverse[i][j];
	return true;
}

static void
factor_block(Ridge *ridge)
{
	const size_t n = ridge->n, at = ridge->at, m = columns_of(ridge, at), below = n - at - m;
	real *diagonal = ridge->root + at * n + at;
	real *rows = diagonal + m * n;

	blas_nt(diagonal, n, ridge->root + at * n, n, ridge->root + at * n, n, n - at, m, at, BLAS_SUB);
	ridge->failed = !invert_diagonal(diagonal, n, m);
	if (ridge->failed || below == 0)
		return;
	for (size_t i = 0; i < below; i++)
		memcpy(ridge->block + i * m, rows + i * n, m * sizeof(real));
	blas_nt(rows, n, ridge->block, m, diagonal, n, below, m, m, BLAS_SET);
}

static void
invert_block(Ridge *ridge)
{
	const size_t n = ridge->n, at = ridge->at - n, m = columns_of(ridge, at);
	real *rows = ridge->root + at * n;
	real *product = ridge->block, *negative = ridge->block + m * at;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			negative[i * m + j] = -rows[i * n + at + j];
	blas_nn(product, at, rows, n, ridge->root, n, m, at, at, BLAS_SET);
	blas_nn(rows, n, negative, m, product, at, m, at, m, BLAS_SET);
	for (size_t i = 0; i < m; i++)
		memset(rows + i * n + at + m, 0, (n - at - m) * sizeof(real));
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
	const size_t n = ridge->n;

	blas_nn(other, O, ridge->root, n, y, O, n, O, n, BLAS_SET);
	blas_tn(alpha, O, ridge->root, n, other, O, n, O, n, BLAS_SET);
	memset(ridge->block, 0, n * sizeof(real));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			ridge->block[j] += ridge->root[i * n + j] * ridge->root[i * n + j];
	for (size_t i = 0; i < n; i++)
		for (size_t o = 0; o < O; o++)
			other[i * O + o] = y[i * O + o] - alpha[i * O + o] / ridge->block[i];
}

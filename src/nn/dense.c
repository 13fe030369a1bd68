#include "nn/dense.h"

#include <string.h>

#include "nn/blas.h"

void
dense_forward(real *y, const real *x, const real *w, const real *b, size_t B, size_t I, size_t O)
{
	for (size_t i = 0; i < B; i++)
		memcpy(y + i * O, b, O * sizeof(real));
	blas_nt(y, O, x, I, w, I, B, O, I, BLAS_ADD);
}

void
dense_backward(real *dx, real *dw, real *db, const real *dy, const real *x, const real *w, size_t B, size_t I,
			   size_t O)
{
	blas_tn(dw, I, dy, O, x, I, O, I, B, BLAS_ADD);
	for (size_t i = 0; i < B; i++)
		for (size_t j = 0; j < O; j++)
			db[j] += dy[i * O + j];
	if (dx)
		blas_nn(dx, I, dy, O, w, I, B, I, O, BLAS_ADD);
}

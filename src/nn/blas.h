/*
 * Matrix products over row-major matrices with row strides.
 *
 * One thread, always. The bits of a product depend on its shape and the
 * processor, never on who calls.
 */
#ifndef USERCLS_NN_BLAS_H
#define USERCLS_NN_BLAS_H

#include <stddef.h>

#include "nn/real.h"

typedef enum BlasOp
{
	BLAS_SET, /* overwrite the output, whatever it held */
	BLAS_ADD, /* add to it */
	BLAS_SUB  /* subtract from it */
} BlasOp;

/* out (M × N) = a (M × K) · b (K × N) */
extern void blas_nn(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M,
					size_t N, size_t K, BlasOp op);

/* out (M × N) = a (M × K) · bᵀ, b is N × K */
extern void blas_nt(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M,
					size_t N, size_t K, BlasOp op);

/* out (M × N) = aᵀ · b (K × N), a is K × M */
extern void blas_tn(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M,
					size_t N, size_t K, BlasOp op);

/* The lower triangle of products (P × P) += rowsᵀ · rows, of n rows of P numbers, in double always. */
extern void blas_products(double *products, const double *rows, size_t n, size_t P);

/* a · b of n numbers, in double always. */
extern double blas_dot(const double *a, const double *b, size_t n);

#endif

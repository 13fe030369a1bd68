#include "nn/blas.h"

#include <cblas.h>
#include <string.h>

static void
gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, real *out, size_t ldout, const real *a, size_t lda,
	 const real *b, size_t ldb, size_t M, size_t N, size_t K, BlasOp op)
{
	/* BLAS refuses strides of 0, which empty matrices may have. */
	if (M == 0 || N == 0)
		return;
	if (K == 0)
	{
		for (size_t i = 0; op == BLAS_SET && i < M; i++)
			memset(out + i * ldout, 0, N * sizeof(real));
		return;
	}

	const real alpha = op == BLAS_SUB ? -1 : 1;
	const real beta = op != BLAS_SET;

#ifdef USERCLS_DOUBLE
	cblas_dgemm(CblasRowMajor, ta, tb, (int) M, (int) N, (int) K, alpha, a, (int) lda, b, (int) ldb, beta,
				out, (int) ldout);
#else
	cblas_sgemm(CblasRowMajor, ta, tb, (int) M, (int) N, (int) K, alpha, a, (int) lda, b, (int) ldb, beta,
				out, (int) ldout);
#endif
}

void
blas_nn(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
		size_t K, BlasOp op)
{
	gemm(CblasNoTrans, CblasNoTrans, out, ldout, a, lda, b, ldb, M, N, K, op);
}

/* out (N) = b (N × K) · a (K): nothing is packed first, as a product of matrices would. */
static void
gemv(real *out, const real *a, const real *b, size_t ldb, size_t N, size_t K, BlasOp op)
{
	const real alpha = op == BLAS_SUB ? -1 : 1;
	const real beta = op != BLAS_SET;

#ifdef USERCLS_DOUBLE
	cblas_dgemv(CblasRowMajor, CblasNoTrans, (int) N, (int) K, alpha, b, (int) ldb, a, 1, beta, out, 1);
#else
	cblas_sgemv(CblasRowMajor, CblasNoTrans, (int) N, (int) K, alpha, b, (int) ldb, a, 1, beta, out, 1);
#endif
}

void
blas_nt(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
		size_t K, BlasOp op)
{
	if (M == 1 && N > 0 && K > 0)
		gemv(out, a, b, ldb, N, K, op);
	else
		gemm(CblasNoTrans, CblasTrans, out, ldout, a, lda, b, ldb, M, N, K, op);
}

void
blas_tn(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
		size_t K, BlasOp op)
{
	gemm(CblasTrans, CblasNoTrans, out, ldout, a, lda, b, ldb, M, N, K, op);
}

void
blas_products(double *products, const double *rows, size_t n, size_t P)
{
	if (n > 0 && P > 0)
		cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int) P, (int) n, 1, rows, (int) P, 1, products,
					(int) P);
}

double
blas_dot(const double *a, const double *b, size_t n)
{
	return cblas_ddot((int) n, a, 1, b, 1);
}

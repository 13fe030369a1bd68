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

void
blas_nt(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
		size_t K, BlasOp op)
{
	gemm(CblasNoTrans, CblasTrans, out, ldout, a, lda, b, ldb, M, N, K, op);
}

void
blas_tn(real *out, size_t ldout, const real *a, size_t lda, const real *b, size_t ldb, size_t M, size_t N,
		size_t K, BlasOp op)
{
	gemm(CblasTrans, CblasNoTrans, out, ldout, a, lda, b, ldb, M, N, K, op);
}

/* The packed products against plain loops, at every level of processor that this one has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/panel.h"
#include "nn/rng.h"

#define MOST 150 /* of M, N, K */

static real a[MOST * MOST];
static real b[MOST * MOST];
static real panel[MOST * (MOST + PANEL_COLUMNS)];
static real out[MOST * MOST];
static real before[MOST * MOST];

static void
fill(real *to, size_t n, Rng *rng)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (real) rng_normal(rng);
}

static void
check(size_t M, size_t N, size_t K, size_t ld, PanelOp op)
{
	for (size_t m = 0; m < M; m++)
		for (size_t n = 0; n < ld; n++)
		{
			double want = n >= N || op & PANEL_ADD ? (double) before[m * ld + n] : 0;

			for (size_t k = 0; k < K && n < N; k++)
				want += (double) a[m * K + k] * (double) b[k * N + n];
			assert_float_equal(out[m * ld + n], want, 1e-4);
		}
}

/* Rows of every number up to one tile and more, columns with and without a broken panel; what is beside
 * stays. */
static void
test_products(void **state)
{
	static const size_t columns[] = {1, 5, 16, 17, 32, 48, 64, 67, 80, 131, 144};
	static const size_t depths[] = {0, 1, 2, 33};
	static const PanelOp ops[] = {PANEL_SET, PANEL_ADD, PANEL_SET | PANEL_BACKWARDS,
								  PANEL_ADD | PANEL_BACKWARDS};
	Rng rng = rng_seed(1, 1);

	fill(a, MOST * MOST, &rng);
	fill(b, MOST * MOST, &rng);
	fill(before, MOST * MOST, &rng);
	for (const PanelLevel *level = panel_levels;; level++)
	{
		for (size_t M = 0; level->supported() && M < 15; M++)
			for (size_t i = 0; i < sizeof(columns) / sizeof(*columns) * 4 * 4; i++)
			{
				const size_t N = columns[i / 16];
				const size_t K = depths[i / 4 % 4];
				const size_t ld = N + 3;

				memcpy(out, before, sizeof(out));
				panel_pack(panel, K, N, 0, K, b, N, 1);
				level->multiply(out, ld, a, K, 1, panel, K * PANEL_COLUMNS, PANEL_COLUMNS, M, N, K,
								ops[i % 4]);
				check(M, N, K, ld, ops[i % 4]);
			}
		if (strcmp(level->name, "any") == 0)
			break;
	}
}

/* A row alone has the bits it has among others: a score does not depend on who is scored with whom. */
static void
test_rows_alone(void **state)
{
	const size_t M = 13;
	const size_t N = 100;
	const size_t K = 40;
	Rng rng = rng_seed(2, 2);
	real row[100];

	fill(a, M * K, &rng);
	fill(b, K * N, &rng);
	panel_pack(panel, K, N, 0, K, b, N, 1);
	panel_product(out, N, a, K, panel, M, N, K, PANEL_SET);
	for (size_t m = 0; m < M; m++)
	{
		panel_product(row, N, a + m * K, K, panel, 1, N, K, PANEL_SET | PANEL_BACKWARDS);
		assert_memory_equal(row, out + m * N, sizeof(row));
	}
}

static void
test_outer(void **state)
{
	const size_t M = 67;
	const size_t N = 37;
	const size_t K = 50;
	const size_t lda = M + 1;
	const size_t ldb = panel_stride(N);
	Rng rng = rng_seed(3, 3);

	fill(a, K * lda, &rng);
	fill(b, K * ldb, &rng);
	fill(before, M * N, &rng);
	memcpy(out, before, M * N * sizeof(real));
	panel_outer(out, N, a, lda, b, ldb, M, N, K);
	for (size_t m = 0; m < M; m++)
		for (size_t n = 0; n < N; n++)
		{
			double want = (double) before[m * N + n];

			for (size_t k = 0; k < K; k++)
				want += (double) a[k * lda + m] * (double) b[k * ldb + n];
			assert_float_equal(out[m * N + n], want, 1e-4);
		}
}

static void
test_packing(void **state)
{
	const real w[] = {1, 2, 3, 4, 5, 6};
	const size_t K = 4;

	/* Rows 1 and 2 of four: a 2 × 3 matrix; then the transpose of a 3 × 2 one; a whole panel is defined. */
	fill(panel, K * PANEL_COLUMNS, &(Rng){{1, 2}});
	panel_pack(panel, K, 3, 0, K, NULL, 0, 0);
	panel_pack(panel, K, 3, 1, 2, w, 3, 1);
	assert_float_equal(*panel_at(panel, K, 1, 2), 3, 0);
	assert_float_equal(*panel_at(panel, K, 2, 0), 4, 0);
	assert_float_equal(*panel_at(panel, K, 3, 0), 0, 0);
	assert_float_equal(*panel_at(panel, K, 2, 15), 0, 0);
	panel_pack(panel, K, 3, 1, 2, w, 1, 2);
	assert_float_equal(*panel_at(panel, K, 1, 2), 5, 0);
	assert_float_equal(*panel_at(panel, K, 2, 0), 2, 0);

	assert_int_equal(panel_size(10, 16), 160);
	assert_int_equal(panel_size(10, 17), 320);
	assert_int_equal(panel_stride(256), 272);
	assert_int_equal(panel_stride(65), 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_rows_alone),
		cmocka_unit_test(test_outer),
		cmocka_unit_test(test_packing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

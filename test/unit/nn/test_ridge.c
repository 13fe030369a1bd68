/* Ridge regression against its definition: the equations hold, and each row is predicted as by a fit without it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/ridge.h"
#include "nn/rng.h"

#define N_MAX 150
#define P 12
#define O 2

#define STRIDE_MAX 256

static real x[N_MAX * P], y[N_MAX * O], gram[N_MAX * STRIDE_MAX], root[N_MAX * STRIDE_MAX];
static real alpha[N_MAX * O], other[N_MAX * O];

static void
fill(Rng *rng, size_t n)
{
	for (size_t i = 0; i < n * P; i++)
		x[i] = (real) rng_normal(rng);
	for (size_t i = 0; i < n * O; i++)
		y[i] = (real) rng_normal(rng);
}

static double
product(size_t i, size_t j)
{
	double sum = 0;

	for (size_t k = 0; k < P; k++)
		sum += (double) x[i * P + k] * (double) x[j * P + k];
	return sum;
}

static Ridge
fit(size_t n, double penalty)
{
	Ridge ridge = {.n = n, .gram = gram, .root = root, .block = calloc(ridge_block_size(n), sizeof(real))};

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			gram[i * ridge_stride(n) + j] = j >= i ? (real) product(i, j) : (real) NAN; /* not read */
	ridge_begin(&ridge, penalty);
	while (ridge_step(&ridge))
		;
	return ridge;
}

/* Sizes around whole blocks. */
static void
test_equations(void **state)
{
	static const size_t sizes[] = {1, 5, 63, 64, 65, 128, 150};
	Rng rng = rng_seed(3, 1);

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	{
		const size_t n = sizes[s];

		fill(&rng, n);

		Ridge ridge = fit(n, 2);

		assert_false(ridge.failed);
		ridge_solve(alpha, other, &ridge, y, O);
		for (size_t i = 0; i < n; i++)
			for (size_t o = 0; o < O; o++)
			{
				double sum = 2 * (double) alpha[i * O + o];

				for (size_t j = 0; j < n; j++)
					sum += product(i, j) * (double) alpha[j * O + o];
				if (!(fabs(sum - (double) y[i * O + o]) < 1e-4))
					fail_msg("n %zu, row %zu: %g for %g", n, i, sum, (double) y[i * O + o]);
			}
		free(ridge.block);
	}
}

static void
test_left_out(void **state)
{
	const size_t n = 70;
	Rng rng = rng_seed(4, 1);
	real want[O] = {0}, last[P];

	fill(&rng, n);

	Ridge all = fit(n, 0.5);

	ridge_solve(alpha, other, &all, y, O);
	memcpy(last, x + (n - 1) * P, sizeof(last));

	const real got[O] = {other[(n - 1) * O], other[(n - 1) * O + 1]};
	Ridge without = fit(n - 1, 0.5);

	ridge_solve(alpha, other, &without, y, O);
	for (size_t o = 0; o < O; o++)
	{
		for (size_t j = 0; j + 1 < n; j++)
			want[o] += (real) product(n - 1, j) * alpha[j * O + o];
		assert_true(fabs((double) got[o] - (double) want[o]) < 1e-3);
	}
	free(all.block);
	free(without.block);
}

/* Equal rows without a penalty. */
static void
test_singular(void **state)
{
	Rng rng = rng_seed(5, 1);

	fill(&rng, 3);
	memset(x, 0, 3 * P * sizeof(real));

	Ridge ridge = fit(3, 0);

	assert_true(ridge.failed);
	assert_false(ridge_step(&ridge));
	free(ridge.block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equations),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_singular),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The regression against what is known of its optimum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "nn/logistic.h"
#include "nn/loss.h"
#include "nn/rng.h"

#define N 400
#define S 5
#define C 3

typedef struct Fit
{
	Logistic fit;
	void *block;
} Fit;

static Fit
fit_of(double separation)
{
	Fit made;
	Arena arena = arena_measure();
	Rng rng = rng_seed(3, 1);

	logistic_carve(&made.fit, &arena, N, S, C);
	made.block = malloc(arena.used + ARENA_ALIGNMENT);
	arena = arena_over(arena_align(made.block), arena.used);
	logistic_carve(&made.fit, &arena, N, S, C);
	for (size_t i = 0; i < N; i++)
	{
		made.fit.label[i] = i % 10 == 0 ? 2 : i % 10 < 3;
		for (size_t s = 0; s < S; s++)
			made.fit.x[i * (S + 1) + s] =
				(real) (rng_uniform(&rng) - 0.5 + (s == (size_t) made.fit.label[i] ? separation : 0));
		made.fit.x[i * (S + 1) + S] = 1;
	}
	logistic_begin(&made.fit, N);
	return made;
}

static void
run(Logistic *fit, double penalty)
{
	logistic_restart(fit, penalty);
	while (logistic_step(fit))
		;
}

/* The gradient of the losses and the penalty, summed over the rows, of one weight. */
static double
slope(const Logistic *fit, size_t c, size_t s)
{
	double sum = s < S ? fit->penalty * (double) fit->w[c * (S + 1) + s] : 0;

	for (size_t i = 0; i < N; i++)
	{
		real p[C];

		logistic_score(p, fit, fit->x + i * (S + 1), 1);
		softmax(p, p, C);
		sum += ((double) p[c] - (fit->label[i] == (int32_t) c)) * (double) fit->x[i * (S + 1) + s];
	}
	return sum;
}

static void
test_no_slope_at_the_optimum(void **state)
{
	Fit made = fit_of(0.4);

	for (double penalty = 100; penalty > 0.5; penalty /= 10)
	{
		run(&made.fit, penalty);
		for (size_t c = 0; c < C; c++)
			for (size_t s = 0; s <= S; s++)
				assert_true(fabs(slope(&made.fit, c, s)) < 1e-2 * N);
	}
	free(made.block);
}

/* An endless penalty leaves the shares of the classes. */
static void
test_shares(void **state)
{
	Fit made = fit_of(0.4);
	const double share[C] = {0.7, 0.2, 0.1};
	double entropy = 0;
	real p[C];

	run(&made.fit, 1e6);
	logistic_score(p, &made.fit, made.fit.x, 1);
	softmax(p, p, C);
	for (size_t c = 0; c < C; c++)
	{
		entropy -= share[c] * log(share[c]);
		assert_true(fabs((double) p[c] - share[c]) < 2e-3);
	}
	assert_true(fabs(made.fit.loss - entropy) < 1e-4);
	free(made.block);
}

/* Classes that can be told apart have no optimum without a penalty: with one the weights stay, and all rows are right. */
static void
test_separable(void **state)
{
	Fit made = fit_of(5);

	run(&made.fit, 1);
	for (size_t i = 0; i < N; i++)
	{
		real p[C];
		size_t best = 0;

		logistic_score(p, &made.fit, made.fit.x + i * (S + 1), 1);
		for (size_t c = 1; c < C; c++)
			best = p[c] > p[best] ? c : best;
		assert_int_equal(best, made.fit.label[i]);
		assert_true(isfinite(p[best]) && fabs((double) p[best]) < 100);
	}
	free(made.block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_slope_at_the_optimum),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_separable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

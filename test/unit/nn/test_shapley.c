/* Shapley values: of a game worked by hand, of one whose shares are known, and their sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

#include "nn/shapley.h"

#define PLAYERS 5

typedef double (*Game)(const int *in);

/* Only the first two together, and each of the others alone: shares 1.5, 1.5, 3, 4, 0. */
static double
additive_and_pair(const int *in)
{
	return 3.0 * in[0] * in[1] + 3.0 * in[2] + 4.0 * in[3];
}

static double
everybody_depends(const int *in)
{
	double product = 1;

	for (int i = 0; i < PLAYERS; i++)
		product *= 1 + (i + 1) * in[i];
	return sin(product);
}

static void
shares_of(double *share, Game game, size_t orders)
{
	for (size_t i = 0; i < PLAYERS; i++)
		share[i] = 0;
	for (size_t number = 0; number < orders; number++)
	{
		uint32_t order[PLAYERS];
		double value[PLAYERS + 1];
		int in[PLAYERS] = {0};

		shapley_order(order, PLAYERS, number);
		value[0] = game(in);
		for (size_t k = 0; k < PLAYERS; k++)
		{
			in[order[k]] = 1;
			value[k + 1] = game(in);
		}
		shapley_add(share, order, value, PLAYERS, orders);
	}
}

/* In an order and its reverse each of a pair comes first once, so that a game of pairs is exact. */
static void
test_pair(void **state)
{
	const double want[PLAYERS] = {1.5, 1.5, 3, 4, 0};
	double share[PLAYERS];

	shares_of(share, additive_and_pair, 2);
	for (int i = 0; i < PLAYERS; i++)
		assert_true(fabs(share[i] - want[i]) < 1e-12);
}

static void
test_sum(void **state)
{
	const int nobody[PLAYERS] = {0}, all[PLAYERS] = {1, 1, 1, 1, 1};

	for (size_t orders = 2; orders <= 32; orders *= 4)
	{
		double share[PLAYERS], sum = 0;

		shares_of(share, everybody_depends, orders);
		for (int i = 0; i < PLAYERS; i++)
			sum += share[i];
		assert_true(fabs(sum - (everybody_depends(all) - everybody_depends(nobody))) < 1e-12);
	}
}

static void
test_orders(void **state)
{
	uint32_t order[PLAYERS], reverse[PLAYERS];

	shapley_order(order, PLAYERS, 6);
	shapley_order(reverse, PLAYERS, 7);
	for (int i = 0; i < PLAYERS; i++)
		assert_int_equal(order[i], reverse[PLAYERS - 1 - i]);
	assert_int_equal(shapley_orders(1, 100), 2);
	assert_int_equal(shapley_orders(11, 100), 10);
	assert_int_equal(shapley_orders(1000, 100), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pair), cmocka_unit_test(test_sum),
									   cmocka_unit_test(test_orders)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

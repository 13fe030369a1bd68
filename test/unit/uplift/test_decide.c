/* Whom to give which treatment, with and without a budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "nn/rng.h"
#include "uplift/pure/decide.h"

#define USERS 6
#define TREATMENTS 3

static void
test_worth(void **state)
{
	const UpliftOffer free = {1, 0, 1};
	const UpliftOffer dear = {20, 1.5, 1.5};

	assert_true(uplift_worth(&free, 0.05) && !uplift_worth(&dear, 0.05) && uplift_worth(&dear, 0.1));
	assert_true(!uplift_worth(&free, 0) && !uplift_worth(&free, -0.1));
	assert_true(!uplift_worth(&(UpliftOffer){0, 0, 1}, 0.5));
}

static void
allot(uint8_t *arm, UpliftAllotment *allotment, const UpliftDecision *decision, const UpliftScore *score,
	  size_t n)
{
	Arena measure = arena_measure();

	uplift_allot_carve(allotment, &measure, n, decision->treatments);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	uplift_allot_carve(allotment, &arena, n, decision->treatments);
	assert_false(arena.overflow);
	uplift_allot(arm, allotment, decision, score, n);
	free(block);
}

/* By hand: a costs 1 and b 3. The second user gets b for 3, the first a for 1, from which b is not worth 2 more. */
static void
test_by_hand(void **state)
{
	const UpliftDecision decision = {.treatments = 2, .offer = {{10, 1, 1}, {10, 3, 3}}, .budget = 4};
	const UpliftScore score[] = {{.uplift = 0.3}, {.uplift = 0.4}, {.uplift = 0.11}, {.uplift = 0.9}};
	UpliftAllotment allotment;
	uint8_t arm[2];

	/* Rates: the first user 3 for a, then .5; the second user 3 for b, as a lies below the line to it. */
	allot(arm, &allotment, &decision, score, 2);
	assert_int_equal(arm[0], 1);
	assert_int_equal(arm[1], 2);
	assert_true(fabs(allotment.spent - 4) < 1e-12 && allotment.shortfall == 0);
	assert_int_equal(uplift_choose(&decision, score), 1); /* gains 2 by a, 1 by b */
	assert_int_equal(uplift_choose(&decision, score + 2), 2);
}

static double
gain_of(const UpliftDecision *decision, const UpliftScore *score, const uint8_t *arm, double *spent)
{
	double gain = 0;

	*spent = 0;
	for (size_t i = 0; i < USERS; i++)
		if (arm[i] > 0)
		{
			gain += uplift_gain(&decision->offer[arm[i] - 1], score[i * TREATMENTS + arm[i] - 1].uplift);
			*spent += decision->offer[arm[i] - 1].price;
		}
	return gain;
}

/* The most that a budget can gain, over all that can be done with six users. */
static double
best_gain(const UpliftDecision *decision, const UpliftScore *score)
{
	double best = 0;

	for (int all = 0; all < 4096; all++)
	{
		uint8_t arm[USERS];
		double spent;

		for (int i = 0, rest = all; i < USERS; i++, rest /= TREATMENTS + 1)
			arm[i] = (uint8_t) (rest % (TREATMENTS + 1));

		const double gain = gain_of(decision, score, arm, &spent);

		if (spent <= decision->budget && gain > best)
			best = gain;
	}
	return best;
}

static void
test_bound(void **state)
{
	Rng rng = rng_seed(3, 0);
	double total = 0, most = 0;

	for (int trial = 0; trial < 300; trial++)
	{
		UpliftDecision decision = {.treatments = TREATMENTS, .budget = 4 * rng_uniform(&rng)};
		UpliftScore score[USERS * TREATMENTS] = {{0}};
		UpliftAllotment allotment;
		uint8_t arm[USERS], unbounded[USERS];
		double spent;

		for (size_t k = 0; k < TREATMENTS; k++)
		{
			const double cost = trial % 5 == 4 && k == 0 ? 0 : rng_uniform(&rng);

			decision.offer[k] = (UpliftOffer){1 + 9 * rng_uniform(&rng), cost, cost};
		}
		for (size_t i = 0; i < USERS * TREATMENTS; i++)
			score[i].uplift = rng_uniform(&rng) - 0.3;
		allot(arm, &allotment, &decision, score, USERS);

		const double gain = gain_of(&decision, score, arm, &spent);
		const double best = best_gain(&decision, score);

		assert_true(spent <= decision.budget + 1e-12 && fabs(spent - allotment.spent) < 1e-12);
		assert_true(gain <= best + 1e-12);
		assert_true(gain >= best - allotment.shortfall - 1e-12);
		total += gain;
		most += best;

		/* With enough of it everybody gets what is best for him. */
		decision.budget = 100;
		allot(unbounded, &allotment, &decision, score, USERS);
		assert_true(allotment.shortfall == 0);
		for (size_t i = 0; i < USERS; i++)
			assert_int_equal(unbounded[i], uplift_choose(&decision, score + i * TREATMENTS));
	}
	assert_true(total > 0.9 * most);
}

/* One treatment: the best users first, equal ones by number, until the budget is spent. */
static void
test_one_treatment(void **state)
{
	const UpliftDecision decision = {.treatments = 1, .offer = {{1, 0, 1}}, .budget = 3};
	const UpliftScore score[] = {{.uplift = 0.1},  {.uplift = 0.2}, {.uplift = 0.1},
								 {.uplift = -0.1}, {.uplift = 0.3}, {.uplift = 0.1}};
	static const uint8_t expected[] = {1, 1, 0, 0, 1, 0};
	UpliftAllotment allotment;
	uint8_t arm[6];

	allot(arm, &allotment, &decision, score, 6);
	assert_memory_equal(arm, expected, 6);
}

/* A budget that is a multiple of the price pays as many users, though neither is exact in binary. */
static void
test_multiple_of_price(void **state)
{
	enum
	{
		MANY = 2000
	};
	static const struct
	{
		double price, budget;
		size_t paid;
	} of[] = {{0.1, 0.3, 3},    {0.1, 0.7, 7},  {0.01, 1, 100},
			  {0.1, 100, 1000}, {0.1, 0.29, 2}, {0.01, 0.999, 99}};
	UpliftScore score[MANY] = {{0}};

	for (size_t i = 0; i < MANY; i++)
		score[i].uplift = 0.5;
	for (size_t c = 0; c < sizeof(of) / sizeof(of[0]); c++)
	{
		const UpliftDecision decision = {
			.treatments = 1, .offer = {{1, of[c].price, of[c].price}}, .budget = of[c].budget};
		UpliftAllotment allotment;
		uint8_t arm[MANY];
		size_t paid = 0;

		allot(arm, &allotment, &decision, score, MANY);
		for (size_t i = 0; i < MANY; i++)
			paid += arm[i];
		assert_int_equal(paid, of[c].paid);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worth),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_one_treatment),
		cmocka_unit_test(test_multiple_of_price),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a decision is worth: by hand, and whether the intervals hold the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "metrics/pure/policy.h"
#include "nn/rng.h"

#define TREATMENTS 2

/* Half of the users treated, all responders among them: everybody is worth 1 · 2 - .5, nobody 0, half of them half of it. */
static void
test_by_hand(void **state)
{
	static const uint8_t arm[] = {1, 0, 1, 0}, all[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0},
						 two[] = {1, 1, 0, 0};
	static const double outcome[] = {1, 0, 1, 0}, chance[] = {0.5, 0.5, 0.5, 0.5}, half[] = {0.5};
	const PolicySample sample = {4, arm, outcome, chance, 1, {2}, {0.5}};

	assert_true(fabs(policy_worth(&sample, &(Policy){.chosen = all}, NULL).worth - 1.5) < 1e-12);
	assert_true(policy_worth(&sample, &(Policy){.chosen = none}, NULL).worth == 0);
	assert_true(fabs(policy_worth(&sample, &(Policy){.share = half}, NULL).worth - 0.75) < 1e-12);
	assert_true(fabs(policy_worth(&sample, &(Policy){.chosen = two}, &(Policy){.share = half}).worth) <
				1e-12);
	assert_true(policy_treated(&sample, &(Policy){.chosen = two}) == 0.5);
	assert_true(policy_treated(&sample, &(Policy){.share = half}) == 0.5);
}

/* Of a single arm with the shares as chances it is the difference of means, and its standard error is the usual one. */
static void
test_difference_of_means(void **state)
{
	enum
	{
		USERS = 3000
	};
	uint8_t arm[USERS];
	double outcome[USERS], chance[USERS], n[2] = {0}, mean[2] = {0}, square[2] = {0};
	static const double everybody[] = {1};
	Rng rng = rng_seed(4, 0);

	for (size_t i = 0; i < USERS; i++)
	{
		arm[i] = rng_uniform(&rng) < 0.3;
		outcome[i] = rng_normal(&rng) * (1 + arm[i]) + 5 + arm[i];
		n[arm[i]]++;
		mean[arm[i]] += outcome[i];
	}
	for (size_t i = 0; i < USERS; i++)
	{
		chance[i] = n[arm[i]] / USERS;
		square[arm[i]] += pow(outcome[i] - mean[arm[i]] / n[arm[i]], 2);
	}

	const PolicySample sample = {USERS, arm, outcome, chance, 1, {1}, {0}};
	const PolicyWorth worth = policy_worth(&sample, &(Policy){.share = everybody}, NULL);

	assert_true(fabs(worth.worth - (mean[1] / n[1] - mean[0] / n[0])) < 1e-9);
	assert_true(
		fabs(worth.standard_error / sqrt(square[1] / (n[1] - 1) / n[1] + square[0] / (n[0] - 1) / n[0]) - 1) <
		0.01);
}

/* P(response) of a user in an arm: each treatment helps its half of the users. */
static double
response(size_t arm, double x)
{
	return 0.1 + (arm == 1 ? 0.25 * x : arm == 2 ? 0.25 * (1 - x) - 0.05 : 0);
}

/* The chance of an arm, that depends on the user where `chosen`. */
static double
chance_of(size_t arm, double x, int chosen)
{
	const double first = chosen ? 0.2 + 0.4 * x : 0.25;

	return arm == 1 ? first : arm == 2 ? 0.25 : 0.75 - first;
}

#define POLICIES 4

/*
 * Worth of the policies over x uniform in [0, 1]: the best arm for each user, everybody treatment 1 or 2, and half of them
 * either at random. Value 10, costs .6 and .3.
 */
static const double value = 10, cost[TREATMENTS] = {0.6, 0.3};

static uint8_t
decide(double x)
{
	const double first = value * (response(1, x) - response(0, x)) - cost[0];
	const double second = value * (response(2, x) - response(0, x)) - cost[1];

	return first > second ? (first > 0) * 1 : (second > 0) * 2;
}

static double
worth_of(int policy, double x)
{
	const double first = value * (response(1, x) - response(0, x)) - cost[0];
	const double second = value * (response(2, x) - response(0, x)) - cost[1];
	const uint8_t arm = decide(x);

	return policy == 0   ? (arm == 1   ? first
							: arm == 2 ? second
									   : 0)
		   : policy == 1 ? first
		   : policy == 2 ? second
						 : (first + second) / 4;
}

/* In how many of 200 experiments the interval holds the truth: of each policy over nobody, and of the first over each. */
static void
cover(int *holds, int chosen)
{
	enum
	{
		USERS = 2000,
		GRID = 100000
	};
	static const double share[POLICIES][TREATMENTS] = {{0, 0}, {1, 0}, {0, 1}, {0.25, 0.25}};
	uint8_t *arm = malloc(USERS), *best = malloc(USERS);
	double *outcome = malloc(USERS * sizeof(double)), *chance = malloc(USERS * sizeof(double));
	double truth[POLICIES] = {0};
	Rng rng = rng_seed(11, (uint64_t) chosen);

	for (int policy = 0; policy < POLICIES; policy++)
		for (int i = 0; i < GRID; i++)
			truth[policy] += worth_of(policy, (i + 0.5) / GRID) / GRID;
	for (int trial = 0; trial < 200; trial++)
	{
		for (size_t i = 0; i < USERS; i++)
		{
			const double x = rng_uniform(&rng), u = rng_uniform(&rng);

			arm[i] = u < chance_of(1, x, chosen)                             ? 1
					 : u < chance_of(1, x, chosen) + chance_of(2, x, chosen) ? 2
																			 : 0;
			chance[i] = chance_of(arm[i], x, chosen);
			outcome[i] = rng_uniform(&rng) < response(arm[i], x);
			best[i] = decide(x);
		}

		const PolicySample sample = {
			USERS, arm, outcome, chance, TREATMENTS, {value, value}, {cost[0], cost[1]}};
		const Policy model = {.chosen = best};

		for (int policy = 0; policy < POLICIES; policy++)
		{
			const Policy other = policy == 0 ? model : (Policy){.share = share[policy]};
			const PolicyWorth worth = policy_worth(&sample, &other, NULL);
			const PolicyWorth gain = policy_worth(&sample, &model, &other);

			holds[policy] += fabs(worth.worth - truth[policy]) <= 1.96 * worth.standard_error;
			holds[POLICIES + policy] +=
				fabs(gain.worth - (truth[0] - truth[policy])) <= 1.96 * gain.standard_error;
		}
	}
	free(arm);
	free(best);
	free(outcome);
	free(chance);
}

/* 90 to 99 % of the intervals hold the truth, with chances that are the same for all and with others. */
static void
test_coverage(void **state)
{
	for (int chosen = 0; chosen < 2; chosen++)
	{
		int holds[2 * POLICIES] = {0};

		cover(holds, chosen);
		for (int i = 0; i < 2 * POLICIES; i++)
			if (i != POLICIES && (holds[i] < 180 || holds[i] > 198))
				fail_msg("%d of 200 intervals hold the truth (quantity %d, chances %d)", holds[i], i, chosen);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_difference_of_means),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

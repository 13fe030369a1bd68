/* Spillover: against NumPy and by hand, and whether the intervals hold the truth where friends are alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "nn/rng.h"
#include "spillovercase.h"
#include "uplift/pure/graph.h"
#include "uplift/pure/spillover.h"

typedef struct Fit
{
	Spillover spillover;
	void *block;
} Fit;

static Fit
fit(const SpilloverSample *sample, bool others)
{
	Fit fit;
	Arena measure = arena_measure();

	spillover_carve(&fit.spillover, &measure, sample);
	fit.block = malloc(measure.used + ARENA_ALIGNMENT);

	Arena arena = arena_over(arena_align(fit.block), measure.used);

	spillover_carve(&fit.spillover, &arena, sample);
	assert_false(arena.overflow);
	spillover_begin(&fit.spillover, sample, others);
	while (spillover_step(&fit.spillover))
		;
	return fit;
}

/* Who listens to whom, each pair once. */
typedef struct Friends
{
	Graph graph;
	void *block;
} Friends;

static Friends
listen(const uint32_t *listener, const uint32_t *friend, const float *weight, size_t E, size_t N,
	   bool directed)
{
	const GraphSetup setup = {.N = N, .E = E, .directed = directed, .weighted = weight != NULL};
	Friends friends;
	GraphBuild build;
	Arena measure = arena_measure();

	graph_carve(&friends.graph, &measure, &setup);
	graphbuild_carve(&build, &measure, &setup);
	friends.block = malloc(measure.used + ARENA_ALIGNMENT);

	Arena arena = arena_over(arena_align(friends.block), measure.used);

	graph_carve(&friends.graph, &arena, &setup);
	graphbuild_carve(&build, &arena, &setup);
	graphbuild_start(&build, &friends.graph, &(GraphEdges){friend, listener, weight, NULL, E});
	while (graphbuild_step(&build))
		;
	return friends;
}

static void
assert_effect(SpilloverEffect got, const double *wanted)
{
	if (!(fabs(got.estimate - wanted[0]) < 1e-5 && fabs(got.standard_error - wanted[1]) < 1e-5))
		fail_msg("%.9g (%.9g), expected %.9g (%.9g)", got.estimate, got.standard_error, wanted[0], wanted[1]);
}

static void
assert_both(const SpilloverSample *sample, const double *experiment, const double *others)
{
	const size_t K = sample->treatments;
	const Fit of[] = {fit(sample, false), fit(sample, true)};

	for (size_t k = 0; k < K; k++)
	{
		assert_effect(spillover_own(&of[0].spillover, k), experiment + 2 * k);
		assert_effect(spillover_of_friends(&of[0].spillover, k), experiment + 2 * (K + k));
		assert_effect(spillover_of_friends(&of[1].spillover, k), others + 2 * k);
	}
	free(of[0].block);
	free(of[1].block);
}

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Two treatments, weights, groups, missing values; then one treatment with chances, by number. */
static void
test_numpy(void **state)
{
	const size_t N = LENGTH(arms_arm);
	const Friends arms = listen(arms_listener, arms_friend, arms_weight, LENGTH(arms_listener), N, true);
	const Friends chances =
		listen(chances_listener, chances_friend, chances_weight, LENGTH(chances_listener), N, true);

	assert_both(&(SpilloverSample){.N = N,
								   .F = 2,
								   .treatments = 2,
								   .feature = arms_feature,
								   .arm = arms_arm,
								   .outcome = arms_outcome,
								   .friends = &arms.graph.in,
								   .together = arms_group,
								   .groups = 12},
				arms_experiment, arms_others);
	assert_both(&(SpilloverSample){.N = N,
								   .F = 2,
								   .treatments = 1,
								   .feature = chances_feature,
								   .arm = chances_arm,
								   .outcome = chances_outcome,
								   .chance = chances_chance,
								   .friends = &chances.graph.in,
								   .by_number = true},
				chances_experiment, chances_others);
	free(arms.block);
	free(chances.block);
}

/* Without friends the own effect is the difference of means, with the usual standard error; of friends nothing is known. */
static void
test_by_hand(void **state)
{
	static const int8_t arm[] = {1, 0, 1, 0, 1, 0};
	static const float outcome[] = {5, 1, 7, 3, 6, 2};
	const Friends nobody = listen(NULL, NULL, NULL, 0, 6, false);
	const SpilloverSample sample = {
		.N = 6, .treatments = 1, .arm = arm, .outcome = outcome, .friends = &nobody.graph.in};
	const Fit of = fit(&sample, false);
	const SpilloverEffect own = spillover_own(&of.spillover, 0),
						  friends = spillover_of_friends(&of.spillover, 0);

	assert_true(fabs(own.estimate - 4) < 1e-12);
	/* Of each arm the squares sum to 2 over 3 users: 2 · 2 / 9 · 6 / 4. */
	assert_true(fabs(own.standard_error - sqrt(4.0 / 9 * 6 / 4)) < 1e-12);
	assert_int_equal(own.users, 6);
	assert_true(isnan(friends.estimate) && isnan(friends.standard_error));
	assert_int_equal(friends.users, 0);
	free(of.block);
	free(nobody.block);
}

/* An outcome without errors is found exactly, whatever the features, and its intervals have no width. */
static void
test_exact(void **state)
{
	enum
	{
		USERS = 300
	};
	int8_t arm[USERS];
	float outcome[USERS], feature[USERS];
	uint32_t from[3 * USERS], to[3 * USERS];
	Rng rng = rng_seed(5, 0);

	for (uint32_t e = 0; e < 3 * USERS; e++)
	{
		from[e] = e / 3;
		to[e] = (e / 3 + 1 + (uint32_t) rng_below(&rng, USERS - 1)) % USERS;
	}
	for (size_t i = 0; i < USERS; i++)
	{
		arm[i] = rng_uniform(&rng) < 0.5;
		feature[i] = (float) rng_below(&rng, 8);
	}

	const Friends friends = listen(from, to, NULL, 3 * USERS, USERS, false);
	const Adjacency *in = &friends.graph.in;

	for (size_t i = 0; i < USERS; i++)
	{
		outcome[i] = 2.0f * arm[i] + 3.0f * feature[i] + 100;
		for (size_t e = in->start[i]; e < in->start[i + 1]; e++)
			outcome[i] += in->node[e] != i ? 0.5f * arm[in->node[e]] : 0;
	}

	const SpilloverSample sample = {.N = USERS,
									.F = 1,
									.treatments = 1,
									.feature = feature,
									.arm = arm,
									.outcome = outcome,
									.friends = in,
									.by_number = true};
	const Fit of = fit(&sample, false);

	assert_effect(spillover_own(&of.spillover, 0), (const double[]){2, 0});
	assert_effect(spillover_of_friends(&of.spillover, 0), (const double[]){0.5, 0});
	free(of.block);
	free(friends.block);
}

/* -- Do the intervals hold the truth? --------------------------------------- */

typedef struct World
{
	const char *name;
	double own, friends; /* the effects */
	bool by_number, chances, blocks;
	double differ; /* how much effects differ between users, in part with what friends share */
} World;

enum
{
	USERS = 2000,
	EDGES = 3 * USERS,
	TRIALS = 300,
	BLOCK = 20 /* users of a block are drawn together */
};

static double x[USERS], hidden[USERS];
static float chance[USERS], outcome[USERS], feature[USERS];
static int8_t arm[USERS];
static uint32_t group[USERS], end[2][EDGES];

/* Users in the order of x, which friends share and so what nobody knows of them; one of fifty knows many. */
static Friends
draw_graph(Rng *rng)
{
	for (size_t i = 0; i < USERS; i++)
	{
		x[i] = (i + 0.5) / USERS * 2 - 1;
		hidden[i] = 2 * sin(20 * x[i]) + 2 * x[i];
	}
	for (size_t e = 0; e < EDGES; e++)
	{
		const size_t i = rng_below(rng, 10) == 0 ? rng_below(rng, USERS / 50) * 50 : rng_below(rng, USERS);
		const double near = (double) i + 15 * rng_normal(rng);

		end[0][e] = (uint32_t) i;
		end[1][e] = near < 0 || near >= USERS ? (uint32_t) i : (uint32_t) near;
	}
	return listen(end[0], end[1], NULL, EDGES, USERS, false);
}

/* A third is outside the experiment, and rather those with high x. */
static void
draw_arms(const World *world, Rng *rng)
{
	for (size_t i = 0; i < USERS; i++)
	{
		const double p = world->chances ? 0.25 + 0.5 / (1 + exp(-3 * x[i])) : 0.4;
		const size_t first = i / BLOCK * BLOCK;

		group[i] = (uint32_t) (i / BLOCK);
		arm[i] = world->blocks && i > first ? arm[first] : rng_uniform(rng) < p;
		chance[i] = (float) (arm[i] ? p : 1 - p);
		feature[i] = (float) (x[i] + rng_normal(rng));
	}
	for (size_t i = 0; i < USERS && !world->blocks; i++)
		if (rng_uniform(rng) < 0.3 + 0.2 * x[i])
			arm[i] = -1;
}

static void
draw_outcomes(const World *world, const Adjacency *in, Rng *rng)
{
	for (size_t i = 0; i < USERS; i++)
	{
		const double differs = world->differ * (rng_normal(rng) + sin(20 * x[i]));
		double treated = 0, friends = 0;

		for (size_t e = in->start[i]; e < in->start[i + 1]; e++)
		{
			friends += in->node[e] != i;
			treated += in->node[e] != i && arm[in->node[e]] == 1;
		}
		if (!world->by_number && friends > 0)
			treated /= friends;
		outcome[i] =
			(float) (hidden[i] + 0.05 * friends + rng_normal(rng) + (world->own + differs) * (arm[i] == 1) +
					 world->friends * (1 + differs) * treated);
	}
}

/* In how many of TRIALS experiments the intervals hold the truth: own, of friends, and of friends on others. */
static void
cover(int *holds, const World *world, uint64_t stream)
{
	Rng rng = rng_seed(17, stream);

	for (int trial = 0; trial < TRIALS; trial++)
	{
		const Friends friends = draw_graph(&rng);
		const SpilloverSample sample = {.N = USERS,
										.F = 1,
										.treatments = 1,
										.feature = feature,
										.arm = arm,
										.outcome = outcome,
										.chance = world->chances ? chance : NULL,
										.friends = &friends.graph.in,
										.by_number = world->by_number,
										.together = world->blocks ? group : NULL,
										.groups = USERS / BLOCK};

		draw_arms(world, &rng);
		draw_outcomes(world, &friends.graph.in, &rng);
		for (int others = 0; others < (world->blocks ? 1 : 2); others++)
		{
			const Fit of = fit(&sample, others);
			const SpilloverEffect own = spillover_own(&of.spillover, 0),
								  heard = spillover_of_friends(&of.spillover, 0);

			if (!others)
				holds[0] += fabs(own.estimate - world->own) <= 1.96 * own.standard_error;
			holds[1 + others] += fabs(heard.estimate - world->friends) <= 1.96 * heard.standard_error;
			free(of.block);
		}
		free(friends.block);
	}
}

/* 90 to 99 % of the intervals hold the truth, and so hold 0 where there is no spillover. */
static void
test_coverage(void **state)
{
	static const World worlds[] = {
		{"no spillover", .own = 1},
		{"no effect at all, by number", .by_number = true},
		{"spillover", .own = 1, .friends = 2},
		{"by number, effects that differ", .own = 1, .friends = 0.5, .by_number = true, .differ = 0.7},
		{"chances that differ", .own = 1, .friends = 2, .chances = true},
		{"no spillover, chances that differ, by number", .own = 1, .by_number = true, .chances = true,
		 .differ = 0.5},
		{"drawn by blocks", .own = 1, .friends = 2, .blocks = true},
	};

	for (size_t w = 0; w < LENGTH(worlds); w++)
	{
		int holds[3] = {0};

		cover(holds, &worlds[w], w);
		for (int i = 0; i < (worlds[w].blocks ? 2 : 3); i++)
			if (holds[i] < TRIALS * 0.9 || holds[i] > TRIALS * 0.99)
				fail_msg("%d of 300 intervals hold the truth (%s, effect %d)", holds[i], worlds[w].name, i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numpy),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

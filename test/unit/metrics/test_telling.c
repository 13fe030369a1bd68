/* What alone tells the answer is found, and ordinary features are not taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "nn/rng.h"
#include "metrics/pure/telling.h"

#define ROOM 1000

static Telling telling;
static double value[ROOM];
static int32_t group[ROOM];
static uint32_t user[ROOM];

static int
setup(void **unused)
{
	Arena arena = arena_measure();

	telling_carve(&telling, &arena, ROOM);

	void *block = malloc(arena.used + ARENA_ALIGNMENT);

	arena = arena_over(arena_align(block), arena.used);
	telling_carve(&telling, &arena, ROOM);
	*unused = block;
	return 0;
}

static int
teardown(void **block)
{
	free(*block);
	return 0;
}

/* Alarms among trials of a feature that is normal in both groups, so far apart. */
static size_t
alarms(double distance, size_t members, size_t n, size_t trials)
{
	Rng rng = rng_seed(7, members);
	size_t count = 0;

	for (size_t t = 0; t < trials; t++)
	{
		for (size_t i = 0; i < n; i++)
		{
			group[i] = i < members;
			value[i] = rng_normal(&rng) + (group[i] ? distance : 0);
		}
		count += telling_auc(&telling, value, group, NULL, n, 2) > 0;
	}
	return count;
}

/* A distance d makes an AUC of Phi(d / sqrt 2). */
static void
test_ordinary(void **unused)
{
	assert_int_equal(alarms(0, 30, 60, 1000), 0);
	assert_int_equal(alarms(1.1902, 30, 60, 2000), 0);   /* 0.8 */
	assert_int_equal(alarms(1.1902, 100, 1000, 500), 0); /* 0.8 */
	assert_int_equal(alarms(1.8124, 100, 200, 2000), 0); /* 0.9 */
	assert_true(alarms(2.3262, 50, 100, 2000) < 20);     /* 0.95 */
	assert_true(alarms(5.0, 100, 1000, 100) > 90);       /* 0.9998: nobody's feature */
}

static void
test_copies(void **unused)
{
	Rng rng = rng_seed(3, 0);
	double auc;

	/* Another code of three classes, and falling. */
	for (size_t i = 0; i < ROOM; i++)
	{
		group[i] = (int32_t) (i % 3);
		value[i] = -7.5 * group[i];
	}
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 3) == 1);

	/* Noise within, a few wrong, a third missing. */
	for (size_t i = 0; i < ROOM; i++)
	{
		group[i] = i % 4 == 0;
		value[i] = rng_below(&rng, 3) == 0 ? NAN : (i % 500 == 0 ? 0 : group[i]) + 0.5 * rng_uniform(&rng);
	}
	auc = telling_auc(&telling, value, group, NULL, ROOM, 2);
	assert_true(auc > 0.99 && auc < 1);

	/* Only who is in the group has a value; only who is in it has none. */
	for (int known = 0; known < 2; known++)
	{
		for (size_t i = 0; i < ROOM; i++)
			value[i] = (group[i] == 1) == (known == 1) ? rng_uniform(&rng) : NAN;
		assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 1);
	}

	/* Nothing known; nobody in the group; too few of them. */
	for (size_t i = 0; i < ROOM; i++)
		value[i] = NAN;
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 0);
	for (size_t i = 0; i < ROOM; i++)
	{
		value[i] = i < 29;
		group[i] = i < 29;
	}
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 0);
	value[29] = group[29] = 1;
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 1);
	value[29] = 0;
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 0);
	assert_true(telling_auc(&telling, value, group, NULL, 0, 2) == 0);

	/* Thirty rows of a group tell, but not when they are of ten users. */
	value[29] = 1;
	for (size_t i = 0; i < ROOM; i++)
		user[i] = (uint32_t) (i / 3);
	assert_true(telling_auc(&telling, value, group, NULL, ROOM, 2) == 1);
	assert_true(telling_auc(&telling, value, group, user, ROOM, 2) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ordinary), cmocka_unit_test(test_copies)};

	return cmocka_run_group_tests(tests, setup, teardown);
}

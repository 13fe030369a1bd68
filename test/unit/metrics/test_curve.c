/* What thresholds mark, and which reaches a goal: worked by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/pure/curve.h"

static void
assert_close(double got, double want)
{
	if (!(fabs(got - want) < 1e-12))
		fail_msg("%.17g is not %.17g", got, want);
}

/* A tie is one cut, and a score that a replicate did not draw is none. */
static void
test_cuts(void **state)
{
	const double score[] = {0.9, 0.7, 0.7, 0.4, 0.1};
	const uint8_t label[] = {1, 0, 1, 0, 1};
	const uint32_t weight[] = {2, 1, 3, 0, 1};
	Cut cut[5];

	assert_int_equal(curve_cuts(cut, &(BinaryScores){score, label, NULL, 5}), 4);
	assert_close(cut[1].threshold, 0.7);
	assert_close(cut_precision(&cut[1]), 2. / 3);
	assert_close(cut_recall(&cut[1], &cut[3]), 2. / 3);
	assert_close(cut_false_positive_rate(&cut[1], &cut[3]), 0.5);
	assert_close(cut_lift(&cut[1], &cut[3]), 10. / 9);

	assert_int_equal(curve_cuts(cut, &(BinaryScores){score, label, weight, 5}), 3);
	assert_close(cut[1].rows, 6);
	assert_close(cut[1].ones, 5);
	assert_close(cut[2].threshold, 0.1);
	assert_int_equal(curve_cuts(cut, &(BinaryScores){NULL, NULL, NULL, 0}), 0);
}

static void
test_goals(void **state)
{
	const Cut cut[] = {{0.9, 1, 1}, {0.7, 3, 2}, {0.4, 4, 2}, {0.1, 5, 3}};

	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_PRECISION, .least = 0.6}), 3);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_PRECISION, .least = 0.65}), 1);
	assert_int_equal(cut_choose(cut, 3, &(CutGoal){.kind = CUT_RECALL, .least = 1}), 1);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_USERS, .users = 11, .population = 20}), 1);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_USERS, .users = 20, .population = 20}), 3);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_PROFIT, .value = 3, .cost = 1}), 3);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_PROFIT, .value = 3, .cost = 2}), 0);
	assert_int_equal(cut_choose(cut, 4, &(CutGoal){.kind = CUT_PROFIT, .value = 2, .cost = 3}), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cuts), cmocka_unit_test(test_goals)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

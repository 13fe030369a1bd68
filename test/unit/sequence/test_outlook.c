/* The label to come by plain rules, and the factors for macro-F1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "nn/rng.h"
#include "sequence/pure/decide.h"
#include "sequence/pure/outlook.h"
#include "sequence/pure/season.h"

/* The critical score is where the labeler's own answer changes, in the exact part and beyond it. */
static void
test_critical(void **state)
{
	for (long moves = 0; moves < 400; moves++)
	{
		const long net = outlook_critical(moves);

		assert_int_equal((net + moves) % 2, 0);
		if (net <= moves)
			assert_int_equal(trend_label((SignScore){(moves + net) / 2, (moves - net) / 2}), LABEL_POTENTIAL);
		if (net > 2)
			assert_int_equal(trend_label((SignScore){(moves + net - 2) / 2, (moves - net + 2) / 2}),
							 LABEL_STABLE);
	}
}

static void
test_known(void **state)
{
	const Outlook falls = outlook(&(OutlookOf){.known = {1, 9}, .each = 1});
	const Outlook stable = outlook(&(OutlookOf){.known = {5, 5}, .each = 1});

	assert_true(falls.falls == 1 && falls.rises == 0);
	assert_true(stable.falls == 0 && stable.rises == 0);
}

/* Falls and rises change places with the signs; many changes that are left are no less likely to add up. */
static void
test_symmetry(void **state)
{
	for (size_t left = 1; left < 300; left += 7)
	{
		const OutlookOf of = {{9, 4}, left, 0.6, 0.4, 1.0 / 3, 1.0 / 3};
		const OutlookOf mirrored = {{4, 9}, left, 0.6, -0.4, 1.0 / 3, 1.0 / 3};
		const Outlook a = outlook(&of), b = outlook(&mirrored);

		assert_true(fabs(a.rises - b.falls) < 1e-12 && fabs(a.falls - b.rises) < 1e-12);
		assert_true(a.rises > a.falls && a.rises > 0 && a.rises + a.falls < 1 + 1e-9);
	}
}

/* Of walks that go either way, drawn: the share that ends as each label. */
static void
test_walks(void **state)
{
	const OutlookOf of = {{8, 2}, 6, 0.7, .each = 1};
	const Outlook said = outlook(&of);
	const int walks = 40000;
	double rises = 0, falls = 0;
	Rng rng = rng_seed(1, 1);

	for (int i = 0; i < walks; i++)
	{
		SignScore score = of.known;

		for (size_t k = 0; k < of.left; k++)
		{
			const double u = rng_uniform(&rng);

			score.rises += u < 0.35;
			score.falls += u >= 0.35 && u < 0.7;
		}
		rises += trend_label(score) == LABEL_POTENTIAL;
		falls += trend_label(score) == LABEL_HIGH_RISK;
	}
	assert_true(fabs(said.rises - rises / walks) < 0.03);
	assert_true(fabs(said.falls - falls / walks) < 0.01);
}

/* A rare class whose probability never reaches a half: its factor makes those of the highest probability its own. */
static void
test_decide(void **state)
{
	enum
	{
		ROWS = 1000
	};
	static real prob[ROWS * 2];
	double scratch[6];
	real weight[2];
	size_t rare = 0;

	for (size_t i = 0; i < ROWS; i++)
	{
		prob[2 * i + 1] = i < 50 ? (real) 0.4 : (real) 0.01;
		prob[2 * i] = 1 - prob[2 * i + 1];
	}
	decide_macro_f1(weight, prob, ROWS, 2, scratch);
	assert_true(weight[0] == 1);
	for (size_t i = 0; i < ROWS; i++)
		rare += prob[2 * i + 1] * weight[1] > prob[2 * i] * weight[0];
	assert_int_equal(rare, 50);
}

/* ---- Seasons ---- */

static double
mean_at(const Seasons *seasons, double t)
{
	double mean = 0;

	for (size_t i = 0; i < seasons->n; i++)
		if (seasons->course[i].share > 0)
			mean += seasons->course[i].share * course_at(&seasons->course[i], t);
	return mean;
}

/* A wave of a length among those that are tried goes on, and so does one of a length between two of them. */
static void
test_wave(void **state)
{
	const double lengths[] = {8, 13, 11.5};
	real value[52];
	Seasons seasons;

	for (size_t i = 0; i < 3; i++)
	{
		const double turn = 2 * acos(-1) / lengths[i];

		for (int t = 0; t < 52; t++)
			value[t] = (real) (3 + 2 * sin(turn * (t - 51) + 1));
		seasons_measure(&seasons, value, 52);
		assert_true(seasons.course[0].share + seasons.course[1].share < 1e-6);
		for (int t = -10; t <= 4; t++)
			assert_true(fabs(mean_at(&seasons, t) - 3 - 2 * sin(turn * t + 1)) < 0.35);
	}
}

/* Shares add up to 1; noise has a level and no more, a slope is a line. */
static void
test_plain(void **state)
{
	Rng rng = rng_seed(3, 1);
	real value[SEASON_STEPS_MAX];
	double noise = 0, line = 0;
	Seasons seasons;

	for (size_t n = 6; n <= SEASON_STEPS_MAX; n++)
	{
		double sum = 0;

		for (size_t t = 0; t < n; t++)
			value[t] = (real) rng_normal(&rng);
		seasons_measure(&seasons, value, n);
		for (size_t i = 0; i < seasons.n; i++)
			sum += seasons.course[i].share;
		assert_true(fabs(sum - 1) < 1e-9);
		noise += seasons.course[0].share / (SEASON_STEPS_MAX - 5);
		for (size_t t = 0; t < n; t++)
			value[t] += (real) t;
		seasons_measure(&seasons, value, n);
		line += seasons.course[1].share / (SEASON_STEPS_MAX - 5);
		assert_true(fabs(course_at(&seasons.course[1], 1) - (double) n) < 3);
	}
	assert_true(noise > 0.7 && line > 0.9);
}

/* Nothing to regress: the mean, whose share is 1. */
static void
test_too_little(void **state)
{
	const real value[] = {4, 4, 4, 4, 4, 4, 4, 4, 1};
	Seasons seasons;

	for (size_t n = 1; n <= 8; n++)
	{
		seasons_measure(&seasons, value, n);
		assert_true(seasons.n == 1 && seasons.course[0].share == 1 && mean_at(&seasons, 3) == 4);
	}
	seasons_measure(&seasons, value + 4, 5);
	assert_true(seasons.n == 1 && fabs(mean_at(&seasons, 1) - 3.4) < 1e-6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_critical),   cmocka_unit_test(test_known),  cmocka_unit_test(test_symmetry),
		cmocka_unit_test(test_walks),      cmocka_unit_test(test_wave),   cmocka_unit_test(test_plain),
		cmocka_unit_test(test_too_little), cmocka_unit_test(test_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The difference-sign test against every permutation, and against figures worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "labeler/pure/label.h"
#include "labeler/pure/signtest.h"

#define PERMUTED 7

static const double exact[8];

static void
test_score(void **state)
{
	const double value[] = {1, 3, 3, 2, 5, 5, 5, 1};
	const SignScore score = sign_score(value, exact, 8);

	assert_int_equal(score.rises, 2);
	assert_int_equal(score.falls, 2);
	assert_int_equal(sign_score(value, exact, 1).rises, 0);
	assert_int_equal(sign_score(value, exact, 0).falls, 0);
}

static long counts[PERMUTED + 1];

static void
permute(double *value, int fixed, int n)
{
	if (fixed == n)
	{
		counts[sign_score(value, exact, (size_t) n).rises]++;
		return;
	}
	for (int i = fixed; i < n; i++)
	{
		const double kept = value[fixed];

		value[fixed] = value[i];
		value[i] = kept;
		permute(value, fixed + 1, n);
		value[i] = value[fixed];
		value[fixed] = kept;
	}
}

static void
test_exact_p(void **state)
{
	for (int n = 2; n <= PERMUTED; n++)
	{
		double value[PERMUTED];
		double all = 0;

		for (int i = 0; i <= PERMUTED; i++)
			counts[i] = 0;
		for (int i = 0; i < n; i++)
			value[i] = i;
		permute(value, 0, n);
		for (int k = 0; k < n; k++)
			all += (double) counts[k];
		for (int k = 0; k < n; k++)
		{
			double as_far = 0;

			for (int i = 0; i < n; i++)
				if (labs(2 * i - (n - 1)) >= labs(2 * k - (n - 1)))
					as_far += (double) counts[i];

			const SignScore score = {.rises = k, .falls = n - 1 - k};

			assert_true(fabs(sign_p(score) - as_far / all) < 1e-14);
		}
	}
}

/* Twelve weeks need a net sign of 5; three periods never suffice. */
static void
test_known_limits(void **state)
{
	assert_true(sign_p((SignScore){8, 3}) <= 0.1);
	assert_true(sign_p((SignScore){7, 4}) > 0.1);
	assert_true(sign_p((SignScore){0, 2}) > 0.1);
	assert_true(fabs(sign_p((SignScore){3, 0}) - 2.0 / 24) < 1e-15);
	assert_true(sign_p((SignScore){0, 0}) == 1.0);
}

/* Twelve weeks: significance and the cut points of the same net sign agree. */
static void
test_label(void **state)
{
	for (int rises = 0; rises <= 11; rises++)
	{
		const SignScore score = {.rises = rises, .falls = 11 - rises};

		assert_int_equal(trend_label(score), trend_label_at(score, 5, -5));
		assert_int_equal(trend_label(score), rises >= 8   ? LABEL_POTENTIAL
											 : rises <= 3 ? LABEL_HIGH_RISK
														  : LABEL_STABLE);
	}
	assert_int_equal(trend_label_at((SignScore){3, 2}, 1, -1), LABEL_POTENTIAL);
	assert_int_equal(trend_label_at((SignScore){2, 3}, 1, -1), LABEL_HIGH_RISK);
	assert_string_equal(trend_label_names[LABEL_HIGH_RISK], "high_risk");
	assert_string_equal(trend_label_names[LABEL_POTENTIAL], "potential");
}

static void
test_z_and_normal(void **state)
{
	assert_true(fabs(sign_z((SignScore){8, 3}) - 5.0 / sqrt(13.0 / 3.0)) < 1e-15);
	assert_true(sign_z((SignScore){0, 0}) == 0.0);

	/* The exact tail and the normal one meet: their last and first, in standard deviations less the
	 * correction. */
	for (int s = 5; s <= 15; s += 2)
	{
		const double exact = sign_p((SignScore){(29 + s) / 2, (29 - s) / 2});
		const double normal = erfc((s - 1.0) / sqrt(31.0 / 3.0) / sqrt(2.0));

		assert_true(fabs(exact - normal) < 0.01);
	}
	assert_true(fabs(sign_p((SignScore){18, 12}) - erfc(5.0 / sqrt(32.0 / 3.0) / sqrt(2.0))) < 1e-15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_score),        cmocka_unit_test(test_exact_p),
		cmocka_unit_test(test_known_limits), cmocka_unit_test(test_label),
		cmocka_unit_test(test_z_and_normal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

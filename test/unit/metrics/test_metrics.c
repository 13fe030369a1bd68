/* Rankings and metrics against scikit-learn 1.9, scikit-uplift 0.5, and cases worked by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "metrics/pure/bootstrap.h"
#include "metrics/pure/psi.h"
#include "metrics/pure/metrics.h"
#include "metrics/pure/rank.h"
#include "nn/rng.h"
#include "metrics/pure/upliftmetrics.h"

#define EPSILON 1e-12

static void
assert_close(double got, double want)
{
	if (!(fabs(got - want) < EPSILON))
		fail_msg("%.17g is not %.17g", got, want);
}

static void
test_rank_by_hand(void **state)
{
	const double score[] = {1.5, -2, 0.0, 1.5, -0.0, INFINITY, 1e-310, -1e300};
	const uint32_t want[] = {5, 3, 0, 6, 4, 2, 1, 7};
	uint32_t order[8];
	RankItem scratch[16];

	rank_descending(order, scratch, score, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(order[i], want[i]);
	rank_descending(order, scratch, score, 0);
}

static void
test_rank_is_falling_and_later_first(void **state)
{
	enum
	{
		N = 5000
	};
	static double score[N];
	static uint32_t order[N];
	static RankItem scratch[2 * N];
	Rng rng = rng_seed(1, 0);

	/* Coarse steps: many ties; fine ones: every digit of the sort moves something. */
	for (int fine = 0; fine < 2; fine++)
	{
		for (int i = 0; i < N; i++)
			score[i] =
				fine ? rng_normal(&rng) * exp(40 * rng_normal(&rng)) : (double) rng_below(&rng, 50) - 25;
		rank_descending(order, scratch, score, N);
		for (int i = 1; i < N; i++)
		{
			assert_true(score[order[i - 1]] >= score[order[i]]);
			assert_true(score[order[i - 1]] > score[order[i]] || order[i - 1] > order[i]);
		}
	}
}

static void
test_auc(void **state)
{
	const double score[] = {0.9, 0.7, 0.7, 0.1};
	const uint8_t label[] = {1, 0, 1, 0};
	const uint8_t ones[] = {1, 1, 1, 1};
	const uint32_t weight[] = {0, 2, 1, 3}; /* 0.7/0 twice, 0.7/1, 0.1/0 three times */

	assert_close(metric_auc(&(BinaryScores){score, label, NULL, 4}), 3.5 / 4);
	assert_close(metric_auc(&(BinaryScores){score, label, weight, 4}), (2 * 0.5 + 3) / 5);
	assert_true(isnan(metric_auc(&(BinaryScores){score, ones, NULL, 4})));
	assert_true(isnan(metric_auc(&(BinaryScores){NULL, NULL, NULL, 0})));
	assert_true(isnan(metric_auc_error(&(BinaryScores){score, ones, NULL, 4})));
}

static void
test_average_precision(void **state)
{
	const double score[] = {0.9, 0.7, 0.7, 0.1};
	const uint8_t label[] = {1, 0, 1, 0};
	const uint8_t zeros[] = {0, 0, 0, 0};
	const uint32_t weight[] = {0, 2, 1, 3}; /* 0.7/0 twice, 0.7/1, 0.1/0 three times */

	assert_close(metric_average_precision(&(BinaryScores){score, label, NULL, 4}), (1 + 2.0 / 3) / 2);
	assert_close(metric_average_precision(&(BinaryScores){score, label, weight, 4}), 1.0 / 3);
	assert_true(isnan(metric_average_precision(&(BinaryScores){score, zeros, NULL, 4})));
	assert_true(isnan(metric_average_precision(&(BinaryScores){NULL, NULL, NULL, 0})));
}

/* Probabilities in 64ths: exact as floats. */
static const int sixty_fourths[12][3] = {{58, 4, 2},  {42, 19, 3}, {36, 21, 7}, {51, 3, 10},
										 {4, 18, 42}, {18, 40, 6}, {56, 1, 7},  {31, 27, 6},
										 {9, 44, 11}, {8, 26, 30}, {50, 4, 10}, {21, 12, 31}};
static const int32_t labels[12] = {2, 0, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2};
static real probabilities[12 * 3];

static ClassScores
class_scores(void)
{
	for (int i = 0; i < 36; i++)
		probabilities[i] = (real) sixty_fourths[i / 3][i % 3] / 64;
	return (ClassScores){probabilities, labels, NULL, 12, 3};
}

static void
test_classes_as_scikit_learn(void **state)
{
	const ClassScores set = class_scores();
	const double want[9] = {1, 0, 0, 3, 2, 1, 3, 0, 2};
	const double auc[3] = {7.0 / 11, 7.0 / 12, 4.0 / 7};
	double matrix[9];

	metric_confusion(matrix, &set);
	for (int i = 0; i < 9; i++)
		assert_close(matrix[i], want[i]);
	assert_close(metric_accuracy(matrix, 3), 5.0 / 12);
	assert_close(metric_macro_f1(matrix, 3), 5.0 / 12);
	if (fabs(metric_log_loss(&set) - 1.63618419772294) > 1e-13)
		fail_msg("log-loss is %.15g", metric_log_loss(&set));

	for (int c = 0; c < 3; c++)
	{
		double column[12], score[12];
		uint8_t label[12];
		uint32_t order[12];
		RankItem scratch[24];

		for (int i = 0; i < 12; i++)
			column[i] = sixty_fourths[i][c] / 64.0;
		rank_descending(order, scratch, column, 12);
		for (int i = 0; i < 12; i++)
		{
			score[i] = column[order[i]];
			label[i] = labels[order[i]] == c;
		}
		assert_close(metric_auc(&(BinaryScores){score, label, NULL, 12}), auc[c]);
	}
}

static void
test_macro_f1_counts_what_occurs(void **state)
{
	/* Class 2 is predicted once and never occurs: its F1 is 0. Class 3 does neither: it is left out. */
	const double matrix[16] = {5, 1, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	const double nothing[4] = {0};

	assert_close(metric_accuracy(matrix, 4), 8.0 / 12);
	assert_close(metric_macro_f1(matrix, 4), (10.0 / 13 + 6.0 / 10 + 0) / 3);
	assert_true(isnan(metric_accuracy(nothing, 2)));
	assert_true(isnan(metric_macro_f1(nothing, 2)));
}

static void
test_calibration_error(void **state)
{
	ConfidenceBin bin[CONFIDENCE_BINS];
	const ClassScores set = class_scores();

	/* Guo et al.'s definition, computed with numpy. */
	metric_confidence(bin, &set, 15);
	assert_close(metric_ece(bin, 15), 0.404947916666667);
	metric_confidence(bin, &set, 10);
	assert_close(metric_ece(bin, 10), 0.404947916666667);

	/* A confidence on an edge belongs to the bin below it, and 1 to the last. */
	const real edge[] = {0.5, 0.5, 1, 0};
	const int32_t label[] = {0, 1};

	metric_confidence(bin, &(ClassScores){edge, label, NULL, 2, 2}, 4);
	assert_close(bin[1].count, 1);
	assert_close(bin[1].correct, 1);
	assert_close(bin[3].count, 1);
	assert_close(bin[3].correct, 0);
	assert_close(metric_ece(bin, 4), (0.5 + 1) / 2);
}

static void
test_errors_are_of_users(void **state)
{
	/* A share of 3 of 4: sqrt(p (1 - p) / 4), and the same when each row is there twice, of the same users. */
	const double residual[] = {0.25, 0.25, 0.25, 0.25, 0.25, 0.25, -0.75, -0.75};
	const uint32_t user[] = {0, 0, 1, 1, 4, 4, 5, 5};

	size_t users;

	assert_close(metric_mean_error(&users, (const double[]){0.25, 0.25, 0.25, -0.75}, NULL, 4),
				 sqrt(0.1875 / 4));
	assert_close(metric_mean_error(&users, residual, user, 8), sqrt(0.1875 / 4));
	assert_int_equal(users, 4);
	assert_close(metric_mean_error(&users, residual, NULL, 8), sqrt(0.1875 / 8));
	assert_int_equal(users, 8);

	/* The rows of one bin, and how far each is from its share of right answers. */
	const real prob[] = {0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.5, 0.5};
	const int32_t label[] = {0, 1, 1, 1};
	ConfidenceBin bin[CONFIDENCE_BINS];
	const ClassScores set = {prob, label, NULL, 4, 2};
	double of_row[4];
	uint32_t of_user[4];

	metric_confidence(bin, &set, CONFIDENCE_BINS);
	assert_int_equal(metric_confidence_residuals(of_row, of_user, &bin[11], 11, &set, LIKELIEST_CLASS, user),
					 3);
	assert_close(of_row[0], 1.0 / 3);
	assert_close(of_row[2], -2.0 / 3);
	assert_int_equal(of_user[0], 0);
	assert_int_equal(of_user[2], 1);
}

static void
test_weights_are_repeated_rows(void **state)
{
	const uint32_t weight[12] = {2, 0, 1, 3, 1, 0, 2, 1, 0, 0, 1, 1};
	ClassScores set = class_scores();
	real repeated[12 * 3];
	int32_t label[12];
	size_t n = 0;

	for (int i = 0; i < 12; i++)
		for (uint32_t k = 0; k < weight[i]; k++, n++)
		{
			for (int c = 0; c < 3; c++)
				repeated[n * 3 + c] = set.prob[i * 3 + c];
			label[n] = labels[i];
		}
	assert_int_equal(n, 12);

	const ClassScores copy = {repeated, label, NULL, n, 3};
	ConfidenceBin bin[15];
	double matrix[9], other[9];

	set.weight = weight;
	metric_confusion(matrix, &set);
	metric_confusion(other, &copy);
	for (int i = 0; i < 9; i++)
		assert_close(matrix[i], other[i]);
	assert_close(metric_log_loss(&set), metric_log_loss(&copy));
	metric_confidence(bin, &set, 15);

	const double weighted = metric_ece(bin, 15);

	metric_confidence(bin, &copy, 15);
	assert_close(weighted, metric_ece(bin, 15));
}

static void
test_rows_without_label_are_left_out(void **state)
{
	const real prob[] = {0.9f, 0.1f, 0.2f, 0.8f};
	const int32_t one[] = {0, -1};
	const int32_t none[] = {-1, -1};
	double matrix[4];

	metric_confusion(matrix, &(ClassScores){prob, one, NULL, 2, 2});
	assert_close(matrix[0], 1);
	assert_close(matrix[3], 0);
	assert_true(isnan(metric_log_loss(&(ClassScores){prob, none, NULL, 2, 2})));
}

/* Ten rows with ties; the values below are scikit-uplift's. */
static const double uplift[] = {5, 5, 4, 4, 4, 3, 2, 2, 1, 0};
static const uint8_t treated[] = {1, 0, 1, 1, 0, 1, 0, 1, 0, 0};
static const double outcome[] = {1, 0, 1, 0, 1, 1, 0, 0, 1, 0};

static UpliftScores
uplift_scores(void)
{
	return (UpliftScores){uplift, outcome, treated, NULL, NULL, 10};
}

static void
test_curves_as_scikit_uplift(void **state)
{
	const double x[] = {0, 2, 5, 6, 8, 9, 10};
	const double qini[] = {0, 1, 0.5, 1, 4.0 / 3, 0.5, 1};
	const double gain[] = {0, 2, 2.5 / 3, 1.5, 32.0 / 15, 0.9, 2};
	const UpliftScores set = uplift_scores();
	CurvePoint point[11];

	assert_int_equal(uplift_qini_curve(point, &set), 7);
	for (int i = 0; i < 7; i++)
	{
		assert_close(point[i].x, x[i]);
		assert_close(point[i].y, qini[i]);
	}
	assert_int_equal(uplift_gain_curve(point, &set), 7);
	for (int i = 0; i < 7; i++)
		assert_close(point[i].y, gain[i]);
	assert_close(metric_qini(&set, true), 6.0 / 37);
	assert_close(metric_qini(&set, false), 2.0 / 3);
	if (fabs(metric_auuc(&set) - 0.156901041666667) > 1e-14)
		fail_msg("auuc is %.15g", metric_auuc(&set));
}

static void
test_ideal_ranking_of_binary_outcomes(void **state)
{
	/* The ideal order that other outcomes need gives the same as the counts that 0 and 1 allow. */
	UpliftScores set = uplift_scores();
	double score[10];
	uint32_t ideal[10];
	RankItem scratch[20];
	const double by_counts = metric_qini(&set, true);

	uplift_ideal_score(score, &set);
	rank_descending(ideal, scratch, score, 10);
	set.ideal = ideal;
	assert_close(metric_qini(&set, true), by_counts);
	assert_true(isnan(metric_auuc(&set)));
}

static void
test_uplift_at(void **state)
{
	const UpliftScores set = uplift_scores();

	/* The first 5 rows: 2 of 3 treated, 1 of 2 untreated. */
	assert_close(metric_uplift_at(&set, 0.5, UPLIFT_OVERALL, UPLIFT_TIES_IN_ORDER), 2.0 / 3 - 1.0 / 2);
	/* Two of each arm. */
	assert_close(metric_uplift_at(&set, 0.5, UPLIFT_BY_GROUP, UPLIFT_TIES_IN_ORDER), 1 - 0.5);
	assert_close(metric_uplift_at(&set, 1, UPLIFT_OVERALL, UPLIFT_TIES_IN_ORDER), 3.0 / 5 - 2.0 / 5);
	assert_true(
		isnan(metric_uplift_at(&set, 0.1, UPLIFT_OVERALL, UPLIFT_TIES_IN_ORDER))); /* one row: one arm */

	/* Nine rows: of the two that fit, the second is one of three equal ones. */
	const uint32_t weight[] = {1, 0, 0, 0, 3, 1, 1, 1, 1, 1};
	UpliftScores weighted = set;

	weighted.weight = weight;
	assert_close(metric_uplift_at(&weighted, 0.25, UPLIFT_OVERALL, UPLIFT_TIES_IN_ORDER), 1.0 - 1.0);
}

static void
test_uplift_at_a_tie(void **state)
{
	/* Three rows fit: the first, and two of four that are equal. */
	const double uplift[] = {3, 2, 2, 2, 2, 1}, outcome[] = {1, 1, 0, 1, 0, 0};
	const uint8_t treated[] = {1, 1, 1, 0, 0, 0};
	const UpliftScores set = {.uplift = uplift, .outcome = outcome, .treated = treated, .n = 6};

	/* Half of each of the four: treated 1 + (1 + 0) / 2 of 1 + 1, untreated (1 + 0) / 2 of 1. */
	assert_close(metric_uplift_at(&set, 0.5, UPLIFT_OVERALL, UPLIFT_TIES_SHARED), 1.5 / 2 - 0.5);
	/* The first two: nobody untreated. */
	assert_true(isnan(metric_uplift_at(&set, 0.5, UPLIFT_OVERALL, UPLIFT_TIES_IN_ORDER)));
	/* One of each arm: the first; and half of the untreated ones of the tie. */
	assert_close(metric_uplift_at(&set, 0.4, UPLIFT_BY_GROUP, UPLIFT_TIES_SHARED), 1 - 0.5);
	assert_close(metric_uplift_at(&set, 0.4, UPLIFT_BY_GROUP, UPLIFT_TIES_IN_ORDER), 1 - 1);
}

static void
test_uplift_undefined(void **state)
{
	const uint8_t all[] = {1, 1, 1}, none[] = {0, 0, 0}, both[] = {1, 0, 1};
	const double zero[] = {0, 0, 0}, some[] = {1, 0, 1};
	const UpliftScores undefined[] = {
		{uplift, some, all, NULL, NULL, 3},
		{uplift, some, none, NULL, NULL, 3},
		{uplift, zero, both, NULL, NULL, 3},
		{uplift, zero, both, NULL, NULL, 0},
	};

	for (int i = 0; i < 4; i++)
	{
		assert_true(isnan(metric_qini(&undefined[i], true)));
		assert_true(isnan(metric_auuc(&undefined[i])));
	}

	/* The treated respond less: the curve without negative effects has no corner. */
	const double harmed[] = {0, 1, 0};

	assert_true(isnan(metric_qini(&(UpliftScores){uplift, harmed, both, NULL, NULL, 3}, false)));
}

static void
test_bins(void **state)
{
	const UpliftScores set = uplift_scores();
	UpliftBin bin[3];

	uplift_by_bin(bin, &set, 3); /* 4, 3, 3 rows */
	assert_close(bin[0].n[1], 3);
	assert_close(bin[0].n[0], 1);
	assert_close(bin[0].predicted, 4.5);
	assert_close(bin[0].effect, 2.0 / 3);
	assert_true(isnan(bin[0].standard_error)); /* one untreated row has no variance */
	assert_close(bin[2].n[1], 1);
	assert_close(bin[2].highest, 2);
	assert_close(bin[2].lowest, 0);

	/* Means 3/5 and 2/5, sample variances 0.3 both, over 5 rows each. */
	const UpliftBin all = uplift_group(&set, 0, 10);

	assert_close(all.effect, 0.2);
	assert_close(all.standard_error, sqrt(0.3 / 5 + 0.3 / 5));
	assert_close(all.predicted, 3);

	const UpliftBin empty = uplift_group(&set, 0, 0);

	assert_true(isnan(empty.effect) && isnan(empty.predicted) && isnan(empty.standard_error));
}

static void
test_bootstrap(void **state)
{
	uint32_t weight[1000], again[1000];
	size_t drawn = 0;
	size_t never = 0;

	bootstrap_draw(weight, 7, 3, 1000);
	bootstrap_draw(again, 7, 3, 1000);
	assert_memory_equal(weight, again, sizeof weight);
	for (int i = 0; i < 1000; i++)
	{
		drawn += weight[i];
		never += weight[i] == 0;
	}
	assert_int_equal(drawn, 1000);
	assert_in_range(never, 320, 420); /* 1000 / e, standard deviation 10 */

	bootstrap_draw(again, 7, 4, 1000);
	assert_memory_not_equal(weight, again, sizeof weight);
	bootstrap_draw(again, 8, 3, 1000);
	assert_memory_not_equal(weight, again, sizeof weight);

	/* numpy.percentile; an undefined replicate is left out, half of them are too many. */
	double value[] = {3, 1, NAN, 2, 5, 4, 9};
	const Interval95 interval = bootstrap_interval(value, 7);

	assert_close(interval.low, 1.125);
	assert_close(interval.high, 8.5);

	double half[] = {1, NAN, 2, NAN};

	assert_true(isnan(bootstrap_interval(half, 4).low));
	assert_true(isnan(bootstrap_interval(half, 0).high));
}

static void
test_drift(void **state)
{
	double sorted[100], cut[DRIFT_BINS - 1];
	double count[DRIFT_BINS] = {0};

	for (int i = 0; i < 100; i++)
		sorted[i] = i;
	drift_cuts(cut, sorted, 100);
	for (int i = 0; i < 100; i++)
		count[drift_bin(cut, i)]++;
	for (int i = 0; i < DRIFT_BINS; i++)
		assert_close(count[i], 10);
	assert_int_equal(drift_bin(cut, -INFINITY), 0);
	assert_int_equal(drift_bin(cut, INFINITY), DRIFT_BINS - 1);

	/* Shares .5 .5 against .8 .2: .3 ln 1.6 - .3 ln .4; a share of 0 counts as .0001. */
	const double even[] = {5, 5}, uneven[] = {80, 20}, first[] = {3, 0}, none[] = {0, 0};

	assert_close(drift_psi(even, even, 2), 0);
	assert_close(drift_psi(even, uneven, 2), 0.3 * log(1.6) - 0.3 * log(0.4));
	assert_close(drift_psi(even, first, 2), 0.5 * log(2) + (0.0001 - 0.5) * log(0.0002));
	assert_true(isnan(drift_psi(even, none, 2)));
	assert_true(isnan(drift_psi(none, even, 2)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank_by_hand),
		cmocka_unit_test(test_rank_is_falling_and_later_first),
		cmocka_unit_test(test_auc),
		cmocka_unit_test(test_average_precision),
		cmocka_unit_test(test_classes_as_scikit_learn),
		cmocka_unit_test(test_macro_f1_counts_what_occurs),
		cmocka_unit_test(test_calibration_error),
		cmocka_unit_test(test_errors_are_of_users),
		cmocka_unit_test(test_weights_are_repeated_rows),
		cmocka_unit_test(test_rows_without_label_are_left_out),
		cmocka_unit_test(test_curves_as_scikit_uplift),
		cmocka_unit_test(test_ideal_ranking_of_binary_outcomes),
		cmocka_unit_test(test_uplift_at),
		cmocka_unit_test(test_uplift_at_a_tie),
		cmocka_unit_test(test_uplift_undefined),
		cmocka_unit_test(test_bins),
		cmocka_unit_test(test_bootstrap),
		cmocka_unit_test(test_drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

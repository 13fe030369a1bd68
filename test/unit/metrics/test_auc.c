/* The standard error of the AUC, by its definition over pairs of rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/pure/metrics.h"

static void
assert_close(double got, double want)
{
	if (!(fabs(got - want) < 1e-12))
		fail_msg("%.17g is not %.17g", got, want);
}

/* DeLong by pairs of rows: of each 1 the share of 0s below it, of each 0 that of 1s above it, a tie half. */
static void
test_auc_error(void **state)
{
	enum
	{
		N = 60
	};
	double score[N], place[N], mean[2] = {0}, square[2] = {0}, n[2] = {0};
	uint8_t label[N];

	for (int i = 0; i < N; i++)
	{
		score[i] = 20 - i / 3; /* ties of three */
		label[i] = (uint8_t) (i * 7 % 11 < 5 - i / 30);
		n[label[i]]++;
	}
	for (int i = 0; i < N; i++)
	{
		place[i] = 0;
		for (int j = 0; j < N; j++)
			if (label[j] != label[i])
				place[i] +=
					(score[i] == score[j] ? 0.5 : (score[i] > score[j]) == (label[i] == 1)) / n[label[j]];
		mean[label[i]] += place[i] / n[label[i]];
	}
	for (int i = 0; i < N; i++)
		square[label[i]] += pow(place[i] - mean[label[i]], 2) / (n[label[i]] - 1);

	const BinaryScores set = {score, label, NULL, N};

	assert_close(metric_auc(&set), mean[1]);
	assert_close(metric_auc(&set), mean[0]);
	assert_close(metric_auc_error(&set), sqrt(square[0] / n[0] + square[1] / n[1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auc_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

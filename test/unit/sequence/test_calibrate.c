/* Temperatures: of a network, and of a mean of several. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/rng.h"
#include "sequence/pure/calibrate.h"

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* Labels drawn from softmax(score / 2) are told by temperature 2. */
static void
test_calibration(void **state)
{
	Rng rng = rng_seed(4, 4);
	static real score[10000];
	static int32_t label[5000];
	const real bias[] = {0.5f, -0.5f};

	for (size_t i = 0; i < 5000; i++)
	{
		score[2 * i] = (real) (4 * rng_normal(&rng));
		score[2 * i + 1] = 0;
		label[i] = rng_uniform(&rng) > sigmoid(((double) score[2 * i] + 1) / 2);
	}

	const double t = calibrate_temperature(score, bias, label, 5000, 2);

	assert_true(t > 1.85 && t < 2.15);
	assert_true(calibrate_loss(score, bias, t, label, 5000, 2) <
				calibrate_loss(score, bias, 1, label, 5000, 2));
}

/* Of one network the factor is its temperature; of two that are right and sure of other things the mean is sharpened. */
static void
test_calibration_of_a_mean(void **state)
{
	Rng rng = rng_seed(5, 5);
	static real score[10000], prob[20000];
	static int32_t label[5000];
	const real bias[] = {0, 0};

	for (size_t i = 0; i < 5000; i++)
	{
		const double a = 2 * rng_normal(&rng), b = 2 * rng_normal(&rng);

		score[2 * i] = (real) a;
		score[2 * i + 1] = 0;
		prob[2 * i] = (real) sigmoid(a);
		prob[2 * i + 1] = (real) sigmoid(-a);
		prob[10000 + 2 * i] = (real) sigmoid(b);
		prob[10000 + 2 * i + 1] = (real) sigmoid(-b);
		label[i] = rng_uniform(&rng) > sigmoid(a + b);
	}

	CalibratedMean mean = {.prob = prob, .K = 1, .n = 5000, .C = 2, .label = label};

	assert_true(fabs(calibrate_mean(&mean) / calibrate_temperature(score, bias, label, 5000, 2) - 1) < 1e-3);
	mean.K = 2;
	assert_true(calibrate_mean(&mean) < 0.8);
	mean.n = 0;
	assert_true(calibrate_mean(&mean) == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_calibration_of_a_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

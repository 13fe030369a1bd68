/* Accuracy of the vector activations against the C library's in double, over every 4099th float. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nn/act.h"

#define STRIDE 4099 /* a prime: every exponent, a million mantissas */

static float
from_bits(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* In units of the last place of want, or of the least normal float. */
static double
ulps(float got, double want)
{
	const double size = fmax(fabs(want), 1.17549435e-38);
	const double ulp = ldexp(1.0, (int) floor(log2(size)) - 23);

	return fabs((double) got - want) / ulp;
}

static void
test_exp(void **state)
{
	for (uint64_t bits = 0; bits < UINT32_MAX; bits += STRIDE)
	{
		const float x = from_bits((uint32_t) bits);

		if (!(x > -87.33f && x < 87.33f))
			continue;
		if (ulps(act_exp(x), exp((double) x)) > 2.0)
			fail_msg("exp(%.9g) is off by %g ulp", (double) x, ulps(act_exp(x), exp((double) x)));
	}
	assert_true(act_exp(-1e30f) > 0 && act_exp(-1e30f) < 1.3e-38f);
	assert_true(act_exp(-INFINITY) < 1.3e-38f);
	assert_true(isfinite(act_exp(INFINITY)) && act_exp(INFINITY) > 8e37f);
}

static void
test_tanh(void **state)
{
	for (uint64_t bits = 0; bits < UINT32_MAX; bits += STRIDE)
	{
		const float x = from_bits((uint32_t) bits);

		if (isnan(x) || fabsf(x) < 1e-37f)
			continue;
		if (ulps(act_tanh(x), tanh((double) x)) > 5.0)
			fail_msg("tanh(%.9g) is off by %g ulp", (double) x, ulps(act_tanh(x), tanh((double) x)));
		assert_true(fabsf(act_tanh(x)) <= 1);
	}
}

static void
test_sigmoid(void **state)
{
	for (uint64_t bits = 0; bits < UINT32_MAX; bits += STRIDE)
	{
		const float x = from_bits((uint32_t) bits);

		if (isnan(x) || x < -87.3f)
			continue;
		if (ulps(act_sigmoid(x), 1 / (1 + exp(-(double) x))) > 3.0)
			fail_msg("sigmoid(%.9g) is off by %g ulp", (double) x,
					 ulps(act_sigmoid(x), 1 / (1 + exp(-(double) x))));
	}
	assert_true(act_sigmoid(-1e30f) >= 0 && act_sigmoid(1e30f) == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exp),
		cmocka_unit_test(test_tanh),
		cmocka_unit_test(test_sigmoid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

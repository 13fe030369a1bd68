/* The fit of the linear path against central differences, in double precision: at the weights there is no way down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uplifttrial.h"
#include "uplift/pure/loss.h"

#define FEATURES 4
#define INPUTS (3 * (FEATURES + 1)) /* of two layers */

/* What is made least: squares of what is left, and of the weights by what one user adds to their inputs' squares. */
static double
objective(const UpliftTask *task, const double *b)
{
	double loss = 0, square[3][INPUTS] = {0}, users[3] = {0};

	for (size_t i = 0; i < USERS; i++)
	{
		if (task->data.arm[i] == UPLIFT_OUTSIDE)
			continue;

		const size_t head = task->data.arm[i] == 0 ? 2 : (size_t) task->data.arm[i] - 1;
		const real *z = task->linear.z + i * INPUTS;
		const double weight = uplifttrain_result(task)->share[task->data.arm[i]] / task->data.propensity[i];
		double left =
			(task->data.outcome[i] - task->w[task->net.outcome_mean]) / task->w[task->net.outcome_scale];

		for (size_t s = 0; s < INPUTS; s++)
		{
			left -= b[head * INPUTS + s] * z[s];
			square[head][s] += weight * z[s] * z[s];
		}
		users[head] += weight;
		loss += weight * left * left;
	}
	for (size_t s = 0; s < 3 * INPUTS; s++)
		if (s % INPUTS != FEATURES)
			loss += square[s / INPUTS][s % INPUTS] / users[s / INPUTS] * b[s] * b[s];
	return loss;
}

static void
test_solved(void **unused)
{
	UpliftSetup setup = {.config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION_SUM, 2, 1),
						 .F = FEATURES,
						 .treatments = 2,
						 .propensities = true,
						 .seed = 9};
	UpliftTask task;
	Rng rng = rng_seed(3, 4);

	setup.config.outcome = OUTCOME_NUMBER;
	setup.config.max_epochs = 1;
	setup.config.learning_rate = 1e-7;
	setup.graph = (GraphSetup){USERS, 4000, true, true};

	void *block = train(&task, &setup, 1, NULL);

	memset(task.data.held_out, 0, USERS);
	for (size_t i = 0; i < USERS; i++)
	{
		task.data.arm[i] = i % 10 == 9 ? UPLIFT_OUTSIDE : (int8_t) rng_below(&rng, 3);
		task.data.propensity[i] = (float) (0.1 + 0.5 * rng_uniform(&rng));
		task.data.outcome[i] = (float) (3 * rng_normal(&rng) + task.data.arm[i] * (i % 7));
	}
	task.started = false;
	job_run(uplifttrain_job(&task), 1);

	double *b = malloc(task.net.C * INPUTS * sizeof(double));
	double largest = 0;

	assert_int_equal(task.net.C, 3);
	for (size_t s = 0; s < 3 * INPUTS; s++)
		b[s] = uplifttrain_weights(&task)[task.net.linear + s];
	for (size_t s = 0; s < 3 * INPUTS; s++)
	{
		const double kept = b[s], step = 1e-3;

		b[s] = kept + step;
		const double up = objective(&task, b);
		b[s] = kept - step;
		const double down = objective(&task, b);
		b[s] = kept;
		largest = fmax(largest, fabs(kept));
		if (!(fabs(up - down) / (2 * step) < 1e-3))
			fail_msg("weight %zu of head %zu: slope %g", s % INPUTS, s / INPUTS, (up - down) / (2 * step));
	}
	assert_true(largest > 0.01);
	free(b);
	free(block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

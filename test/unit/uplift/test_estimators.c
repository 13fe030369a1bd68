/* Estimators: what a user teaches the heads, and what the heads then say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uplifttrial.h"
#include "uplift/pure/loss.h"
#include "uplift/pure/train_state.h"

/* The correction inverts what partial labels converge to. */
static void
test_correction(void **unused)
{
	UpliftConfig config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION, 1, 1);
	UpliftNet net;

	config.estimator = ESTIMATOR_PARTIAL_LABEL;
	uplift_net(&net, &config, &(UpliftShape){2, 1, 1});

	real *w = calloc(net.total, sizeof(real));

	for (double p = 0.1; p < 0.95; p += 0.2)
		for (double m = 0.05; m < 1; m += 0.15)
			for (double c = 0.05; c <= 1 - m; c += 0.15)
			{
				const double r = p / (1 - p);
				const double raw_a = m / (1 + r * c);
				const double raw_c = c / (1 + m / r);
				const real logit[2] = {(real) log(raw_a / (1 - raw_a)), (real) log(raw_c / (1 - raw_c))};

				w[net.propensity] = (real) p;
				net.config.corrected = true;

				const UpliftScore score = uplift_answer(&net, w, logit, 1);

				assert_true(fabs(score.p_second - (1 - m)) < 1e-5);
				assert_true(fabs(score.p_first - (1 - c)) < 1e-5);
				assert_true(fabs(score.uplift - (1 - m - c)) < 1e-5);
				net.config.corrected = false;
				assert_true(fabs(uplift_answer(&net, w, logit, 1).uplift - (1 - raw_a - raw_c)) < 1e-5);
			}

	const real extreme[2] = {30, 30};

	net.config.corrected = true;

	const UpliftScore held = uplift_answer(&net, w, extreme, 1);

	assert_true(held.p_first >= 0 && held.p_first <= 1 && held.p_second >= 0 && held.p_second <= 1);
	free(w);
}

/* By hand, and whatever the masses are that the heads converge to. */
static void
test_three_losses_correction(void **unused)
{
	UpliftConfig config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION, 1, 1);
	UpliftNet net;

	config.estimator = ESTIMATOR_THREE_LOSSES;
	uplift_net(&net, &config, &(UpliftShape){2, 1, 1});

	real *w = calloc(net.total, sizeof(real));

	w[net.propensity] = 0.5; /* classes .2, .3, .5: P1 = 7 / 15, P2 = 13 / 18 */

	const UpliftScore hand = uplift_answer(&net, w, (real[]){(real) log(7.0 / 8), (real) log(13.0 / 5)}, 1);

	assert_true(fabs(hand.uplift - 0.3) < 1e-6 && fabs(hand.p_first - 0.5) < 1e-6 &&
				fabs(hand.p_second - 0.8) < 1e-6);
	for (double p = 0.1; p < 0.95; p += 0.2)
		for (double a = 0.05; a < 1; a += 0.15)
			for (double c = 0.05; c <= 1 - a; c += 0.15)
			{
				const double u = p * (1 - c);
				const double v = (1 - p) * (1 - a);
				const real logit[2] = {(real) log((1 - p + u - v) / v), (real) log((p + v - u) / u)};
				const UpliftScore score = uplift_answer(&net, (w[net.propensity] = (real) p, w), logit, 1);

				assert_true(fabs(score.p_first - (1 - c)) < 1e-5 && fabs(score.p_second - (1 - a)) < 1e-5);
				assert_true(fabs(score.uplift - (1 - a - c)) < 1e-5);
			}
	for (int sign = -1; sign <= 1; sign += 2)
	{
		const UpliftScore held = uplift_answer(&net, w, (real[]){(real) (sign * 80), (real) (sign * 80)}, 1);

		assert_true(held.p_first >= 0 && held.p_first <= 1 && held.p_second >= 0 && held.p_second <= 1);
	}
	free(w);
}

/* Whether a training moved any of n tensors' values from at. */
static bool
moved(const UpliftTask *task, const real *first, size_t at, size_t n)
{
	return memcmp(uplifttrain_weights(task) + at, first + at, n * sizeof(real)) != 0;
}

/*
 * Users of one label set only: {1} moves the network and head 1, {3} the network and head 2, {1, 2} and {2, 3} the
 * network and both heads. A step that pushes nothing at a value leaves all its bits.
 */
static void
test_three_losses_teach(void **unused)
{
	for (int set = 0; set < 4; set++)
	{
		const bool treated = set & 1, responded = set >> 1;
		UpliftSetup setup = {.config = config_with(DEPTH_NONE, AGGREGATE_ATTENTION, 1, 1), .F = 4, .seed = 9};
		UpliftTask task;
		real *start = NULL;

		setup.graph = (GraphSetup){USERS, 4000, false, false};
		setup.config.estimator = ESTIMATOR_THREE_LOSSES;
		setup.config.max_epochs = 3;
		setup.config.patience = 0;
		setup.config.weight_decay = 0;
		setup.config.propensity = 0.4;

		void *block = train(&task, &setup, 1, NULL);

		for (size_t i = 0; i < USERS; i++)
			if (task.data.arm[i] != treated || (task.data.outcome[i] > 0.5) != responded)
				task.data.arm[i] = UPLIFT_OUTSIDE;
		task.started = false;

		const Job job = uplifttrain_job(&task);

		for (size_t items; (items = job.next(job.task)) > 0;)
		{
			if (task.state->stage == STAGE_EPOCH && !start)
			{
				start = malloc(task.net.total * sizeof(real));
				memcpy(start, task.w, task.net.total * sizeof(real));
			}
			for (size_t i = 0; i < items; i++)
				job.run(job.task, i, 0);
		}
		assert_true(moved(&task, start, task.net.input, task.net.H * task.net.D));
		assert_true(moved(&task, start, task.net.layer[0].products, 3 * task.net.H * task.net.H));
		for (size_t h = 0; h < 2; h++)
		{
			const bool taught = h == 0 ? !treated || responded : treated || !responded;

			assert_true(moved(&task, start, task.net.head + h * task.net.H, task.net.H) == taught);
			assert_true(moved(&task, start, task.net.head_bias + h, 1) == taught);
		}
		free(start);
		free(block);
	}
}

static UpliftTerms
terms(int estimator, size_t arm, double outcome, double chance, double share)
{
	return uplift_terms(&(UpliftConfig){.estimator = estimator}, &(UpliftUser){arm, outcome, chance, share},
						1);
}

static void
test_terms(void **unused)
{
	const UpliftTerms sure = terms(ESTIMATOR_PARTIAL_LABEL, 0, 1, 0.5, 0.5);
	const UpliftTerms lost = terms(ESTIMATOR_PARTIAL_LABEL, 1, 0, 0.5, 0.5);
	const UpliftTerms first = terms(ESTIMATOR_PARTIAL_LABEL, 1, 1, 0.5, 0.5);
	const UpliftTerms second = terms(ESTIMATOR_PARTIAL_LABEL, 0, 0, 0.5, 0.5);

	assert_true(sure.weight[0] == 1 && sure.target[0] == 1 && sure.weight[1] == 1 && sure.target[1] == 0);
	assert_true(lost.weight[0] == 1 && lost.target[0] == 0 && lost.weight[1] == 1 && lost.target[1] == 1);
	assert_true(first.weight[0] == 0 && first.weight[1] == 1 && first.target[1] == 0);
	assert_true(second.weight[0] == 1 && second.target[0] == 0 && second.weight[1] == 0);
	assert_true(fabs(terms(ESTIMATOR_CLASS_TRANSFORM, 1, 3, 0.25, 0.5).target[0] - 12) < 1e-12);
	assert_true(fabs(terms(ESTIMATOR_CLASS_TRANSFORM, 0, 3, 0.25, 0.5).target[0] + 12) < 1e-12);
}

/* two_head: a user teaches the head of its arm alone; the last head is that of the control, and says who does not respond. */
static void
test_arms(void **unused)
{
	for (size_t arm = 0; arm <= 3; arm++)
		for (int responded = 0; responded < 2; responded++)
		{
			const UpliftUser user = {arm, responded, 0.25, 0.5};
			const UpliftTerms one = uplift_terms(&(UpliftConfig){.estimator = ESTIMATOR_TWO_HEAD}, &user, 3);

			assert_int_equal(one.n, 1);
			assert_int_equal(one.first, arm > 0 ? arm - 1 : 3);
			assert_true(one.weight[0] == 2 && one.target[0] == (arm > 0 ? responded : !responded));
		}

	UpliftConfig config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION, 1, 1);
	UpliftNet net;
	const real logit[4] = {(real) log(0.5 / 0.5), (real) log(0.2 / 0.8), (real) log(0.7 / 0.3),
						   (real) log(0.6 / 0.4)};

	uplift_net(&net, &config, &(UpliftShape){2, 3, 1});
	assert_int_equal(net.C, 4);
	for (size_t treatment = 1; treatment <= 3; treatment++)
	{
		const UpliftScore score = uplift_answer(&net, NULL, logit, treatment);
		static const double respond[] = {0.5, 0.2, 0.7};

		assert_true(fabs(score.p_first - respond[treatment - 1]) < 1e-6 && fabs(score.p_second - 0.6) < 1e-6);
		assert_true(fabs(score.uplift - (respond[treatment - 1] - 0.4)) < 1e-6);
	}
	for (int estimator = ESTIMATOR_PARTIAL_LABEL; estimator <= ESTIMATOR_THREE_LOSSES; estimator++)
	{
		config.estimator = estimator;
		assert_true(uplift_tells_apart(&config, 1));
		assert_true(uplift_tells_apart(&config, 2) == (estimator == ESTIMATOR_TWO_HEAD));
	}
}

/* Numbers: each head learns its arm's mean, in the outcome's own units after the answer; nobody responds or not. */
static void
test_numbers(void **unused)
{
	UpliftConfig config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION, 1, 1);
	UpliftSetup setup = {.F = 2, .seed = 9};
	UpliftTask task;
	Rng rng = rng_seed(4, 0);
	Arena measure = arena_measure();

	config.outcome = OUTCOME_NUMBER;
	setup.config = config;
	setup.graph = (GraphSetup){USERS, 0, false, false};

	const UpliftTerms control = uplift_terms(&config, &(UpliftUser){0, -3.5, 0.25, 0.5}, 3);
	const UpliftTerms third = uplift_terms(&config, &(UpliftUser){3, 7, 0.5, 0.5}, 3);

	assert_true(control.first == 3 && control.squares && control.target[0] == -3.5 && control.weight[0] == 2);
	assert_true(third.first == 2 && third.squares && third.target[0] == 7 && third.weight[0] == 1);

	uplifttrain_carve(&task, &measure, &setup, 1);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	uplifttrain_carve(&task, &arena, &setup, 1);
	for (size_t i = 0; i < USERS; i++)
	{
		task.data.feature[2 * i] = (float) rng_normal(&rng);
		task.data.feature[2 * i + 1] = (float) rng_normal(&rng);
		task.data.arm[i] = i % 2;
		task.data.outcome[i] =
			1000 + (i % 2 ? 250 + 50 * task.data.feature[2 * i] : 0) + 10 * (float) rng_normal(&rng);
		task.data.held_out[i] = i % 5 == 0;
	}
	job_run(uplifttrain_job(&task), 1);

	const UpliftResult *result = uplifttrain_result(&task);
	double high = 0, low = 0;
	size_t n = 0;

	for (size_t i = 0; i < USERS; i += 5)
	{
		const double x = task.data.feature[2 * i];

		high += x > 0 ? uplifttrain_predicted(&task)[i] : 0;
		low += x > 0 ? 0 : uplifttrain_predicted(&task)[i];
		n += x > 0;
	}
	assert_true(result->valid_loss < result->baseline_loss / 4);
	assert_true(fabs(result->predicted_effect - 250) < 25);
	assert_true(high / (double) n > low / ((double) USERS / 5 - (double) n) + 20);

	const real logit[2] = {2, -1};
	const UpliftScore score = uplift_answer(&task.net, task.w, logit, 1);

	assert_true(isnan(score.p_first) && isnan(score.p_second));
	assert_true(fabs(score.uplift - 3 * task.w[task.net.outcome_scale]) < 1e-3);
	config.estimator = ESTIMATOR_THREE_LOSSES;
	assert_int_equal(uplift_config_check(&config).code, STATUS_BAD_VALUE);
	free(block);
}

static void
test_segments(void **unused)
{
	const UpliftScore sure = {0.7, 0.4, 0.1};
	const UpliftScore lost = {0.2, 0.85, 0.05};
	const UpliftScore dog = {0.3, 0.6, -0.1};
	const UpliftScore even = {0.3, 0.7, 0};

	assert_int_equal(uplift_segment(&sure, true), SEGMENT_PERSUADABLE);
	assert_int_equal(uplift_segment(&sure, false), SEGMENT_SURE_THING);
	assert_int_equal(uplift_segment(&lost, false), SEGMENT_LOST_CAUSE);
	assert_int_equal(uplift_segment(&even, false), SEGMENT_LOST_CAUSE);
	assert_int_equal(uplift_segment(&dog, false), SEGMENT_SLEEPING_DOG);
	assert_int_equal(uplift_segment(&(UpliftScore){NAN, NAN, 0.1}, false), SEGMENT_NONE);
	assert_int_equal(uplift_segment(&(UpliftScore){NAN, NAN, -0.1}, false), SEGMENT_SLEEPING_DOG);
}

/* Means, and the standard deviation with n - 1; of one network its own answer, which differs from nothing. */
static void
test_mean(void **unused)
{
	const UpliftScore each[] = {{0.5, 0.7, 0.2, NAN}, {0.6, 0.7, 0.3, NAN}, {0.4, 0.7, 0.1, NAN}};
	const UpliftScore mean = uplift_mean(each, 3), one = uplift_mean(each, 1);
	const UpliftScore number = uplift_mean((UpliftScore[]){{NAN, NAN, 2, NAN}, {NAN, NAN, 4, NAN}}, 2);

	assert_true(fabs(mean.p_first - 0.5) < 1e-12 && fabs(mean.p_second - 0.7) < 1e-12);
	assert_true(fabs(mean.uplift - 0.2) < 1e-12 && fabs(mean.sd - 0.1) < 1e-12);
	assert_true(one.uplift == 0.2 && isnan(one.sd));
	assert_true(isnan(number.p_first) && number.uplift == 3 && fabs(number.sd - sqrt(2)) < 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_correction),
		cmocka_unit_test(test_three_losses_correction),
		cmocka_unit_test(test_three_losses_teach),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_arms),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

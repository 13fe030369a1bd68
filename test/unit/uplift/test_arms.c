/* Experiments of several treatments: each head learns its arm, whichever way users are scored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uplifttrial.h"
#include "uplift/pure/net_row.h"

#define TREATMENTS 3

/* What each arm does to a user of feature x: nothing, helps above 0, helps below 0, harms. */
static double
response(size_t arm, double x)
{
	return arm == 1 ? (x > 0 ? 0.7 : 0.3) : arm == 2 ? (x < 0 ? 0.6 : 0.3) : arm == 3 ? 0.1 : 0.3;
}

/* Fills the experiment of train() anew, and trains on it. */
static void *
train_arms(UpliftTask *task, UpliftSetup *setup, int workers)
{
	void *block = train(task, setup, workers, NULL);
	Rng rng = rng_seed(5, 0);
	UpliftData *data = &task->data;

	for (size_t i = 0; i < USERS; i++)
	{
		const size_t arm = rng_below(&rng, TREATMENTS + 1);
		float *x = data->feature + i * setup->F;

		x[0] = (float) rng_normal(&rng);
		data->arm[i] = i % 10 == 9 ? UPLIFT_OUTSIDE : (int8_t) arm;
		data->outcome[i] = rng_uniform(&rng) < response(arm, x[0]);
		if (data->propensity)
			data->propensity[i] = 0.25f;
	}
	task->started = false;
	job_run(uplifttrain_job(task), workers);
	return block;
}

static UpliftSetup
arms_setup(size_t batch, bool propensities)
{
	UpliftSetup setup = {.config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION, 1, 1),
						 .F = 2,
						 .treatments = TREATMENTS,
						 .seed = 9,
						 .batch = batch,
						 .propensities = propensities};

	setup.graph = (GraphSetup){USERS, 600, false, false};
	setup.config.max_epochs = 150;
	setup.config.dropout = 0.2;
	setup.config.weight_decay = 0.1;
	return setup;
}

/* Mean predicted uplift of the held-out users by a treatment: those of x above 0, or below. */
static double
predicted(const UpliftTask *task, size_t treatment, bool above)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < USERS; i++)
	{
		const double uplift = uplifttrain_predicted(task)[i * TREATMENTS + treatment - 1];

		if (!task->data.held_out[i] || task->data.arm[i] == UPLIFT_OUTSIDE || isnan(uplift) ||
			(task->data.feature[i * task->setup.F] > 0) != above)
			continue;
		sum += uplift;
		n++;
	}
	assert_true(n > 80);
	return sum / (double) n;
}

static void
test_learns_arms(void **unused)
{
	for (int given = 0; given < 2; given++)
		for (int batch = 0; batch < 2; batch++)
		{
			UpliftSetup setup = arms_setup(batch ? 64 : 0, given);
			UpliftTask task;
			void *block = train_arms(&task, &setup, 1);
			const UpliftResult *result = uplifttrain_result(&task);
			double shares = 0;

			assert_int_equal(task.net.C, TREATMENTS + 1);
			assert_true(result->valid_loss < result->baseline_loss);
			assert_true(result->valid_metric > 0.05);
			assert_true(predicted(&task, 1, true) > predicted(&task, 1, false) + 0.08); /* by 0.4 */
			assert_true(predicted(&task, 2, true) < predicted(&task, 2, false) - 0.15); /* by 0.3 */
			assert_true(predicted(&task, 3, true) < -0.1 && predicted(&task, 3, false) < -0.1);
			for (size_t arm = 0; arm <= TREATMENTS; arm++)
			{
				assert_true(fabs(result->share[arm] - 0.25) < 0.05);
				shares += result->share[arm];
			}
			assert_true(fabs(shares - 1) < 1e-12);
			free(block);
		}
}

/* On any number of workers, by the job over the graph and row by row. */
static void
test_same_arms(void **unused)
{
	UpliftSetup setup = arms_setup(0, false);
	const UpliftScoreSetup whole = {
		.config = setup.config, .graph = setup.graph, .F = 2, .treatments = TREATMENTS};
	UpliftTask one, three;
	UpliftScoreTask scored;

	setup.config.max_epochs = 5;

	void *block = train_arms(&one, &setup, 1);
	void *other = train_arms(&three, &setup, 3);

	assert_memory_equal(uplifttrain_weights(&one), uplifttrain_weights(&three), one.net.total * sizeof(real));

	const UpliftCase c = {.graph = one.graph, .feature = one.data.feature, .w = one.best, .net = one.net};
	void *third = score_graph(&scored, &c, &whole, 2);
	const Adjacency *in = &one.graph.in;

	for (size_t i = 0; i < USERS; i += 11)
	{
		real self[GAT_HEAD_MAX], state[GAT_HEAD_MAX], neighbour[GAT_HEAD_MAX];
		real accumulator[3 * GAT_HEAD_MAX];
		UpliftScore row[TREATMENTS];

		uplift_row_input(self, &one.net, one.best, one.data.feature + i * 2);
		uplift_row_start(accumulator, &one.net);
		for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
			if (in->node[at] != i)
			{
				uplift_row_input(neighbour, &one.net, one.best, one.data.feature + in->node[at] * 2);
				uplift_row_attend(accumulator, &one.net, one.best, 0, self,
								  &(UpliftRowEdge){neighbour, 0, 1});
			}
		uplift_row_finish(state, &one.net, one.best, 0, self, accumulator);
		uplift_row_heads(row, &one.net, one.best, state);
		for (size_t k = 0; k < TREATMENTS; k++)
		{
			assert_true(fabs(row[k].uplift - upliftscore_get(&scored, i, 1 + k).uplift) < 1e-5);
			assert_true(fabs(row[k].p_first - upliftscore_get(&scored, i, 1 + k).p_first) < 1e-5);
			assert_true(row[k].p_second == row[0].p_second);
		}
	}
	free(third);
	free(other);
	free(block);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learns_arms),
		cmocka_unit_test(test_same_arms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

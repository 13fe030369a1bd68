/* The uplift network: three ways to score agree, and training does not depend on workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uplifttrial.h"
#include "uplift/pure/loss.h"
#include "uplift/pure/net_row.h"
#include "uplift/pure/train_state.h"

/* A user's state after `layers` layers, from its neighbours' by recursion, in two accumulators that are merged. */
static void
row_state(real *state, const UpliftCase *c, size_t i, size_t layers)
{
	const Adjacency *in = &c->graph.in;
	const size_t R = c->net.R;

	if (layers == 0)
	{
		uplift_row_input(state, &c->net, c->w, c->feature + i * c->net.F);
		return;
	}

	const size_t width = uplift_state_width(&c->net);
	real *self = malloc(width * sizeof(real));
	real *neighbour = malloc(width * sizeof(real));
	real *accumulator[2];

	row_state(self, c, i, layers - 1);
	for (int half = 0; half < 2; half++)
	{
		accumulator[half] = malloc(uplift_accumulator_width(&c->net) * sizeof(real));
		uplift_row_start(accumulator[half], &c->net);
	}
	for (size_t row = i * R; row < (i + 1) * R; row++)
		for (size_t at = in->start[row]; at < in->start[row + 1]; at++)
		{
			if (in->node[at] == row)
				continue;

			const double weight = in->log_weight ? exp(in->log_weight[at]) : 1;

			row_state(neighbour, c, in->node[at] / R, layers - 1);
			uplift_row_attend(accumulator[at % 2], &c->net, c->w, layers - 1, self,
							  &(UpliftRowEdge){neighbour, row % R, weight});
		}
	uplift_row_merge(accumulator[0], &c->net, accumulator[1]);
	uplift_row_finish(state, &c->net, c->w, layers - 1, self, accumulator[0]);
	free(accumulator[0]);
	free(accumulator[1]);
	free(self);
	free(neighbour);
}

static void
check_rows(size_t relations)
{
	for (int depth = DEPTH_GATED; depth <= DEPTH_NONE; depth++)
		for (int aggregate = AGGREGATE_ATTENTION; aggregate <= AGGREGATE_ATTENTION_SUM; aggregate++)
		{
			UpliftConfig config = config_with(depth, aggregate, 2, 2);
			const GraphSetup graph = {400, 1200, depth == DEPTH_NONE, depth == DEPTH_GATED, relations};
			const UpliftScoreSetup setup = {.config = config, .graph = graph, .F = 3};
			UpliftCase c;
			UpliftScoreTask task;

			case_make(&c, &config, &graph, 3, false, 3);

			void *block = score_graph(&task, &c, &setup, 3);

			for (size_t i = 0; i < graph.N; i += 7)
			{
				real state[2 * GAT_HEAD_MAX];
				const UpliftScore whole = upliftscore_get(&task, i, 1);

				row_state(state, &c, i, 2);

				UpliftScore row;

				uplift_row_heads(&row, &c.net, c.w, state);

				assert_true(fabs(whole.uplift - row.uplift) < 1e-5);
				assert_true(fabs(whole.p_first - row.p_first) < 1e-5);
				assert_true(fabs(whole.p_second - row.p_second) < 1e-5);
			}
			free(block);
			case_free(&c);
		}
}

static void
test_rows(void **unused)
{
	check_rows(1);
	check_rows(3);
}

/* Users within two edges of user 0, sorted by distance, as a graph of their own. */
static void
check_one_user(size_t R)
{
	const UpliftConfig config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION, 2, 1);
	const GraphSetup graph = {400, 900, true, true, R};
	const UpliftScoreSetup setup = {.config = config, .graph = graph, .F = 3};
	UpliftCase c;
	UpliftScoreTask task;

	case_make(&c, &config, &graph, 3, false, 4);

	void *block = score_graph(&task, &c, &setup, 1);
	const Adjacency *in = &c.graph.in;

	for (uint32_t user = 0; user < 400; user += 13)
	{
		uint32_t node[400], source[3000], target[3000];
		uint8_t relation[3000];
		float weight[3000], feature[400 * 3];
		size_t n = 1, E = 0, first = 0;
		UpliftScoreSetup near = {.config = config, .F = 3, .near = true};

		node[0] = user;
		near.reach[2] = 1;
		for (int hop = 0; hop < 2; hop++)
		{
			const size_t last = n;

			for (size_t row = first * R; row < last * R; row++)
				for (size_t at = in->start[node[row / R] * R + row % R];
					 at < in->start[node[row / R] * R + row % R + 1]; at++)
				{
					size_t other = 0;

					while (other < n && node[other] != in->node[at] / R)
						other++;
					if (other == n)
						node[n++] = in->node[at] / (uint32_t) R;
					source[E] = (uint32_t) other;
					target[E] = (uint32_t) (row / R);
					relation[E] = (uint8_t) (row % R);
					weight[E++] = expf(in->log_weight[at]);
				}
			near.reach[1 - hop] = n;
			first = last;
		}
		near.graph = (GraphSetup){n, E, true, true, R};
		for (size_t r = 0; r < n; r++)
			memcpy(feature + 3 * r, c.feature + 3 * node[r], 3 * sizeof(float));

		UpliftScoreTask one;
		GraphBuild build;
		Arena measure = arena_measure();

		upliftscore_carve(&one, &measure, &near, 1);
		graphbuild_carve(&build, &measure, &near.graph);

		void *small = malloc(measure.used + ARENA_ALIGNMENT);
		Arena arena = arena_over(arena_align(small), measure.used);

		upliftscore_carve(&one, &arena, &near, 1);
		graphbuild_carve(&build, &arena, &near.graph);
		graphbuild_start(&build, &one.graph, &(GraphEdges){source, target, weight, relation, E});
		while (graphbuild_step(&build))
			;
		memcpy(one.feature, feature, n * 3 * sizeof(float));
		one.weights = c.w;
		job_run(upliftscore_job(&one), 1);
		assert_true(fabs(upliftscore_get(&one, 0, 1).uplift - upliftscore_get(&task, user, 1).uplift) < 1e-5);
		free(small);
	}
	free(block);
	case_free(&c);
}

static void
test_one_user(void **unused)
{
	check_one_user(1);
	check_one_user(2);
}

static void
test_workers(void **unused)
{
	UpliftSetup setup = {
		.config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION_SUM, 2, 2), .F = 4, .seed = 9};
	UpliftTask one, three;

	setup.graph = (GraphSetup){USERS, 4000, false, true};
	setup.config.max_epochs = 12;

	void *block = train(&one, &setup, 1, NULL);
	void *other = train(&three, &setup, 3, NULL);

	assert_memory_equal(uplifttrain_weights(&one), uplifttrain_weights(&three), one.net.total * sizeof(real));
	assert_int_equal(uplifttrain_report(&one)->epoch, 12);
	free(block);
	free(other);
}

static void
test_learns(void **unused)
{
	for (int estimator = ESTIMATOR_PARTIAL_LABEL; estimator <= ESTIMATOR_THREE_LOSSES; estimator++)
		for (int given = 0; given < 2; given++)
		{
			UpliftSetup setup = {
				.config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION, 1, 1), .F = 4, .seed = 9};
			UpliftTask task;

			setup.graph = (GraphSetup){USERS, 4000, false, false};
			setup.propensities = given;
			setup.config.estimator = estimator;
			setup.config.max_epochs = 150;

			void *block = train(&task, &setup, 1, NULL);
			const UpliftResult *result = uplifttrain_result(&task);

			assert_int_equal(result->train.treated + result->train.control + result->held_out.treated +
								 result->held_out.control,
							 USERS * 9 / 10);
			assert_true(result->valid_loss < result->baseline_loss);
			assert_true(result->valid_metric > 0.1); /* a random order has 0 */
			assert_true(result->report.best_epoch > 1);
			assert_true(fabs(result->predicted_effect - 0.18) < 0.08);
			free(block);
		}
}

static void
test_without_held_out(void **unused)
{
	UpliftSetup setup = {.config = config_with(DEPTH_NONE, AGGREGATE_SUM, 1, 1), .F = 4, .seed = 9};
	UpliftTask task;

	setup.graph = (GraphSetup){USERS, 4000, false, false};
	setup.config.max_epochs = 3;

	void *block = train(&task, &setup, 1, NULL);

	memset(task.data.held_out, 0, USERS);
	for (size_t i = 0; i < USERS; i++)
		task.data.feature[4 * i + 1] = (float) (i % 3);
	task.started = false;
	job_run(uplifttrain_job(&task), 1);
	assert_int_equal(uplifttrain_report(&task)->epoch, 3);
	assert_int_equal(uplifttrain_report(&task)->best_epoch, 3);
	for (size_t i = 0; i < task.net.total; i++)
		assert_true(isfinite(uplifttrain_weights(&task)[i]));

	/* A feature that was never missing has no say where it is; one that was has. */
	for (size_t f = 0; f < 2; f++)
		for (size_t c = 0; c < task.net.H; c++)
		{
			const real mask = uplifttrain_weights(&task)[task.net.input + c * task.net.D + 4 + f];

			assert_true((mask == 0) == (f == 1));
		}
	free(block);
}

/* A training of so many epochs: held-out losses of each in loss; returns the weights that it started from. */
static real *
train_epochs(double *loss, UpliftTask *task, UpliftSetup *setup, int epochs, void **block)
{
	setup->config.max_epochs = epochs;
	setup->config.patience = 0;
	*block = train(task, setup, 1, NULL);
	task->started = false;

	const Job job = uplifttrain_job(task);
	real *first = NULL;
	int epoch = 0;

	for (size_t items; (items = job.next(job.task)) > 0;)
	{
		if (!first)
		{
			first = malloc(task->net.total * sizeof(real));
			memcpy(first, task->w, task->net.total * sizeof(real));
		}
		for (size_t i = 0; i < items; i++)
			job.run(job.task, i, 0);
		if (uplifttrain_report(task)->epoch > epoch)
			loss[epoch++] = uplifttrain_report(task)->valid_loss;
	}
	if (uplifttrain_report(task)->epoch > epoch)
		loss[epoch++] = uplifttrain_report(task)->valid_loss;
	assert_int_equal(epoch, epochs);
	return first;
}

/* As many steps as epochs: one epoch trains, and each is measured with the weights that it made. */
static void
test_steps(void **unused)
{
	for (int dropout = 0; dropout < 2; dropout++)
	{
		UpliftSetup setup = {
			.config = config_with(DEPTH_GATED, AGGREGATE_ATTENTION, 1, 1), .F = 4, .seed = 9};
		double one[1], four[4], two[2];
		UpliftTask task;
		void *block;
		size_t moved = 0;

		setup.graph = (GraphSetup){USERS, 4000, false, false};
		setup.config.dropout = dropout ? 0.2 : 0;

		real *first = train_epochs(one, &task, &setup, 1, &block);

		for (size_t i = task.net.input; i < task.net.total; i++)
			moved += uplifttrain_weights(&task)[i] != first[i];
		assert_true(moved > task.net.H);
		assert_int_equal(task.state->updates, 1);
		free(first);
		free(block);

		free(train_epochs(four, &task, &setup, 4, &block));
		assert_int_equal(task.state->updates, 4);
		free(block);
		free(train_epochs(two, &task, &setup, 2, &block));
		assert_true(fabs(four[0] - one[0]) < 1e-6);
		assert_true(fabs(four[1] - two[1]) < 1e-6);
		assert_true(fabs(four[0] - four[1]) > 1e-6);
		free(block);
	}
}

static void
test_options(void **unused)
{
	UpliftConfig config;

	config_defaults(&config, uplift_options, uplift_option_count);
	assert_int_equal(uplift_config_check(&config).code, STATUS_SUCCESS);
	config.heads = 3;
	assert_int_equal(uplift_config_check(&config).code, STATUS_BAD_VALUE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_one_user),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_without_held_out),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

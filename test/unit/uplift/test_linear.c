/* The linear path: three ways to score agree, and what is linear in sums over neighbours is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uplifttrial.h"
#include "uplift/pure/net_row.h"

#define FEATURES 4

static UpliftConfig
config_of(int depth, int aggregate, int layers)
{
	UpliftConfig config = config_with(depth, aggregate, layers, 1);

	config.outcome = OUTCOME_NUMBER;
	return config;
}

/* A user's state after `layers` layers, from its neighbours' by recursion. */
static void
row_state(real *state, const UpliftCase *c, size_t i, size_t layers)
{
	const Adjacency *in = &c->graph.in;
	real self[400], neighbour[400], accumulator[1000], other[1000];

	if (layers == 0)
	{
		uplift_row_input(state, &c->net, c->w, c->feature + i * c->net.F);
		return;
	}
	assert_true(uplift_state_width(&c->net) <= 400 && uplift_accumulator_width(&c->net) <= 1000);
	row_state(self, c, i, layers - 1);
	uplift_row_start(accumulator, &c->net);
	uplift_row_start(other, &c->net);
	for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
	{
		if (in->node[at] == i)
			continue;
		row_state(neighbour, c, in->node[at], layers - 1);
		uplift_row_attend(at % 2 ? accumulator : other, &c->net, c->w, layers - 1, self,
						  &(UpliftRowEdge){neighbour, 0, in->log_weight ? exp(in->log_weight[at]) : 1});
	}
	uplift_row_merge(accumulator, &c->net, other);
	uplift_row_finish(state, &c->net, c->w, layers - 1, self, accumulator);
}

/* The linear path by its definition: z is each user's [x, 1], and then the sum of that over neighbours, again and again. */
static void
add_by_definition(double *logit, const UpliftCase *c)
{
	const UpliftNet *net = &c->net;
	const Adjacency *in = &c->graph.in;
	const size_t N = c->graph.N, n = net->F + 1;
	double *z = calloc(N * n, sizeof(double)), *sum = malloc(N * n * sizeof(double));

	for (size_t i = 0; i < N * n; i++)
	{
		const float x = i % n < net->F ? c->feature[i / n * net->F + i % n] : 0;

		z[i] = i % n == net->F ? 1 : isnan(x) ? 0 : (x - c->w[net->mean + i % n]) / c->w[net->scale + i % n];
	}
	for (size_t k = 0; k <= net->L; k++)
	{
		for (size_t i = 0; i < N * n; i++)
			for (size_t h = 0; h < net->C; h++)
				logit[i / n * net->C + h] += c->w[net->linear + (h * (net->L + 1) + k) * n + i % n] * z[i];
		memset(sum, 0, N * n * sizeof(double));
		for (size_t i = 0; i < N; i++)
			for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
				for (size_t f = 0; f < n; f++)
					sum[i * n + f] += (in->log_weight ? exp(in->log_weight[at]) : 1) *
									  z[in->node[at] * n + f] / c->w[net->degree_mean];
		memcpy(z, sum, N * n * sizeof(double));
	}
	free(z);
	free(sum);
}

static void
check_ways(const UpliftConfig *config, size_t treatments, bool weighted)
{
	const GraphSetup graph = {400, 1200, !weighted, weighted};
	const UpliftScoreSetup setup = {
		.config = *config, .graph = graph, .F = FEATURES, .treatments = treatments};
	UpliftCase c;
	UpliftScoreTask task;
	Rng rng = rng_seed(1, 2);

	case_make_arms(&c, config, &graph, FEATURES, treatments, false, 3);

	const size_t C = c.net.C, all = C * (c.net.L + 1) * (FEATURES + 1);
	void *block = score_graph(&task, &c, &setup, 3);
	double *logit = malloc(graph.N * C * sizeof(double));

	assert_true(c.net.levels == c.net.L * C);
	for (size_t i = 0; i < graph.N * C; i++)
		logit[i] = task.logit[i]; /* of the layers alone: the path is 0 */
	free(block);
	for (size_t i = 0; i < all; i++)
		c.w[c.net.linear + i] = (real) rng_normal(&rng);
	block = score_graph(&task, &c, &setup, 3);
	add_by_definition(logit, &c);
	for (size_t i = 0; i < graph.N * C; i++)
		assert_true(fabs(task.logit[i] - logit[i]) < 1e-5 * fmax(1, fabs(logit[i])));
	for (size_t i = 0; i < graph.N; i += 7)
	{
		real state[400];
		UpliftScore row[UPLIFT_TREATMENTS_MAX];

		row_state(state, &c, i, c.net.L);
		uplift_row_heads(row, &c.net, c.w, state);
		for (size_t k = 0; k < c.net.treatments; k++)
		{
			const double whole = upliftscore_get(&task, i, 1 + k).uplift;

			assert_true(fabs(whole - row[k].uplift) < 1e-5 * fmax(1, fabs(whole)));
		}
	}
	free(logit);
	free(block);
	case_free(&c);
}

static void
test_three_ways(void **unused)
{
	for (int depth = DEPTH_GATED; depth <= DEPTH_NONE; depth++)
		for (int aggregate = AGGREGATE_SUM; aggregate <= AGGREGATE_ATTENTION_SUM; aggregate++)
			for (int layers = 1; layers <= 3; layers++)
			{
				UpliftConfig config = config_of(depth, aggregate, layers);

				check_ways(&config, layers == 2 ? 3 : 1, depth == DEPTH_GATED);
				config.estimator = ESTIMATOR_CLASS_TRANSFORM;
				check_ways(&config, 1, depth == DEPTH_GATED);
			}
}

/* What neighbours' sums of the second feature do to a user who is treated. */
static double
effect(const UpliftTask *task, size_t i)
{
	const Adjacency *in = &task->graph.in;
	double sum = 0;

	if (task->setup.graph.E == 0)
		return 20;
	for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
	{
		const float x = task->data.feature[in->node[at] * FEATURES + 1];

		sum += in->node[at] == i || isnan(x) ? 0 : x;
	}
	return 20 + 8 * sum;
}

/* Train on outcomes that are linear in a user's feature and in sums, with noise. Features are known of everybody. */
static void *
train_linear(UpliftTask *task, UpliftSetup *setup, int workers, double noise, const real *warm)
{
	Rng rng = rng_seed(3, 4);

	setup->F = FEATURES;
	void *block = train(task, setup, workers, warm);

	for (size_t i = 0; i < USERS * FEATURES; i++)
		task->data.feature[i] = (float) rng_normal(&rng);
	for (size_t i = 0; i < USERS; i++)
		task->data.outcome[i] =
			(float) (50 + 10 * task->data.feature[i * FEATURES] + noise * rng_normal(&rng) +
					 (task->data.arm[i] == 1 ? effect(task, i) : 0));
	task->started = false;
	job_run(uplifttrain_job(task), workers);
	return block;
}

/* Root mean square error of the uplift of held-out users. */
static double
error_of(const UpliftTask *task)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < USERS; i++)
		if (task->data.held_out[i] && task->data.arm[i] != UPLIFT_OUTSIDE)
		{
			const double left = uplifttrain_predicted(task)[i] - effect(task, i);

			sum += left * left;
			n++;
		}
	return sqrt(sum / n);
}

/* By the options' defaults, on the whole graph and on samples of it, the layers do not spoil what the path has found. */
static void
test_finds_sums(void **unused)
{
	for (size_t batch = 0; batch <= 256; batch += 256)
	{
		UpliftSetup setup = {
			.config = config_of(DEPTH_RESIDUAL, AGGREGATE_ATTENTION_SUM, 2), .batch = batch, .seed = 9};
		UpliftTask task;

		setup.graph = (GraphSetup){USERS, 4000, false, false};

		void *block = train_linear(&task, &setup, 1, 5, NULL);

		assert_true(error_of(&task) < 2); /* the effect's deviation is 19 */
		assert_true(uplifttrain_result(&task)->valid_loss < 0.2 * uplifttrain_result(&task)->baseline_loss);
		free(block);
	}
}

/* Without noise the path alone, which is the first epoch, is exact; without edges too. */
static void
test_exact(void **unused)
{
	for (size_t edges = 0; edges <= 4000; edges += 4000)
	{
		UpliftSetup setup = {.config = config_of(DEPTH_RESIDUAL, AGGREGATE_SUM, 2), .seed = 9};
		UpliftTask task, scored;

		setup.graph = (GraphSetup){USERS, edges, false, false};
		setup.config.max_epochs = 1;

		void *block = train_linear(&task, &setup, 1, 0, NULL);

		assert_int_equal(uplifttrain_report(&task)->epoch, 1);
		assert_true(error_of(&task) < 0.1);

		/* Scoring on samples has the sums of the whole graph. */
		UpliftSetup again = setup;

		again.warm_start = again.score = true;
		again.batch = 64;

		void *other = train_linear(&scored, &again, 1, 0, uplifttrain_weights(&task));

		assert_true(error_of(&scored) < 0.1);
		free(other);
		free(block);
	}
}

static void
test_workers(void **unused)
{
	UpliftSetup setup = {.config = config_of(DEPTH_RESIDUAL, AGGREGATE_ATTENTION_SUM, 2), .seed = 9};
	UpliftTask one, three;

	setup.graph = (GraphSetup){USERS, 4000, false, true};
	setup.config.max_epochs = 5;

	void *block = train_linear(&one, &setup, 1, 5, NULL);
	void *other = train_linear(&three, &setup, 3, 5, NULL);

	assert_memory_equal(uplifttrain_weights(&one), uplifttrain_weights(&three), one.net.total * sizeof(real));
	free(block);
	free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_ways),
		cmocka_unit_test(test_finds_sums),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

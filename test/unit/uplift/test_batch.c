/* Mini-batches of the uplift network: true samples of the graph that teach what the graph does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "uplifttrial.h"

static size_t
entry_of(const Adjacency *rows, size_t row, uint32_t node)
{
	for (size_t at = rows->start[row]; at < rows->start[row + 1]; at++)
		if (rows->node[at] == node)
			return at;
	return SIZE_MAX;
}

/* A batch is a graph of its own: its users first, true edges with grown weights, `out` the same as `in`. */
static void
check_batch(const UpliftSample *sample, const Graph *whole, const uint32_t *user, size_t n)
{
	const Graph *graph = &sample->graph;
	const Adjacency *in = &graph->in;
	const size_t R = whole->R;
	size_t entries = 0, listeners = 0;

	assert_true(graph->N <= sample->setup.nodes);
	for (size_t i = 0; i < graph->N * R; i++)
	{
		const size_t node = sample->node[i / R] * R + i % R;
		const size_t all = (size_t) whole->degree[node];
		const size_t kept = in->start[i + 1] - in->start[i] - (R == 1);

		assert_true(i / R >= n || node / R == user[i / R]);
		assert_int_equal(sample->place[node / R], i / R);
		assert_true(graph->degree[i] == whole->degree[node]);
		assert_true((entry_of(in, i, (uint32_t) i) != SIZE_MAX) == (R == 1));
		assert_true(kept == 0 || kept == (all < sample->setup.fanout ? all : sample->setup.fanout));
		assert_true(i / R >= n || (kept > 0) == (all > 0));
		listeners += kept > 0;
		for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
		{
			const size_t other = entry_of(&graph->out, in->node[at], (uint32_t) i);
			const size_t true_one =
				entry_of(&whole->in, node, (uint32_t) (sample->node[in->node[at] / R] * R + i % R));

			assert_true(at == in->start[i] || in->node[at - 1] < in->node[at]);
			assert_true(other != SIZE_MAX && graph->out.log_weight[other] == in->log_weight[at]);
			assert_true(true_one != SIZE_MAX && in->node[at] % R == i % R);
			if (in->node[at] == i)
				assert_true(in->log_weight[at] == 0);
			else
				assert_true(fabs(in->log_weight[at] -
								 (whole->in.log_weight ? whole->in.log_weight[true_one] : 0) -
								 log((double) all / (double) kept)) < 1e-5);
		}
		entries += graph->out.start[i + 1] - graph->out.start[i];
	}
	assert_int_equal(entries, in->start[graph->N * R]);
	assert_true(listeners >= 1);
}

static void
test_batch(void **unused)
{
	for (int weighted = 0; weighted < 3; weighted++)
		for (size_t layers = 1; layers <= 3; layers++)
		{
			const GraphSetup graph = {3000, 60000, weighted, weighted, 1 + (weighted == 2) * layers};
			const UpliftConfig config = config_with(DEPTH_NONE, AGGREGATE_ATTENTION, 1, 1);
			const UpliftSampleSetup setup = upliftsample_setup(layers, 50, &graph);
			UpliftCase c;
			UpliftSample sample;
			uint32_t user[50];
			Arena measure = arena_measure();

			case_make(&c, &config, &graph, 1, false, 8);
			upliftsample_carve(&sample, &measure, &setup, graph.N);

			void *block = malloc(measure.used + ARENA_ALIGNMENT);
			Arena arena = arena_over(arena_align(block), measure.used);

			upliftsample_carve(&sample, &arena, &setup, graph.N);
			upliftsample_start(&sample, graph.N);
			for (int draw = 0; draw < 3; draw++)
			{
				const size_t n = draw == 1 ? 1 : 50;
				Rng rng = rng_seed(3, (uint64_t) draw);

				for (size_t i = 0; i < n; i++)
					user[i] = (uint32_t) ((7 * i + 11 * (size_t) draw) % (graph.N - 2));
				upliftsample_draw(&sample, &c.graph, user, n, &rng);
				check_batch(&sample, &c.graph, user, n);
			}
			free(block);
			case_free(&c);
		}
}

/* Mini-batches learn what the whole graph teaches, the same on any number of workers. */
static void
check_batches(size_t E, size_t relations)
{
	UpliftSetup setup = {
		.config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION_SUM, 1, 2), .F = 4, .seed = 9};
	UpliftTask one, three, score;

	setup.graph = (GraphSetup){USERS, E, false, true, relations};
	setup.batch = 64;
	setup.config.max_epochs = 40;

	void *block = train(&one, &setup, 1, NULL);
	void *other = train(&three, &setup, 3, NULL);
	const UpliftResult *result = uplifttrain_result(&one);

	assert_memory_equal(uplifttrain_weights(&one), uplifttrain_weights(&three), one.net.total * sizeof(real));
	assert_int_equal(uplifttrain_report(&one)->best_epoch, uplifttrain_report(&three)->best_epoch);
	assert_true(result->valid_loss < result->baseline_loss);
	assert_true(result->valid_metric > 0.1);
	one.net.config.max_epochs = 0;
	assert_int_equal(uplifttrain_max_epochs(&one, 64 * 300), 5);
	assert_int_equal(uplifttrain_max_epochs(&one, 64 * 100), 15);
	free(other);

	/* With all neighbours of everybody in the batch the answer is that of the whole graph. */
	const UpliftCase whole = {.graph = one.graph, .feature = one.data.feature, .w = one.best, .net = one.net};
	const UpliftScoreSetup exact = {.config = setup.config, .graph = setup.graph, .F = 4};
	UpliftScoreTask scored;
	real *kept = malloc(one.net.total * sizeof(real));

	memcpy(kept, uplifttrain_weights(&one), one.net.total * sizeof(real));
	setup.warm_start = setup.score = true;
	other = train(&score, &setup, 2, kept);

	void *third = score_graph(&scored, &whole, &exact, 1);
	size_t predicted = 0;

	for (size_t i = 0; i < USERS; i++)
	{
		const double uplift = uplifttrain_predicted(&score)[i];

		if (isnan(uplift))
			continue;
		predicted++;
		assert_true(score.data.held_out[i] && score.data.arm[i] != UPLIFT_OUTSIDE);
		assert_true(fabs(uplift - upliftscore_get(&scored, i, 1).uplift) < 1e-5);
	}
	assert_int_equal(predicted, result->held_out.treated + result->held_out.control);
	assert_int_equal(uplifttrain_report(&score)->epoch, 0);
	free(third);
	free(other);
	free(block);
	free(kept);
}

static void
test_batches(void **unused)
{
	check_batches(4000, 1);
	check_batches(8000, 3);
}

/* Without edges a pass needs no graph, and answers and learns as with a graph of self-loops, dropout included. */
static void
test_alone(void **unused)
{
	for (int aggregate = AGGREGATE_ATTENTION; aggregate <= AGGREGATE_ATTENTION_SUM; aggregate++)
	{
		const GraphSetup graph = {300, 0, false, false};
		const UpliftConfig config = config_with(DEPTH_GATED, aggregate, 2, 2);
		real coefficient[600], logit[2][600], h[300 * 16];
		UpliftCase c;

		case_make(&c, &config, &graph, 3, true, 8);
		c.pass.drop = c.pass.attention_drop = (real) 0.3;
		c.pass.key = 5;
		for (int i = 0; i < 600; i++)
			coefficient[i] = (real) sin(i);

		real *dw = calloc(2 * c.net.total, sizeof(real));

		for (int alone = 0; alone < 2; alone++)
		{
			c.pass.graph = alone ? NULL : &c.graph;
			case_forward(logit[alone], h, &c);
			case_backward(dw + (size_t) alone * c.net.total, &c, coefficient, h);
		}
		for (int i = 0; i < 600; i++)
			assert_true(fabs(logit[0][i] - logit[1][i]) < 1e-5);
		for (size_t i = 0; i < c.net.total; i++)
			assert_true(fabs(dw[i] - dw[c.net.total + i]) < 1e-3 * fmax(1, fabs(dw[i])));
		free(dw);
		case_free(&c);
	}
}

/* A training without edges: the same on any number of workers, and it learns what a user's own features say. */
static void
test_train_alone(void **unused)
{
	UpliftSetup setup = {.config = config_with(DEPTH_RESIDUAL, AGGREGATE_ATTENTION, 1, 2), .F = 4, .seed = 9};
	UpliftTask one, three, score;

	setup.graph = (GraphSetup){USERS, 0, false, false};

	void *block = train(&one, &setup, 1, NULL);
	void *other = train(&three, &setup, 3, NULL);
	const UpliftResult *result = uplifttrain_result(&one);

	assert_memory_equal(uplifttrain_weights(&one), uplifttrain_weights(&three), one.net.total * sizeof(real));
	assert_true(result->valid_loss < result->baseline_loss);
	assert_true(result->valid_metric > 0.1);
	assert_true(result->report.learning_rate < setup.config.learning_rate);
	assert_int_equal(uplifttrain_max_epochs(&one, 64000), 48);
	assert_int_equal(uplifttrain_max_epochs(&one, 100), 300);
	free(other);

	real *kept = malloc(one.net.total * sizeof(real));

	memcpy(kept, uplifttrain_weights(&one), one.net.total * sizeof(real));
	setup.warm_start = setup.score = true;
	other = train(&score, &setup, 2, kept);
	for (size_t i = 0; i < USERS; i++)
		assert_int_equal(isnan(uplifttrain_predicted(&score)[i]),
						 !score.data.held_out[i] || score.data.arm[i] == UPLIFT_OUTSIDE);
	free(other);
	free(block);
	free(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_train_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

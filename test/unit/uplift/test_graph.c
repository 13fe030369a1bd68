/* Building the graph: what becomes of each kind of edge, against a plain matrix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "upliftcase.h"

typedef struct Built
{
	Graph graph;
	GraphBuild build;
	void *block;
} Built;

static Built
build_of(const GraphSetup *setup, const GraphEdges *edges)
{
	Built b;
	Arena measure = arena_measure();

	graph_carve(&b.graph, &measure, setup);
	graphbuild_carve(&b.build, &measure, setup);
	b.block = malloc(measure.used + ARENA_ALIGNMENT);

	Arena arena = arena_over(arena_align(b.block), measure.used);

	graph_carve(&b.graph, &arena, setup);
	graphbuild_carve(&b.build, &arena, setup);
	assert_false(arena.overflow);
	graphbuild_start(&b.build, &b.graph, edges);
	while (graphbuild_step(&b.build))
		;
	return b;
}

static Built
build(const GraphSetup *setup, const uint32_t *source, const uint32_t *target, const float *weight, size_t E)
{
	return build_of(setup, &(GraphEdges){source, target, weight, NULL, E});
}

static void
assert_row(const Adjacency *adjacency, size_t i, size_t n, const uint32_t *node, const double *weight)
{
	assert_int_equal(adjacency->start[i + 1] - adjacency->start[i], n);
	for (size_t k = 0; k < n; k++)
	{
		assert_int_equal(adjacency->node[adjacency->start[i] + k], node[k]);
		if (weight)
			assert_true(fabs(exp(adjacency->log_weight[adjacency->start[i] + k]) - weight[k]) < 1e-5);
	}
}

/* 0 → 1 twice, 1 → 0, 2 → 2, 1 → unknown, 0 → 2 with weight 0; node 3 has no edge. */
static const uint32_t source[] = {0, 0, 1, 2, 1, 0};
static const uint32_t target[] = {1, 1, 0, 2, GRAPH_UNKNOWN, 2};
static const float weight[] = {2, 3, 4, 9, 1, 0};

static void
test_directed(void **state)
{
	const GraphSetup setup = {4, 6, true, true};
	Built b = build(&setup, source, target, weight, 6);

	assert_row(&b.graph.in, 0, 2, (const uint32_t[]){0, 1}, (const double[]){1, 4});
	assert_row(&b.graph.in, 1, 2, (const uint32_t[]){0, 1}, (const double[]){5, 1});
	assert_row(&b.graph.in, 2, 1, (const uint32_t[]){2}, (const double[]){1});
	assert_row(&b.graph.in, 3, 1, (const uint32_t[]){3}, (const double[]){1});
	assert_row(&b.graph.out, 0, 2, (const uint32_t[]){0, 1}, (const double[]){1, 5});
	assert_row(&b.graph.out, 1, 2, (const uint32_t[]){0, 1}, (const double[]){4, 1});
	assert_row(&b.graph.out, 3, 1, (const uint32_t[]){3}, (const double[]){1});
	assert_true(b.graph.degree[0] == 1 && b.graph.degree[1] == 1 && b.graph.degree[2] == 0 &&
				b.graph.degree[3] == 0);
	assert_int_equal(b.build.counts.edges, 6);
	assert_int_equal(b.build.counts.kept, 2);
	assert_int_equal(b.build.counts.duplicates, 1);
	assert_int_equal(b.build.counts.self_loops, 1);
	assert_int_equal(b.build.counts.unknown, 1);
	assert_int_equal(b.build.counts.weightless, 1);
	free(b.block);
}

static void
test_undirected(void **state)
{
	const GraphSetup setup = {4, 6, false, true};
	Built b = build(&setup, source, target, weight, 6);

	assert_row(&b.graph.in, 0, 2, (const uint32_t[]){0, 1}, (const double[]){1, 9});
	assert_row(&b.graph.in, 1, 2, (const uint32_t[]){0, 1}, (const double[]){9, 1});
	assert_ptr_equal(b.graph.in.node, b.graph.out.node);
	assert_int_equal(b.build.counts.kept, 2);
	free(b.block);
}

static void
test_without_weights(void **state)
{
	const GraphSetup setup = {4, 6, false, false};
	Built b = build(&setup, source, target, NULL, 6);

	assert_row(&b.graph.in, 0, 3, (const uint32_t[]){0, 1, 2}, NULL);
	assert_row(&b.graph.in, 2, 2, (const uint32_t[]){0, 2}, NULL);
	assert_null(b.graph.in.log_weight);
	assert_int_equal(b.build.counts.weightless, 0);
	free(b.block);
}

static void
test_no_edges(void **state)
{
	const GraphSetup setup = {3, 0, true, false};
	Built b = build(&setup, NULL, NULL, NULL, 0);

	for (uint32_t i = 0; i < 3; i++)
	{
		assert_row(&b.graph.in, i, 1, &i, NULL);
		assert_row(&b.graph.out, i, 1, &i, NULL);
	}
	free(b.block);
}

#define NODES 60

/* Random lists against a matrix, in two orders of the list. */
static void
test_random(void **state)
{
	Rng rng = rng_seed(2, 0);

	for (int trial = 0; trial < 20; trial++)
	{
		const GraphSetup setup = {NODES, 400, trial % 2 == 0, trial % 4 < 2};
		static double matrix[NODES][NODES];
		uint32_t from[400], to[400];
		float w[400];

		case_edges(from, to, w, 400, NODES, &rng);
		memset(matrix, 0, sizeof(matrix));
		for (size_t e = 0; e < 400; e++)
		{
			if (to[e] == GRAPH_UNKNOWN || from[e] == to[e])
				continue;
			for (int way = 0; way < (setup.directed ? 1 : 2); way++)
			{
				double *cell = way ? &matrix[from[e]][to[e]] : &matrix[to[e]][from[e]];

				*cell = setup.weighted ? *cell + w[e] : 1;
			}
		}
		for (size_t i = 0; i < NODES; i++)
			matrix[i][i] = 1;

		Built b = build(&setup, from, to, setup.weighted ? w : NULL, 400);

		for (size_t i = 0; i < NODES; i++)
		{
			size_t in = b.graph.in.start[i], out = b.graph.out.start[i];

			for (uint32_t j = 0; j < NODES; j++)
			{
				if (matrix[i][j] > 0)
				{
					assert_int_equal(b.graph.in.node[in], j);
					if (setup.weighted)
						assert_true(fabs(exp(b.graph.in.log_weight[in]) - matrix[i][j]) < 1e-5);
					in++;
				}
				if (matrix[j][i] > 0)
				{
					assert_int_equal(b.graph.out.node[out], j);
					if (setup.weighted)
						assert_true(fabs(exp(b.graph.out.log_weight[out]) - matrix[j][i]) < 1e-5);
					out++;
				}
			}
			assert_int_equal(in, b.graph.in.start[i + 1]);
			assert_int_equal(out, b.graph.out.start[i + 1]);
		}

		size_t range[200];
		const size_t ranges = graph_ranges(range, &b.graph, 7);

		assert_true(ranges + 1 <= graph_ranges_max(&setup, 7) + 1);
		assert_int_equal(range[0], 0);
		assert_int_equal(range[ranges], NODES);
		for (size_t r = 0; r < ranges; r++)
			assert_true(range[r] < range[r + 1] && range[r + 1] - range[r] <= 7);
		free(b.block);
	}
}

#define RELATIONS 3

static void
assert_rows(const Adjacency *all, const Adjacency *one, size_t i, size_t r)
{
	size_t at = all->start[i * RELATIONS + r];

	for (size_t k = one->start[i]; k < one->start[i + 1]; k++)
	{
		if (one->node[k] == i)
			continue;
		assert_int_equal(all->node[at], one->node[k] * RELATIONS + r);
		assert_true(!all->log_weight || all->log_weight[at] == one->log_weight[k]);
		at++;
	}
	assert_int_equal(all->start[i * RELATIONS + r + 1], at);
}

/* The rows of a relation are the graph of its edges alone, without self-loops; an edge of an unknown relation is none. */
static void
test_relations(void **state)
{
	Rng rng = rng_seed(6, 0);

	for (int trial = 0; trial < 4; trial++)
	{
		GraphSetup setup = {NODES, 400, trial % 2 == 0, trial < 2, RELATIONS};
		uint32_t from[400], to[400];
		float w[400];
		uint8_t relation[400];

		case_edges(from, to, w, 400, NODES, &rng);
		for (size_t e = 0; e < 400; e++)
			relation[e] = e % 50 == 9 ? RELATIONS : (uint8_t) (e / 2 % RELATIONS);

		Built all = build_of(&setup, &(GraphEdges){from, to, setup.weighted ? w : NULL, relation, 400});

		assert_true(all.build.counts.unrelated > 0 && all.build.counts.unrelated <= 8);
		assert_int_equal(all.build.counts.kept, graph_entries(&all.graph));
		setup.relations = 1;
		for (size_t r = 0; r < RELATIONS; r++)
		{
			uint32_t end[400];

			for (size_t e = 0; e < 400; e++)
				end[e] = relation[e] == r ? to[e] : GRAPH_UNKNOWN;

			Built one = build(&setup, from, end, setup.weighted ? w : NULL, 400);

			for (size_t i = 0; i < NODES; i++)
			{
				assert_rows(&all.graph.in, &one.graph.in, i, r);
				assert_rows(&all.graph.out, &one.graph.out, i, r);
				assert_true(all.graph.degree[i * RELATIONS + r] == one.graph.degree[i]);
			}
			free(one.block);
		}

		size_t range[200];
		const size_t ranges = graph_ranges(range, &all.graph, 7);

		assert_true(range[0] == 0 && range[ranges] == NODES);
		free(all.block);
	}
}

/* More edges than a step takes. */
static void
test_steps(void **state)
{
	const size_t E = 1200000;
	const GraphSetup setup = {1000, E, true, false};
	uint32_t *from = malloc(E * sizeof(*from));
	uint32_t *to = malloc(E * sizeof(*to));

	for (size_t e = 0; e < E; e++)
	{
		from[e] = (uint32_t) (e % 1000);
		to[e] = (uint32_t) (e / 1000 % 1000);
	}

	Built b = build(&setup, from, to, NULL, E);

	assert_int_equal(graph_entries(&b.graph), 1000 * 1000);
	assert_int_equal(b.build.counts.duplicates, E - 1000 * 1000 - 200);
	assert_int_equal(b.build.counts.self_loops, 1200);
	free(b.block);
	free(from);
	free(to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directed),        cmocka_unit_test(test_undirected),
		cmocka_unit_test(test_without_weights), cmocka_unit_test(test_no_edges),
		cmocka_unit_test(test_random),          cmocka_unit_test(test_steps),
		cmocka_unit_test(test_relations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

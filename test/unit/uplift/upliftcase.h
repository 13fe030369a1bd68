/* A random graph with users, for the tests of the uplift network: everything a pass needs, in one block. */
#ifndef USERCLS_TEST_UPLIFTCASE_H
#define USERCLS_TEST_UPLIFTCASE_H

#include <math.h>
#include <stdlib.h>

#include "uplift/pure/net_pass.h"

typedef struct UpliftCase
{
	void *block;
	Graph graph;
	GraphCounts counts;
	float *feature;
	real *w;
	UpliftNet net;
	UpliftRows rows;
	UpliftScratch scratch;
	UpliftPass pass;
} UpliftCase;

/* Edges with duplicates, self-loops, unknown ends, isolated users (the last ones) and weights. */
static inline void
case_edges(uint32_t *source, uint32_t *target, float *weight, size_t E, size_t N, Rng *rng)
{
	for (size_t e = 0; e < E; e++)
	{
		source[e] = (uint32_t) rng_below(rng, N - 2);
		target[e] = (uint32_t) rng_below(rng, N - 2);
		weight[e] = (float) (0.2 + 2 * rng_uniform(rng));
		if (e % 11 == 3)
			target[e] = GRAPH_UNKNOWN;
		if (e % 13 == 5)
			weight[e] = 0;
		if (e % 7 == 2)
			target[e] = source[e];
		if (e % 5 == 4)
		{
			source[e] = source[e - 1];
			target[e] = target[e - 1];
		}
	}
}

static inline void
case_graph(Graph *graph, GraphCounts *counts, Arena *arena, const GraphSetup *setup, Rng *rng)
{
	uint32_t *source = malloc(setup->E * sizeof(*source));
	uint32_t *target = malloc(setup->E * sizeof(*target));
	float *weight = malloc(setup->E * sizeof(*weight));
	uint8_t *relation = malloc(setup->E);
	GraphBuild build;
	Arena measure = arena_measure();

	case_edges(source, target, weight, setup->E, setup->N, rng);
	for (size_t e = 0; e < setup->E; e++) /* one of them is none */
		relation[e] = (uint8_t) (e * 7 % 31 % (graph_relations(setup) + 1));
	graphbuild_carve(&build, &measure, setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena scratch = arena_over(arena_align(block), measure.used);

	graph_carve(graph, arena, setup);
	graphbuild_carve(&build, &scratch, setup);
	graphbuild_start(&build, graph,
					 &(GraphEdges){.source = source,
								   .target = target,
								   .weight = setup->weighted ? weight : NULL,
								   .relation = setup->relations > 1 ? relation : NULL,
								   .E = setup->E});
	while (graphbuild_step(&build))
		;
	*counts = build.counts;
	free(block);
	free(source);
	free(target);
	free(weight);
	free(relation);
}

static inline void
case_carve(UpliftCase *c, Arena *arena, const GraphSetup *setup, bool training)
{
	c->feature = ARENA_TAKE(arena, float, setup->N * c->net.F);
	c->w = ARENA_TAKE(arena, real, c->net.total);
	upliftrows_carve(&c->rows, arena, &c->net, setup->N, training);
	upliftscratch_carve(&c->scratch, arena, &c->net);
}

static inline void
case_make_arms(UpliftCase *c, const UpliftConfig *config, const GraphSetup *setup, size_t F,
			   size_t treatments, bool training, uint64_t seed)
{
	ParamTable table;
	Rng rng = rng_seed(seed, 7);

	const UpliftShape shape = {F, treatments, setup->relations};

	uplift_net(&c->net, config, &shape);
	uplift_params(&table, config, &shape);

	Arena measure = arena_measure();

	graph_carve(&c->graph, &measure, setup);
	case_carve(c, &measure, setup, training);
	c->block = malloc(measure.used + ARENA_ALIGNMENT);

	Arena arena = arena_over(arena_align(c->block), measure.used);

	case_graph(&c->graph, &c->counts, &arena, setup, &rng);
	case_carve(c, &arena, setup, training);
	for (size_t i = 0; i < setup->N * F; i++)
		c->feature[i] = i % 9 == 4 ? NAN : (float) rng_normal(&rng);
	params_init(c->w, &table, &rng);
	for (size_t i = 0; i < table.count; i++) /* no bias and no degree's weight stays zero, and no gain one */
		for (size_t j = 0;
			 !table.param[i].fixed && table.param[i].init == INIT_CONSTANT && j < table.param[i].size; j++)
			c->w[table.param[i].offset + j] += (real) (0.3 * rng_normal(&rng));
	for (size_t r = 0; config->aggregate != AGGREGATE_ATTENTION && r < c->net.R; r++)
		c->w[c->net.degree_mean + r] = (real) (3 + r);
	c->pass = (UpliftPass){.net = &c->net,
						   .w = c->w,
						   .graph = &c->graph,
						   .feature = c->feature,
						   .rows = c->rows,
						   .training = training};
}

static inline void
case_make(UpliftCase *c, const UpliftConfig *config, const GraphSetup *setup, size_t F, bool training,
		  uint64_t seed)
{
	case_make_arms(c, config, setup, F, 1, training, seed);
}

static inline void
case_free(UpliftCase *c)
{
	free(c->block);
}

/* Forward over all users; logit is N × C. */
static inline void
case_forward(real *logit, real *h_last, UpliftCase *c)
{
	const size_t N = c->graph.N;
	const size_t L = c->net.L;

	upliftnet_prepare(&c->pass);
	for (size_t l = 0; l < L; l++)
	{
		for (size_t from = 0; from < N; from += UPLIFT_BLOCK)
		{
			const size_t n = N - from < UPLIFT_BLOCK ? N - from : UPLIFT_BLOCK;

			if (l == 0)
				upliftnet_input(&c->pass, &c->scratch, from, n);
			upliftnet_products(&c->pass, &c->scratch, l, from, n);
		}
		for (size_t from = 0; from < N; from += UPLIFT_BLOCK)
		{
			const size_t n = N - from < UPLIFT_BLOCK ? N - from : UPLIFT_BLOCK;
			real *h = (l + 1 < L ? c->rows.hidden[l + 1] : h_last) + from * c->net.H;

			upliftnet_layer(h, &c->pass, &c->scratch, l, from, n);
			if (l + 1 == L)
				upliftnet_head(logit + from * c->net.C, &c->pass, &c->scratch, h, from, n);
		}
	}
}

/* After case_forward: dw += gradient of the sum of coefficient (N × C) × logit. */
static inline void
case_backward(real *dw, UpliftCase *c, const real *coefficient, const real *h)
{
	const size_t N = c->graph.N;
	const size_t L = c->net.L;
	const size_t H = c->net.H;
	real *dh = malloc(N * H * sizeof(real));

	for (size_t from = 0; from < N; from += UPLIFT_BLOCK)
	{
		const size_t n = N - from < UPLIFT_BLOCK ? N - from : UPLIFT_BLOCK;

		upliftnet_head_backward(dh + from * H, dw, &c->pass, &c->scratch, coefficient + from * c->net.C,
								h + from * H, from, n);
		upliftnet_layer_backward(dw, &c->pass, &c->scratch, dh + from * H, L - 1, from, n);
	}
	for (size_t l = L; l-- > 0;)
	{
		for (size_t from = 0; from < N; from += UPLIFT_BLOCK)
		{
			const size_t n = N - from < UPLIFT_BLOCK ? N - from : UPLIFT_BLOCK;

			upliftnet_self_backward(dw, &c->pass, &c->scratch, l, from, n);
			upliftnet_others_backward(dw, &c->pass, &c->scratch, l, from, n);
		}
		for (size_t from = 0; from < N; from += UPLIFT_BLOCK)
		{
			const size_t n = N - from < UPLIFT_BLOCK ? N - from : UPLIFT_BLOCK;

			if (l == 0)
			{
				upliftnet_input_backward(dw, &c->pass, &c->scratch, from, n);
				continue;
			}
			upliftnet_products(&c->pass, &c->scratch, l - 1, from, n);
			upliftnet_layer_backward(dw, &c->pass, &c->scratch, c->rows.dhidden[l] + from * H, l - 1, from,
									 n);
		}
	}
	free(dh);
}

#endif

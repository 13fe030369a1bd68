/*
 * What spillover() says of an experiment in files, for spillover.py.
 *
 * usage: spillover FOLDER share|number
 *
 * FOLDER: sizes.txt (users, features, edges, groups), feature.f32, arm.i8 (-1: not drawn), outcome.f32, edge.u32 (friend,
 * listener) and, with groups, group.u32. Prints among, effect, estimate, standard error and users, a line each.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplift/pure/graph.h"
#include "uplift/pure/spillover.h"

static void *
must(void *p, const char *what)
{
	if (!p)
	{
		perror(what);
		exit(1);
	}
	return p;
}

static void *
read_array(const char *folder, const char *name, size_t n, size_t width)
{
	char path[4096];
	void *array = must(malloc(n * width + 1), "memory");

	snprintf(path, sizeof(path), "%s/%s", folder, name);

	FILE *file = must(fopen(path, "rb"), path);

	if (fread(array, width, n, file) != n)
		must(NULL, path);
	fclose(file);
	return array;
}

static void *
carve_block(Arena *arena)
{
	const size_t bytes = arena->used + ARENA_ALIGNMENT;
	void *block = must(malloc(bytes), "memory");

	*arena = arena_over(arena_align(block), bytes - ARENA_ALIGNMENT);
	return block;
}

static void
listen(Graph *graph, const uint32_t *edge, size_t N, size_t E)
{
	const GraphSetup setup = {.N = N, .E = E, .directed = true};
	uint32_t *source = must(malloc(E * sizeof(*source) + 1), "memory");
	uint32_t *target = must(malloc(E * sizeof(*target) + 1), "memory");
	GraphBuild build;
	Arena arena = arena_measure();

	for (size_t e = 0; e < E; e++)
	{
		source[e] = edge[2 * e];
		target[e] = edge[2 * e + 1];
	}
	graph_carve(graph, &arena, &setup);
	graphbuild_carve(&build, &arena, &setup);
	carve_block(&arena);
	graph_carve(graph, &arena, &setup);
	graphbuild_carve(&build, &arena, &setup);
	graphbuild_start(&build, graph, &(GraphEdges){.source = source, .target = target, .E = E});
	while (graphbuild_step(&build))
		;
}

static void
tell(const SpilloverSample *sample, bool others)
{
	Spillover spillover;
	Arena arena = arena_measure();

	spillover_carve(&spillover, &arena, sample);

	void *block = carve_block(&arena);

	spillover_carve(&spillover, &arena, sample);
	spillover_begin(&spillover, sample, others);
	while (spillover_step(&spillover))
		;

	const SpilloverEffect own = spillover_own(&spillover, 0), friends = spillover_of_friends(&spillover, 0);

	if (!others)
		printf("experiment own %.17g %.17g %zu\n", own.estimate, own.standard_error, own.users);
	printf("%s spillover %.17g %.17g %zu\n", others ? "others" : "experiment", friends.estimate,
		   friends.standard_error, friends.users);
	free(block);
}

int
main(int argc, char **argv)
{
	size_t N, F, E, groups;
	char path[4096];
	Graph graph;

	if (argc != 3)
		return fprintf(stderr, "usage: spillover FOLDER share|number\n"), 2;
	snprintf(path, sizeof(path), "%s/sizes.txt", argv[1]);

	FILE *sizes = must(fopen(path, "r"), path);

	if (fscanf(sizes, "%zu %zu %zu %zu", &N, &F, &E, &groups) != 4)
		must(NULL, path);
	fclose(sizes);
	listen(&graph, read_array(argv[1], "edge.u32", 2 * E, sizeof(uint32_t)), N, E);

	const SpilloverSample sample = {.N = N,
									.F = F,
									.treatments = 1,
									.feature = read_array(argv[1], "feature.f32", N * F, sizeof(float)),
									.arm = read_array(argv[1], "arm.i8", N, 1),
									.outcome = read_array(argv[1], "outcome.f32", N, sizeof(float)),
									.friends = &graph.in,
									.by_number = strcmp(argv[2], "number") == 0,
									.together =
										groups ? read_array(argv[1], "group.u32", N, sizeof(uint32_t)) : NULL,
									.groups = groups};

	tell(&sample, false);
	tell(&sample, true);
	return 0;
}

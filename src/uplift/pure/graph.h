/*
 * The graph of users, by counting sort: neighbours of a node lie side by side.
 *
 * Edges may be of R relations. A node then has R rows, one for each: in row i * R + r it listens to those it has an
 * edge of relation r from, who are the rows j * R + r, and not to itself. Otherwise what is said here of a graph holds
 * for each relation alone.
 *
 * An edge source → target lets the target listen to the source. What becomes
 * of a list of edges:
 *   - undirected: every edge also counts the other way round;
 *   - with one relation a node always listens to itself, with weight 1: a self-loop
 *     of the list is dropped, and a node without edges has that one only;
 *   - several edges between the same two nodes are one: with weights they are
 *     added, without weights they count once;
 *   - an edge of weight 0 is no edge; weights are finite and not negative;
 *   - an edge with an end outside 0 .. N-1 (an unknown user) is dropped, and one of a relation outside 0 .. R-1.
 * Each kind of drop is counted. Neighbours are sorted by number, so the graph,
 * and every sum over it, does not depend on the order of the list.
 *
 * Use: graph_carve and graphbuild_carve over arenas, graphbuild_start, then
 * graphbuild_step until it says false, checking interrupts in between.
 */
#ifndef USERCLS_UPLIFT_PURE_GRAPH_H
#define USERCLS_UPLIFT_PURE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uplift/pure/adjacency.h"
#include "nn/arena.h"

#define GRAPH_UNKNOWN UINT32_MAX /* an end that is no node */

/* Flat: sizes alone, so that it can be copied to another process. */
typedef struct GraphSetup
{
	size_t N; /* nodes, at most UINT32_MAX - 1 */
	size_t E; /* edges of the list, at most this many */
	bool directed;
	bool weighted;
	size_t relations; /* R; 0 is 1. N * R is at most UINT32_MAX - 1 */
} GraphSetup;

/* Pointers only: what changes lives in the block. */
typedef struct Graph
{
	size_t N;
	size_t R;      /* rows of a node */
	Adjacency in;  /* N * R rows, by target: whom a node listens to */
	Adjacency out; /* by source; the same arrays as in when the graph is undirected */
	float *degree; /* N * R: neighbours in `in`, itself not counted */
} Graph;

/* An edge list of E edges. */
typedef struct GraphEdges
{
	const uint32_t *source, *target;
	const float *weight;     /* NULL: all weigh the same */
	const uint8_t *relation; /* NULL: there is one */
	size_t E;
} GraphEdges;

typedef struct GraphCounts
{
	size_t edges;      /* of the list */
	size_t kept;       /* entries of graph.in without the self-loops */
	size_t unknown;    /* dropped: an end is no node */
	size_t unrelated;  /* dropped: the relation is none of those */
	size_t self_loops; /* dropped */
	size_t weightless; /* dropped: weight 0 */
	size_t duplicates; /* entries joined with another one */
} GraphCounts;

typedef struct GraphBuild
{
	GraphCounts counts;

	Graph *graph;
	GraphSetup setup;
	GraphEdges edges;
	int stage;
	size_t at;      /* next edge or row of the stage */
	size_t fill;    /* entries written so far */
	size_t *cursor; /* N * R + 1 */
	uint32_t *node; /* the other ends, bucketed by source */
	float *node_weight;
} GraphBuild;

extern void graph_carve(Graph *graph, Arena *arena, const GraphSetup *setup);

/* The scratch of building; not needed once the graph is built. */
extern void graphbuild_carve(GraphBuild *build, Arena *arena, const GraphSetup *setup);

/* At most setup.E edges, whose arrays are read until the graph is built; weights if and only if setup.weighted. */
extern void graphbuild_start(GraphBuild *build, Graph *graph, const GraphEdges *edges);

/* Some milliseconds of work; false: the graph is built. */
extern bool graphbuild_step(GraphBuild *build);

/* Whether a node listens to itself: its row then has that entry beside its neighbours. */
static inline bool
graph_loops(const Graph *graph)
{
	return graph->R == 1;
}

/* Entries of graph.in, self-loops included. */
extern size_t graph_entries(const Graph *graph);

/* R of a setup, and its N * R. */
static inline size_t
graph_relations(const GraphSetup *setup)
{
	return setup->relations ? setup->relations : 1;
}

static inline size_t
graph_rows(const GraphSetup *setup)
{
	return setup->N * graph_relations(setup);
}

/*
 * Cut the nodes into ranges for the items of a job: range k is start[k] .. start[k + 1] - 1. A range has at most
 * `rows` nodes and, unless it is a single node, about GRAPH_RANGE_ENTRIES entries of both directions; the cut
 * depends on the graph alone. Returns the number of ranges, at most graph_ranges_max().
 */
#define GRAPH_RANGE_ENTRIES ((size_t) 1 << 17)

extern size_t graph_ranges(size_t *start, const Graph *graph, size_t rows);
extern size_t graph_ranges_max(const GraphSetup *setup, size_t rows);

#endif

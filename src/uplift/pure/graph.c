/*
 * A list of edges to neighbours side by side, by counting sorts, in steps of some milliseconds:
 *
 *   an edge of relation r is one from row source * R + r to row target * R + r
 *   bucket the edges by source                                          (count, first positions, fill)
 *   for source = 0 .. N * R - 1: append it to the row of each of its targets, and with R = 1 itself to its own row
 *   so every row of `in` comes out sorted;  join equal neighbours, adding their weights
 *   directed: `out` from `in` in the same way;  otherwise `out` is `in`
 *   degree = neighbours but itself
 *
 * A stage is cut into steps, whose ends depend on sizes alone; stage_finish() is the serial part between two.
 */
#include "uplift/pure/graph.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum
{
	STAGE_COUNT,     /* edges by source */
	STAGE_BUCKET,    /* the other ends, source by source */
	STAGE_COUNT_IN,  /* ends by target */
	STAGE_IN,        /* sources in rising order, so that every row of `in` comes out sorted */
	STAGE_JOIN,      /* equal neighbours side by side become one */
	STAGE_COUNT_OUT, /* directed only: `out` from `in`, again in rising order */
	STAGE_OUT,
	STAGE_DEGREE,
	STAGE_DONE
};

/* Edges or entries of one step: random writes take some 10 ns each. */
#define STEP_EDGES ((size_t) 1 << 20)

/* Entries that a list of E edges can become, self-loops included. */
static size_t
entry_capacity(const GraphSetup *setup)
{
	size_t ends = setup->E;

	if (!setup->directed && __builtin_mul_overflow(ends, 2, &ends))
		return SIZE_MAX;
	return __builtin_add_overflow(ends, graph_rows(setup), &ends) ? SIZE_MAX : ends;
}

static void
adjacency_carve(Adjacency *adjacency, Arena *arena, const GraphSetup *setup)
{
	const size_t capacity = entry_capacity(setup);

	adjacency->start = ARENA_TAKE(arena, size_t, graph_rows(setup) + 1);
	adjacency->node = ARENA_TAKE(arena, uint32_t, capacity);
	adjacency->log_weight = setup->weighted ? ARENA_TAKE(arena, float, capacity) : NULL;
}

void
graph_carve(Graph *graph, Arena *arena, const GraphSetup *setup)
{
	assert(graph_rows(setup) < GRAPH_UNKNOWN);
	graph->N = setup->N;
	graph->R = graph_relations(setup);
	adjacency_carve(&graph->in, arena, setup);
	if (setup->directed)
		adjacency_carve(&graph->out, arena, setup);
	else
		graph->out = graph->in;
	graph->degree = ARENA_TAKE(arena, float, graph_rows(setup));
}

size_t
graph_entries(const Graph *graph)
{
	return graph->in.start[graph->N * graph->R];
}

void
graphbuild_carve(GraphBuild *build, Arena *arena, const GraphSetup *setup)
{
	const size_t capacity = entry_capacity(setup);

	build->cursor = ARENA_TAKE(arena, size_t, graph_rows(setup) + 1);
	build->node = ARENA_TAKE(arena, uint32_t, capacity);
	build->node_weight = setup->weighted ? ARENA_TAKE(arena, float, capacity) : NULL;
	build->setup = *setup;
}

void
graphbuild_start(GraphBuild *build, Graph *graph, const GraphEdges *edges)
{
	assert(edges->E <= build->setup.E);
	assert((edges->weight != NULL) == build->setup.weighted);
	build->graph = graph;
	build->edges = *edges;
	build->counts = (GraphCounts){.edges = edges->E};
	build->stage = STAGE_COUNT;
	build->at = 0;
	build->fill = 0;
	memset(build->cursor, 0, (graph->N * graph->R + 1) * sizeof(size_t));
}

/* Whether edge e is kept; with `note` the reason why it is not is counted. */
static bool
edge_counts(GraphBuild *build, size_t e, bool note)
{
	const GraphEdges *edges = &build->edges;
	const uint32_t source = edges->source[e];
	const uint32_t target = edges->target[e];
	const size_t N = build->graph->N;
	size_t *drop = NULL;

	if (source >= N || target >= N)
		drop = &build->counts.unknown;
	else if (edges->relation && edges->relation[e] >= build->graph->R)
		drop = &build->counts.unrelated;
	else if (source == target)
		drop = &build->counts.self_loops;
	else if (edges->weight && edges->weight[e] == 0)
		drop = &build->counts.weightless;
	if (drop && note)
		(*drop)++;
	return drop == NULL;
}

/* The row of an end of edge e, node being one of its ends. */
static inline uint32_t
row_of(const GraphBuild *build, uint32_t node, size_t e)
{
	const uint8_t *relation = build->edges.relation;

	return (uint32_t) (node * build->graph->R + (relation ? relation[e] : 0));
}

/* Counts in cursor[0 .. N-1] become first positions; cursor[N] is their sum. */
static void
cursor_sum(size_t *cursor, size_t N)
{
	size_t sum = 0;

	for (size_t i = 0; i < N; i++)
	{
		const size_t count = cursor[i];

		cursor[i] = sum;
		sum += count;
	}
	cursor[N] = sum;
}

static void
count_sources(GraphBuild *build, size_t end)
{
	for (size_t e = build->at; e < end; e++)
		if (edge_counts(build, e, true))
		{
			build->cursor[row_of(build, build->edges.source[e], e)]++;
			if (!build->setup.directed)
				build->cursor[row_of(build, build->edges.target[e], e)]++;
		}
}

static inline void
bucket_put(GraphBuild *build, uint32_t source, uint32_t target, size_t e)
{
	const size_t at = build->cursor[source]++;

	build->node[at] = target;
	if (build->edges.weight)
		build->node_weight[at] = build->edges.weight[e];
}

static void
bucket_edges(GraphBuild *build, size_t end)
{
	for (size_t e = build->at; e < end; e++)
		if (edge_counts(build, e, false))
		{
			const uint32_t source = row_of(build, build->edges.source[e], e);
			const uint32_t target = row_of(build, build->edges.target[e], e);

			bucket_put(build, source, target, e);
			if (!build->setup.directed)
				bucket_put(build, target, source, e);
		}
}

/*
 * Append a source to the row of a target. While rows are filled, in.start[i + 1] is the end of row i so far; when all
 * is written, that is where row i + 1 starts, as it should be. (After bucket_edges() cursor[i] likewise is the end of
 * bucket i, and the start of bucket i + 1.)
 */
static inline void
in_put(Adjacency *in, uint32_t target, uint32_t source, float weight)
{
	const size_t at = in->start[target + 1]++;

	in->node[at] = source;
	if (in->log_weight)
		in->log_weight[at] = weight; /* its logarithm is taken when equal neighbours have been joined */
}

static void
in_fill(GraphBuild *build, size_t end)
{
	Adjacency *in = &build->graph->in;

	for (size_t i = build->at; i < end; i++)
	{
		if (graph_loops(build->graph))
			in_put(in, (uint32_t) i, (uint32_t) i, 1);
		for (size_t at = i ? build->cursor[i - 1] : 0; at < build->cursor[i]; at++)
			in_put(in, build->node[at], (uint32_t) i, build->edges.weight ? build->node_weight[at] : 1);
	}
}

/* in.start[i + 1] holds the number of entries of row i; make it the position of its first one. */
static void
in_positions(Adjacency *in, size_t N)
{
	size_t sum = 0;

	for (size_t i = 1; i <= N; i++)
	{
		const size_t count = in->start[i];

		in->start[i] = sum;
		sum += count;
	}
	in->start[0] = 0;
}

/* Join equal neighbours of each row. Rows shrink and move towards the front; cursor has where each began. */
static void
join_rows(GraphBuild *build, size_t end)
{
	Adjacency *in = &build->graph->in;

	for (size_t i = build->at; i < end; i++)
	{
		const size_t first = build->fill;

		for (size_t at = build->cursor[i]; at < build->cursor[i + 1]; at++)
		{
			const uint32_t node = in->node[at];
			const float weight = in->log_weight ? in->log_weight[at] : 1;

			if (build->fill > first && in->node[build->fill - 1] == node)
			{
				build->counts.duplicates++;
				if (in->log_weight)
					in->log_weight[build->fill - 1] += weight;
				continue;
			}
			in->node[build->fill] = node;
			if (in->log_weight)
				in->log_weight[build->fill] = weight;
			build->fill++;
		}
		in->start[i] = first;
		if (in->log_weight)
			for (size_t at = first; at < build->fill; at++)
				in->log_weight[at] = logf(fminf(in->log_weight[at], FLT_MAX));
	}
}

static void
count_out(GraphBuild *build, size_t end)
{
	const Adjacency *in = &build->graph->in;
	Adjacency *out = &build->graph->out;

	for (size_t at = in->start[build->at]; at < in->start[end]; at++)
		out->start[in->node[at] + 1]++;
}

static void
out_fill(GraphBuild *build, size_t end)
{
	const Adjacency *in = &build->graph->in;
	Adjacency *out = &build->graph->out;

	for (size_t i = build->at; i < end; i++)
		for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
		{
			const size_t to = out->start[in->node[at] + 1]++;

			out->node[to] = (uint32_t) i;
			if (out->log_weight)
				out->log_weight[to] = in->log_weight[at];
		}
}

/* The serial end of a stage, and which comes next. */
static void
stage_finish(GraphBuild *build)
{
	Graph *graph = build->graph;
	const size_t N = graph_rows(&build->setup);

	switch (build->stage)
	{
		case STAGE_COUNT:
			cursor_sum(build->cursor, N);
			break;
		case STAGE_BUCKET:
			memset(graph->in.start, 0, (N + 1) * sizeof(size_t));
			break;
		case STAGE_COUNT_IN:
			in_positions(&graph->in, N);
			break;
		case STAGE_IN:
			memcpy(build->cursor, graph->in.start, (N + 1) * sizeof(size_t));
			break;
		case STAGE_JOIN:
			graph->in.start[N] = build->fill;
			build->counts.kept = build->fill - (graph_loops(graph) ? N : 0);
			if (build->setup.directed)
				memset(graph->out.start, 0, (N + 1) * sizeof(size_t));
			break;
		case STAGE_COUNT_OUT:
			in_positions(&graph->out, N);
			break;
		default:
			break;
	}
	build->stage++;
	if (build->stage == STAGE_COUNT_OUT && !build->setup.directed)
		build->stage = STAGE_DEGREE;
	build->at = 0;
}

/* The end of the rows from `at` on whose rows hold about STEP_EDGES entries together; row_end: where each row ends. */
static size_t
nodes_end(const size_t *row_end, size_t at, size_t N)
{
	const size_t limit = (at ? row_end[at - 1] : 0) + STEP_EDGES;
	size_t end = at;

	while (end < N && end - at < STEP_EDGES && (end == at || row_end[end] <= limit))
		end++;
	return end;
}

bool
graphbuild_step(GraphBuild *build)
{
	Graph *graph = build->graph;
	const size_t N = graph_rows(&build->setup);
	const size_t E = build->edges.E;
	const size_t loops = graph_loops(graph);
	size_t end = N;

	switch (build->stage)
	{
		case STAGE_COUNT:
		case STAGE_BUCKET:
			end = E - build->at < STEP_EDGES ? E : build->at + STEP_EDGES;
			(build->stage == STAGE_COUNT ? count_sources : bucket_edges)(build, end);
			break;
		case STAGE_COUNT_IN:
			end = nodes_end(build->cursor, build->at, N);
			for (size_t i = build->at; i < end; i++)
				graph->in.start[i + 1] += loops;
			for (size_t at = build->at ? build->cursor[build->at - 1] : 0;
				 end > 0 && at < build->cursor[end - 1]; at++)
				graph->in.start[build->node[at] + 1]++;
			break;
		case STAGE_IN:
			end = nodes_end(build->cursor, build->at, N);
			in_fill(build, end);
			break;
		case STAGE_JOIN:
			end = nodes_end(build->cursor + 1, build->at, N);
			join_rows(build, end);
			break;
		case STAGE_COUNT_OUT:
			end = nodes_end(graph->in.start + 1, build->at, N);
			count_out(build, end);
			break;
		case STAGE_OUT:
			end = nodes_end(graph->in.start + 1, build->at, N);
			out_fill(build, end);
			break;
		case STAGE_DEGREE:
			for (size_t i = 0; i < N; i++)
				graph->degree[i] = (float) (graph->in.start[i + 1] - graph->in.start[i] - loops);
			break;
		default:
			return false;
	}
	build->at = end;
	if (end == (build->stage <= STAGE_BUCKET ? E : N))
		stage_finish(build);
	return build->stage != STAGE_DONE;
}

size_t
graph_ranges_max(const GraphSetup *setup, size_t rows)
{
	return setup->N / rows + 2 * (entry_capacity(setup) / GRAPH_RANGE_ENTRIES) + 2;
}

size_t
graph_ranges(size_t *start, const Graph *graph, size_t rows)
{
	size_t count = 0;
	size_t first = 0;

	const size_t R = graph->R;

	for (size_t i = 0; i < graph->N; i++)
	{
		const size_t entries = graph->in.start[(i + 1) * R] - graph->in.start[first * R] +
							   graph->out.start[(i + 1) * R] - graph->out.start[first * R];

		if (i + 1 == graph->N || i + 1 - first == rows || entries >= GRAPH_RANGE_ENTRIES)
		{
			start[count++] = first;
			first = i + 1;
		}
	}
	start[count] = graph->N;
	return count;
}

/*
 * A mini-batch and who surrounds it:
 *
 *   place the users of the batch;  for hop = 0 .. layers:
 *     foreach node placed in the hop before: keep at most `fanout` of its neighbours, place those that are new,
 *       each with a weight that grew by neighbours / kept;  the nodes of the last hop listen to themselves alone
 *   turn the rows round: who listens to whom, by source
 */
#include "uplift/pure/sample.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Neighbours that are kept, by layers: the deeper, the fewer, as they multiply. */
static const size_t fanouts[] = {0, 20, 10, 6, 5};

#define FANOUT_MAX 20

/* Of each of several relations, at least. */
#define FANOUT_MIN 2

/* Neighbours that a batch draws, at most: a random access each. */
#define DRAWS_MAX ((size_t) 1 << 17)

/* How many nodes of a batch of one user listen to others, at most: those nearer than `layers` edges. */
static size_t
listeners_each(size_t layers, size_t fanout)
{
	size_t sum = 0;

	for (size_t l = 0, width = 1; l < layers; l++, width *= fanout)
		sum += width;
	return sum;
}

/* Neighbours of each of R relations that are kept. */
static size_t
fanout_each(size_t layers, size_t R)
{
	const size_t fanout = (fanouts[layers] + R - 1) / R;

	return fanout < FANOUT_MIN ? FANOUT_MIN : fanout;
}

UpliftSampleSetup
upliftsample_setup(size_t layers, size_t users, const GraphSetup *whole)
{
	assert(layers > 0 && layers < sizeof(fanouts) / sizeof(fanouts[0]));

	const size_t N = whole->N;
	const size_t R = graph_relations(whole);
	const size_t fanout = fanout_each(layers, R);
	const size_t each = listeners_each(layers, R * fanout);
	const size_t most = DRAWS_MAX / (each * R * fanout);

	users = users < most ? users : most > 0 ? most : 1;

	const size_t listeners = users * each < N ? users * each : N;
	const size_t nodes = users + users * each * R * fanout;
	UpliftSampleSetup setup = {
		.layers = layers, .users = users, .fanout = fanout, .nodes = nodes < N ? nodes : N};

	/* Lists become entries one by one, and a self-loop for each row. */
	setup.graph = (GraphSetup){
		.N = setup.nodes, .E = listeners * R * fanout, .directed = true, .weighted = true, .relations = R};
	return setup;
}

void
upliftsample_carve(UpliftSample *sample, Arena *arena, const UpliftSampleSetup *setup, size_t N)
{
	sample->setup = *setup;
	graph_carve(&sample->graph, arena, &setup->graph);
	sample->node = ARENA_TAKE(arena, uint32_t, setup->nodes);
	sample->place = ARENA_TAKE(arena, uint32_t, N);
}

void
upliftsample_start(UpliftSample *sample, size_t N)
{
	memset(sample->place, 0xff, N * sizeof(uint32_t)); /* GRAPH_UNKNOWN */
	sample->graph.N = 0;
}

/* The number that a node of the whole graph has in the batch; a new one if it has none yet. */
static uint32_t
place_of(UpliftSample *sample, const Graph *whole, uint32_t node)
{
	if (sample->place[node] == GRAPH_UNKNOWN)
	{
		const size_t here = sample->graph.N++;

		assert(here < sample->setup.nodes);
		sample->place[node] = (uint32_t) here;
		sample->node[here] = node;
		memcpy(sample->graph.degree + here * whole->R, whole->degree + node * whole->R,
			   whole->R * sizeof(float));
	}
	return sample->place[node];
}

/* k different numbers below n, k <= n (Floyd's algorithm). */
static void
choose(size_t *chosen, size_t k, size_t n, Rng *rng)
{
	for (size_t i = 0; i < k; i++)
	{
		size_t one = rng_below(rng, n - k + i + 1);

		for (size_t j = 0; j < i; j++)
			if (chosen[j] == one)
			{
				one = n - k + i;
				break;
			}
		chosen[i] = one;
	}
}

/* Insert an entry into the row that begins at `first` and has entries up to `fill`, keeping it sorted by node. */
static void
add_entry(Adjacency *in, size_t first, size_t fill, uint32_t node, float log_weight)
{
	size_t at = fill;

	for (; at > first && in->node[at - 1] > node; at--)
	{
		in->node[at] = in->node[at - 1];
		in->log_weight[at] = in->log_weight[at - 1];
	}
	in->node[at] = node;
	in->log_weight[at] = log_weight;
}

/* The row of node `here` of the batch for relation r; returns where the next one starts. */
static size_t
draw_row(UpliftSample *sample, const Graph *whole, size_t here, size_t r, bool rim, Rng *rng)
{
	Adjacency *in = &sample->graph.in;
	const size_t R = whole->R;
	const size_t first = in->start[here * R + r];
	size_t fill = first;

	if (graph_loops(whole))
		add_entry(in, first, fill++, (uint32_t) here, 0);
	if (rim)
		return fill;

	const size_t self = sample->node[here] * R + r;
	const size_t start = whole->in.start[self];
	const size_t all = whole->in.start[self + 1] - start - graph_loops(whole);
	const size_t kept = all < sample->setup.fanout ? all : sample->setup.fanout;
	const float growth = kept < all ? logf((float) all / (float) kept) : 0;
	size_t chosen[FANOUT_MAX];
	size_t before = graph_loops(whole) ? 0 : all; /* the self-loop is no neighbour */

	for (size_t high = all; before < high;)
	{
		const size_t middle = (before + high) / 2;

		if (whole->in.node[start + middle] < self)
			before = middle + 1;
		else
			high = middle;
	}
	choose(chosen, kept, all, rng);
	for (size_t i = 0; i < kept; i++)
	{
		const size_t at = start + chosen[i] + (chosen[i] >= before);
		const float log_weight = whole->in.log_weight ? whole->in.log_weight[at] : 0;
		const uint32_t place = place_of(sample, whole, whole->in.node[at] / (uint32_t) R);

		add_entry(in, first, fill++, (uint32_t) (place * R + r), log_weight + growth);
	}
	return fill;
}

/* Make `out` of `in`: by source, who listens to it. */
static void
turn_round(Graph *graph)
{
	const Adjacency *in = &graph->in;
	Adjacency *out = &graph->out;
	const size_t N = graph->N * graph->R;

	/* start[i + 1] counts, then is where row i is being filled, then where it ends. */
	memset(out->start, 0, (N + 1) * sizeof(size_t));
	for (size_t at = 0; at < in->start[N]; at++)
		out->start[in->node[at] + 1]++;

	size_t sum = 0;

	for (size_t i = 0; i < N; i++)
	{
		const size_t count = out->start[i + 1];

		out->start[i + 1] = sum;
		sum += count;
	}
	for (size_t i = 0; i < N; i++)
		for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
		{
			const size_t to = out->start[in->node[at] + 1]++;

			out->node[to] = (uint32_t) i;
			out->log_weight[to] = in->log_weight[at];
		}
}

void
upliftsample_draw(UpliftSample *sample, const Graph *whole, const uint32_t *user, size_t n, Rng *rng)
{
	Graph *graph = &sample->graph;

	assert(n <= sample->setup.users);
	for (size_t i = 0; i < graph->N; i++)
		sample->place[sample->node[i]] = GRAPH_UNKNOWN;
	graph->N = 0;
	for (size_t i = 0; i < n; i++)
		place_of(sample, whole, user[i]);
	graph->in.start[0] = 0;

	/* Nodes that are placed while the rows of a hop are drawn are one edge farther away: the rows of the next hop. */
	size_t here = 0;

	for (size_t hop = 0; hop <= sample->setup.layers; hop++)
		for (const size_t end = graph->N; here < end; here++)
			for (size_t r = 0; r < graph->R; r++)
				graph->in.start[here * graph->R + r + 1] =
					draw_row(sample, whole, here, r, hop == sample->setup.layers, rng);
	turn_round(graph);
}

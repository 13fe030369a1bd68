/* The scorer of sequence/pure/net.h. */
#include "sequence/pure/network.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/loss.h"

struct SequenceScorer
{
	Network *net; /* networks */
	size_t networks;
	size_t max_n;
	size_t total;    /* numbers of a network's tensors */
	real *w;         /* networks × total */
	real *prob;      /* O: of a network */
	uint32_t *index; /* max_n */
	size_t fixed;    /* offset of calibration.bias and .temperature, or target.mean and .scale */
};

static void
carve_network(Network *net, Arena *arena, const SequenceConfig *config, size_t F, size_t C, size_t max_steps,
			  size_t max_n)
{
	network_init(net, config, F, C);
	network_carve_weights(net, arena);
	network_carve_work(net, arena, max_steps, max_n, false);
}

SequenceScorer *
seqscorer_carve(Arena *arena, const SequenceConfig *config, size_t F, size_t C, size_t max_steps,
				size_t max_n)
{
	SequenceScorer local;
	Network measured;
	SequenceScorer *scorer = ARENA_TAKE(arena, SequenceScorer, 1);
	SequenceScorer *s = scorer ? scorer : &local;
	ParamTable table;

	seqnet_params(&table, config, F, C);
	s->networks = config->ensemble > 1 ? (size_t) config->ensemble : 1;
	s->max_n = max_n < NETWORK_CHUNK_MAX ? max_n : NETWORK_CHUNK_MAX;
	s->total = table.total;
	s->fixed = table.param[table.count - 2].offset;
	s->net = ARENA_TAKE(arena, Network, s->networks);
	s->w = (real *) arena_take(arena, s->networks, table.total * sizeof(real));
	s->prob = ARENA_TAKE(arena, real, C ? C : 1);
	s->index = ARENA_TAKE(arena, uint32_t, s->max_n);
	for (size_t i = 0; i < s->networks; i++)
		carve_network(s->net ? &s->net[i] : &measured, arena, config, F, C, max_steps, s->max_n);
	return scorer;
}

void
seqscorer_load(SequenceScorer *scorer, const real *w)
{
	memcpy(scorer->w, w, scorer->networks * scorer->total * sizeof(real));
	for (size_t i = 0; i < scorer->networks; i++)
		network_pack(&scorer->net[i], scorer->w + i * scorer->total);
}

void
seqscorer_watch(SequenceScorer *scorer, const volatile sig_atomic_t *interrupt)
{
	for (size_t i = 0; i < scorer->networks; i++)
		scorer->net[i].steps.interrupt = interrupt;
}

static void
finish_classes(real *p, const real *score, const real *bias, real temperature, size_t C)
{
	for (size_t j = 0; j < C; j++)
		p[j] = (score[j] + bias[j]) / temperature;
	softmax(p, p, C);
}

/* What one network says of one sequence, whose score is row b of its chunk: into scorer->prob. */
static void
finish(SequenceScorer *scorer, const Network *net, const real *fixed, size_t b)
{
	const size_t O = net->O;
	const real *score = net->score + b * O;

	if (net->C)
		finish_classes(scorer->prob, score, fixed, fixed[O], O);
	else
		scorer->prob[0] = fixed[0] + fixed[1] * *score;
}

static void
chunk_begin(SequenceScorer *scorer, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		scorer->index[i] = (uint32_t) (from + i);
}

/* Adds what one network says, its share of the mean, to out. */
static void
score_network(SequenceScorer *scorer, real *out, size_t i, const SequenceSet *set, size_t n)
{
	Network *net = &scorer->net[i];
	const real *w = scorer->w + i * scorer->total;
	const real share = 1 / (real) scorer->networks;

	network_forward(net, w, set, scorer->index, n, NULL);
	for (size_t b = 0; b < n; b++)
	{
		finish(scorer, net, w + scorer->fixed, b);
		for (size_t j = 0; j < net->O; j++)
			out[net->order[b] * net->O + j] += share * scorer->prob[j];
	}
}

static void
score_chunk(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	memset(out, 0, n * scorer->net[0].O * sizeof(real));
	chunk_begin(scorer, from, n);
	for (size_t i = 0; i < scorer->networks; i++)
		score_network(scorer, out, i, set, n);
}

static void
embed_chunk(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	const size_t width = seqscorer_width(scorer), own = width / scorer->networks;

	chunk_begin(scorer, from, n);
	for (size_t i = 0; i < scorer->networks; i++)
	{
		Network *net = &scorer->net[i];

		network_forward(net, scorer->w + i * scorer->total, set, scorer->index, n, NULL);
		for (size_t b = 0; b < n; b++)
			network_embedding(net, out + net->order[b] * width + i * own, b);
	}
}

/* Chunk by chunk, of n sequences from `from` on; width: numbers of each in out. */
static void
run_chunks(SequenceScorer *scorer, real *out, size_t width, const SequenceSet *set, size_t from, size_t n,
		   void (*chunk)(SequenceScorer *, real *, const SequenceSet *, size_t, size_t))
{
	for (size_t done = 0; done < n; done += scorer->max_n)
	{
		const size_t left = n - done;

		chunk(scorer, out + done * width, set, from + done, left < scorer->max_n ? left : scorer->max_n);
	}
}

void
seqscorer_run(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	run_chunks(scorer, out, scorer->net[0].O, set, from, n, score_chunk);
}

size_t
seqscorer_width(const SequenceScorer *scorer)
{
	return scorer->networks * network_embedding_width(&scorer->net[0]);
}

size_t
seqmodel_width(const SequenceConfig *config, size_t F, size_t C)
{
	Network net;

	network_init(&net, config, F, C);
	return (config->ensemble > 1 ? (size_t) config->ensemble : 1) * network_embedding_width(&net);
}

void
seqscorer_embed(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	run_chunks(scorer, out, seqscorer_width(scorer), set, from, n, embed_chunk);
}

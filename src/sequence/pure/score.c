/* The scorer of sequence/pure/net.h. */
#include "sequence/pure/network.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/loss.h"

struct SequenceScorer
{
	Network net;
	size_t max_n;
	real *w;         /* all tensors */
	uint32_t *index; /* max_n */
	size_t fixed;    /* offset of calibration.bias and .temperature, or target.mean and .scale */
};

SequenceScorer *
seqscorer_carve(Arena *arena, const SequenceConfig *config, size_t F, size_t C, size_t max_steps,
				size_t max_n)
{
	SequenceScorer local;
	SequenceScorer *scorer = ARENA_TAKE(arena, SequenceScorer, 1);
	SequenceScorer *s = scorer ? scorer : &local;
	ParamTable table;

	seqnet_params(&table, config, F, C);
	network_init(&s->net, config, F, C);
	s->max_n = max_n < NETWORK_CHUNK_MAX ? max_n : NETWORK_CHUNK_MAX;
	s->fixed = table.param[table.count - 2].offset;
	s->w = ARENA_TAKE(arena, real, table.total);
	s->index = ARENA_TAKE(arena, uint32_t, s->max_n);
	network_carve_weights(&s->net, arena);
	network_carve_work(&s->net, arena, max_steps, s->max_n, false);
	return scorer;
}

void
seqscorer_load(SequenceScorer *scorer, const real *w)
{
	memcpy(scorer->w, w, (scorer->fixed + scorer->net.O + 1) * sizeof(real));
	network_pack(&scorer->net, scorer->w);
}

void
seqscorer_watch(SequenceScorer *scorer, const volatile sig_atomic_t *interrupt)
{
	scorer->net.steps.interrupt = interrupt;
}

static void
finish_classes(real *p, const real *score, const real *bias, real temperature, size_t C)
{
	for (size_t j = 0; j < C; j++)
		p[j] = (score[j] + bias[j]) / temperature;
	softmax(p, p, C);
}

static void
score_chunk(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	Network *net = &scorer->net;
	const size_t O = net->O;
	const real *fixed = scorer->w + scorer->fixed;

	for (size_t i = 0; i < n; i++)
		scorer->index[i] = (uint32_t) (from + i);
	network_forward(net, scorer->w, set, scorer->index, n, NULL);
	for (size_t b = 0; b < n; b++)
	{
		const real *score = net->score + b * O;
		real *p = out + net->order[b] * O;

		if (net->C)
			finish_classes(p, score, fixed, fixed[O], O);
		else
			*p = fixed[0] + fixed[1] * *score;
	}
}

void
seqscorer_run(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n)
{
	for (size_t done = 0; done < n; done += scorer->max_n)
	{
		const size_t left = n - done;

		score_chunk(scorer, out + done * scorer->net.O, set, from + done,
					left < scorer->max_n ? left : scorer->max_n);
	}
}

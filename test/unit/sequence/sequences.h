/* Random sequences for tests, and a block that a carving function fills. */
#ifndef USERCLS_TEST_SEQUENCES_H
#define USERCLS_TEST_SEQUENCES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sequence/pure/attributes.h"
#include "sequence/pure/dataset.h"
#include "nn/arena.h"
#include "nn/rng.h"

typedef struct TestSet
{
	SequenceSet set;
	size_t *start;
	float *value;
	int32_t *label;
	float *target;
	uint8_t *held_out;
	float *attribute;
} TestSet;

/* N sequences of least to most steps; a share of the values is missing. All to be freed by test_set_free. */
static inline TestSet
test_set_random(Rng *rng, size_t N, size_t F, size_t C, size_t least, size_t most, double missing)
{
	TestSet s = {.start = malloc((N + 1) * sizeof(size_t)), .label = calloc(N, sizeof(int32_t))};

	s.target = calloc(N, sizeof(float));
	s.held_out = calloc(N, 1);
	s.start[0] = 0;
	for (size_t i = 0; i < N; i++)
	{
		s.start[i + 1] = s.start[i] + least + rng_below(rng, most - least + 1);
		s.label[i] = (int32_t) rng_below(rng, C ? C : 1);
		s.target[i] = (float) rng_normal(rng);
	}
	s.value = malloc(s.start[N] * F * sizeof(float));
	for (size_t i = 0; i < s.start[N] * F; i++)
		s.value[i] = rng_uniform(rng) < missing ? NAN : (float) rng_normal(rng);
	s.set = (SequenceSet){N, F, s.start, s.value, C ? s.label : NULL, C ? NULL : s.target, s.held_out};
	return s;
}

static inline void
test_set_free(TestSet *s)
{
	free(s->start);
	free(s->value);
	free(s->label);
	free(s->target);
	free(s->held_out);
	free(s->attribute);
}

/* Random attributes, of which a share is not known. */
static inline void
test_set_attributes(TestSet *s, Rng *rng, const AttributeShapes *shapes, double missing)
{
	const size_t A = (size_t) shapes->n;

	s->attribute = malloc((s->set.N * A + 1) * sizeof(float));
	for (size_t i = 0; i < s->set.N * A; i++)
	{
		const int rows = shapes->of[i % A].rows;
		const bool known = rng_uniform(rng) >= missing;

		if (rows > 0)
			s->attribute[i] = known ? (float) (1 + rng_below(rng, (uint64_t) rows - 1)) : ATTRIBUTE_UNKNOWN;
		else
			s->attribute[i] = known ? (float) rng_normal(rng) : NAN;
	}
	s->set.attribute = s->attribute;
}

/* An arena over exactly the measured bytes, filled with a pattern that shows what was not initialised. */
static inline Arena
test_arena(const Arena *measured, void **block)
{
	*block = aligned_alloc(ARENA_ALIGNMENT, measured->used ? measured->used : ARENA_ALIGNMENT);
	memset(*block, 0xff, measured->used);
	return arena_over(*block, measured->used);
}

#endif

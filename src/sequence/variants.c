#include "postgres.h"

#include "sequence/variants.h"

#include "sequence/array.h"
#include "sequence/score.h"
#include "server/memory.h"

struct Variants
{
	size_t steps, F, A, C;
	size_t n;
	size_t start[VARIANTS_BATCH + 1];
	float *value;     /* VARIANTS_BATCH × steps × F */
	float *attribute; /* VARIANTS_BATCH × A */
	real *prob;       /* VARIANTS_BATCH × C */
	SequenceScorer *scorer;
};

Variants *
variants_make(const SequenceModel *model, size_t steps, const char *what)
{
	Variants *variants = palloc0(sizeof(*variants));
	const size_t F = (size_t) model->F, A = (size_t) model->attributes.n, C = (size_t) model->C;

	memory_check(VARIANTS_BATCH * (sizeof(float) * (steps * F + A) + sizeof(real) * C), what);
	*variants = (Variants){.steps = steps,
						   .F = F,
						   .A = A,
						   .C = C,
						   .value = memory_array(VARIANTS_BATCH * steps * F, sizeof(float)),
						   .attribute = memory_array(VARIANTS_BATCH * A, sizeof(float)),
						   .prob = memory_array(VARIANTS_BATCH * C, sizeof(real)),
						   .scorer = sequence_model_batch(model, steps, VARIANTS_BATCH, what)};
	return variants;
}

float *
variants_attributes(Variants *variants)
{
	return variants->attribute + (variants->n - 1) * variants->A;
}

float *
variants_add(Variants *variants, const float *value, const float *attribute)
{
	const size_t size = variants->steps * variants->F;
	float *copy = variants->value + variants->n * size;

	Assert(variants->n < VARIANTS_BATCH);
	variants->n++;
	memcpy(copy, value, sizeof(float) * size);
	if (variants->A > 0)
		memcpy(variants_attributes(variants), attribute, sizeof(float) * variants->A);
	return copy;
}

size_t
variants_count(const Variants *variants)
{
	return variants->n;
}

/* Move the sequences together, without the empty steps before their first value. */
static void
close_up(Variants *variants)
{
	const size_t steps = variants->steps, F = variants->F;

	for (size_t i = 0; i < variants->n; i++)
	{
		const float *from = variants->value + i * steps * F;
		const size_t empty = sequence_empty_steps(from, steps, F);

		memmove(variants->value + variants->start[i] * F, from + empty * F,
				sizeof(float) * (steps - empty) * F);
		variants->start[i + 1] = variants->start[i] + steps - empty;
	}
}

const real *
variants_score(Variants *variants)
{
	const SequenceSet set = {.N = variants->n,
							 .F = variants->F,
							 .start = variants->start,
							 .value = variants->value,
							 .attribute = variants->attribute};

	close_up(variants);
	sequence_probabilities(variants->prob, variants->scorer, &set, variants->n, variants->C);
	variants->n = 0;
	return variants->prob;
}

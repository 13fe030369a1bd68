/*
 * The importance of a sequence model's features: of each feature the whole window, of each attribute the value, comes from
 * another user of the sample.
 *
 *   foreach feature and attribute, foreach shuffle: score everybody with it;  metrics of what comes out
 */
#include "postgres.h"

#include "sequence/evaluate.h"

#include "sequence/users_attributes.h"
#include "sequence/variants.h"
#include "server/memory.h"

/* A sample that is scored again and again. */
typedef struct Shuffled
{
	SampledSequences sampled;
	size_t W, F, A, C;
	float *value;     /* n × W × F */
	float *attribute; /* n × A */
	Variants *variants;
} Shuffled;

/* Bytes that a set of metrics keeps of a row, about: probabilities, rankings by class, weights. */
static size_t
row_bytes(size_t C)
{
	return 64 + C * 32;
}

static void
read_values(Shuffled *all)
{
	const SequenceUsers *users = all->sampled.users;
	const size_t n = all->sampled.n, size = all->W * all->F;
	const size_t sets = 1 + (all->F + all->A) * IMPORTANCE_SHUFFLES;

	memory_check(users->memory + n * (sizeof(float) * (size + all->A) + sets * row_bytes(all->C)),
				 "importance");
	all->value = memory_array(n * size, sizeof(float));
	all->attribute = memory_array(n * all->A, sizeof(float));
	for (size_t i = 0; i < n; i++)
		sequence_window(users, i, all->value + i * size);
	attribute_coder_fill(all->attribute, attribute_coder(users, &all->sampled.model->attributes), 0, n);
}

/* The sample's rows, and at most so many of them. */
static void
read_sample(Shuffled *all, const EvaluateCall *call, size_t most)
{
	SampledSequences *sampled = &all->sampled;

	*sampled = sequence_sample_users(call);
	if (sampled->n > most)
	{
		sequence_thin(sampled->users, sampled->n, most);
		sampled->n = most;
	}
	sampled->sample.all = sampled->n;
	sampled->sample.labels = sampled->users->label;
	sampled->sample.carried = NULL;
	all->W = sequence_window_periods(sampled->users);
	all->F = sampled->users->F;
	all->A = (size_t) sampled->model->attributes.n;
	all->C = (size_t) sampled->model->C;
	read_values(all);
	all->variants = variants_make(sampled->model, all->W, "importance");
}

/* Row i, with feature f (from F on: an attribute) of the donor. */
static void
add_row(const Shuffled *all, size_t i, size_t donor, size_t f)
{
	const size_t size = all->W * all->F;
	float *copy = variants_add(all->variants, all->value + i * size, all->attribute + i * all->A);

	for (size_t t = 0; f < all->F && t < all->W; t++)
		copy[t * all->F + f] = all->value[donor * size + t * all->F + f];
	if (f >= all->F && f < all->F + all->A)
		variants_attributes(all->variants)[f - all->F] = all->attribute[donor * all->A + f - all->F];
}

/* The metrics of the sample with feature f of the donors; f = F + A: as it is. */
static MetricSet *
metrics_with(const Shuffled *all, const uint32 *donor, size_t f)
{
	const size_t n = all->sampled.n, C = all->C;
	real *prob = memory_array(n * C, sizeof(real));

	for (size_t from = 0; from < n; from += VARIANTS_BATCH)
	{
		const size_t batch = Min(VARIANTS_BATCH, n - from);

		for (size_t i = from; i < from + batch; i++)
			add_row(all, i, donor[i], f);
		memcpy(prob + from * C, variants_score(all->variants), sizeof(real) * batch * C);
	}

	const ClassSample *sample = sequence_sample_scored(&all->sampled, prob);

	return sample->number ? number_set(sample) : class_set(sample);
}

static const char **
names(const Shuffled *all)
{
	const SequenceModel *model = all->sampled.model;
	const char **name = palloc(sizeof(char *) * (all->F + all->A));

	for (size_t f = 0; f < all->F; f++)
		name[f] = model->features[f];
	for (size_t a = 0; a < all->A; a++)
		name[all->F + a] = model->attributes.of[a].name;
	return name;
}

Importance *
sequence_importance(const EvaluateCall *call, const ImportanceRequest *request)
{
	Shuffled all;

	read_sample(&all, call, request->users);

	const size_t features = all.F + all.A;
	MetricSet **shuffled = palloc(sizeof(*shuffled) * features * IMPORTANCE_SHUFFLES);
	uint32 *donor = memory_array(all.sampled.n, sizeof(*donor));

	for (size_t i = 0; i < features * IMPORTANCE_SHUFFLES; i++)
	{
		const size_t f = i / IMPORTANCE_SHUFFLES;

		importance_donors(donor, all.sampled.n, (int) f, (int) (i % IMPORTANCE_SHUFFLES), request->seed);
		shuffled[i] = metrics_with(&all, donor, f);
	}
	return importance_of(metrics_with(&all, donor, features), shuffled, names(&all), (int) features);
}

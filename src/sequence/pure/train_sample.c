/*
 * Which sequences an epoch trains on. Balanced: for each class of n sequences, every one per_class / n times, and of
 * the rest per_class mod n at random (sample_balanced). Mini-batches are the first steps of a shuffle of the whole
 * list (sample_draw), each then sorted by length, longest first, by a counting sort (sample_sort_by_length).
 */
#include "sequence/pure/train_sample.h"

#include <math.h>
#include <string.h>

static size_t
class_of(const SequenceSet *set, size_t C, size_t i)
{
	return C ? (size_t) set->label[i] : 0;
}

static bool
is_known(const SequenceSet *set, size_t C, size_t i)
{
	return C ? set->label[i] >= 0 : isfinite(set->target[i]);
}

void
sample_split(uint32_t *train, size_t *begin, uint32_t *held, size_t *n_held, const SequenceSet *set, size_t C)
{
	const size_t classes = C ? C : 1;

	memset(begin, 0, (classes + 1) * sizeof(*begin));
	*n_held = 0;
	for (size_t i = 0; i < set->N; i++)
	{
		if (!is_known(set, C, i))
			continue;
		if (set->held_out[i])
			held[(*n_held)++] = (uint32_t) i;
		else
			begin[class_of(set, C, i) + 1]++;
	}
	for (size_t c = 0; c < classes; c++)
		begin[c + 1] += begin[c];

	/*
	 * While train is filled, begin[c] is the place of class c's next sequence; at the end it is where class c + 1
	 * begins.
	 */
	for (size_t i = 0; i < set->N; i++)
		if (is_known(set, C, i) && !set->held_out[i])
			train[begin[class_of(set, C, i)]++] = (uint32_t) i;
	memmove(begin + 1, begin, classes * sizeof(*begin));
	begin[0] = 0;
}

size_t
sample_per_class(const size_t *begin, size_t C, double samples_per_class)
{
	size_t largest = 0;

	if (samples_per_class == 0)
		return (begin[C] + C - 1) / C;
	for (size_t c = 0; c < C; c++)
		if (begin[c + 1] - begin[c] > largest)
			largest = begin[c + 1] - begin[c];
	return sample_per_class_max(largest, samples_per_class);
}

size_t
sample_per_class_max(size_t n, double samples_per_class)
{
	return (size_t) (samples_per_class > 1 ? samples_per_class : ceil(samples_per_class * (double) n));
}

void
sample_draw(uint32_t *order, size_t from, size_t to, size_t n, Rng *rng)
{
	for (size_t i = from; i < to; i++)
	{
		const size_t j = i + (size_t) rng_below(rng, n - i);
		const uint32_t kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

void
sample_balanced(uint32_t *order, uint32_t *train, const size_t *begin, size_t per_class, size_t C, Rng *rng)
{
	for (size_t c = 0; c < C; c++)
	{
		const size_t n = begin[c + 1] - begin[c];
		uint32_t *own = train + begin[c];

		if (n == 0)
			continue;

		const size_t rest = per_class % n;

		for (size_t copy = 0; copy < per_class / n; copy++, order += n)
			memcpy(order, own, n * sizeof(*order));
		sample_draw(own, 0, rest, n, rng);
		memcpy(order, own, rest * sizeof(*order));
		order += rest;
	}
}

void
sample_sort_by_length(uint32_t *index, uint32_t *scratch, size_t *count, const SequenceSet *set, size_t n,
					  size_t longest)
{
	memset(count, 0, (longest + 2) * sizeof(*count));
	for (size_t i = 0; i < n; i++)
		count[longest - (set->start[index[i] + 1] - set->start[index[i]]) + 1]++;
	for (size_t l = 0; l <= longest; l++)
		count[l + 1] += count[l];
	memcpy(scratch, index, n * sizeof(*index));
	for (size_t i = 0; i < n; i++)
		index[count[longest - (set->start[scratch[i] + 1] - set->start[scratch[i]])]++] = scratch[i];
}

void
sample_class_weights(double *weight, const size_t *begin, size_t C)
{
	for (size_t c = 0; c < C; c++)
		weight[c] =
			begin[c + 1] > begin[c] ? (double) begin[C] / (double) (C * (begin[c + 1] - begin[c])) : 1.0;
}

void
sample_prior_bias(real *bias, const size_t *begin, const real *weight, bool equal_draws, size_t C)
{
	double sum = 0;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t c = 0; c < C; c++)
		{
			const double n = begin[c + 1] > begin[c] ? (double) (begin[c + 1] - begin[c]) : 1.0;
			const double trained = (equal_draws ? 1.0 : n) * (double) weight[c];

			if (pass == 0)
				sum += trained;
			else
				bias[c] = (real) (log(n / (double) begin[C]) - log(trained / sum));
		}
}

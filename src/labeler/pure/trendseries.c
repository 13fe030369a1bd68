#include "labeler/pure/trend.h"

#include "nn/real.h"

/*
 * Buckets that are summed side by side: the sum of one alone is a chain of additions, each waiting for the one
 * before.
 */
#define LANES 8

typedef double Lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t LaneBits __attribute__((vector_size(LANES * sizeof(int64_t))));

/*
 * Sum, rest and negative of eight buckets. As trend_sum(), but what rounding took is added up apart and made a rest at the end.
 */
USERCLS_CLONES static void
eight_buckets(double *sum, float *rest, uint8_t *negative, const double *value, size_t bucket)
{
	Lanes s = {0}, lost = {0}, lowest = {0};

	for (size_t j = 0; j < bucket; j++)
	{
		const double *at = value + j;
		const Lanes v = {at[0],          at[bucket],     at[2 * bucket], at[3 * bucket],
						 at[4 * bucket], at[5 * bucket], at[6 * bucket], at[7 * bucket]};
		const Lanes t = s + v, b = t - s;
		const LaneBits less = v < lowest;

		lowest = (Lanes) ((less & (LaneBits) v) | (~less & (LaneBits) lowest));
		lost += (s - (t - b)) + (v - b);
		s = t;
	}

	const Lanes total = s + lost, left = lost - (total - s);

	for (int i = 0; i < LANES; i++)
	{
		sum[i] = total[i];
		rest[i] = (float) left[i];
		negative[i] = trend_negative(lowest[i]);
	}
}

static void
one_bucket(double *sum, float *rest, uint8_t *negative, const double *value, size_t bucket)
{
	double s = 0.0, lost = 0.0, lowest = 0.0;

	for (size_t j = 0; j < bucket; j++)
	{
		const double t = s + value[j], b = t - s;

		lowest = value[j] < lowest ? value[j] : lowest;
		lost += (s - (t - b)) + (value[j] - b);
		s = t;
	}
	*sum = s + lost;
	*rest = (float) (lost - (*sum - s));
	*negative = trend_negative(lowest);
}

void
trend_series(double *sum, float *rest, uint8_t *negative, const double *value, size_t bucket, size_t buckets)
{
	size_t i = 0;

	for (; i + LANES <= buckets; i += LANES)
		eight_buckets(sum + i, rest + i, negative + i, value + i * bucket, bucket);
	if (i < buckets && i > 0) /* the last eight: those that are left, and some a second time */
		eight_buckets(sum + buckets - LANES, rest + buckets - LANES, negative + buckets - LANES,
					  value + (buckets - LANES) * bucket, bucket);
	else
		for (; i < buckets; i++)
			one_bucket(sum + i, rest + i, negative + i, value + i * bucket, bucket);
}

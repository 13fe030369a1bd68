#include "nn/rng.h"

#include <math.h>

double
rng_uniform(Rng *rng)
{
	return (double) (rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t
rng_below(Rng *rng, uint64_t n)
{
	/* The lowest 2^64 mod n values would make some results one more likely. */
	const uint64_t reject = -n % n;
	uint64_t bits;

	do
		bits = rng_next(rng);
	while (bits < reject);
	return bits % n;
}

double
rng_normal(Rng *rng)
{
	const double u = 1.0 - rng_uniform(rng); /* (0, 1]: its logarithm is finite */
	const double v = rng_uniform(rng);

	return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void
rng_shuffle(Rng *rng, uint32_t *item, size_t n)
{
	for (size_t i = n; i > 1; i--)
	{
		const size_t j = (size_t) rng_below(rng, i);
		const uint32_t kept = item[i - 1];

		item[i - 1] = item[j];
		item[j] = kept;
	}
}

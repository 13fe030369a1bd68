/* nn/rng.h's generator for programs without a server: POSIX nrand48. */
#include "nn/rng.h"

#include <stdlib.h>
#include <string.h>

Rng
rng_seed(uint64_t seed, uint64_t stream)
{
	/* Streams of one seed must differ: an odd multiplier (Knuth's MMIX) spreads the stream number. */
	const uint64_t mixed = seed ^ (stream * 6364136223846793005u);
	Rng rng = {{mixed}};

	for (int i = 0; i < 8; i++)
		rng_next(&rng);
	return rng;
}

uint64_t
rng_next(Rng *rng)
{
	unsigned short x[3];
	uint64_t bits = 0;

	memcpy(x, rng->state, sizeof(x));
	for (int i = 0; i < 3; i++)
		bits = bits << 22 ^ (uint64_t) nrand48(x) >> 1;
	memcpy(rng->state, x, sizeof(x));
	return bits;
}

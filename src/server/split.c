#include "postgres.h"

#include "server/split.h"

#include "nn/rng.h"

bool
split_held_out(int64 seed, uint64 hash, double share)
{
	Rng rng = rng_seed((uint64) seed, hash);

	return rng_uniform(&rng) < share;
}

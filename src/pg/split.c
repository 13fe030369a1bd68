#include "postgres.h"

#include "pg/split.h"

#include "nn/rng.h"

bool
split_held_out(int64 seed, uint64 hash, double share)
{
	Rng rng = rng_seed((uint64) seed, hash);

	return rng_uniform(&rng) < share;
}

int
split_fold(int64 seed, uint64 hash, int folds)
{
	Rng rng = rng_seed((uint64) seed, hash);

	Assert(folds > 0);
	return (int) rng_below(&rng, (uint64) folds);
}

/* nn/rng.h's generator: PostgreSQL's own. */
#include "postgres.h"

#include "common/pg_prng.h"

#include "nn/rng.h"

StaticAssertDecl(sizeof(pg_prng_state) == sizeof(((Rng *) 0)->state), "Rng holds a pg_prng_state");

Rng
rng_seed(uint64_t seed, uint64_t stream)
{
	Rng rng;
	pg_prng_state *state = (pg_prng_state *) rng.state;

	/* One draw separates streams that differ in few bits. */
	pg_prng_seed(state, stream);
	pg_prng_seed(state, seed ^ pg_prng_uint64(state));
	return rng;
}

uint64_t
rng_next(Rng *rng)
{
	return pg_prng_uint64((pg_prng_state *) rng->state);
}

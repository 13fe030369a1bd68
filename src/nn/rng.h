/*
 * Random numbers: distributions over a generator that whoever links us supplies.
 *
 * The product implements rng_seed and rng_next with PostgreSQL's pg_prng
 * (server/rng.c), the unit tests with POSIX nrand48 (test/unit/rng_posix.c), so
 * that no generator is written here. Independent streams come from one seed:
 * rng_seed(seed, stream) with a stream number that states what it is for.
 */
#ifndef USERCLS_NN_RNG_H
#define USERCLS_NN_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct Rng
{
	uint64_t state[2];
} Rng;

/* The beginning of a stream: the same for the same two numbers. */
extern Rng rng_seed(uint64_t seed, uint64_t stream);
extern uint64_t rng_next(Rng *rng); /* 64 uniform bits */

extern double rng_uniform(Rng *rng);                         /* [0, 1) with 53 bits */
extern uint64_t rng_below(Rng *rng, uint64_t n);             /* 0 .. n-1 without bias, n > 0 */
extern double rng_normal(Rng *rng);                          /* mean 0, variance 1 (Box and Muller 1958) */
extern void rng_shuffle(Rng *rng, uint32_t *item, size_t n); /* Fisher and Yates, Durstenfeld's form */

#endif

/*
 * Of a block of positions and a dilation d:
 *
 *   foreach channel: tap k = 3 x(t + (k - 4) d);  all = - sum over k of x(t + (k - 4) d)
 *   foreach two taps i < j: base = sum over channels of factor · (all + tap i + tap j)
 *     foreach tap k > j: conv = base + sum over channels of factor · tap k;  foreach bias: count conv > bias
 *
 * rockettile.h is included once for each level of processor; rocket_levels has the results, best first.
 */
#include "sequence/pure/rocketkernel.h"

#include <string.h>

#include "nn/levels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Positions that count for a pair. */
ALWAYS_INLINE const RocketRange *
range_of(const RocketBlock *block, size_t pair)
{
	return &block->range[(block->first + pair) % 2];
}

/* Whether the base of the pair is that of the one before: the same first two taps, of the same channels. */
ALWAYS_INLINE bool
has_base_of(const RocketBlock *block, size_t pair)
{
	const real *factor = block->factor + pair * block->I;
	size_t c = 0;

	if (pair == 0 || memcmp(block->tap[pair], block->tap[pair - 1], 2) != 0)
		return false;
	while (c < block->I && factor[c] == (factor - block->I)[c])
		c++;
	return c == block->I;
}

ALWAYS_INLINE void
list_reads(RocketBlock *block, size_t pair)
{
	const real *factor = block->factor + pair * block->I;

	block->reads = 0;
	for (size_t c = 0; c < block->I; c++)
		if (factor[c] != 0)
			block->read[block->reads++] = (RocketRead){&block->channel[c], factor[c]};
}

/* ---- Levels ---- */

ALWAYS_INLINE int
count_any(const real *value, size_t n, real bias)
{
	int count = 0;

	for (size_t t = 0; t < n; t++)
		count += value[t] > bias;
	return count;
}

#define LEVEL(name) name##_any
#define VECTOR_BYTES (4 * sizeof(real))
#define COUNT_ABOVE(vector, vectors, bias) count_any((const real *) (vector), 4 * (vectors), bias)
#include "sequence/pure/rockettile.h"

/*
 * A number is above the bias where bias - number has its sign set. Differences are packed to 16 and 8 bits, which keeps
 * the sign, and one mask counts those of four vectors.
 */
#if defined(X86_LEVELS) && !defined(USERCLS_DOUBLE)
#define ROCKET_X86
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define BELOW(v, bias) ((__m256i) (_mm256_set1_ps(bias) - (__m256) (v)))
#define PACK(v, bias) _mm256_packs_epi32(BELOW((v)[0], bias), BELOW((v)[1], bias))
#define COUNT4(v, bias)                                                                                      \
	_mm_popcnt_u32((unsigned) _mm256_movemask_epi8(_mm256_packs_epi16(PACK(v, bias), PACK((v) + 2, bias))))
#define LEVEL(name) name##_v3
#define VECTOR_BYTES 32
ALWAYS_INLINE int
count_v3(const __m256 *v, size_t vectors, float bias)
{
	int count = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < vectors; i += 4)
		count += COUNT4(v + i, bias);
	return count;
}
#define COUNT_ABOVE(vector, vectors, bias) count_v3((const __m256 *) (vector), vectors, bias)
#include "sequence/pure/rockettile.h"
#undef BELOW
#undef PACK
#undef COUNT4
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define BELOW(v, bias) ((__m512i) (_mm512_set1_ps(bias) - (__m512) (v)))
#define PACK(v, bias) _mm512_packs_epi32(BELOW((v)[0], bias), BELOW((v)[1], bias))
ALWAYS_INLINE int
count_v4(const __m512 *v, size_t vectors, float bias)
{
	int count = 0;

	if (vectors == 2)
		return _mm_popcnt_u32(_mm512_movepi16_mask(PACK(v, bias)));
#pragma GCC unroll 2
	for (size_t i = 0; i < vectors; i += 4)
		count += (int) _mm_popcnt_u64(
			_mm512_movepi8_mask(_mm512_packs_epi16(PACK(v + i, bias), PACK(v + i + 2, bias))));
	return count;
}
#define LEVEL(name) name##_v4
#define VECTOR_BYTES 64
#define COUNT_ABOVE(vector, vectors, bias) count_v4((const __m512 *) (vector), vectors, bias)
#include "sequence/pure/rockettile.h"
#pragma GCC pop_options
#endif

const RocketLevel rocket_levels[] = {
#ifdef ROCKET_X86
	{"x86-64-v4", has_v4, ROCKET_BLOCK, read_v4, convolve_v4, add_features_v4},
	{"x86-64-v3", has_v3, ROCKET_BLOCK / 2, read_v3, convolve_v3, add_features_v3},
#endif
	{"any", has_any, ROCKET_BLOCK / 4, read_any, convolve_any, add_features_any},
};

const RocketLevel *
rocket_best_level(void)
{
	const RocketLevel *level = rocket_levels;

	while (!level->supported())
		level++;
	return level;
}

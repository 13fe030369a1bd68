/*
 * Of a block of positions and a dilation d:
 *
 *   foreach channel: tap k = 3 x(t + (k - 4) d);  all = - sum over k of x(t + (k - 4) d)
 *   foreach pair: conv = sum over channels of factor · (all + its three taps)
 *     foreach bias: count conv > bias
 *
 * rockettile.h is included once for each level of processor; rocket_levels has the results, best first.
 */
#include "sequence/pure/rocketkernel.h"

#include "nn/levels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- Levels ---- */

ALWAYS_INLINE int
count_above_any(const real *value, size_t n, real bias)
{
	int count = 0;

	for (size_t t = 0; t < n; t++)
		count += value[t] > bias;
	return count;
}

#define LEVEL(name) name##_any
#define VECTOR_BYTES (4 * sizeof(real))
#define COUNT_ABOVE(vector, vectors, bias) count_above_any((const real *) (vector), 4 * (vectors), bias)
#include "sequence/pure/rockettile.h"

/*
 * A number is above the bias where bias - number has its sign set. Differences are packed to 16 and 8 bits, which keeps
 * the sign, and one mask counts those of four vectors. Half of them are made as bias - 1 · number: where multiply-adds
 * have units of their own, additions and they run side by side. The difference has the same bits.
 */
#if defined(X86_LEVELS) && !defined(USERCLS_DOUBLE)
#define ROCKET_X86
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define LEVEL(name) name##_v3
#define VECTOR_BYTES 32
ALWAYS_INLINE __m256i
pack_v3(const __m256 *v, __m256 bias)
{
	return _mm256_packs_epi32((__m256i) (bias - v[0]),
							  (__m256i) _mm256_fnmadd_ps(v[1], _mm256_set1_ps(1), bias));
}

ALWAYS_INLINE int
count_signs_v3(__m256i packed)
{
	return _mm_popcnt_u32((unsigned) _mm256_movemask_epi8(packed));
}

ALWAYS_INLINE int
count_above_v3(const __m256 *v, size_t vectors, float than)
{
	const __m256 bias = _mm256_set1_ps(than);
	size_t i = 0;
	int count = 0;

#pragma GCC unroll 2
	for (; i + 4 <= vectors; i += 4)
		count += count_signs_v3(_mm256_packs_epi16(pack_v3(v + i, bias), pack_v3(v + i + 2, bias)));
	if (i < vectors)
		count += count_signs_v3(_mm256_packs_epi16(pack_v3(v + i, bias), _mm256_setzero_si256()));
	return count;
}
#define COUNT_ABOVE(vector, vectors, bias) count_above_v3((const __m256 *) (vector), vectors, bias)
#include "sequence/pure/rockettile.h"
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define LEVEL(name) name##_v4
#define VECTOR_BYTES 64
ALWAYS_INLINE __m512i
pack_v4(const __m512 *v, __m512 bias)
{
	return _mm512_packs_epi32((__m512i) (bias - v[0]),
							  (__m512i) _mm512_fnmadd_ps(v[1], _mm512_set1_ps(1), bias));
}

ALWAYS_INLINE int
count_above_v4(const __m512 *v, size_t vectors, float than)
{
	const __m512 bias = _mm512_set1_ps(than);
	size_t i = 0;
	int count = 0;

#pragma GCC unroll 2
	for (; i + 4 <= vectors; i += 4)
		count += (int) _mm_popcnt_u64(
			_mm512_movepi8_mask(_mm512_packs_epi16(pack_v4(v + i, bias), pack_v4(v + i + 2, bias))));
	if (i < vectors)
		count += _mm_popcnt_u32(_mm512_movepi16_mask(pack_v4(v + i, bias)));
	return count;
}
#define COUNT_ABOVE(vector, vectors, bias) count_above_v4((const __m512 *) (vector), vectors, bias)
#include "sequence/pure/rockettile.h"
#pragma GCC pop_options
#endif

const RocketLevel rocket_levels[] = {
#ifdef ROCKET_X86
	{"x86-64-v4", has_v4, ROCKET_VECTORS * 16, read_v4, convolve_v4, count_v4},
	{"x86-64-v3", has_v3, ROCKET_VECTORS * 8, read_v3, convolve_v3, count_v3},
#endif
	{"any", has_any, ROCKET_VECTORS * 4, read_any, convolve_any, count_any},
};

const RocketLevel *
rocket_best_level(void)
{
	const RocketLevel *level = rocket_levels;

	while (!level->supported())
		level++;
	return level;
}

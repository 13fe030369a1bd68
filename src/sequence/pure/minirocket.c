/*
 * MiniRocket:
 *
 *   foreach dilation d, kernel (i, j, k) do
 *     s = sum of the pair's channels
 *     alpha(t) = - sum over the nine taps of s(t + (tap - 4) d)
 *     conv(t) = alpha(t) + 3 s(t + (i - 4) d) + 3 s(t + (j - 4) d) + 3 s(t + (k - 4) d)
 *     foreach bias: feature = share of positions with conv > bias:  of all, or of those that need no zeros, in turn
 */
#include "sequence/pure/minirocket.h"

#include <math.h>
#include <string.h>

#define MIDDLE (ROCKET_TAPS / 2)
#define CHANNELS_MAX 9 /* of a pair */

/* Biases that positions are compared with at a time: vectors of any processor. */
#define LANES 16
#define FEW 4
typedef real Values __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));
#ifdef USERCLS_DOUBLE
typedef int64_t Few __attribute__((vector_size(FEW * sizeof(int64_t)), may_alias));
typedef int64_t Counts __attribute__((vector_size(LANES * sizeof(int64_t))));
typedef uint64_t UnsignedCounts __attribute__((vector_size(LANES * sizeof(int64_t))));
#else
typedef int32_t Few __attribute__((vector_size(FEW * sizeof(int32_t)), may_alias));
typedef int32_t Counts __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint32_t UnsignedCounts __attribute__((vector_size(LANES * sizeof(int32_t))));
#endif

static void
list_kernels(Rocket *rocket)
{
	size_t n = 0;

	for (uint8_t i = 0; i < ROCKET_TAPS; i++)
		for (uint8_t j = i + 1; j < ROCKET_TAPS; j++)
			for (uint8_t k = j + 1; k < ROCKET_TAPS; k++, n++)
			{
				rocket->tap[n][0] = i;
				rocket->tap[n][1] = j;
				rocket->tap[n][2] = k;
			}
}

/* Exponents of 2 in equal steps up to where the nine taps just fit; equal dilations become one with more biases. */
static void
list_dilations(Rocket *rocket)
{
	const size_t n = rocket->biases < ROCKET_DILATIONS_MAX ? rocket->biases : ROCKET_DILATIONS_MAX;
	const double largest = log2((double) (rocket->T - 1) / (ROCKET_TAPS - 1));
	const double step = n > 1 ? largest / (double) (n - 1) : 0;
	const double biases = (double) rocket->biases / (double) n;
	size_t left = rocket->biases;

	for (size_t i = 0; i < n; i++)
	{
		const size_t d = (size_t) exp2(i > 0 && i == n - 1 ? largest : (double) i * step);

		if (rocket->dilations == 0 || rocket->dilation[rocket->dilations - 1] != d)
			rocket->dilation[rocket->dilations++] = d;
		rocket->count[rocket->dilations - 1]++;
	}
	for (size_t i = 0; i < rocket->dilations; i++)
	{
		rocket->count[i] = (size_t) ((double) rocket->count[i] * biases);
		left -= rocket->count[i];
	}
	for (size_t i = 0; left > 0; left--, i = (i + 1) % rocket->dilations)
		rocket->count[i]++;
}

Rocket
rocket_make(size_t steps, size_t I, size_t features)
{
	Rocket rocket = {.I = I};

	rocket.T = steps < ROCKET_TAPS ? ROCKET_TAPS : steps > ROCKET_STEPS_MAX ? ROCKET_STEPS_MAX : steps;
	rocket.biases = features < ROCKET_KERNELS ? 1 : features / ROCKET_KERNELS;
	list_kernels(&rocket);
	list_dilations(&rocket);
	return rocket;
}

size_t
rocket_pairs(const Rocket *rocket)
{
	return rocket->dilations * ROCKET_KERNELS;
}

size_t
rocket_feature(const Rocket *rocket, size_t pair)
{
	size_t at = 0, d = 0;

	for (; d < pair / ROCKET_KERNELS; d++)
		at += rocket->count[d] * ROCKET_KERNELS;
	return at + (d < rocket->dilations ? rocket->count[d] * (pair % ROCKET_KERNELS) : 0);
}

/* The padded series of a channel, or of a pair. */
static size_t
padded(const Rocket *rocket, const RocketWork *work)
{
	return rocket->T + 2 * work->pad;
}

void
rocket_carve(RocketWork *work, Arena *arena, const Rocket *rocket)
{
	work->pad = MIDDLE * rocket->dilation[rocket->dilations - 1];
	work->x = (real *) arena_take(arena, rocket->I, padded(rocket, work) * sizeof(real));
	work->three = (real *) arena_take(arena, rocket->I + 1, padded(rocket, work) * sizeof(real));
	work->alpha = (real *) arena_take(arena, rocket->I + 1, rocket->T * sizeof(real));
	work->conv = ARENA_TAKE(arena, real, rocket->T + LANES);
}

void
rocket_clear(const Rocket *rocket, RocketWork *work)
{
	memset(work->x, 0, rocket->I * padded(rocket, work) * sizeof(real));
}

real *
rocket_channel(const Rocket *rocket, RocketWork *work, size_t i)
{
	return work->x + i * padded(rocket, work) + work->pad;
}

/* ---- A pair's convolution ---- */

USERCLS_CLONES static void
subtract_taps(real *restrict alpha, const real *restrict s, size_t T, ptrdiff_t d)
{
	for (size_t t = 0; t < T; t++)
	{
		const real *at = s + t;

		alpha[t] = -at[0] - at[-4 * d] - at[-3 * d] - at[-2 * d] - at[-d] - at[d] - at[2 * d] - at[3 * d] -
				   at[4 * d];
	}
}

USERCLS_CLONES static void
add_taps(real *restrict conv, const real *restrict alpha, const real *restrict i, const real *restrict j,
		 const real *restrict k, size_t T)
{
	for (size_t t = 0; t < T; t++)
		conv[t] = alpha[t] + i[t] + j[t] + k[t];
}

/* out = factor · x, or += that. */
USERCLS_CLONES static void
scale_series(real *restrict out, const real *restrict x, real factor, size_t n, bool add)
{
	if (add)
		for (size_t t = 0; t < n; t++)
			out[t] += factor * x[t];
	else
		for (size_t t = 0; t < n; t++)
			out[t] = factor * x[t];
}

/* What the kernels of all dilations need of each channel. */
static void
triple_channels(const Rocket *rocket, RocketWork *work)
{
	const size_t n = padded(rocket, work);

	for (size_t t = 0; t < rocket->I * n; t++)
		work->three[t] = 3 * work->x[t];
	memset(work->three + rocket->I * n, 0, n * sizeof(real));
}

/* What those of one dilation need. */
static void
begin_dilation(const Rocket *rocket, RocketWork *work, size_t d)
{
	for (size_t i = 0; i < rocket->I; i++)
		subtract_taps(work->alpha + i * rocket->T, rocket_channel(rocket, work, i), rocket->T,
					  (ptrdiff_t) rocket->dilation[d]);
}

/* The sum of a pair's channels, behind them. */
static size_t
sum_channels(const Rocket *rocket, RocketWork *work, const real *channel)
{
	const size_t T = rocket->T, I = rocket->I, n = padded(rocket, work);
	real *alpha = work->alpha + I * T, *three = work->three + I * n + work->pad;
	bool add = false;

	for (size_t i = 0; i < I; i++)
	{
		if (channel[i] == 0 && (add || i + 1 < I))
			continue;
		scale_series(alpha, work->alpha + i * T, channel[i], T, add);
		scale_series(three, work->three + i * n + work->pad, channel[i], T, add);
		add = true;
	}
	return I;
}

/* Which of the series in alpha and three is that of a pair: of a single channel its own. */
static size_t
series_of(const Rocket *rocket, RocketWork *work, const real *channel)
{
	size_t only = rocket->I;

	for (size_t i = 0; i < rocket->I; i++)
	{
		if (channel[i] == 0)
			continue;
		if (channel[i] != 1 || only < rocket->I)
			return sum_channels(rocket, work, channel);
		only = i;
	}
	return only < rocket->I ? only : sum_channels(rocket, work, channel);
}

static void
convolve(const Rocket *rocket, RocketWork *work, const real *channel, size_t pair)
{
	const uint8_t *tap = rocket->tap[pair % ROCKET_KERNELS];
	const ptrdiff_t d = (ptrdiff_t) rocket->dilation[pair / ROCKET_KERNELS];
	const size_t i = series_of(rocket, work, channel + pair * rocket->I);
	const real *three = work->three + i * padded(rocket, work) + work->pad;

	add_taps(work->conv, work->alpha + i * rocket->T, three + (tap[0] - MIDDLE) * d,
			 three + (tap[1] - MIDDLE) * d, three + (tap[2] - MIDDLE) * d, rocket->T);
}

/* ---- Features ---- */

/* A 1 in each lane whose bias is below the value: the sign of their difference, which takes less than comparing. */
#define IS_ABOVE(value, bias) ((Counts) ((UnsignedCounts) ((bias) - (value)) >> (8 * sizeof(real) - 1)))

/* For each of LANES biases how many values of conv (n) are above it: a bias a lane, so nothing is added across lanes. */
USERCLS_CLONES static void
count_by_bias(real *restrict count, const real *restrict conv, size_t n, const real *restrict bias)
{
	const Values b = *(const Values *) bias;
	Counts even = {0}, odd = {0};
	size_t t = 0;

	for (; t + 1 < n; t += 2)
	{
		even += IS_ABOVE(conv[t], b);
		odd += IS_ABOVE(conv[t + 1], b);
	}
	if (t < n)
		even += IS_ABOVE(conv[t], b);
	*(Values *) count = __builtin_convertvector(even + odd, Values);
}

/* The four quarters of a vector added up; of two such {a0 + a1, a2 + a3, b0 + b1, b2 + b3}. */
#define FOLD(sum)                                                                                            \
	(((const Few *) &(sum))[0] + ((const Few *) &(sum))[1] + ((const Few *) &(sum))[2] +                     \
	 ((const Few *) &(sum))[3])
#if defined(__clang__) || __GNUC__ >= 12
#define ADD_PAIRS(a, b)                                                                                      \
	(__builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7))
#else
#define ADD_PAIRS(a, b) ((Few){(a)[0] + (a)[1], (a)[2] + (a)[3], (b)[0] + (b)[1], (b)[2] + (b)[3]})
#endif

/* The same for FEW biases, a value a lane; behind conv there are LANES - 1 numbers below every bias. */
USERCLS_CLONES static void
count_by_value(real *restrict count, const real *restrict conv, size_t n, const real *restrict bias)
{
	Counts sum[FEW] = {{0}};

	for (size_t t = 0; t < n; t += LANES)
	{
		const Values v = *(const Values *) (conv + t);

#pragma GCC unroll 8
		for (size_t i = 0; i < FEW; i++)
			sum[i] += IS_ABOVE(v, bias[i]);
	}

	const Few folded[] = {FOLD(sum[0]), FOLD(sum[1]), FOLD(sum[2]), FOLD(sum[3])};
	const Few half[] = {ADD_PAIRS(folded[0], folded[1]), ADD_PAIRS(folded[2], folded[3])};
	const Few all = ADD_PAIRS(half[0], half[1]);

	for (size_t i = 0; i < FEW; i++)
		count[i] = (real) all[i];
}

/* Counts for up to LANES biases, in the way that takes fewer steps. */
static void
count_above(real *count, const real *conv, size_t n, const real *bias, size_t biases)
{
	real some[LANES] = {0};

	memcpy(some, bias, biases * sizeof(real));
	if ((biases + FEW - 1) / FEW * FEW * (n / LANES + 3) > n)
		count_by_bias(count, conv, n, some);
	else
		for (size_t i = 0; i < biases; i += FEW)
			count_by_value(count + i, conv, n, some + i);
}

static void
pair_features(real *out, const real *conv, size_t n, const real *bias, size_t biases)
{
	const real scale = (real) 1 / (real) n;
	real count[LANES];

	for (size_t done = 0; done < biases; done += LANES)
	{
		const size_t some = biases - done < LANES ? biases - done : LANES;

		count_above(count, conv, n, bias + done, some);
		for (size_t i = 0; i < some; i++)
			out[done + i] = count[i] * scale;
	}
}

static void
end_positions(real *conv)
{
	for (size_t i = 0; i < LANES - 1; i++)
		conv[i] = -INFINITY;
}

/* Every second pair counts only positions whose taps are all within the sequence. */
static size_t
positions_left_out(const Rocket *rocket, size_t pair)
{
	const size_t d = pair / ROCKET_KERNELS;

	return (d + pair % ROCKET_KERNELS) % 2 ? MIDDLE * rocket->dilation[d] : 0;
}

void
rocket_features(real *out, const Rocket *rocket, RocketWork *work, const real *channel, const real *bias,
				size_t from, size_t to)
{
	size_t at = rocket_feature(rocket, from);

	out -= at;
	triple_channels(rocket, work);
	for (size_t pair = from; pair < to; pair++)
	{
		const size_t d = pair / ROCKET_KERNELS;
		const size_t left_out = positions_left_out(rocket, pair);

		if (pair == from || pair % ROCKET_KERNELS == 0)
			begin_dilation(rocket, work, d);
		convolve(rocket, work, channel, pair);
		end_positions(work->conv + rocket->T - left_out);
		pair_features(out + at, work->conv + left_out, rocket->T - 2 * left_out, bias + at, rocket->count[d]);
		at += rocket->count[d];
	}
}

/* ---- Fitting ---- */

void
rocket_draw_channels(real *channel, const Rocket *rocket, Rng *rng)
{
	const size_t most = rocket->I < CHANNELS_MAX ? rocket->I : CHANNELS_MAX;
	size_t left = (size_t) exp2(rng_uniform(rng) * log2((double) most + 1));

	/* Each channel is among those left with equal chances. */
	for (size_t i = 0; i < rocket->I; i++)
	{
		const bool taken = rng_below(rng, rocket->I - i) < left;

		channel[i] = taken;
		left -= taken;
	}
}

/* Shell's, with the gaps of Knuth. */
static void
sort_values(real *v, size_t n)
{
	size_t gap = 1;

	while (gap < n / 3)
		gap = 3 * gap + 1;
	for (; gap > 0; gap /= 3)
		for (size_t i = gap; i < n; i++)
		{
			const real kept = v[i];
			size_t j = i;

			for (; j >= gap && v[j - gap] > kept; j -= gap)
				v[j] = v[j - gap];
			v[j] = kept;
		}
}

/* The quantile of n sorted values, between two of them in proportion. */
static real
quantile(const real *v, size_t n, double share)
{
	const double at = share * (double) (n - 1);
	const size_t below = (size_t) at;
	const double part = at - (double) below;

	return below + 1 < n ? (real) ((1 - part) * (double) v[below] + part * (double) v[below + 1]) : v[n - 1];
}

void
rocket_fit_biases(real *bias, const Rocket *rocket, RocketWork *work, const real *channel, size_t pair)
{
	const double golden = (sqrt(5) + 1) / 2;
	const size_t first = rocket_feature(rocket, pair);

	triple_channels(rocket, work);
	begin_dilation(rocket, work, pair / ROCKET_KERNELS);
	convolve(rocket, work, channel, pair);
	sort_values(work->conv, rocket->T);
	for (size_t i = first; i < rocket_feature(rocket, pair + 1); i++)
		bias[i] = quantile(work->conv, rocket->T, fmod((double) (i + 1) * golden, 1));
}

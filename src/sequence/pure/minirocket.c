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

/* The padded series of a channel: a block ends with up to ROCKET_BLOCK - 1 positions that are behind the sequence. */
static size_t
padded(const Rocket *rocket, const RocketWork *work)
{
	return rocket->T + ROCKET_BLOCK + 2 * work->pad;
}

/* The most biases that a pair has at any dilation. */
static size_t
most_biases(const Rocket *rocket)
{
	size_t most = 0;

	for (size_t d = 0; d < rocket->dilations; d++)
		most = rocket->count[d] > most ? rocket->count[d] : most;
	return most;
}

/* What a position adds to each feature: pairs count all positions, and those whose taps are all within, in turn. */
static void
list_shares(real *share, const Rocket *rocket)
{
	for (size_t d = 0; d < rocket->dilations; d++)
		for (size_t k = 0; k < ROCKET_KERNELS; k++)
		{
			const size_t outside = (d + k) % 2 == 0 ? 0 : 2 * MIDDLE * rocket->dilation[d];

			for (size_t j = 0; j < rocket->count[d]; j++)
				*share++ = (real) 1 / (real) (rocket->T - outside);
		}
}

void
rocket_carve(RocketWork *work, Arena *arena, const Rocket *rocket)
{
	work->level = rocket_best_level();
	work->pad = MIDDLE * rocket->dilation[rocket->dilations - 1];
	work->x = (real *) arena_take(arena, rocket->I, padded(rocket, work) * sizeof(real));
	work->conv = ARENA_TAKE(arena, real, rocket->T + ROCKET_BLOCK);
	work->block = ARENA_TAKE(arena, RocketBlock, 1);
	work->count = ARENA_TAKE(arena, int32_t, most_biases(rocket) * ROCKET_KERNELS);
	work->share = ARENA_TAKE(arena, real, rocket_feature(rocket, rocket_pairs(rocket)));

	RocketChannel *channel = ARENA_TAKE(arena, RocketChannel, rocket->I);

	if (!work->block)
		return;
	*work->block = (RocketBlock){.channel = channel, .I = rocket->I};
	list_shares(work->share, rocket);
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

/* ---- Blocks of positions ---- */

static size_t
lanes_of(const RocketWork *work)
{
	return work->level->block / ROCKET_VECTORS;
}

/* Vectors of a block that has these positions: an even number. */
static size_t
vectors_for(const RocketWork *work, size_t positions)
{
	const size_t two = 2 * lanes_of(work), n = (positions + two - 1) / two * 2;

	return n < ROCKET_VECTORS ? n : ROCKET_VECTORS;
}

/* The block's positions begin .. end - 1. */
USERCLS_CLONES static void
limit_range(RocketRange *range, int32_t begin, int32_t end)
{
	for (int32_t i = 0; i < ROCKET_BLOCK; i++)
		range->limit.at[i] = i >= begin && i < end ? 0 : -INFINITY;
}

/* Positions from .. to - 1 of the sequence, of which the block at t has some, or none. */
static void
set_range(RocketRange *range, const RocketWork *work, size_t t, size_t from, size_t to)
{
	const size_t begin = from > t ? from - t : 0, end = to > t ? to - t : 0;
	const size_t lanes = lanes_of(work), first = begin / lanes, most = work->block->vectors;

	range->vectors = begin < end && first < most ? vectors_for(work, end - first * lanes) : 0;
	range->begin = first + range->vectors <= most ? first : most - range->vectors;
	limit_range(range, (int32_t) begin, (int32_t) end);
}

/* The block at t, for pairs from .. to - 1, all of one dilation. */
static void
begin_block(const Rocket *rocket, RocketWork *work, const real *channel, size_t from, size_t to, size_t t)
{
	RocketBlock *block = work->block;
	const size_t d = rocket->dilation[from / ROCKET_KERNELS], T = rocket->T;

	block->vectors = vectors_for(work, T - t);
	for (size_t i = 0; i < rocket->I; i++)
		work->level->read(&block->channel[i], rocket_channel(rocket, work, i) + t, (ptrdiff_t) d,
						  block->vectors);
	set_range(&block->range[0], work, t, 0, T);
	set_range(&block->range[1], work, t, MIDDLE * d, T - MIDDLE * d);
	block->pairs = to - from;
	block->tap = &rocket->tap[from % ROCKET_KERNELS];
	block->factor = channel + from * rocket->I;
	block->first = (from / ROCKET_KERNELS + from % ROCKET_KERNELS) % 2;
}

/* ---- Features ---- */

USERCLS_CLONES static void
share_counts(real *out, const int32_t *count, const real *share, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = share[i] * (real) count[i];
}

void
rocket_features(real *out, const Rocket *rocket, RocketWork *work, const real *channel, const real *bias,
				size_t from, size_t to)
{
	RocketBlock *block = work->block;

	while (from < to)
	{
		const size_t d = from / ROCKET_KERNELS, next = (d + 1) * ROCKET_KERNELS, end = next < to ? next : to;
		const size_t at = rocket_feature(rocket, from), n = rocket->count[d] * (end - from);

		block->biases = rocket->count[d];
		block->bias = bias + at;
		memset(work->count, 0, n * sizeof(*work->count));
		for (size_t t = 0; t < rocket->T; t += work->level->block)
		{
			begin_block(rocket, work, channel, from, end, t);
			work->level->count(work->count, block);
		}
		share_counts(out, work->count, work->share + at, n);
		out += n;
		from = end;
	}
}

/* ---- Fitting ---- */

void
rocket_draw_channels(real *channel, const Rocket *rocket, const bool *constant, Rng *rng)
{
	size_t open = 0;

	for (size_t i = 0; i < rocket->I; i++)
		open += !constant[i];

	const size_t most = open < CHANNELS_MAX ? open : CHANNELS_MAX;
	size_t left = (size_t) exp2(rng_uniform(rng) * log2((double) most + 1));

	/* Each channel is among those left with equal chances. */
	for (size_t i = 0; i < rocket->I; i++)
	{
		const bool taken = !constant[i] && rng_below(rng, open) < left;

		channel[i] = taken;
		left -= taken;
		open -= !constant[i];
	}
}

/* Sorts in place: Shellsort with Knuth's gaps, .. 40, 13, 4, 1. */
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

/* A pair's convolution at all positions, with zeros around the sequence. */
static void
convolve(const Rocket *rocket, RocketWork *work, const real *channel, size_t pair)
{
	for (size_t t = 0; t < rocket->T; t += work->level->block)
	{
		begin_block(rocket, work, channel, pair, pair + 1, t);
		work->block->first = 0;
		work->level->convolve(work->conv + t, work->block);
	}
}

void
rocket_fit_biases(real *bias, const Rocket *rocket, RocketWork *work, const real *channel, size_t pair)
{
	const double golden = (sqrt(5) + 1) / 2;
	const size_t first = rocket_feature(rocket, pair);

	convolve(rocket, work, channel, pair);
	sort_values(work->conv, rocket->T);
	for (size_t i = first; i < rocket_feature(rocket, pair + 1); i++)
		bias[i] = quantile(work->conv, rocket->T, fmod((double) (i + 1) * golden, 1));
}

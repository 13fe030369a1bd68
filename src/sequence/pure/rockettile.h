/*
 * The loops of rocketkernel.c for one level of processor; included once for each, with
 *
 *   LEVEL(name)                         the name with the level's suffix
 *   VECTOR_BYTES                        width of a register
 *   COUNT_ABOVE(vector, vectors, bias)  how many of their numbers are above the bias: 2, 4, 6 or 8 vectors
 *
 * The number of vectors that are counted is a constant, so that they stay in registers while the biases pass.
 */
typedef real LEVEL(Vector) __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef real LEVEL(Unaligned) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

#define LANES (VECTOR_BYTES / sizeof(real))
#define TAP(k) (((size_t) (k) + 1) * (ROCKET_BLOCK / LANES)) /* vectors from a channel's first to a tap's */
#define HIDE(pointer) __asm__("" : "+r"(pointer))
#define VECTORS(line) ((LEVEL(Vector) *) (line)->at)
#define CONST_VECTORS(line) ((const LEVEL(Vector) *) (line)->at)

static void
LEVEL(read)(RocketChannel *channel, const real *x, ptrdiff_t dilation, size_t vectors)
{
	for (size_t v = 0; v < vectors; v++)
	{
		LEVEL(Vector) seen[ROCKET_TAPS];

#pragma GCC unroll 16
		for (int k = 0; k < ROCKET_TAPS; k++)
		{
			const ptrdiff_t at = (ptrdiff_t) (v * LANES) + (k - ROCKET_TAPS / 2) * dilation;

			seen[k] = *(const LEVEL(Unaligned) *) (x + at);
			VECTORS(&channel->tap[k])[v] = 3 * seen[k];
		}
		VECTORS(&channel->all)
		[v] = -seen[4] - seen[0] - seen[1] - seen[2] - seen[3] - seen[5] - seen[6] - seen[7] - seen[8];
	}
}

/* The pair's convolution at a range's vectors; minus infinity at positions that do not count. */
ALWAYS_INLINE void
LEVEL(convolve_range)(LEVEL(Vector) * conv, const RocketBlock *block, size_t pair, const RocketRange *range,
					  size_t vectors)
{
	const uint8_t *tap = block->tap[pair];
	const real *factor = block->factor + pair * block->I;

#pragma GCC unroll 8
	for (size_t v = 0; v < vectors; v++)
		conv[v] = CONST_VECTORS(&range->limit)[range->begin + v];
	for (size_t c = 0; c < block->I; c++)
	{
		const LEVEL(Vector) *x = (const LEVEL(Vector) *) &block->channel[c] + range->begin;

		if (factor[c] == 0)
			continue;
		HIDE(x); /* else the compiler keeps an address for each vector, and runs out of registers */
#pragma GCC unroll 8
		for (size_t v = 0; v < vectors; v++)
			conv[v] += factor[c] * (x[v] + x[TAP(tap[0]) + v] + x[TAP(tap[1]) + v] + x[TAP(tap[2]) + v]);
	}
}

ALWAYS_INLINE void
LEVEL(count_pair)(int32_t *count, const RocketBlock *block, size_t pair, const RocketRange *range,
				  size_t vectors)
{
	const size_t biases = block->biases;
	const real *bias = block->bias + pair * biases;
	LEVEL(Vector) conv[ROCKET_VECTORS];

	LEVEL(convolve_range)(conv, block, pair, range, vectors);
	for (size_t j = 0; j < biases; j++)
		count[j] += COUNT_ABOVE(conv, vectors, bias[j]);
}

static void
LEVEL(count)(int32_t *count, const RocketBlock *block)
{
	for (size_t pair = 0; pair < block->pairs; pair++, count += block->biases)
	{
		const RocketRange *range = &block->range[(block->first + pair) % 2];

		switch (range->vectors)
		{
			case 2:
				LEVEL(count_pair)(count, block, pair, range, 2);
				break;
			case 4:
				LEVEL(count_pair)(count, block, pair, range, 4);
				break;
			case 6:
				LEVEL(count_pair)(count, block, pair, range, 6);
				break;
			case 8:
				LEVEL(count_pair)(count, block, pair, range, 8);
				break;
			default:
				break;
		}
	}
}

static void
LEVEL(convolve)(real *conv, const RocketBlock *block)
{
	RocketRange range = block->range[0];

	for (; range.begin < block->vectors; range.begin++)
	{
		LEVEL(Vector) one;

		LEVEL(convolve_range)(&one, block, 0, &range, 1);
		*(LEVEL(Unaligned) *) (conv + range.begin * LANES) = one;
	}
}

#undef LEVEL
#undef VECTOR_BYTES
#undef COUNT_ABOVE
#undef LANES
#undef TAP
#undef HIDE
#undef VECTORS
#undef CONST_VECTORS

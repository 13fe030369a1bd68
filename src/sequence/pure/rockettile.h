/*
 * The loops of rocketkernel.c for one level of processor; included once for each, with
 *
 *   LEVEL(name)                         the name with the level's suffix
 *   VECTOR_BYTES                        width of a register
 *   COUNT_ABOVE(vector, vectors, bias)  how many of their numbers are above the bias
 *
 * Where it says n it is a constant, and so is the number of vectors: those of a convolution stay in registers.
 */
typedef real LEVEL(Vector) __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef real LEVEL(Unaligned) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

#define LANES (VECTOR_BYTES / sizeof(real))
#define MOST (ROCKET_BLOCK / LANES) /* vectors */
#define VECTORS(line) ((LEVEL(Vector) *) (line)->at)
#define CONST_VECTORS(line) ((const LEVEL(Vector) *) (line)->at)

static void
LEVEL(read)(RocketChannel *channel, const real *x, ptrdiff_t dilation, size_t n)
{
	for (size_t v = 0; v < n / LANES; v++)
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

/* What the pair has in common with those that differ from it in the last tap alone. */
ALWAYS_INLINE void
LEVEL(make_base)(RocketBlock *block, const uint8_t *tap, size_t n)
{
	LEVEL(Vector) sum[MOST];

#pragma GCC unroll 8
	for (size_t v = 0; v < n / LANES; v++)
		sum[v] = (LEVEL(Vector)){0};
	for (size_t c = 0; c < block->reads; c++)
	{
		const RocketChannel *channel = block->read[c].channel;

#pragma GCC unroll 8
		for (size_t v = 0; v < n / LANES; v++)
			sum[v] += block->read[c].factor *
					  (CONST_VECTORS(&channel->all)[v] + CONST_VECTORS(&channel->tap[tap[0]])[v] +
					   CONST_VECTORS(&channel->tap[tap[1]])[v]);
	}
#pragma GCC unroll 8
	for (size_t v = 0; v < n / LANES; v++)
		VECTORS(&block->base)[v] = sum[v];
}

/* Minus infinity at positions that do not count. */
ALWAYS_INLINE void
LEVEL(convolve_pair)(LEVEL(Vector) * conv, RocketBlock *block, size_t pair, size_t n)
{
	const uint8_t *tap = block->tap[pair];
	const RocketLine *limit = &range_of(block, pair)->limit;

	if (!has_base_of(block, pair))
	{
		list_reads(block, pair);
		LEVEL(make_base)(block, tap, n);
	}
#pragma GCC unroll 8
	for (size_t v = 0; v < n / LANES; v++)
		conv[v] = CONST_VECTORS(&block->base)[v] + CONST_VECTORS(limit)[v];
	for (size_t c = 0; c < block->reads; c++)
#pragma GCC unroll 8
		for (size_t v = 0; v < n / LANES; v++)
			conv[v] += block->read[c].factor * CONST_VECTORS(&block->read[c].channel->tap[tap[2]])[v];
}

ALWAYS_INLINE void
LEVEL(add_pairs)(real *out, RocketBlock *block, size_t n)
{
	const real *bias = block->bias;

	for (size_t pair = 0; pair < block->pairs; pair++)
	{
		const real share = range_of(block, pair)->share;
		LEVEL(Vector) conv[MOST];

		LEVEL(convolve_pair)(conv, block, pair, n);
		for (size_t j = 0; j < block->biases; j++)
			*out++ += share * (real) COUNT_ABOVE(conv, n / LANES, *bias++);
	}
}

static void
LEVEL(add_features)(real *out, RocketBlock *block)
{
	if (block->n == ROCKET_BLOCK)
		LEVEL(add_pairs)(out, block, ROCKET_BLOCK);
	else if (block->n == ROCKET_BLOCK / 2)
		LEVEL(add_pairs)(out, block, ROCKET_BLOCK / 2);
	else
		LEVEL(add_pairs)(out, block, ROCKET_BLOCK / 4);
}

static void
LEVEL(convolve)(real *conv, RocketBlock *block)
{
	LEVEL(Vector) all[MOST];

	LEVEL(convolve_pair)(all, block, 0, ROCKET_BLOCK);
	memcpy(conv, all, block->n * sizeof(real));
}

#undef LEVEL
#undef VECTOR_BYTES
#undef COUNT_ABOVE
#undef LANES
#undef MOST
#undef VECTORS
#undef CONST_VECTORS

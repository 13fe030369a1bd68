/*
 * What the loops over edges of nn/gat.c and nn/gatback.c are made of. A, the channels of a head, and W, the width
 * of a vector loop that divides A, are constants wherever speed matters: everything is inlined into GAT_WIDTHS.
 */
#ifndef USERCLS_NN_GATROW_H
#define USERCLS_NN_GATROW_H

#include "nn/gat.h"

/* Neighbours looked at together: their gathered rows stay in the first cache while heads pass over them. */
#define CHUNK 16

/* Neighbours ahead whose row is asked for early, and bytes that one request brings along with the next lines. */
#define AHEAD 8
#define AHEAD_BYTES 256

/* Channels side by side in a vector loop. */
#define LANES 16

#define INLINE static inline __attribute__((always_inline))

/* Call function(..., A, W) with A and W constant where A is usual. */
#define GAT_WIDTHS(A, function, ...)                  \
	do                                                \
	{                                                 \
		if ((A) == 16)                                \
			function(__VA_ARGS__, 16, LANES);         \
		else if ((A) == 32)                           \
			function(__VA_ARGS__, 32, LANES);         \
		else if ((A) == 64)                           \
			function(__VA_ARGS__, 64, LANES);         \
		else if ((A) % 8 == 0)                        \
			function(__VA_ARGS__, A, 8);              \
		else                                          \
			function(__VA_ARGS__, A, 1);              \
	} while (0)

/* What one row of the loops below looks at: up to CHUNK neighbours at once. */
typedef struct Chunk
{
	size_t n;
	const uint32_t *node;
	const float *log_weight;
	const real *base; /* of the rows that are gathered */
	size_t stride;
	size_t ahead; /* entries after the last of this chunk that exist, at most AHEAD */
} Chunk;

INLINE Chunk
chunk_make(const Adjacency *adjacency, size_t at, size_t end, size_t entries, const real *base, size_t stride)
{
	const size_t n = end - at < CHUNK ? end - at : CHUNK;
	const size_t rest = entries - at - n;

	return (Chunk){n, adjacency->node + at, adjacency->log_weight ? adjacency->log_weight + at : NULL, base, stride,
				   rest < AHEAD ? rest : AHEAD};
}

INLINE void
prefetch_ahead(const Chunk *chunk, size_t j)
{
	if (j + AHEAD >= chunk->n + chunk->ahead)
		return;

	const char *row = (const char *) (chunk->base + chunk->node[j + AHEAD] * chunk->stride);

	for (size_t byte = 0; byte < chunk->stride * sizeof(real); byte += AHEAD_BYTES)
		__builtin_prefetch(row + byte);
}

/* Sum of a vector's lanes, as a tree: the order is the same whatever the vector unit is. */
INLINE real
lane_sum(const real *lane, const size_t W)
{
	real t[LANES];

	for (size_t l = 0; l < W; l++)
		t[l] = lane[l];
	for (size_t half = W / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			t[l] += t[l + half];
	return t[0];
}

/* u · q of one edge and head, A channels; keeps q unless it is NULL. */
INLINE real
edge_score(real *q, const real *self, const real *other, const real *u, const size_t A, const size_t W)
{
	real lane[LANES] = {0};

	for (size_t c = 0; c < A; c += W)
		for (size_t l = 0; l < W; l++)
		{
			const real value = 1 / (1 + self[c + l] * other[c + l]);

			if (q)
				q[c + l] = value;
			lane[l] += u[c + l] * value;
		}
	return lane_sum(lane, W);
}

INLINE real
dot(const real *a, const real *b, const size_t A, const size_t W)
{
	real lane[LANES] = {0};

	for (size_t c = 0; c < A; c += W)
		for (size_t l = 0; l < W; l++)
			lane[l] += a[c + l] * b[c + l];
	return lane_sum(lane, W);
}

/* y += Σ_j a[j] x_j over a chunk's rows, A channels from `offset` on; a vector's worth of y stays in registers. */
INLINE void
add_rows(real *y, const real *a, const Chunk *chunk, size_t offset, const size_t A, const size_t W)
{
	for (size_t c = 0; c < A; c += W)
	{
		real lane[LANES];

		for (size_t l = 0; l < W; l++)
			lane[l] = y[c + l];
		for (size_t j = 0; j < chunk->n; j++)
		{
			const real *x = chunk->base + chunk->node[j] * chunk->stride + offset + c;

			for (size_t l = 0; l < W; l++)
				lane[l] += a[j] * x[l];
		}
		for (size_t l = 0; l < W; l++)
			y[c + l] = lane[l];
	}
}

/* What dropout does to the edges between node i and a chunk's; towards the chunk's nodes when outgoing. */
static __attribute__((noinline, unused)) void
chunk_factors(real *factor, const Gat *gat, const Chunk *chunk, size_t i, size_t k, bool outgoing)
{
	for (size_t j = 0; j < chunk->n; j++)
	{
		const uint32_t target = outgoing ? chunk->node[j] : (uint32_t) i;
		const uint32_t source = outgoing ? (uint32_t) i : chunk->node[j];

		factor[j] = drop_factor(drop_hash(drop_hash(drop_hash(gat->key + target) + source) + (uint32_t) k), gat->drop);
	}
}

#endif

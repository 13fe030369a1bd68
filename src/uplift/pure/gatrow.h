/*
 * What the loops over edges of uplift/pure/gat.c and uplift/pure/gatback.c are made of. A, the channels of a head, is
 * a constant wherever speed matters: everything is inlined into GAT_WIDTHS.
 *
 * Vectors are written out: left to itself the compiler keeps sums of lanes in memory. Eight lanes are a register of
 * AVX2, which AVX-512 machines run as fast as wider ones when rows come from memory. Vectors go by pointer, since
 * passing them by value is another ABI on every processor.
 */
#ifndef USERCLS_UPLIFT_PURE_GATROW_H
#define USERCLS_UPLIFT_PURE_GATROW_H

#include "uplift/pure/gat.h"

/* Neighbours looked at together: their gathered rows stay in the first cache while heads pass over them. */
#define CHUNK 16

/*
 * Neighbours ahead whose row is asked for early, into the second cache: the first one can wait for a few dozen lines
 * only, and a row is eight of them.
 */
#define AHEAD 32
#define SECOND_CACHE 2
#define CACHE_LINE 64

#define INLINE static inline __attribute__((always_inline))

/* Call function(..., A) with A constant where A is usual. */
#define GAT_WIDTHS(A, function, ...)                                                                         \
	do                                                                                                       \
	{                                                                                                        \
		if ((A) == 16)                                                                                       \
			function(__VA_ARGS__, 16);                                                                       \
		else if ((A) == 32)                                                                                  \
			function(__VA_ARGS__, 32);                                                                       \
		else if ((A) == 64)                                                                                  \
			function(__VA_ARGS__, 64);                                                                       \
		else                                                                                                 \
			function(__VA_ARGS__, A);                                                                        \
	} while (0)

#define VEC 8

typedef real Vec __attribute__((vector_size(VEC * sizeof(real))));
typedef real VecAt __attribute__((vector_size(VEC * sizeof(real)), aligned(sizeof(real)), may_alias));

#define VEC_AT(p) (*(VecAt *) (p))
#define VEC_OF(p) (*(const VecAt *) (p))

#ifdef USERCLS_DOUBLE
typedef long long VecIndex __attribute__((vector_size(VEC * sizeof(long long))));
#else
typedef int VecIndex __attribute__((vector_size(VEC * sizeof(int))));
#endif

#ifdef __clang__
#define VEC_SHUFFLE(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define VEC_SHUFFLE(v, ...) __builtin_shuffle(v, (VecIndex){__VA_ARGS__})
#endif

/* The sum of a vector's lanes, added as a tree: the order is the same whatever the vector unit is. */
INLINE real
vec_sum(const Vec *v)
{
	Vec t = *v;

	t += VEC_SHUFFLE(t, 4, 5, 6, 7, 0, 1, 2, 3);
	t += VEC_SHUFFLE(t, 2, 3, 0, 1, 6, 7, 4, 5);
	t += VEC_SHUFFLE(t, 1, 0, 3, 2, 5, 4, 7, 6);
	return t[0];
}

/* Up to CHUNK neighbours of a node, and where the rows are that are gathered for them. */
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

	return (Chunk){
		n,      adjacency->node + at,       adjacency->log_weight ? adjacency->log_weight + at : NULL, base,
		stride, rest < AHEAD ? rest : AHEAD};
}

INLINE void
prefetch_ahead(const Chunk *chunk, size_t j)
{
	if (j + AHEAD >= chunk->n + chunk->ahead)
		return;

	const char *row = (const char *) (chunk->base + chunk->node[j + AHEAD] * chunk->stride);

	for (size_t byte = 0; byte < chunk->stride * sizeof(real); byte += CACHE_LINE)
		__builtin_prefetch(row + byte, 0, SECOND_CACHE);
}

/* u · q of one edge and head, A channels; keeps q unless it is NULL. */
INLINE real
edge_score(real *q, const real *self, const real *other, const real *u, const size_t A)
{
	Vec sum = {0};
	real rest = 0;
	size_t c = 0;

	for (; c + VEC <= A; c += VEC)
	{
		const Vec value = 1 / (1 + VEC_OF(self + c) * VEC_OF(other + c));

		if (q)
			VEC_AT(q + c) = value;
		sum += VEC_OF(u + c) * value;
	}
	for (; c < A; c++)
	{
		const real value = 1 / (1 + self[c] * other[c]);

		if (q)
			q[c] = value;
		rest += u[c] * value;
	}
	return vec_sum(&sum) + rest;
}

INLINE real
dot(const real *a, const real *b, const size_t A)
{
	Vec sum = {0};
	real rest = 0;
	size_t c = 0;

	for (; c + VEC <= A; c += VEC)
		sum += VEC_OF(a + c) * VEC_OF(b + c);
	for (; c < A; c++)
		rest += a[c] * b[c];
	return vec_sum(&sum) + rest;
}

/* A number of each edge of a chunk, head by head. */
typedef real Shares[CHUNK];

/* add_rows for V vectors of one or more heads, which stay in registers. */
INLINE void
add_vectors(real *y, const Shares *a, const Chunk *chunk, size_t offset, const size_t A, const size_t V)
{
	Vec sum[8];

#pragma GCC unroll 8
	for (size_t v = 0; v < V; v++)
		sum[v] = VEC_OF(y + v * VEC);
	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *x = chunk->base + chunk->node[j] * chunk->stride + offset;

#pragma GCC unroll 8
		for (size_t v = 0; v < V; v++)
			sum[v] += a[v * VEC / A][j] * VEC_OF(x + v * VEC);
	}
#pragma GCC unroll 8
	for (size_t v = 0; v < V; v++)
		VEC_AT(y + v * VEC) = sum[v];
}

/* y += Σ_j a[head][j] x_j over a chunk's rows, H channels from `offset` on. */
INLINE void
add_rows(real *y, const Shares *a, const Chunk *chunk, size_t offset, size_t H, const size_t A)
{
	size_t c = 0;

	/* Sums of several heads side by side: each alone would wait for its last addition. */
	for (; VEC * 8 % A == 0 && A % VEC == 0 && c + 8 * VEC <= H; c += 8 * VEC)
		add_vectors(y + c, a + c / A, chunk, offset + c, A, 8);
	for (; c < H; c += A)
	{
		const Shares *share = a + c / A;
		size_t i = c;

		for (; i + 8 * VEC <= c + A; i += 8 * VEC)
			add_vectors(y + i, share, chunk, offset + i, 8 * VEC, 8);
		for (; i + 2 * VEC <= c + A; i += 2 * VEC)
			add_vectors(y + i, share, chunk, offset + i, 2 * VEC, 2);
		for (; i + VEC <= c + A; i += VEC)
			add_vectors(y + i, share, chunk, offset + i, VEC, 1);
		for (; i < c + A; i++)
			for (size_t j = 0; j < chunk->n; j++)
				y[i] += (*share)[j] * chunk->base[chunk->node[j] * chunk->stride + offset + i];
	}
}

/*
 * The factors by which dropout multiplies the edges between node i and a chunk's nodes, which i listens to, or which
 * listen to i when outgoing. NB: both passes find the same factor for an edge, since it is a hash of target, source
 * and head.
 */
static __attribute__((noinline, unused)) void
chunk_factors(real *factor, const Gat *gat, const Chunk *chunk, size_t i, size_t k, bool outgoing)
{
	for (size_t j = 0; j < chunk->n; j++)
	{
		const uint32_t target = outgoing ? chunk->node[j] : (uint32_t) i;
		const uint32_t source = outgoing ? (uint32_t) i : chunk->node[j];

		factor[j] = drop_factor(drop_hash(drop_hash(drop_hash(gat->key + target) + source) + (uint32_t) k),
								gat->drop);
	}
}

#endif

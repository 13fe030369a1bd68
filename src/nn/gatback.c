/* The backward half of nn/gat.h. */
#include "nn/gat.h"

#include <math.h>
#include <string.h>

#include "nn/act.h"
#include "nn/gatrow.h"

USERCLS_CLONES void
gat_backward_fill(Gat *gat, const real *datt, const real *att, const real *lse, size_t from, size_t n)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const size_t A = H / K;

	for (size_t r = 0; r < n; r++)
	{
		real *own = gat->own + (from + r) * gat->own_stride;

		memcpy(own + H, datt + r * H, H * sizeof(real));
		if (!gat->attend)
			continue;

		real *level = gat->level + (from + r) * 2 * K;

		memcpy(level, lse + r * K, K * sizeof(real));
		for (size_t k = 0; k < K; k++)
			level[K + k] = dot(datt + r * H + k * A, att + r * H + k * A, A);
	}
}

/* α and the gradient of the scores of a chunk, from raw scores e and g = datt · V. */
INLINE void
chunk_gradient(real *alpha, real *de, const real *e, const real *g, const real *factor, const real *lse,
			   const real *D)
{
	for (size_t j = 0; j < CHUNK; j++)
	{
		const real a = act_exp(e[j] - lse[j]);

		alpha[j] = a * factor[j];
		de[j] = alpha[j] * g[j] - a * D[j];
	}
}

/* add_slopes for V vectors, which stay in registers. */
INLINE void
slope_vectors(real *ds, real *du, const real *de, const real *q, size_t n, const size_t A, const size_t V)
{
	Vec slope[4] = {{0}}, total[4] = {{0}};

	for (size_t j = 0; j < n; j++)
	{
		const real share = de[j];

#pragma GCC unroll 4
		for (size_t v = 0; v < V; v++)
		{
			const Vec value = VEC_OF(q + j * A + v * VEC);
			const Vec t = share * value;

			total[v] += t;
			slope[v] += t * value;
		}
	}
#pragma GCC unroll 4
	for (size_t v = 0; v < V; v++)
	{
		VEC_AT(ds + v * VEC) += total[v] - slope[v];
		if (du)
			VEC_AT(du + v * VEC) += total[v];
	}
}

/* ds += Σ_j de[j] q (1 - q), and du += Σ_j de[j] q unless it is NULL; q is n × A. */
INLINE void
add_slopes(real *ds, real *du, const real *de, const real *q, size_t n, const size_t A)
{
	size_t c = 0;

	for (; c + 4 * VEC <= A; c += 4 * VEC)
		slope_vectors(ds + c, du ? du + c : NULL, de, q + c, n, A, 4);
	for (; c + 2 * VEC <= A; c += 2 * VEC)
		slope_vectors(ds + c, du ? du + c : NULL, de, q + c, n, A, 2);
	for (; c + VEC <= A; c += VEC)
		slope_vectors(ds + c, du ? du + c : NULL, de, q + c, n, A, 1);
	for (; c < A; c++)
		for (size_t j = 0; j < n; j++)
		{
			const real value = q[j * A + c];

			ds[c] += de[j] * value * (1 - value);
			if (du)
				du[c] += de[j] * value;
		}
}

/* ds of a node and head, before the factor -2 u, and du. */
INLINE void
target_head(real *ds, real *du, const Gat *gat, const Chunk *chunk, size_t i, size_t k, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const real *own = gat->own + i * gat->own_stride;
	real q[CHUNK * GAT_HEAD_MAX];
	real e[CHUNK] = {0}, g[CHUNK] = {0}, alpha[CHUNK], de[CHUNK], factor[CHUNK], lse[CHUNK], D[CHUNK];

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * 2 * H + k * A;

		if (k == 0)
			prefetch_ahead(chunk, j);
		e[j] = edge_score(q + j * A, own + k * A, row, gat->u + k * A, A);
		g[j] = dot(own + H + k * A, row + H, A);
	}
	if (chunk->log_weight)
		for (size_t j = 0; j < chunk->n; j++)
			e[j] += chunk->log_weight[j];
	for (size_t j = 0; j < CHUNK; j++)
	{
		lse[j] = gat->level[i * 2 * K + k];
		D[j] = gat->level[i * 2 * K + K + k];
		factor[j] = 1;
	}
	if (gat->drop > 0)
		chunk_factors(factor, gat, chunk, i, k, false);
	chunk_gradient(alpha, de, e, g, factor, lse, D);

	add_slopes(ds, du, de, q, chunk->n, A);
}

/* dd of a node and head, before the factor -2 u, and dV. */
INLINE void
source_head(real *dd, real *dv, const Gat *gat, const Chunk *chunk, size_t i, size_t k, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const real *pair = gat->pair + i * 2 * H;
	real q[CHUNK * GAT_HEAD_MAX];
	real e[CHUNK] = {0}, g[CHUNK] = {0}, alpha[CHUNK], de[CHUNK], factor[CHUNK], lse[CHUNK] = {0}, D[CHUNK] = {0};

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * chunk->stride;

		if (k == 0)
			prefetch_ahead(chunk, j);
		e[j] = edge_score(q + j * A, row + k * A, pair + k * A, gat->u + k * A, A);
		g[j] = dot(row + H + k * A, pair + H + k * A, A);
		lse[j] = gat->level[chunk->node[j] * 2 * K + k];
		D[j] = gat->level[chunk->node[j] * 2 * K + K + k];
	}
	if (chunk->log_weight)
		for (size_t j = 0; j < chunk->n; j++)
			e[j] += chunk->log_weight[j];
	for (size_t j = 0; j < CHUNK; j++)
		factor[j] = 1;
	if (gat->drop > 0)
		chunk_factors(factor, gat, chunk, i, k, true);
	chunk_gradient(alpha, de, e, g, factor, lse, D);

	add_slopes(dd, NULL, de, q, chunk->n, A);
	add_rows(dv, alpha, chunk, H + k * A, A);
}

/* dV += Σ w_ij sum_scale gain ⊙ dsum_i, dsum being datt. */
static void
source_sum(real *dv, const Gat *gat, const Chunk *chunk)
{
	const size_t H = gat->H;

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *dsum = chunk->base + chunk->node[j] * chunk->stride + H;
		const real weight = (chunk->log_weight ? act_exp(chunk->log_weight[j]) : 1) * gat->sum_scale;

		for (size_t c = 0; c < H; c++)
			dv[c] += weight * gat->gain[c] * dsum[c];
	}
}

INLINE void
backward_rows(real *dproduct, real *du, const Gat *gat, const Adjacency *in, const Adjacency *out, size_t from,
			  size_t n, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const size_t width = gat->attend ? 3 * H : H;

	memset(dproduct, 0, n * width * sizeof(real));
	for (size_t r = 0; gat->attend && r < n; r++)
	{
		const size_t i = from + r;
		real *ds = dproduct + r * width;

		for (size_t at = in->start[i]; at < in->start[i + 1]; at += CHUNK)
		{
			const Chunk chunk = chunk_make(in, at, in->start[i + 1], in->start[from + n], gat->pair, 2 * H);

			for (size_t k = 0; k < K; k++)
				target_head(ds + k * A, du + k * A, gat, &chunk, i, k, A);
		}
	}
	for (size_t r = 0; r < n; r++)
	{
		const size_t j = from + r;
		real *dd = dproduct + r * width + H;
		real *dv = dproduct + r * width + (gat->attend ? 2 * H : 0);

		for (size_t at = out->start[j]; at < out->start[j + 1]; at += CHUNK)
		{
			const Chunk chunk =
				chunk_make(out, at, out->start[j + 1], out->start[from + n], gat->own, gat->own_stride);

			for (size_t k = 0; gat->attend && k < K; k++)
				source_head(dd + k * A, dv + k * A, gat, &chunk, j, k, A);
			if (gat->sum)
				source_sum(dv, gat, &chunk);
		}
	}
	if (!gat->attend)
		return;

	/* dq/ds = -2 q (1 - q), and nothing where the half product was held at its limit. */
	const real low = act_exp((real) (-2 * GAT_LIMIT)), high = act_exp((real) (2 * GAT_LIMIT));

	for (size_t r = 0; r < n; r++)
	{
		const real *own = gat->own + (from + r) * gat->own_stride;
		const real *pair = gat->pair + (from + r) * 2 * H;
		real *ds = dproduct + r * width;

		for (size_t c = 0; c < H; c++)
			ds[c] *= own[c] > low && own[c] < high ? -2 * gat->u[c] : 0;
		for (size_t c = 0; c < H; c++)
			ds[H + c] *= pair[c] > low && pair[c] < high ? -2 * gat->u[c] : 0;
	}
}

USERCLS_CLONES void
gat_backward(real *dproduct, real *du, const Gat *gat, const Adjacency *in, const Adjacency *out, size_t from,
			 size_t n)
{
	const size_t A = gat->H / gat->K;

	GAT_WIDTHS(A, backward_rows, dproduct, du, gat, in, out, from, n);
}

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
	const size_t A = H / gat->K;

	for (size_t r = 0; r < n; r++)
	{
		real *own = gat->own + (from + r) * gat->own_stride;

		memcpy(own + H, datt + r * H, H * sizeof(real));
		if (!gat->attend)
			continue;
		memcpy(own + 2 * H, lse + r * gat->K, gat->K * sizeof(real));
		for (size_t k = 0; k < gat->K; k++)
			own[2 * H + gat->K + k] = dot(datt + r * H + k * A, att + r * H + k * A, A, 1);
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

/* ds += Σ_j de[j] q (1 - q), and du += Σ_j de[j] q unless it is NULL; q is n × A. */
INLINE void
add_slopes(real *ds, real *du, const real *de, const real *q, size_t n, const size_t A, const size_t W)
{
	for (size_t c = 0; c < A; c += W)
	{
		real slope[LANES] = {0}, total[LANES] = {0};

		for (size_t j = 0; j < n; j++)
			for (size_t l = 0; l < W; l++)
			{
				const real t = de[j] * q[j * A + c + l];

				total[l] += t;
				slope[l] += t * q[j * A + c + l];
			}
		for (size_t l = 0; l < W; l++)
			ds[c + l] += total[l] - slope[l];
		for (size_t l = 0; du && l < W; l++)
			du[c + l] += total[l];
	}
}

/* ds of a node and head, before the factor -2 u, and du. */
INLINE void
target_head(real *ds, real *du, const real *own, const Gat *gat, const Chunk *chunk, size_t i, size_t k,
			const size_t A, const size_t W)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	real q[CHUNK * GAT_HEAD_MAX];
	real e[CHUNK] = {0}, g[CHUNK] = {0}, alpha[CHUNK], de[CHUNK], factor[CHUNK], lse[CHUNK], D[CHUNK];

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * 2 * H + k * A;

		if (k == 0)
			prefetch_ahead(chunk, j);
		e[j] = edge_score(q + j * A, own + k * A, row, gat->u + k * A, A, W);
		g[j] = dot(own + H + k * A, row + H, A, W);
	}
	if (chunk->log_weight)
		for (size_t j = 0; j < chunk->n; j++)
			e[j] += chunk->log_weight[j];
	for (size_t j = 0; j < CHUNK; j++)
	{
		lse[j] = own[2 * H + k];
		D[j] = own[2 * H + K + k];
		factor[j] = 1;
	}
	if (gat->drop > 0)
		chunk_factors(factor, gat, chunk, i, k, false);
	chunk_gradient(alpha, de, e, g, factor, lse, D);

	add_slopes(ds, du, de, q, chunk->n, A, W);
}

/* dd of a node and head, before the factor -2 u, and dV. */
INLINE void
source_head(real *dd, real *dv, const real *pair, const Gat *gat, const Chunk *chunk, size_t i, size_t k,
			const size_t A, const size_t W)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	real q[CHUNK * GAT_HEAD_MAX];
	real e[CHUNK] = {0}, g[CHUNK] = {0}, alpha[CHUNK], de[CHUNK], factor[CHUNK], lse[CHUNK] = {0}, D[CHUNK] = {0};

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * chunk->stride;

		if (k == 0)
			prefetch_ahead(chunk, j);
		e[j] = edge_score(q + j * A, row + k * A, pair + k * A, gat->u + k * A, A, W);
		g[j] = dot(row + H + k * A, pair + H + k * A, A, W);
		lse[j] = row[2 * H + k];
		D[j] = row[2 * H + K + k];
	}
	if (chunk->log_weight)
		for (size_t j = 0; j < chunk->n; j++)
			e[j] += chunk->log_weight[j];
	for (size_t j = 0; j < CHUNK; j++)
		factor[j] = 1;
	if (gat->drop > 0)
		chunk_factors(factor, gat, chunk, i, k, true);
	chunk_gradient(alpha, de, e, g, factor, lse, D);

	add_slopes(dd, NULL, de, q, chunk->n, A, W);
	add_rows(dv, alpha, chunk, H + k * A, A, W);
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
			  size_t n, const size_t A, const size_t W)
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
				target_head(ds + k * A, du + k * A, gat->own + i * gat->own_stride, gat, &chunk, i, k, A, W);
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
				source_head(dd + k * A, dv + k * A, gat->pair + j * 2 * H, gat, &chunk, j, k, A, W);
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

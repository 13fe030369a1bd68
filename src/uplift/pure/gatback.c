/*
 * The backward half of uplift/pure/gat.h: scores are made again, twice, instead of being stored.
 *
 *   fill:   own[i] gets datt_i, level[i] gets log-sum-exp and D_i = datt_i · att_i
 *   self:   foreach node i, foreach neighbour j it listens to:  α = exp(e - lse_i);  de = α (datt_i · V_j - D_i)
 *           ds_i += de ∂e/∂s;  du += de q
 *   others: foreach node j, foreach node i that listens to it: the same α and de;  dd_j += de ∂e/∂d;  dV_j += α datt_i
 *
 * So each row is written by whoever has it, and no process adds into another one's.
 */
#include "uplift/pure/gat.h"

#include <math.h>
#include <string.h>

#include "nn/act.h"
#include "uplift/pure/gatrow.h"

USERCLS_CLONES void
gat_backward_fill(Gat *gat, const real *datt, const real *att, const real *lse, size_t from, size_t n)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const size_t A = H / K;

	for (size_t r = 0; r < n; r++)
	{
		real *own = gat->own + (from + r) * gat->own_stride;
		const real *node = datt + (gat->R == 1 ? r : r / gat->R) * H;

		memcpy(own + H, node, H * sizeof(real));
		if (!gat->attend || gat->alone)
			continue;

		real *level = gat->level + (from + r) * 2 * K;

		memcpy(level, lse + r * K, K * sizeof(real));
		for (size_t k = 0; k < K; k++)
			level[K + k] = dot(node + k * A, att + r * H + k * A, A);
	}
}

/* Of the edges of a chunk, for one head: what the gradient of their scores is made of. */
typedef struct Edges
{
	Shares e, g; /* u · q, and datt · V */
	Shares lse, D;
} Edges;

/*
 * The attention α and the gradient de of the scores of a chunk, from raw scores. i: the node whose neighbours the
 * chunk has.
 */
INLINE void
chunk_gradient(real *alpha, real *de, const Edges *edges, const Gat *gat, const Chunk *chunk, size_t i,
			   size_t k, bool outgoing)
{
	real e[CHUNK], factor[CHUNK];

	for (size_t j = 0; j < CHUNK; j++)
	{
		e[j] = edges->e[j] - edges->lse[j];
		factor[j] = 1;
	}
	for (size_t j = 0; chunk->log_weight && j < chunk->n; j++)
		e[j] += chunk->log_weight[j];
	if (gat->drop > 0)
		chunk_factors(factor, gat, chunk, i, k, outgoing);
	for (size_t j = 0; j < CHUNK; j++)
	{
		const real a = act_exp(e[j]);

		alpha[j] = a * factor[j];
		de[j] = alpha[j] * edges->g[j] - a * edges->D[j];
	}
}

/* add_slopes() for V vectors side by side, of one or more heads, whose sums stay in registers. */
INLINE void
slope_vectors(real *ds, real *du, const Shares *de, const real *q, size_t n, size_t H, const size_t A,
			  const size_t V)
{
	Vec slope[4] = {{0}}, total[4] = {{0}};

	for (size_t j = 0; j < n; j++)
	{
#pragma GCC unroll 4
		for (size_t v = 0; v < V; v++)
		{
			const Vec value = VEC_OF(q + j * H + v * VEC);
			const Vec t = de[v * VEC / A][j] * value;

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

/* ds += Σ_j de[head][j] q (1 - q), and du += Σ_j de[head][j] q unless it is NULL; q is n × H. */
INLINE void
add_slopes(real *ds, real *du, const Shares *de, const real *q, size_t n, size_t H, const size_t A)
{
	size_t c = 0;

	for (; VEC * 4 % A == 0 && A % VEC == 0 && c + 4 * VEC <= H; c += 4 * VEC)
		slope_vectors(ds + c, du ? du + c : NULL, de + c / A, q + c, n, H, A, 4);
	for (; c < H; c += A)
	{
		const Shares *share = de + c / A;
		size_t i = c;

		for (; i + 4 * VEC <= c + A; i += 4 * VEC)
			slope_vectors(ds + i, du ? du + i : NULL, share, q + i, n, H, 4 * VEC, 4);
		for (; i + VEC <= c + A; i += VEC)
			slope_vectors(ds + i, du ? du + i : NULL, share, q + i, n, H, VEC, 1);
		for (; i < c + A; i++)
			for (size_t j = 0; j < n; j++)
			{
				const real value = q[j * H + i];

				ds[i] += (*share)[j] * value * (1 - value);
				if (du)
					du[i] += (*share)[j] * value;
			}
	}
}

/* Add to ds of node i, before the factor -2 u, and to du, what a chunk of the nodes it listens to does. */
INLINE void
target_chunk(real *ds, real *du, const Gat *gat, const Chunk *chunk, size_t i, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const real *own = gat->own + i * gat->own_stride;
	const real *level = gat->level + i * 2 * K;
	const real *u = gat_of_row(gat, gat->u, i, H);
	real q[CHUNK * GAT_HEAD_MAX];
	Edges edges[GAT_HEADS_MAX];
	Shares de[GAT_HEADS_MAX];

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * 2 * H;

		prefetch_ahead(chunk, j);
		for (size_t k = 0; k < K; k++)
		{
			edges[k].e[j] = edge_score(q + j * H + k * A, own + k * A, row + k * A, u + k * A, A);
			edges[k].g[j] = dot(own + H + k * A, row + H + k * A, A);
		}
	}
	for (size_t k = 0; k < K; k++)
	{
		real alpha[CHUNK];

		for (size_t j = chunk->n; j < CHUNK; j++)
			edges[k].e[j] = edges[k].g[j] = 0;
		for (size_t j = 0; j < CHUNK; j++)
		{
			edges[k].lse[j] = level[k];
			edges[k].D[j] = level[K + k];
		}
		chunk_gradient(alpha, de[k], &edges[k], gat, chunk, i, k, false);
	}
	add_slopes(ds, du, de, q, chunk->n, H, A);
}

INLINE void
prefetch_level(const Gat *gat, const Chunk *chunk, size_t j)
{
	if (j + AHEAD < chunk->n + chunk->ahead)
		__builtin_prefetch(gat->level + chunk->node[j + AHEAD] * 2 * gat->K, 0, SECOND_CACHE);
}

/* Add to dd of node i, before the factor -2 u, and to dV, what a chunk of the nodes that listen to it does. */
INLINE void
source_chunk(real *dd, real *dv, const Gat *gat, const Chunk *chunk, size_t i, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const real *pair = gat->pair + i * 2 * H;
	const real *u = gat_of_row(gat, gat->u, i, H);
	real q[CHUNK * GAT_HEAD_MAX];
	Edges edges[GAT_HEADS_MAX];
	Shares alpha[GAT_HEADS_MAX], de[GAT_HEADS_MAX];

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *row = chunk->base + chunk->node[j] * chunk->stride;
		const real *level = gat->level + chunk->node[j] * 2 * K;

		prefetch_ahead(chunk, j);
		prefetch_level(gat, chunk, j);
		for (size_t k = 0; k < K; k++)
		{
			edges[k].e[j] = edge_score(q + j * H + k * A, row + k * A, pair + k * A, u + k * A, A);
			edges[k].g[j] = dot(row + H + k * A, pair + H + k * A, A);
			edges[k].lse[j] = level[k];
			edges[k].D[j] = level[K + k];
		}
	}
	for (size_t k = 0; k < K; k++)
	{
		for (size_t j = chunk->n; j < CHUNK; j++)
			edges[k].e[j] = edges[k].g[j] = edges[k].lse[j] = edges[k].D[j] = 0;
		chunk_gradient(alpha[k], de[k], &edges[k], gat, chunk, i, k, true);
	}
	add_slopes(dd, NULL, de, q, chunk->n, H, A);
	add_rows(dv, alpha, chunk, H, H, A);
}

/* dV of row i += Σ w_ij sum_scale gain ⊙ dsum_i, dsum being datt. */
static void
source_sum(real *dv, const Gat *gat, const Chunk *chunk, size_t i)
{
	const size_t H = gat->H;
	const real *gain = gat_of_row(gat, gat->gain, i, H);
	const real sum_scale = *gat_of_row(gat, gat->sum_scale, i, 1);

	for (size_t j = 0; j < chunk->n; j++)
	{
		const real *dsum = chunk->base + chunk->node[j] * chunk->stride + H;
		const real weight = (chunk->log_weight ? act_exp(chunk->log_weight[j]) : 1) * sum_scale;

		for (size_t c = 0; c < H; c++)
			dv[c] += weight * gain[c] * dsum[c];
	}
}

/*
 * Finish rows from .. from + n - 1 of ds or dd: multiply dx (rows `width` apart) by the factor -2 u that add_slopes() left out, or by 0
 * where the half product was cut at its limit. e: the exponentials [e^2s] or [e^2d] of the same rows.
 */
INLINE void
finish_slopes(real *dx, size_t width, const real *e, size_t stride, const Gat *gat, size_t from, size_t n)
{
	const size_t H = gat->H;
	const real low = act_exp((real) (-2 * GAT_LIMIT)), high = act_exp((real) (2 * GAT_LIMIT));

	for (size_t r = 0; r < n; r++)
	{
		const real *u = gat_of_row(gat, gat->u, from + r, H);

		for (size_t c = 0; c < H; c++)
			dx[r * width + c] *= e[r * stride + c] > low && e[r * stride + c] < high ? -2 * u[c] : 0;
	}
}

INLINE void
self_rows(real *ds, real *du, const Gat *gat, const Adjacency *in, size_t from, size_t n, const size_t A)
{
	const size_t H = gat->H;

	memset(ds, 0, n * H * sizeof(real));
	for (size_t r = 0; r < n; r++)
		for (size_t i = from + r, at = in->start[i]; at < in->start[i + 1]; at += CHUNK)
		{
			const Chunk chunk = chunk_make(in, at, in->start[i + 1], in->start[from + n], gat->pair, 2 * H);

			target_chunk(ds + r * H, du + (gat->R == 1 ? 0 : i % gat->R * H), gat, &chunk, i, A);
		}
	finish_slopes(ds, H, gat->own + from * gat->own_stride, gat->own_stride, gat, from, n);
}

USERCLS_CLONES void
gat_backward_self(real *ds, real *du, const Gat *gat, const Adjacency *in, size_t from, size_t n)
{
	const size_t A = gat->H / gat->K;

	GAT_WIDTHS(A, self_rows, ds, du, gat, in, from, n);
}

INLINE void
other_rows(real *dother, const Gat *gat, const Adjacency *out, size_t from, size_t n, const size_t A)
{
	const size_t H = gat->H;
	const size_t width = gat->attend ? 2 * H : H;

	memset(dother, 0, n * width * sizeof(real));
	for (size_t r = 0; r < n; r++)
	{
		const size_t j = from + r;
		real *dd = dother + r * width;
		real *dv = dd + width - H;

		for (size_t at = out->start[j]; at < out->start[j + 1]; at += CHUNK)
		{
			const Chunk chunk =
				chunk_make(out, at, out->start[j + 1], out->start[from + n], gat->own, gat->own_stride);

			if (gat->attend)
				source_chunk(dd, dv, gat, &chunk, j, A);
			if (gat->sum)
				source_sum(dv, gat, &chunk, j);
		}
	}
	if (gat->attend)
		finish_slopes(dother, width, gat->pair + from * 2 * H, 2 * H, gat, from, n);
}

USERCLS_CLONES void
gat_backward_others(real *dother, const Gat *gat, const Adjacency *out, size_t from, size_t n)
{
	const size_t A = gat->H / gat->K;

	GAT_WIDTHS(A, other_rows, dother, gat, out, from, n);
}

#include "nn/gat.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/act.h"

/* Neighbours looked at together: their gathered rows stay in the first cache while heads pass over them. */
#define CHUNK 16

/* Neighbours ahead whose row is asked for early. */
#define AHEAD 12

/* Channels side by side in a vector loop. */
#define LANES 16

#define INLINE static inline __attribute__((always_inline))

size_t
gat_own_stride(size_t H, size_t K, bool backward)
{
	const size_t used = backward ? 2 * (H + K) : H;

	return (used + LANES - 1) / LANES * LANES;
}

static inline real
clip(real x)
{
	x = x > (real) -GAT_LIMIT ? x : (real) -GAT_LIMIT;
	return x < (real) GAT_LIMIT ? x : (real) GAT_LIMIT;
}

USERCLS_CLONES void
gat_fill(Gat *gat, const real *product, const real *self_bias, size_t from, size_t n)
{
	const size_t H = gat->H;

	for (size_t r = 0; r < n; r++)
	{
		real *pair = gat->pair + (from + r) * 2 * H;

		if (!gat->attend)
		{
			memcpy(pair + H, product + r * H, H * sizeof(real));
			continue;
		}

		const real *s = product + r * 3 * H;
		real *own = gat->own + (from + r) * gat->own_stride;

		for (size_t c = 0; c < H; c++)
			own[c] = act_exp(2 * clip(s[c] + self_bias[c]));
		for (size_t c = 0; c < H; c++)
			pair[c] = act_exp(2 * clip(s[H + c]));
		memcpy(pair + H, s + 2 * H, H * sizeof(real));
	}
}

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

	for (size_t byte = 0; byte < chunk->stride * sizeof(real); byte += 64)
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

/* Dropout multipliers of the edges between `target` and `source`, one of which is the chunk's node. */
INLINE real
edge_factor(const Gat *gat, uint32_t target, uint32_t source, size_t k)
{
	return drop_factor(drop_hash(drop_hash(drop_hash(gat->key + target) + source) + (uint32_t) k), gat->drop);
}

/* att and sum of one node. A = H / K, and W its vector width, are constants wherever speed matters. */
INLINE void
forward_row(real *att, real *sum, real *lse, const real *own, const Gat *gat, const Adjacency *in, size_t i,
			size_t entries, const size_t A, const size_t W)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	real highest[GAT_HEADS_MAX], total[GAT_HEADS_MAX]; /* per head: a running maximum, and the sum of exponentials above it */

	if (gat->attend)
		memset(att, 0, H * sizeof(real));
	if (gat->sum)
		memset(sum, 0, H * sizeof(real));
	for (size_t k = 0; k < K; k++)
	{
		highest[k] = -FLT_MAX;
		total[k] = 0;
	}

	for (size_t at = in->start[i]; at < in->start[i + 1]; at += CHUNK)
	{
		const Chunk chunk = chunk_make(in, at, in->start[i + 1], entries, gat->pair, 2 * H);

		for (size_t k = 0; k < K; k++)
		{
			real e[CHUNK] = {0};

			if (gat->attend)
			{
				for (size_t j = 0; j < chunk.n; j++)
				{
					if (k == 0)
						prefetch_ahead(&chunk, j);
					e[j] = edge_score(NULL, own + k * A, chunk.base + chunk.node[j] * 2 * H + k * A, gat->u + k * A, A, W);
				}
				if (chunk.log_weight)
					for (size_t j = 0; j < chunk.n; j++)
						e[j] += chunk.log_weight[j];

				real top = highest[k];

				for (size_t j = 0; j < chunk.n; j++)
					top = e[j] > top ? e[j] : top;

				const real shrink = act_exp(highest[k] - top);

				highest[k] = top;
				for (size_t j = 0; j < CHUNK; j++)
					e[j] = act_exp(e[j] - top);
				total[k] *= shrink;
				for (size_t j = 0; j < chunk.n; j++)
					total[k] += e[j];
				if (gat->drop > 0)
					for (size_t j = 0; j < chunk.n; j++)
						e[j] *= edge_factor(gat, (uint32_t) i, chunk.node[j], k);
				if (shrink != 1)
					for (size_t c = 0; c < A; c++)
						att[k * A + c] *= shrink;
				add_rows(att + k * A, e, &chunk, H + k * A, A, W);
			}
			if (gat->sum)
			{
				for (size_t j = 0; j < chunk.n; j++)
					e[j] = (chunk.log_weight ? act_exp(chunk.log_weight[j]) : 1) * gat->sum_scale;
				add_rows(sum + k * A, e, &chunk, H + k * A, A, W);
			}
		}
	}

	for (size_t k = 0; gat->attend && k < K; k++)
	{
		const real scale = 1 / total[k];

		for (size_t c = 0; c < A; c++)
			att[k * A + c] *= scale;
		if (lse)
			lse[k] = highest[k] + (real) log(total[k]);
	}
}

INLINE void
forward_rows(real *att, real *sum, real *lse, const Gat *gat, const Adjacency *in, size_t from, size_t n,
			 size_t entries, const size_t A, const size_t W)
{
	for (size_t r = 0; r < n; r++)
		forward_row(att ? att + r * gat->H : NULL, sum ? sum + r * gat->H : NULL, lse ? lse + r * gat->K : NULL,
					gat->own + (from + r) * gat->own_stride, gat, in, from + r, entries, A, W);
}

/* The last row's end is not known here without N: what lies after these rows is looked ahead at up to their own end. */
USERCLS_CLONES void
gat_forward(real *att, real *sum, real *lse, const Gat *gat, const Adjacency *in, size_t from, size_t n)
{
	const size_t entries = in->start[from + n];
	const size_t A = gat->H / gat->K;

	switch (A)
	{
		case 8:
			forward_rows(att, sum, lse, gat, in, from, n, entries, 8, 8);
			break;
		case 16:
			forward_rows(att, sum, lse, gat, in, from, n, entries, 16, 16);
			break;
		case 32:
			forward_rows(att, sum, lse, gat, in, from, n, entries, 32, 16);
			break;
		case 64:
			forward_rows(att, sum, lse, gat, in, from, n, entries, 64, 16);
			break;
		default:
			if (A % LANES == 0)
				forward_rows(att, sum, lse, gat, in, from, n, entries, A, LANES);
			else
				forward_rows(att, sum, lse, gat, in, from, n, entries, A, 1);
	}
}

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
		for (size_t j = 0; j < chunk->n; j++)
			factor[j] = edge_factor(gat, (uint32_t) i, chunk->node[j], k);
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
		for (size_t j = 0; j < chunk->n; j++)
			factor[j] = edge_factor(gat, chunk->node[j], (uint32_t) i, k);
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

	switch (A)
	{
		case 8:
			backward_rows(dproduct, du, gat, in, out, from, n, 8, 8);
			break;
		case 16:
			backward_rows(dproduct, du, gat, in, out, from, n, 16, 16);
			break;
		case 32:
			backward_rows(dproduct, du, gat, in, out, from, n, 32, 16);
			break;
		case 64:
			backward_rows(dproduct, du, gat, in, out, from, n, 64, 16);
			break;
		default:
			if (A % LANES == 0)
				backward_rows(dproduct, du, gat, in, out, from, n, A, LANES);
			else
				backward_rows(dproduct, du, gat, in, out, from, n, A, 1);
	}
}

/*
 * Attention of each node over its neighbours, in one pass over the edges (the mathematics: uplift/pure/gat.h):
 *
 *   foreach node i do
 *     foreach chunk of 16 neighbours j do
 *       e_ij = u · q(s_i, d_j) + log w_ij;  highest, total and att shrink to the new maximum
 *       att += Σ_j exp(e_ij - highest) V_j;  total += Σ_j exp(e_ij - highest)
 *     att /= total;  log-sum-exp = highest + log(total), all that the backward pass needs
 */
#include "uplift/pure/gat.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/act.h"
#include "uplift/pure/gatrow.h"

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

		if (!gat->attend || gat->alone)
		{
			memcpy(pair + H, product + r * H, H * sizeof(real));
			continue;
		}

		const real *s = product + r * 3 * H;
		const real *bias = gat_of_row(gat, self_bias, from + r, H);
		real *own = gat->own + (from + r) * gat->own_stride;

		for (size_t c = 0; c < H; c++)
			own[c] = act_exp(2 * clip(s[c] + bias[c]));
		for (size_t c = 0; c < H; c++)
			pair[c] = act_exp(2 * clip(s[H + c]));
		memcpy(pair + H, s + 2 * H, H * sizeof(real));
	}
}

/*
 * The scores e of a chunk become exp(e - *highest), with a new maximum in *highest and their sum added to *total.
 * Returns the factor by which sums made under the old maximum shrink.
 */
INLINE real
chunk_softmax(real *e, real *highest, real *total, const Chunk *chunk)
{
	real top = *highest;

	if (chunk->log_weight)
		for (size_t j = 0; j < chunk->n; j++)
			e[j] += chunk->log_weight[j];
	for (size_t j = 0; j < chunk->n; j++)
		top = e[j] > top ? e[j] : top;

	const real shrink = act_exp(*highest - top);

	*highest = top;
	for (size_t j = 0; j < CHUNK; j++)
		e[j] = act_exp(e[j] - top);
	*total *= shrink;
	for (size_t j = 0; j < chunk->n; j++)
		*total += e[j];
	return shrink;
}

/* att and sum of one node. A = H / K is a constant wherever speed matters. */
INLINE void
forward_row(real *att, real *sum, real *lse, const real *own, const Gat *gat, const Adjacency *in, size_t i,
			size_t entries, const size_t A)
{
	const size_t H = gat->H;
	const size_t K = gat->K;
	const real *u = gat_of_row(gat, gat->u, i, H);
	const real sum_scale = gat->sum ? *gat_of_row(gat, gat->sum_scale, i, 1) : 0;
	real highest[GAT_HEADS_MAX],
		total[GAT_HEADS_MAX]; /* per head: a running maximum, and the sum of exponentials above it */

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
		Shares e[GAT_HEADS_MAX];

		if (gat->attend)
		{
			memset(e, 0, K * sizeof(Shares));
			for (size_t j = 0; j < chunk.n; j++)
			{
				const real *other = chunk.base + chunk.node[j] * 2 * H;

				prefetch_ahead(&chunk, j);
				for (size_t k = 0; k < K; k++)
					e[k][j] = edge_score(NULL, own + k * A, other + k * A, u + k * A, A);
			}
			for (size_t k = 0; k < K; k++)
			{
				const real shrink = chunk_softmax(e[k], &highest[k], &total[k], &chunk);

				if (gat->drop > 0)
				{
					real factor[CHUNK];

					chunk_factors(factor, gat, &chunk, i, k, false);
					for (size_t j = 0; j < chunk.n; j++)
						e[k][j] *= factor[j];
				}
				if (shrink != 1)
					for (size_t c = 0; c < A; c++)
						att[k * A + c] *= shrink;
			}
			add_rows(att, e, &chunk, H, H, A);
		}
		if (gat->sum)
		{
			for (size_t k = 0; k < K; k++)
				for (size_t j = 0; j < chunk.n; j++)
					e[k][j] = (chunk.log_weight ? act_exp(chunk.log_weight[j]) : 1) * sum_scale;
			add_rows(sum, e, &chunk, H, H, A);
		}
	}

	for (size_t k = 0; gat->attend && k < K; k++)
	{
		const real scale = total[k] > 0 ? 1 / total[k] : 0;

		for (size_t c = 0; c < A; c++)
			att[k * A + c] *= scale;
		if (lse)
			lse[k] = highest[k] + (real) log(total[k]);
	}
}

INLINE void
forward_rows(real *att, real *sum, real *lse, const Gat *gat, const Adjacency *in, size_t from, size_t n,
			 size_t entries, const size_t A)
{
	for (size_t r = 0; r < n; r++)
		forward_row(att ? att + r * gat->H : NULL, sum ? sum + r * gat->H : NULL,
					lse ? lse + r * gat->K : NULL, gat->own + (from + r) * gat->own_stride, gat, in, from + r,
					entries, A);
}

USERCLS_CLONES void
gat_forward(real *att, real *sum, real *lse, const Gat *gat, const Adjacency *in, size_t from, size_t n)
{
	const size_t entries = in->start[from + n];
	const size_t A = gat->H / gat->K;

	GAT_WIDTHS(A, forward_rows, att, sum, lse, gat, in, from, n, entries);
}

/* One head's score of neighbour j of node i. */
static real
score_of(const Gat *gat, const Adjacency *in, size_t i, size_t j, size_t k)
{
	const size_t A = gat->H / gat->K, at = in->start[i] + j;

	return edge_score(NULL, gat->own + i * gat->own_stride + k * A,
					  gat->pair + in->node[at] * 2 * gat->H + k * A,
					  gat_of_row(gat, gat->u, i, gat->H) + k * A, A) +
		   (in->log_weight ? in->log_weight[at] : 0);
}

void
gat_shares(real *share, const Gat *gat, const Adjacency *in, size_t i)
{
	const size_t n = in->start[i + 1] - in->start[i];

	memset(share, 0, n * sizeof(real));
	for (size_t k = 0; k < gat->K; k++)
	{
		real top = -FLT_MAX, total = 0;

		for (size_t j = 0; j < n; j++)
			top = score_of(gat, in, i, j, k) > top ? score_of(gat, in, i, j, k) : top;
		for (size_t j = 0; j < n; j++)
			total += act_exp(score_of(gat, in, i, j, k) - top);
		for (size_t j = 0; j < n; j++)
			share[j] += act_exp(score_of(gat, in, i, j, k) - top) / total / (real) gat->K;
	}
}

/*
 * Additive graph attention (Bahdanau's score, as in GATv2), fused over edges.
 *
 * A node i listens to its neighbours j, with one relation itself among them. Per head, over the
 * head's H / K channels:
 *
 *   e_ij = v · tanh(s_i + d_j) + log w_ij,  s = W_s h + b, d = W_d h
 *   att_i = Σ_j softmax_j(e_ij) V_j,         V = W h
 *   sum_i = Σ_j w_ij V_j × sum_scale         (the other aggregate)
 *
 * The half products s, d, V are per node. Nothing of size edges is stored: the
 * forward pass keeps the log-sum-exp of each node and head, and the backward
 * pass makes scores again, once by target for ds and dv, once by source for dd
 * and dV. With D_i = datt_i · att_i the gradient of a score is
 * α_ij (datt_i · V_j - D_i), as in FlashAttention (Dao et al. 2022).
 *
 * tanh(s + d) = 1 - 2 q, q = 1 / (1 + e^2s e^2d): exponentials are per node too,
 * and an edge costs a division a channel. The 1 is the same for all neighbours,
 * which a softmax does not see: scores here are u · q with u = -2 v. Half
 * products are held within ±GAT_LIMIT so that no product overflows.
 *
 * With R relations everything that has N rows here has N * R: row i * R + r is node i by relation r, which has its own
 * half products, v and sum_scale; the graph has such rows, too (uplift/pure/graph.h). A row listens to rows of its relation
 * alone, and not to its own node; one that listens to nobody hears 0.
 *
 * Rows that are gathered lie together, for the memory's sake:
 *   pair:  N × 2H          [e^2d | V]
 *   own:   N × own_stride  [e^2s | datt]: H for forward passes alone, else 2H
 *   level: N × 2K          [log-sum-exp | D]
 */
#ifndef USERCLS_UPLIFT_PURE_GAT_H
#define USERCLS_UPLIFT_PURE_GAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uplift/pure/adjacency.h"
#include "nn/real.h"

#define GAT_LIMIT 20.0
#define GAT_HEADS_MAX 16 /* K */
#define GAT_HEAD_MAX 256 /* H / K */

typedef struct Gat
{
	size_t H, K;           /* K divides H */
	size_t R;              /* relations: rows of a node */
	bool attend;           /* att is wanted */
	bool sum;              /* sum is wanted */
	bool alone;            /* there are no edges: gat_alone() instead of gat_forward() */
	const real *u;         /* R × H: -2 v */
	const real *sum_scale; /* R */
	const real *gain;      /* R × H: what multiplies sum in what follows; backward only */
	real drop;             /* attention dropout: probability; the rest grows by 1 / (1 - drop) */
	uint32_t key;          /* of the dropout: equal keys drop the same */
	real *pair;
	real *own;
	size_t own_stride;
	real *level; /* backward only */
} Gat;

/* The part of an array of R × width that belongs to a row's relation. */
static inline const real *
gat_of_row(const Gat *gat, const real *array, size_t row, size_t width)
{
	return gat->R == 1 ? array : array + row % gat->R * width;
}

/*
 * Make rows from .. from + n - 1 of pair and own from half products: product is n × 3H [s | d | V] (n × H [V]
 * without attention or alone), s before its bias (R × H). Here and below rows are those of nodes and relations.
 */
extern void gat_fill(Gat *gat, const real *product, const real *self_bias, size_t from, size_t n);

/* Rows from .. from + n - 1 of att and sum, n × H each, and of the log-sum-exp, n × K, unless lse is NULL. */
extern void gat_forward(real *att, real *sum, real *lse, const Gat *gat, const Adjacency *in, size_t from,
						size_t n);

/*
 * What node i hears of each of its neighbours in `in`, in their order: shares that add up to 1, the mean over the heads. Of
 * a Gat whose rows are filled.
 */
extern void gat_shares(real *share, const Gat *gat, const Adjacency *in, size_t i);

/* datt, lse and D of rows from .. from + n - 1 into own and level; att is n × H, lse n × K, and datt of nodes: n / R × H. */
extern void gat_backward_fill(Gat *gat, const real *datt, const real *att, const real *lse, size_t from,
							  size_t n);

/*
 * The gradient that rows from .. from + n - 1 have by listening to others: ds (n × H) is overwritten, du (R × H) is added
 * to. Rows of own and level that must have been filled: these; of pair: those that they listen to.
 */
extern void gat_backward_self(real *ds, real *du, const Gat *gat, const Adjacency *in, size_t from, size_t n);

/*
 * The gradient that rows from .. from + n - 1 have by being listened to: dother is n × 2H [dd | dV], or n × H [dV]
 * without attention, and is overwritten. Every row of own and level must have been filled.
 */
extern void gat_backward_others(real *dother, const Gat *gat, const Adjacency *out, size_t from, size_t n);

/* gat_forward() and gat_backward_others() where there are no edges; dv is n × H, and scores have no gradient. */
extern void gat_alone(real *att, real *sum, const Gat *gat, size_t from, size_t n);
extern void gat_alone_backward(real *dv, const Gat *gat, size_t from, size_t n);

/*
 * A multiplier for dropout: 0 with probability drop, else 1 / (1 - drop). A hash of what it is for (Appleby's
 * MurmurHash3 finaliser), so that a backward pass finds the same one in any order and on any worker.
 */
static inline uint32_t
drop_hash(uint32_t x)
{
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

static inline real
drop_factor(uint32_t hash, real drop)
{
	return (real) (hash >> 8) * (real) 0x1p-24 < drop ? 0 : 1 / (1 - drop);
}

#endif

/*
 * The network over blocks of rows, stage after stage over all rows:
 *
 *   input:      hidden[0] = W x + b
 *   products l: [s | d | V] = W_l dropout(hidden[l]), as exponentials (gat_fill)
 *   layer l:    att, sum = what the row hears (gat_forward);  m = tanh(att + gain sum + degree + bias),
 *               with relations over the sums of all but the bias
 *               h = gate(m, memory), hidden[l] + m, or m: hidden[l + 1]
 *   head:       logit = W dropout(h) + b
 *
 * Backward the same way round; dropout, gates and scores are made again instead of being kept.
 */
#include "uplift/pure/net_pass.h"

#include <math.h>
#include <string.h>

#include "nn/act.h"
#include "nn/blas.h"
#include "nn/dense.h"
#include "uplift/pure/gate.h"
#include "uplift/pure/linear.h"
#include "uplift/pure/parts.h"

static size_t
product_width(const UpliftNet *net)
{
	return uplift_attends(net) ? 3 * net->H : net->H;
}

/* The first column of a layer's products that is needed: without edges the values alone are. */
static size_t
product_first(const UpliftPass *pass)
{
	return pass->graph == NULL && uplift_attends(pass->net) ? 2 * pass->net->H : 0;
}

void
upliftnet_prepare(UpliftPass *pass)
{
	const UpliftNet *net = pass->net;
	const size_t width = net->R * net->H;

	for (size_t l = 0; uplift_attends(net) && l < net->L; l++)
		for (size_t c = 0; c < width; c++)
			pass->rows.u[l * width + c] = -2 * pass->w[net->layer[l].score + c];
	for (size_t r = 0; uplift_sums(net) && r < net->R; r++)
		pass->rows.sum_scale[r] = 1 / pass->w[net->degree_mean + r];
}

static Gat
layer_gat(const UpliftPass *pass, size_t l)
{
	const UpliftNet *net = pass->net;

	return (Gat){
		.H = net->H,
		.K = net->K,
		.R = net->R,
		.attend = uplift_attends(net),
		.sum = uplift_sums(net),
		.alone = pass->graph == NULL,
		.u = pass->rows.u + l * net->R * net->H,
		.sum_scale = pass->rows.sum_scale,
		.gain = pass->w + net->layer[l].gain,
		.drop = pass->attention_drop,
		.key = drop_hash(pass->key + 2 * (uint32_t) l),
		.pair = pass->rows.pair,
		.own = pass->rows.own,
		.own_stride = pass->rows.own_stride,
		.level = pass->rows.level,
	};
}

bool
upliftnet_attention(real *share, const UpliftPass *pass, size_t l, size_t i)
{
	const Gat gat = layer_gat(pass, l);

	if (gat.attend)
		gat_shares(share, &gat, &pass->graph->in, i);
	return gat.attend;
}

/* Input channels of n rows: [values | masks]. */
static void
input_fill(real *x, const UpliftPass *pass, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const size_t F = net->F;
	const real *mean = pass->w + net->mean;
	const real *scale = pass->w + net->scale;

	for (size_t r = 0; r < n; r++)
	{
		const float *feature = pass->feature + (pass->node ? pass->node[from + r] : from + r) * F;
		real *row = x + r * net->D;

		for (size_t f = 0; f < F; f++)
		{
			const bool missing = isnan(feature[f]);

			row[f] = missing ? 0 : (feature[f] - mean[f]) / scale[f];
			row[F + f] = missing;
		}
	}
}

void
upliftnet_input(UpliftPass *pass, UpliftScratch *scratch, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;

	for (size_t r = from; pass->rows.linear && r < from + n; r++)
		linear_levels(pass->rows.linear + r * linear_width(net), net, pass->w,
					  pass->feature + (pass->node ? pass->node[r] : r) * net->F);
	input_fill(scratch->x, pass, from, n);
	dense_forward(pass->rows.hidden[0] + from * net->H, scratch->x, pass->w + net->input,
				  pass->w + net->input_bias, n, net->D, net->H);
}

void
upliftnet_input_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;

	input_fill(scratch->x, pass, from, n);
	dense_backward(NULL, dw + net->input, dw + net->input_bias, pass->rows.dhidden[0] + from * net->H,
				   scratch->x, pass->w + net->input, n, net->D, net->H);
}

/* out = h times the multipliers of rows from .. from + n - 1; out may be h. */
USERCLS_CLONES static void
drop_rows(real *out, const real *h, real drop, uint32_t key, size_t from, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++)
	{
		const uint32_t row_key = drop_hash(key + (uint32_t) (from + r));

		for (size_t c = 0; c < H; c++)
			out[r * H + c] = h[r * H + c] * drop_factor(drop_hash(row_key + (uint32_t) c), drop);
	}
}

static uint32_t
dropout_key(const UpliftPass *pass, size_t layer)
{
	return drop_hash(pass->key + 2 * (uint32_t) layer + 1);
}

/* h after dropout, in scratch->dropped; without dropout h itself. layer: whose input h is, L for the head. */
static const real *
dropout(const UpliftPass *pass, UpliftScratch *scratch, const real *h, size_t layer, size_t from, size_t n)
{
	if (pass->drop == 0)
		return h;
	drop_rows(scratch->dropped, h, pass->drop, dropout_key(pass, layer), from, n, pass->net->H);
	return scratch->dropped;
}

/* The backward of dropout(): dh becomes the gradient of h before it. */
static void
dropout_backward(real *dh, const UpliftPass *pass, size_t layer, size_t from, size_t n)
{
	if (pass->drop > 0)
		drop_rows(dh, dh, pass->drop, dropout_key(pass, layer), from, n, pass->net->H);
}

void
upliftnet_products(UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftLayer *layer = &net->layer[l];
	const size_t H = net->H;
	const size_t first = product_first(pass);
	const size_t width = net->R * product_width(net) - first;
	const real *h = dropout(pass, scratch, pass->rows.hidden[l] + from * H, l, from, n);
	Gat gat = layer_gat(pass, l);

	if (pass->rows.linear)
		memcpy(pass->rows.linear_heard + from * linear_width(net),
			   pass->rows.linear + from * linear_width(net), n * linear_width(net) * sizeof(real));
	blas_nt(scratch->product, width, h, H, pass->w + layer->products + first * H, H, n, width, H, BLAS_SET);
	gat_fill(&gat, scratch->product, pass->w + layer->self_bias, from * net->R, n * net->R);
}

/*
 * Add the gradient dproduct (n × R × width) of the half products from number `first` of each relation on to their
 * weights and to that of hidden[l].
 */
static void
products_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, const real *dproduct, size_t first,
				  size_t width, size_t l, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const size_t H = net->H;
	const real *h = dropout(pass, scratch, pass->rows.hidden[l] + from * H, l, from, n);
	real *dhidden = pass->rows.dhidden[l] + from * H;

	for (size_t r = 0; r < net->R; r++)
	{
		const size_t at = net->layer[l].products + (r * product_width(net) + first) * H;
		const real *d = dproduct + r * width;

		blas_tn(dw + at, H, d, net->R * width, h, H, width, H, n, BLAS_ADD);
		blas_nn(pass->drop == 0 ? dhidden : scratch->dm, H, d, net->R * width, pass->w + at, H, n, H, width,
				pass->drop == 0 || r > 0 ? BLAS_ADD : BLAS_SET);
	}
	if (pass->drop == 0)
		return;
	dropout_backward(scratch->dm, pass, l, from, n);
	for (size_t i = 0; i < n * H; i++)
		dhidden[i] += scratch->dm[i];
}

void
upliftnet_self_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftLayer *layer = &net->layer[l];
	const size_t H = net->H;
	const size_t R = net->R;
	const Gat gat = layer_gat(pass, l);
	real *ds = scratch->product;

	if (!uplift_attends(net) || pass->graph == NULL)
		return;
	memset(scratch->du, 0, R * H * sizeof(real));
	gat_backward_self(ds, scratch->du, &gat, &pass->graph->in, from * R, n * R);
	for (size_t c = 0; c < R * H; c++)
		dw[layer->score + c] -= 2 * scratch->du[c];
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < R * H; c++)
			dw[layer->self_bias + c] += ds[i * R * H + c];
	products_backward(dw, pass, scratch, ds, 0, H, l, from, n);
}

void
upliftnet_others_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const Gat gat = layer_gat(pass, l);
	const size_t first = pass->graph == NULL ? product_first(pass) : uplift_attends(net) ? net->H : 0;

	if (pass->graph == NULL)
		gat_alone_backward(scratch->product, &gat, from, n);
	else
		gat_backward_others(scratch->product, &gat, &pass->graph->out, from * net->R, n * net->R);
	products_backward(dw, pass, scratch, scratch->product, first, product_width(net) - first, l, from, n);
}

/* With relations: what n users say to themselves in layer l. */
static void
own_part(UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const size_t H = pass->net->H;
	const real *h = dropout(pass, scratch, pass->rows.hidden[l] + from * H, l, from, n);

	blas_nt(scratch->own, H, h, H, pass->w + pass->net->layer[l].own, H, n, H, H, BLAS_SET);
}

/* From scratch->dm to its weights, and added to the gradient of hidden[l]. */
static void
own_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const size_t H = pass->net->H;
	const size_t at = pass->net->layer[l].own;
	const real *h = dropout(pass, scratch, pass->rows.hidden[l] + from * H, l, from, n);
	real *dhidden = pass->rows.dhidden[l] + from * H;

	blas_tn(dw + at, H, scratch->dm, H, h, H, H, H, n, BLAS_ADD);
	blas_nn(scratch->own, H, scratch->dm, H, pass->w + at, H, n, H, H, BLAS_SET);
	dropout_backward(scratch->own, pass, l, from, n);
	for (size_t i = 0; i < n * H; i++)
		dhidden[i] += scratch->own[i];
}

/* What layer l heard, and from how many: m = tanh(Σ_r (att + gain ⊙ sum + degree ⊗ weight) + own + bias). */
static void
breadth(UpliftPass *pass, UpliftScratch *scratch, size_t l, const real *att, const real *sum, size_t from,
		size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftLayer *layer = &net->layer[l];
	const real *w = pass->w;
	const bool counts = net->config.log_degree;
	const real *mean = w + net->mean + net->F, *scale = w + net->scale + net->F;
	const float *degree = pass->graph ? pass->graph->degree + from * net->R : NULL;
	const Parts parts = {.att = uplift_attends(net) ? att : NULL,
						 .sum = uplift_sums(net) ? sum : NULL,
						 .gain = w + layer->gain,
						 .degree = counts ? scratch->degree : NULL,
						 .weight = w + layer->degree,
						 .own = net->R > 1 ? scratch->own : NULL,
						 .bias = w + layer->value_bias,
						 .R = net->R,
						 .H = net->H};

	if (net->R > 1)
		own_part(pass, scratch, l, from, n);
	for (size_t i = 0; counts && i < n; i++)
		for (size_t r = 0; r < net->R; r++)
		{
			const size_t at = i * net->R + r;

			scratch->degree[at] = ((degree ? (real) log1p(degree[at]) : 0) - mean[r]) / scale[r];
		}
	parts_sum(scratch->m, &parts, n);
}

/* h of n rows after layer l, from what they heard. */
static void
layer_depth(real *h, UpliftPass *pass, UpliftScratch *scratch, size_t l, const real *att, const real *sum,
			size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftLayer *layer = &net->layer[l];
	const size_t H = net->H;
	const real *w = pass->w;

	breadth(pass, scratch, l, att, sum, from, n);
	if (net->config.depth == DEPTH_GATED)
		gate_forward(h, pass->rows.memory[l] + from * H, scratch->gate, scratch->m,
					 l > 0 ? pass->rows.memory[l - 1] + from * H : NULL, w + layer->gate,
					 w + layer->gate_bias, n, H);
	else if (net->config.depth == DEPTH_RESIDUAL)
		for (size_t i = 0; i < n * H; i++)
			h[i] = pass->rows.hidden[l][from * H + i] + scratch->m[i];
	else
		memcpy(h, scratch->m, n * H * sizeof(real));
}

void
upliftnet_layer(real *h, UpliftPass *pass, UpliftScratch *scratch, size_t l, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftRows *rows = &pass->rows;
	const size_t H = net->H;
	const size_t first = from * net->R;
	const Gat gat = layer_gat(pass, l);
	real *att = pass->training ? rows->att[l] + first * H : scratch->att;
	real *sum = pass->training && rows->sum[l] ? rows->sum[l] + first * H : scratch->sum;

	if (pass->graph == NULL)
		gat_alone(att, sum, &gat, from, n);
	else
		gat_forward(att, sum, pass->training && rows->lse[l] ? rows->lse[l] + first * net->K : NULL, &gat,
					&pass->graph->in, first, n * net->R);
	layer_depth(h, pass, scratch, l, att, sum, from, n);

	const size_t width = linear_width(net), above = linear_above(net, l);

	for (size_t r = from; rows->linear && r < from + n; r++)
		linear_sum(rows->linear + r * width + above, rows->linear_heard, width, above, width - above,
				   &pass->graph->in, r, 1 / pass->w[net->degree_mean]);
}

/* Gradients of what multiplies sums and degrees, from scratch->dm. */
static void
gains_backward(real *dw, const UpliftNet *net, const UpliftLayer *layer, const UpliftScratch *scratch,
			   const real *sum, size_t n)
{
	const size_t H = net->H;
	const size_t R = net->R;

	for (size_t i = 0; i < n; i++)
		for (size_t r = 0; r < R; r++)
		{
			const real *dm = scratch->dm + i * H;
			const size_t row = i * R + r;

			for (size_t c = 0; sum && c < H; c++)
				dw[layer->gain + r * H + c] += dm[c] * sum[row * H + c];
			for (size_t c = 0; net->config.log_degree && c < H; c++)
				dw[layer->degree + r * H + c] += dm[c] * scratch->degree[row];
		}
}

void
upliftnet_layer_backward(real *dw, UpliftPass *pass, UpliftScratch *scratch, const real *dh, size_t l,
						 size_t from, size_t n)
{
	const UpliftNet *net = pass->net;
	const UpliftLayer *layer = &net->layer[l];
	const UpliftRows *rows = &pass->rows;
	const size_t H = net->H;
	const size_t R = net->R;
	const size_t first = from * R;
	const real *att = rows->att[l] + first * H;
	const real *sum = rows->sum[l] ? rows->sum[l] + first * H : NULL;
	real *dm = scratch->dm;

	if (net->config.depth == DEPTH_GATED)
	{
		/*
		 * Gates were not kept: make them again. The h made on the way is not used, and the memory comes out as it
		 * was.
		 */
		real *memory = rows->memory[l] + from * H;
		const real *before = l > 0 ? rows->memory[l - 1] + from * H : NULL;

		layer_depth(scratch->att, pass, scratch, l, att, sum, from, n);
		gate_backward(dm, before ? memory : NULL, dw + layer->gate, dw + layer->gate_bias, scratch->gate, dh,
					  l + 1 < net->L ? rows->memory[l + 1] + from * H : NULL, memory, before, scratch->m,
					  pass->w + layer->gate, n, H);
	}
	else
	{
		breadth(pass, scratch, l, att, sum, from, n);
		memcpy(dm, dh, n * H * sizeof(real));
	}

	parts_backward(dm, dw + layer->value_bias, scratch->m, n, H);
	gains_backward(dw, net, layer, scratch, sum, n);

	Gat gat = layer_gat(pass, l);
	real *dhidden = rows->dhidden[l] + from * H;

	gat_backward_fill(&gat, dm, att, rows->lse[l] ? rows->lse[l] + first * net->K : NULL, first, n * R);
	if (net->config.depth == DEPTH_RESIDUAL)
		memmove(dhidden, dh, n * H * sizeof(real));
	else
		memset(dhidden, 0, n * H * sizeof(real));
	if (R > 1)
		own_backward(dw, pass, scratch, l, from, n);
}

void
upliftnet_head(real *logit, UpliftPass *pass, UpliftScratch *scratch, const real *h, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;

	dense_forward(logit, dropout(pass, scratch, h, net->L, from, n), pass->w + net->head,
				  pass->w + net->head_bias, n, net->H, net->C);
	for (size_t r = 0; pass->linear && r < n; r++)
	{
		const size_t row = pass->node ? pass->node[from + r] : from + r;
		const size_t width = pass->levels * net->C;

		linear_add(logit + r * net->C, pass->linear + row * width, width, net->C);
	}
}

void
upliftnet_head_backward(real *dh, real *dw, UpliftPass *pass, UpliftScratch *scratch, const real *dlogit,
						const real *h, size_t from, size_t n)
{
	const UpliftNet *net = pass->net;

	memset(dh, 0, n * net->H * sizeof(real));
	dense_backward(dh, dw + net->head, dw + net->head_bias, dlogit,
				   dropout(pass, scratch, h, net->L, from, n), pass->w + net->head, n, net->H, net->C);
	dropout_backward(dh, pass, net->L, from, n);
}

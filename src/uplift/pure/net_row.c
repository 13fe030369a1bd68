#include "uplift/pure/net_row.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/act.h"
#include "nn/dense.h"
#include "uplift/pure/gat.h"
#include "uplift/pure/gate.h"
#include "uplift/pure/linear.h"

/*
 * An accumulator is one for each relation, side by side. That holds, of every head the highest score (K), the sum of
 * exponentials below it (K), and the weighted neighbours' h (K × H); of a sum, the weighted h (H); last, how many
 * neighbours there were. Products with the value matrix come after the sum over neighbours, once a user instead of once
 * an edge: both are linear. Behind the sum stand the weighted levels of a linear path, without the first one, which no
 * layer replaces. What a neighbour and the user say to the score is made anew for every edge, so an accumulator needs no
 * weights to merge.
 *
 * The static functions are about one network; the others go through those of the model.
 */

/* Where the levels of a linear path stand in a state. */
static size_t
levels_at(const UpliftNet *net)
{
	return net->config.depth == DEPTH_GATED ? 2 * net->H : net->H;
}

/* How many numbers one relation takes in the state of a row. */
static size_t
relation_width(const UpliftNet *net)
{
	return (uplift_attends(net) ? net->K * (2 + net->H) : 0) + (uplift_sums(net) ? net->H : 0) + net->levels +
		   1;
}

static size_t
state_width(const UpliftNet *net)
{
	return levels_at(net) + linear_width(net);
}

static size_t
accumulator_width(const UpliftNet *net)
{
	return net->R * relation_width(net);
}

size_t
uplift_state_width(const UpliftNet *net)
{
	return net->networks * state_width(net);
}

size_t
uplift_accumulator_width(const UpliftNet *net)
{
	return net->networks * accumulator_width(net);
}

/* Where the sum stands in the accumulator of a relation. */
static size_t
summed_at(const UpliftNet *net)
{
	return uplift_attends(net) ? net->K * (2 + net->H) : 0;
}

static real *
accumulator_sum(real *accumulator, const UpliftNet *net)
{
	return accumulator + summed_at(net);
}

static void
row_input(real *state, const UpliftNet *net, const real *w, const float *feature)
{
	const real *weight = w + net->input;

	memset(state, 0, state_width(net) * sizeof(real));
	for (size_t c = 0; c < net->H; c++, weight += net->D)
	{
		double sum = w[net->input_bias + c];

		for (size_t f = 0; f < net->F; f++)
			sum += isnan(feature[f]) ? weight[net->F + f]
									 : weight[f] * ((feature[f] - w[net->mean + f]) / w[net->scale + f]);
		state[c] = (real) sum;
	}
	if (net->levels > 0)
		linear_levels(state + levels_at(net), net, w, feature);
}

static void
row_start(real *accumulator, const UpliftNet *net)
{
	memset(accumulator, 0, accumulator_width(net) * sizeof(real));
	for (size_t r = 0; uplift_attends(net) && r < net->R; r++)
		for (size_t k = 0; k < net->K; k++)
			accumulator[r * relation_width(net) + k] = -FLT_MAX;
}

static double
product(const real *weight, const real *h, size_t H)
{
	double sum = 0;

	for (size_t i = 0; i < H; i++)
		sum += (double) weight[i] * h[i];
	return fmin(fmax(sum, -GAT_LIMIT), GAT_LIMIT);
}

/* Where the products of relation r have their weights. */
static const real *
products_of(const UpliftNet *net, const real *w, const UpliftLayer *layer, size_t r)
{
	return w + layer->products + r * (uplift_attends(net) ? 3 : 1) * net->H * net->H;
}

/* The attention score of one edge for head k, without the logarithm of its weight. */
static double
row_score(const UpliftNet *net, const real *w, const UpliftLayer *layer, size_t k, const real *self,
		  const UpliftRowEdge *edge)
{
	const size_t H = net->H;
	const size_t A = H / net->K;
	const size_t first = edge->relation * H; /* of the relation's biases and scores */
	double score = 0;

	for (size_t c = k * A; c < (k + 1) * A; c++)
	{
		const real *weight = products_of(net, w, layer, edge->relation) + c * H;
		double s = w[layer->self_bias + first + c];

		for (size_t i = 0; i < H; i++)
			s += (double) weight[i] * self[i];
		s = fmin(fmax(s, -GAT_LIMIT), GAT_LIMIT);
		score += w[layer->score + first + c] * tanh(s + product(weight + H * H, edge->neighbour, H));
	}
	return score;
}

/* Add an edge to the accumulator of its relation. */
static void
relation_attend(real *accumulator, const UpliftNet *net, const real *w, size_t l, const real *self,
				const UpliftRowEdge *edge)
{
	const real *neighbour = edge->neighbour;
	const double weight = edge->weight;
	const size_t H = net->H;
	const size_t K = net->K;
	const UpliftLayer *layer = &net->layer[l];

	for (size_t k = 0; uplift_attends(net) && k < K; k++)
	{
		const real score = (real) (row_score(net, w, layer, k, self, edge) + log(weight));
		const real highest = fmax(accumulator[k], score);
		const real shrink = (real) exp(accumulator[k] - highest);
		const real share = (real) exp(score - highest);
		real *heard = accumulator + 2 * K + k * H;

		accumulator[k] = highest;
		accumulator[K + k] = accumulator[K + k] * shrink + share;
		for (size_t i = 0; i < H; i++)
			heard[i] = heard[i] * shrink + share * neighbour[i];
	}
	if (uplift_sums(net))
		for (size_t i = 0; i < H; i++)
			accumulator_sum(accumulator, net)[i] += (real) weight * neighbour[i];
	for (size_t i = 0; i < net->levels; i++)
		accumulator_sum(accumulator, net)[H + i] += (real) weight * neighbour[levels_at(net) + net->C + i];
	accumulator[relation_width(net) - 1]++;
}

static void
row_attend(real *accumulator, const UpliftNet *net, const real *w, size_t l, const real *self,
		   const UpliftRowEdge *edge)
{
	relation_attend(accumulator + edge->relation * relation_width(net), net, w, l, self, edge);
}

static void
relation_merge(real *accumulator, const UpliftNet *net, const real *other)
{
	const size_t H = net->H;
	const size_t K = net->K;

	for (size_t k = 0; uplift_attends(net) && k < K; k++)
	{
		const real highest = fmax(accumulator[k], other[k]);
		const real mine = (real) exp(accumulator[k] - highest);
		const real theirs = (real) exp(other[k] - highest);

		accumulator[k] = highest;
		accumulator[K + k] = accumulator[K + k] * mine + other[K + k] * theirs;
		for (size_t i = 0; i < H; i++)
		{
			const size_t at = 2 * K + k * H + i;

			accumulator[at] = accumulator[at] * mine + other[at] * theirs;
		}
	}
	for (size_t i = uplift_attends(net) ? K * (2 + H) : 0; i < relation_width(net); i++)
		accumulator[i] += other[i];
}

static void
row_merge(real *accumulator, const UpliftNet *net, const real *other)
{
	for (size_t at = 0; at < accumulator_width(net); at += relation_width(net))
		relation_merge(accumulator + at, net, other + at);
}

/* Add what a layer hears by relation r to `before`, H numbers; other: what came of the neighbours of that relation. */
static void
relation_heard(double *before, const UpliftNet *net, const real *w, size_t l, size_t r, const real *self,
			   const real *other)
{
	const size_t H = net->H;
	const size_t K = net->K;
	const UpliftLayer *layer = &net->layer[l];
	const real *value = products_of(net, w, layer, r) + (uplift_attends(net) ? 2 * H * H : 0);
	const size_t width = relation_width(net);
	const UpliftRowEdge loop = {self, r, 1};
	real all[GAT_HEADS_MAX * (2 + GAT_HEAD_MAX) + GAT_HEAD_MAX +
			 UPLIFT_LAYERS_MAX * (UPLIFT_TREATMENTS_MAX + 1) + 1];
	double degree = 0;

	if (net->config.log_degree)
		degree = (log1p(other[width - 1]) - w[net->mean + net->F + r]) / w[net->scale + net->F + r];
	memcpy(all, other, width * sizeof(real));
	if (net->R == 1)
		relation_attend(all, net, w, l, self, &loop);
	for (size_t c = 0; c < H; c++)
	{
		const size_t k = c / (H / K);
		double heard = 0, summed = 0;

		for (size_t i = 0; i < H; i++)
		{
			if (uplift_attends(net))
				heard += (double) value[c * H + i] * all[2 * K + k * H + i];
			if (uplift_sums(net))
				summed += (double) value[c * H + i] * accumulator_sum(all, net)[i];
		}
		if (uplift_attends(net) && all[K + k] > 0)
			before[c] += heard / all[K + k];
		if (uplift_sums(net))
			before[c] += w[layer->gain + r * H + c] * summed / w[net->degree_mean + r];
		if (net->config.log_degree)
			before[c] += w[layer->degree + r * H + c] * degree;
	}
}

static void
row_finish(real *state, const UpliftNet *net, const real *w, size_t l, const real *self,
		   const real *accumulator)
{
	const size_t H = net->H;
	const UpliftLayer *layer = &net->layer[l];
	double before[GAT_HEAD_MAX];
	real m[GAT_HEAD_MAX], gate[4 * GAT_HEAD_MAX];

	for (size_t c = 0; c < H; c++)
	{
		before[c] = w[layer->value_bias + c];
		for (size_t i = 0; net->R > 1 && i < H; i++)
			before[c] += (double) w[layer->own + c * H + i] * self[i];
	}
	for (size_t r = 0; r < net->R; r++)
		relation_heard(before, net, w, l, r, self, accumulator + r * relation_width(net));
	for (size_t c = 0; c < H; c++)
		m[c] = (real) tanh(before[c]);
	if (net->config.depth == DEPTH_GATED)
		gate_forward(state, state + H, gate, m, self + H, w + layer->gate, w + layer->gate_bias, 1, H);
	else
		for (size_t c = 0; c < H; c++)
			state[c] = m[c] + (net->config.depth == DEPTH_RESIDUAL ? self[c] : 0);

	/* A layer replaces the levels above it, which there are with one relation alone. */
	for (size_t i = 0; i < linear_width(net); i++)
		state[levels_at(net) + i] =
			i < linear_above(net, l)
				? self[levels_at(net) + i]
				: (accumulator[summed_at(net) + H + i - net->C] + self[levels_at(net) + i]) /
					  w[net->degree_mean];
}

void
uplift_row_input(real *state, const UpliftNet *net, const real *w, const float *feature)
{
	for (size_t i = 0; i < net->networks; i++)
		row_input(state + i * state_width(net), net, w + i * net->total, feature);
}

void
uplift_row_start(real *accumulator, const UpliftNet *net)
{
	for (size_t i = 0; i < net->networks; i++)
		row_start(accumulator + i * accumulator_width(net), net);
}

void
uplift_row_attend(real *accumulator, const UpliftNet *net, const real *w, size_t l, const real *self,
				  const UpliftRowEdge *edge)
{
	const size_t width = state_width(net);

	for (size_t i = 0; i < net->networks; i++)
		row_attend(accumulator + i * accumulator_width(net), net, w + i * net->total, l, self + i * width,
				   &(UpliftRowEdge){edge->neighbour + i * width, edge->relation, edge->weight});
}

void
uplift_row_merge(real *accumulator, const UpliftNet *net, const real *other)
{
	const size_t width = accumulator_width(net);

	for (size_t i = 0; i < net->networks; i++)
		row_merge(accumulator + i * width, net, other + i * width);
}

void
uplift_row_finish(real *state, const UpliftNet *net, const real *w, size_t l, const real *self,
				  const real *accumulator)
{
	const size_t width = state_width(net);

	for (size_t i = 0; i < net->networks; i++)
		row_finish(state + i * width, net, w + i * net->total, l, self + i * width,
				   accumulator + i * accumulator_width(net));
}

void
uplift_row_heads(UpliftScore *score, const UpliftNet *net, const real *w, const real *state)
{
	real logit[ENSEMBLE_MAX][UPLIFT_TREATMENTS_MAX + 1];
	UpliftScore each[ENSEMBLE_MAX];

	for (size_t i = 0; i < net->networks; i++)
	{
		const real *own = state + i * state_width(net);

		dense_forward(logit[i], own, w + i * net->total + net->head, w + i * net->total + net->head_bias, 1,
					  net->H, net->C);
		linear_add(logit[i], own + levels_at(net), linear_width(net), net->C);
	}
	for (size_t k = 0; k < net->treatments; k++)
	{
		for (size_t i = 0; i < net->networks; i++)
			each[i] = uplift_answer(net, w + i * net->total, logit[i], 1 + k);
		score[k] = uplift_mean(each, net->networks);
	}
}

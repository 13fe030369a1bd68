/* The items of an uplift training: what one lane adds up over one range of users. */
#include "uplift/pure/train_linear.h"

#include <math.h>
#include <string.h>

/*
 * Rows of a block in the step where the pass turns back: the last layer reads its neighbours forward and at once
 * backward, and few rows' neighbours are then still in the second cache.
 */
#define TURN_BLOCK 64

/* A channel's value before standardisation; NaN when it is missing. */
static double
raw_channel(const UpliftTask *task, size_t i, size_t f)
{
	if (f < task->net.F)
		return task->data.feature[i * task->net.F + f];
	return uplifttrain_alone(task) ? 0 : log1p(task->graph.degree[i * task->net.R + f - task->net.F]);
}

static void
add_means(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	const Adjacency *in = &task->graph.in;

	for (size_t i = from; i < end; i++)
		for (size_t f = 0; f < scaled_channels(&task->net); f++)
		{
			const double x = raw_channel(task, i, f);

			sum[sum_feature(&task->net, f)] += !isnan(x);
			sum[sum_feature(&task->net, f) + 1] += isnan(x) ? 0 : x;
		}
	if (uplifttrain_alone(task))
	{
		sum[sum_weight(&task->net, 0)] += (double) (end - from);
		return;
	}
	for (size_t row = from * task->net.R; row < end * task->net.R; row++)
		for (size_t at = in->start[row]; at < in->start[row + 1]; at++)
			sum[sum_weight(&task->net, row % task->net.R)] += in->log_weight ? exp(in->log_weight[at]) : 1;
}

static void
add_squares(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		for (size_t f = 0; f < scaled_channels(&task->net); f++)
		{
			const double x = raw_channel(task, i, f) - task->w[task->net.mean + f];

			sum[sum_feature(&task->net, f)] += !isnan(x);
			sum[sum_feature(&task->net, f) + 1] += isnan(x) ? 0 : x * x;
		}
}

static void
add_counts(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	const UpliftData *data = &task->data;

	for (size_t i = from; i < end; i++)
	{
		if (data->arm[i] == UPLIFT_OUTSIDE)
			continue;
		sum[sum_users(&task->net, data->held_out[i] != 0, (size_t) data->arm[i])]++;
		if (data->held_out[i])
			continue;
		sum[SUM_OUTCOME] += data->outcome[i];
		sum[SUM_SQUARE] += (double) data->outcome[i] * data->outcome[i];
		if (data->propensity)
			sum[SUM_PROPENSITY] += data->arm[i] ? data->propensity[i] : 1 - (double) data->propensity[i];
	}
}

UpliftTerms
uplifttrain_terms(const UpliftTask *task, size_t i)
{
	const struct UpliftState *state = task->state;
	const UpliftData *data = &task->data;
	const double share = state->result.share[data->arm[i]];
	const UpliftUser user = {.arm = (size_t) data->arm[i],
							 .outcome = (data->outcome[i] - state->outcome_mean) / state->outcome_scale,
							 .chance = data->propensity ? data->propensity[i] : share,
							 .share = share};

	return uplift_terms(&task->net.config, &user, task->net.treatments);
}

static void
add_shares(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
	{
		if (task->data.arm[i] == UPLIFT_OUTSIDE || task->data.held_out[i])
			continue;

		const UpliftTerms terms = uplifttrain_terms(task, i);

		for (size_t h = 0; h < terms.n; h++)
		{
			sum[sum_used(terms.first + h)] += terms.weight[h];
			sum[sum_target(&task->net, terms.first + h)] += terms.weight[h] * terms.target[h];
		}
	}
}

/* The uplift of a held-out user by each treatment, from its logits. */
static void
predict_user(double *sum, UpliftTask *task, const real *logit, size_t i)
{
	const size_t treatments = task->net.treatments;
	double *predicted = task->predicted + i * treatments;

	for (size_t k = 0; k < treatments; k++)
	{
		predicted[k] = uplift_answer(&task->net, task->w, logit, 1 + k).uplift;
		sum[SUM_PREDICTED] += predicted[k] / (double) treatments;
	}
}

/* Losses of rows from .. from + n - 1, and in dlogit their gradients. */
static void
add_losses(double *sum, UpliftTask *task, real *dlogit, const real *logit, size_t from, size_t n)
{
	const struct UpliftState *state = task->state;
	const UpliftPart *part = &state->result.train;
	const size_t users = task->batch ? state->batch_users : part->treated + part->control;
	const double share = 1.0 / (double) users;
	const size_t C = task->net.C;

	const uint32_t *node = batch_node(task);

	memset(dlogit, 0, n * C * sizeof(real));

	/* Whoever follows the users of a batch only surrounds them. */
	for (size_t r = 0; r < n && !(task->batch && from + r >= users); r++)
	{
		const size_t i = node ? node[from + r] : from + r;

		if (task->data.arm[i] == UPLIFT_OUTSIDE)
			continue;

		const UpliftTerms terms = uplifttrain_terms(task, i);

		if (!task->data.held_out[i])
		{
			sum[SUM_TRAIN_LOSS] += uplift_loss(dlogit + r * C, logit + r * C, &terms, share);
			continue;
		}
		predict_user(sum, task, logit + r * C, i);
		sum[SUM_VALID_LOSS] += uplift_loss(NULL, logit + r * C, &terms, 0);
		sum[SUM_BASELINE_LOSS] += uplift_loss(NULL, state->constant, &terms, 0);
	}
}

UpliftPass
uplifttrain_pass(const UpliftTask *task)
{
	const UpliftConfig *config = &task->net.config;
	const bool training = !task->state->evaluating;

	return (UpliftPass){
		.net = &task->net,
		.w = task->w,
		.graph = uplifttrain_alone(task) ? NULL
				 : task->batch           ? &task->sample.graph
										 : &task->graph,
		.feature = task->data.feature,
		.node = batch_node(task),
		.rows = task->rows,
		.linear = task->linear.added,
		.levels = 1,
		.training = training,
		.drop = training ? (real) config->dropout : 0,
		.attention_drop = training ? (real) config->attention_dropout : 0,
		.key = task->state->key,
	};
}

/* A step of a pass, by its number, over rows from .. from + n - 1. */
static void
forward_rows(UpliftTask *task, UpliftPass *pass, UpliftScratch *scratch, double *sum, real *dw, size_t number,
			 size_t from, size_t n)
{
	const size_t l = number / 2;
	const size_t L = task->net.L;

	if (number % 2 == 0)
	{
		if (l == 0)
			upliftnet_input(pass, scratch, from, n);
		upliftnet_products(pass, scratch, l, from, n);
		return;
	}
	if (l + 1 < L)
	{
		upliftnet_layer(task->rows.hidden[l + 1] + from * task->net.H, pass, scratch, l, from, n);
		return;
	}
	upliftnet_layer(scratch->h, pass, scratch, l, from, n);
	upliftnet_head(scratch->logit, pass, scratch, scratch->h, from, n);
	add_losses(sum, task, scratch->dlogit, scratch->logit, from, n);
	if (!pass->training)
		return;
	upliftnet_head_backward(scratch->dh, dw, pass, scratch, scratch->dlogit, scratch->h, from, n);
	upliftnet_layer_backward(dw, pass, scratch, scratch->dh, l, from, n);
	upliftnet_self_backward(dw, pass, scratch, l, from, n);
}

static void
backward_rows(UpliftTask *task, UpliftPass *pass, UpliftScratch *scratch, real *dw, size_t number,
			  size_t from, size_t n)
{
	const size_t step = number - 2 * task->net.L;
	const size_t l = task->net.L - 1 - (step + 1) / 2;

	if (step % 2 == 0)
	{
		if (l + 1 < task->net.L)
			upliftnet_self_backward(dw, pass, scratch, l, from, n);
		upliftnet_others_backward(dw, pass, scratch, l, from, n);
		if (l == 0)
			upliftnet_input_backward(dw, pass, scratch, from, n);
		return;
	}

	/* The products of layer l made way for those of l + 1: make them again. */
	upliftnet_products(pass, scratch, l, from, n);
	upliftnet_layer_backward(dw, pass, scratch, task->rows.dhidden[l + 1] + from * task->net.H, l, from, n);
}

static void
epoch_run(UpliftTask *task, double *sum, real *dw, size_t first, size_t end, int worker)
{
	UpliftPass pass = uplifttrain_pass(task);
	UpliftScratch scratch;
	Arena arena = arena_over(task->scratch + (size_t) worker * task->scratch_size, task->scratch_size);
	const bool alone = uplifttrain_alone(task);
	const bool turns = pass.training && task->state->step + 1 == 2 * task->net.L && !alone;
	const size_t block = turns ? TURN_BLOCK : UPLIFT_BLOCK;
	const size_t steps = alone ? row_steps(task) : 1;

	upliftscratch_carve(&scratch, &arena, &task->net);
	for (size_t from = first; from < end; from += block)
	{
		const size_t n = end - from < block ? end - from : block;

		for (size_t number = task->state->step; number < task->state->step + steps; number++)
			if (number < 2 * task->net.L)
				forward_rows(task, &pass, &scratch, sum, dw, number, from, n);
			else
				backward_rows(task, &pass, &scratch, dw, number, from, n);
	}
}

void
uplifttrain_run(void *arg, size_t item, int worker)
{
	static void (*const add[])(double *, const UpliftTask *, size_t, size_t) = {
		[STAGE_MEAN] = add_means,          [STAGE_SCALE] = add_squares,         [STAGE_COUNT] = add_counts,
		[STAGE_SHARE] = add_shares,        [STAGE_SPREAD] = trainlinear_spread, [STAGE_FIT] = trainlinear_fit,
		[STAGE_APPLY] = trainlinear_apply,
	};
	UpliftTask *task = arg;
	const struct UpliftState *state = task->state;
	const size_t range = state->first + item;
	const size_t from = task->range[range];
	const size_t end = task->range[range + 1];
	const size_t lane =
		item % task->lanes; /* NB: item < lanes wherever something is added up: phase_ranges() */
	double *sum = task->lane_sum + lane * task->lane_sums;

	if (state->stage < STAGE_EPOCH)
		add[state->stage](sum, task, from, end);
	else
		epoch_run(task, sum, task->lane_dw + lane * task->net.total, from, end, worker);
}

#include "model/uplifttrain.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/upliftstate.h"
#include "nn/adam.h"
#include "nn/rank.h"
#include "nn/upliftmetrics.h"

/*
 * Sums and gradients are made by lanes: of the ranges first .. first + lanes - 1 each has a lane of its own, and
 * lanes are added up in order. Who computes a range does not matter then.
 */
#define LANES_MAX 64
#define LANES_MIN 4
#define LANES_BYTES ((size_t) 16 << 20)

/* Nodes of a range, at most: some milliseconds, but enough ranges for every lane of a small graph. */
#define RANGE_ROWS_MIN 64
#define RANGE_ROWS_MAX 512

/*
 * Held-out users whose Qini is measured after each epoch, at most: sorting more would take too long for one step. Of
 * more of them every second, third, ... counts.
 */
#define QINI_USERS ((size_t) 1 << 18)

static size_t
qini_room(size_t N)
{
	return N < QINI_USERS ? N : QINI_USERS;
}

static size_t
lane_count(const UpliftNet *net)
{
	const size_t lanes = LANES_BYTES / (net->total * sizeof(real));

	return lanes > LANES_MAX ? LANES_MAX : lanes < LANES_MIN ? LANES_MIN : lanes;
}

static size_t
range_rows(size_t N)
{
	const size_t rows = N / (8 * LANES_MAX);

	return rows > RANGE_ROWS_MAX ? RANGE_ROWS_MAX : rows < RANGE_ROWS_MIN ? RANGE_ROWS_MIN : rows;
}

void
uplifttrain_carve(UpliftTask *task, Arena *arena, const UpliftSpec *spec, int workers)
{
	const size_t N = spec->graph.N;
	const size_t ranked = qini_room(N);

	*task = (UpliftTask){.spec = *spec};
	uplift_net(&task->net, &spec->config, spec->F);
	uplift_params(&task->params, &spec->config, spec->F);

	const size_t total = task->net.total;

	graph_carve(&task->graph, arena, &spec->graph);
	task->data.feature = (float *) arena_take(arena, N, spec->F * sizeof(float));
	task->data.treated = ARENA_TAKE(arena, int8_t, N);
	task->data.outcome = ARENA_TAKE(arena, float, N);
	task->data.propensity = spec->propensities ? ARENA_TAKE(arena, float, N) : NULL;
	task->data.held_out = ARENA_TAKE(arena, uint8_t, N);
	task->data.initial = spec->warm_start ? ARENA_TAKE(arena, real, total) : NULL;

	task->state = ARENA_TAKE(arena, struct UpliftState, 1);
	task->w = ARENA_TAKE(arena, real, total);
	task->best = ARENA_TAKE(arena, real, total);
	task->m = ARENA_TAKE(arena, real, total);
	task->v = ARENA_TAKE(arena, real, total);
	task->lanes = lane_count(&task->net);
	task->lane_dw = (real *) arena_take(arena, task->lanes, total * sizeof(real));
	task->lane_sums = SUM_FEATURE + 2 * scaled_channels(&task->net);
	task->lane_sum = (double *) arena_take(arena, task->lanes, task->lane_sums * sizeof(double));
	task->predicted = ARENA_TAKE(arena, double, N);
	task->item = (RankItem *) arena_take(arena, ranked, 2 * sizeof(RankItem));
	task->ranked = (double *) arena_take(arena, ranked, 2 * sizeof(double));
	task->ranked_treated = ARENA_TAKE(arena, uint8_t, ranked);
	task->order = ARENA_TAKE(arena, uint32_t, ranked);
	task->member = ARENA_TAKE(arena, uint32_t, ranked);
	task->range = ARENA_TAKE(arena, size_t, graph_ranges_max(&spec->graph, range_rows(N)) + 1);
	upliftrows_carve(&task->rows, arena, &task->net, N, true);

	UpliftScratch scratch;
	Arena measure = arena_measure();

	upliftscratch_carve(&scratch, &measure, &task->net);
	task->scratch_size = measure.used;
	task->scratch = (char *) arena_take(arena, (size_t) workers, task->scratch_size);
}

/* -- The serial part ------------------------------------------------------- */

/* Add the lanes up into the first one, in order. */
static double *
reduce_sums(UpliftTask *task)
{
	for (size_t lane = 1; lane < task->lanes; lane++)
		for (size_t i = 0; i < task->lane_sums; i++)
			task->lane_sum[i] += task->lane_sum[lane * task->lane_sums + i];
	return task->lane_sum;
}

USERCLS_CLONES static void
reduce_gradients(real *restrict dw, const real *restrict lane, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dw[i] += lane[i];
}

static void
lanes_clear(UpliftTask *task, bool gradients)
{
	memset(task->lane_sum, 0, task->lanes * task->lane_sums * sizeof(double));
	if (gradients)
		memset(task->lane_dw, 0, task->lanes * task->net.total * sizeof(real));
}

static void
begin(UpliftTask *task)
{
	struct UpliftState *state = task->state;
	Rng rng = rng_seed(task->spec.seed, 0);

	*state = (struct UpliftState){.best = INFINITY, .outcome_scale = 1};
	state->result.report.learning_rate = task->net.config.learning_rate;
	state->ranges = graph_ranges(task->range, &task->graph, range_rows(task->graph.N));
	params_init(task->w, &task->params, &rng);
	if (task->data.initial)
	{
		memcpy(task->w, task->data.initial, task->net.total * sizeof(real));
		state->stage = STAGE_COUNT;
	}
	memset(task->m, 0, task->net.total * sizeof(real));
	memset(task->v, 0, task->net.total * sizeof(real));
	lanes_clear(task, false);
}

static void
end_mean(UpliftTask *task, const double *sum)
{
	const UpliftNet *net = &task->net;

	for (size_t f = 0; f < scaled_channels(net); f++)
	{
		const double *pair = sum + SUM_FEATURE + 2 * f;

		task->w[net->mean + f] = pair[0] > 0 ? (real) (pair[1] / pair[0]) : 0;
	}
	if (net->config.aggregate != AGGREGATE_ATTENTION)
		task->w[net->degree_mean] = (real) (sum[SUM_WEIGHT] / (double) task->graph.N);
}

static void
end_scale(UpliftTask *task, const double *sum)
{
	for (size_t f = 0; f < scaled_channels(&task->net); f++)
	{
		const double *pair = sum + SUM_FEATURE + 2 * f;
		const double scale = pair[0] > 0 ? sqrt(pair[1] / pair[0]) : 0;

		task->w[task->net.scale + f] = scale > 1e-30 && isfinite((real) scale) ? (real) scale : 1;
	}
}

static UpliftPart
part_of(const double *sum, int held_out)
{
	const double *users = sum + SUM_USERS + 2 * held_out;
	const double *outcome = sum + SUM_OUTCOME + 2 * held_out;

	return (UpliftPart){(size_t) users[1], (size_t) users[0], outcome[1] / users[1], outcome[0] / users[0]};
}

static void
end_count(UpliftTask *task, const double *sum)
{
	struct UpliftState *state = task->state;
	UpliftResult *result = &state->result;
	const UpliftConfig *config = &task->net.config;

	result->train = part_of(sum, 0);
	result->held_out = part_of(sum, 1);

	const double n = (double) (result->train.treated + result->train.control);

	assert(result->train.treated > 0 && result->train.control > 0);
	if (task->data.propensity)
		result->propensity = sum[SUM_PROPENSITY] / n;
	else if (config->propensity > 0)
		result->propensity = config->propensity;
	else
		result->propensity = (double) result->train.treated / n;

	if (config->estimator != ESTIMATOR_CLASS_TRANSFORM)
	{
		task->w[task->net.propensity] = (real) result->propensity;
		return;
	}

	/* Centring changes no expectation of y (t - p), and takes the part of its variance that is due to the mean. */
	if (!task->data.initial)
	{
		const double mean = (sum[SUM_OUTCOME] + sum[SUM_OUTCOME + 1]) / n;
		const double variance = sum[SUM_SQUARE] / n - mean * mean;

		task->w[task->net.outcome_mean] = (real) mean;
		task->w[task->net.outcome_scale] = variance > 1e-12 * mean * mean ? (real) sqrt(variance) : 1;
	}
	state->outcome_mean = task->w[task->net.outcome_mean];
	state->outcome_scale = task->w[task->net.outcome_scale];
}

static void
end_share(UpliftTask *task, const double *sum)
{
	for (size_t h = 0; h < task->net.C; h++)
	{
		const double used = sum[SUM_USED + h];
		double share = used > 0 ? sum[SUM_TARGET + h] / used : 0.5;

		if (task->net.config.estimator != ESTIMATOR_CLASS_TRANSFORM)
		{
			share = fmin(fmax(share, 1e-4), 1 - 1e-4);
			share = log(share / (1 - share));
		}
		task->state->constant[h] = (real) share;
		if (!task->data.initial)
			task->w[task->net.head_bias + h] = (real) share;
	}
}

/* Qini of the held-out users, or of as many of them as may be ranked. */
static double
held_out_qini(UpliftTask *task)
{
	const UpliftPart *part = &task->state->result.held_out;
	const size_t stride = 1 + (part->treated + part->control) / QINI_USERS;
	double *score = task->ranked + qini_room(task->graph.N);
	size_t seen = 0, n = 0;

	for (size_t i = 0; i < task->graph.N; i++)
		if (task->data.treated[i] != UPLIFT_OUTSIDE && task->data.held_out[i] && seen++ % stride == 0)
		{
			score[n] = task->predicted[i];
			task->member[n++] = (uint32_t) i;
		}
	rank_descending(task->order, task->item, score, n);

	double *uplift = task->ranked;
	bool binary = true;

	/* The items are free now: their room holds predictions and outcomes in order. */
	double *outcome = (double *) task->item;

	for (size_t r = 0; r < n; r++)
	{
		const size_t i = task->member[task->order[r]];

		uplift[r] = task->predicted[i];
		outcome[r] = task->data.outcome[i];
		task->ranked_treated[r] = task->data.treated[i] != 0;
		binary = binary && (outcome[r] == 0 || outcome[r] == 1);
	}
	if (!binary)
		return NAN;

	const UpliftScores scores = {uplift, outcome, task->ranked_treated, NULL, NULL, n};

	return metric_qini(&scores, true);
}

static void
update(UpliftTask *task, const real *dw)
{
	const UpliftConfig *config = &task->net.config;
	AdamStep step = {
		.learning_rate = config->learning_rate,
		.gradient_scale = adam_clip(sqrt(adam_square_norm(dw, task->net.total)), config->clip_norm),
		.step = (size_t) task->state->result.report.epoch,
	};

	for (size_t i = 0; i < task->params.count; i++)
	{
		const Tensor *tensor = &task->params.param[i];
		const size_t at = tensor->offset;

		step.weight_decay = tensor->decay ? config->weight_decay : 0;
		if (!tensor->fixed)
			adam_update(task->w + at, task->m + at, task->v + at, dw + at, &step, tensor->size);
	}
}

static void
epoch_begin(UpliftTask *task, bool evaluating)
{
	struct UpliftState *state = task->state;

	state->evaluating = evaluating;
	state->step = 0;
	state->first = 0;
	lanes_clear(task, !evaluating);
	if (!evaluating)
	{
		Rng rng = rng_seed(task->spec.seed, 1 + (uint64_t) state->result.report.epoch);
		UpliftPass pass = uplifttrain_pass(task);

		state->key = (uint32_t) rng_next(&rng);
		upliftnet_prepare(&pass);
	}
}

static bool
has_held_out(const UpliftTask *task)
{
	return task->state->result.held_out.treated + task->state->result.held_out.control > 0;
}

/* What the held-out users say about the weights of this epoch. */
static void
judge(UpliftTask *task, const double *sum)
{
	struct UpliftState *state = task->state;
	UpliftResult *result = &state->result;
	TrainReport *report = &result->report;
	const double n = (double) (result->held_out.treated + result->held_out.control);

	report->valid_loss = sum[SUM_VALID_LOSS] / n;
	report->valid_metric = held_out_qini(task);
	result->baseline_loss = sum[SUM_BASELINE_LOSS] / n;

	const bool by_qini = task->net.config.monitor == MONITOR_QINI && !isnan(report->valid_metric);
	const double monitored = by_qini ? -report->valid_metric : report->valid_loss;

	state->waited++;
	if (!(monitored < state->best))
		return;
	state->best = monitored;
	state->waited = 0;
	report->best_epoch = report->epoch;
	result->valid_loss = report->valid_loss;
	result->valid_metric = report->valid_metric;
	result->predicted_effect = sum[SUM_PREDICTED] / n;
	memcpy(task->best, task->w, task->net.total * sizeof(real));
}

/* A pass is over. True: another one follows. */
static bool
epoch_end(UpliftTask *task)
{
	struct UpliftState *state = task->state;
	TrainReport *report = &state->result.report;
	const UpliftConfig *config = &task->net.config;
	const double *sum = reduce_sums(task);
	const bool held_out = has_held_out(task);

	if (!state->evaluating)
	{
		const UpliftPart *part = &state->result.train;

		report->train_loss = sum[SUM_TRAIN_LOSS] / (double) (part->treated + part->control);
		for (size_t lane = 1; lane < task->lanes; lane++)
			reduce_gradients(task->lane_dw, task->lane_dw + lane * task->net.total, task->net.total);
		if (held_out && (config->dropout > 0 || config->attention_dropout > 0))
		{
			epoch_begin(task, true);
			return true;
		}
	}

	report->epoch++;
	if (held_out)
		judge(task, sum);

	const bool patient = !held_out || config->patience == 0 || state->waited < config->patience;
	const bool more = !state->stop && report->epoch < config->max_epochs && patient;

	if (more || !held_out)
		update(task, task->lane_dw);
	if (!held_out)
	{
		report->best_epoch = report->epoch;
		memcpy(task->best, task->w, task->net.total * sizeof(real));
	}
	if (more)
		epoch_begin(task, false);
	return more;
}

static void
stage_end(UpliftTask *task)
{
	static void (*const end[])(UpliftTask *, const double *) = {
		[STAGE_MEAN] = end_mean,
		[STAGE_SCALE] = end_scale,
		[STAGE_COUNT] = end_count,
		[STAGE_SHARE] = end_share,
	};
	struct UpliftState *state = task->state;

	state->first = 0;
	if (state->stage < STAGE_EPOCH)
	{
		end[state->stage](task, reduce_sums(task));
		lanes_clear(task, false);
		if (++state->stage == STAGE_EPOCH)
			epoch_begin(task, false);
	}
	else if (++state->step == epoch_steps(task) && !epoch_end(task))
		state->stage = STAGE_DONE;
}

/* Ranges of a phase: as many as there are lanes; all, where a step adds nothing up. */
static size_t
phase_ranges(const UpliftTask *task)
{
	const struct UpliftState *state = task->state;
	const size_t rest = state->ranges - state->first;
	const bool adds = state->stage < STAGE_EPOCH || state->step + 1 >= 2 * task->net.L;

	return adds && rest > task->lanes ? task->lanes : rest;
}

size_t
uplifttrain_next(void *arg)
{
	UpliftTask *task = arg;
	struct UpliftState *state = task->state;

	if (!task->started)
	{
		task->started = true;
		begin(task);
		return phase_ranges(task);
	}
	if (state->stop && state->result.report.best_epoch > 0)
		state->stage = STAGE_DONE;
	if (state->stage == STAGE_DONE)
		return 0;
	state->first += phase_ranges(task);
	if (state->first >= state->ranges)
		stage_end(task);
	if (state->stage == STAGE_DONE)
		return 0;

	const double done = (double) state->step + (double) state->first / (double) state->ranges;

	state->result.report.fraction = state->stage < STAGE_EPOCH ? 0 : done / (double) epoch_steps(task);
	return phase_ranges(task);
}

void
uplifttrain_stop(void *arg)
{
	UpliftTask *task = arg;

	task->state->stop = true;
}

Job
uplifttrain_job(UpliftTask *task)
{
	return (Job){task, uplifttrain_next, uplifttrain_run};
}

const TrainReport *
uplifttrain_report(const void *task)
{
	return &((const UpliftTask *) task)->state->result.report;
}

const UpliftResult *
uplifttrain_result(const UpliftTask *task)
{
	return &task->state->result;
}

const real *
uplifttrain_weights(const UpliftTask *task)
{
	return task->best;
}

/*
 * Training an uplift network, as a job:
 *
 *   four stages over all users: mean of the features; their scale; users by part and arm; what constant heads would say
 *   three stages of a linear path, where there is one (uplift/pure/train_linear.c)
 *   foreach epoch do
 *     forward 2L steps and back 2L - 1, over the whole graph or over batch after batch;  AdamW
 *     forward over the held-out users without dropout;  keep the weights that are best
 *   until patience or max_epochs is over
 *
 * Each step is over all ranges of nodes, in phases of as many as there are lanes. next() decides (below and in
 * uplift/pure/train_epoch.c), run() does one range (uplift/pure/train_item.c).
 */
#include "uplift/pure/train.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "uplift/pure/train_linear.h"
#include "metrics/pure/rank.h"

/*
 * Sums and gradients are made by lanes: of the ranges first .. first + lanes - 1 each adds to a lane of its own, and
 * the lanes are added up in order. So the bits do not depend on which process computes a range. NB: uplifttrain_run()
 * in uplift/pure/train_item.c relies on a phase having no more ranges than there are lanes.
 */
#define LANES_MAX 64
#define LANES_MIN 4
#define LANES_BYTES ((size_t) 16 << 20)

/* Nodes of a range, at most: some milliseconds, but enough ranges for every lane of a small graph. */
#define RANGE_ROWS_MIN 64
#define RANGE_ROWS_MAX 1024

/* Ranges of a lane in a graph that is not large: each more is one more wait of all workers for the last one. */
#define LANE_RANGES 2

static size_t
lane_count(const UpliftNet *net)
{
	const size_t lanes = LANES_BYTES / (net->total * sizeof(real));

	return lanes > LANES_MAX ? LANES_MAX : lanes < LANES_MIN ? LANES_MIN : lanes;
}

static size_t
range_rows(size_t N)
{
	const size_t rows = (N + LANE_RANGES * LANES_MAX - 1) / (LANE_RANGES * LANES_MAX);

	return rows > RANGE_ROWS_MAX ? RANGE_ROWS_MAX : rows < RANGE_ROWS_MIN ? RANGE_ROWS_MIN : rows;
}

void
uplifttrain_carve(UpliftTask *task, Arena *arena, const UpliftSetup *setup, int workers)
{
	const size_t N = setup->graph.N;
	const size_t ranked = uplifttrain_qini_room(N);

	*task = (UpliftTask){.setup = *setup, .batch = setup->batch};

	const UpliftShape shape = {setup->F, setup->treatments, setup->graph.relations};

	uplift_net(&task->net, &setup->config, &shape);
	uplift_params(&task->params, &setup->config, &shape);

	const size_t total = task->net.total;

	if (uplifttrain_alone(task))
		task->graph = (Graph){.N = N, .R = 1};
	else
		graph_carve(&task->graph, arena, &setup->graph);
	task->data.feature = (float *) arena_take(arena, N, setup->F * sizeof(float));
	task->data.arm = ARENA_TAKE(arena, int8_t, N);
	task->data.outcome = ARENA_TAKE(arena, float, N);
	task->data.propensity = setup->propensities ? ARENA_TAKE(arena, float, N) : NULL;
	task->data.held_out = ARENA_TAKE(arena, uint8_t, N);
	task->data.initial = setup->warm_start ? ARENA_TAKE(arena, real, total) : NULL;

	task->state = ARENA_TAKE(arena, struct UpliftState, 1);
	task->w = ARENA_TAKE(arena, real, total);
	task->best = ARENA_TAKE(arena, real, total);
	task->m = ARENA_TAKE(arena, real, total);
	task->v = ARENA_TAKE(arena, real, total);
	task->lanes = uplifttrain_alone(task) ? ALONE_LANES : lane_count(&task->net);
	task->lane_dw = (real *) arena_take(arena, task->lanes, total * sizeof(real));
	task->lane_sums = sum_fit(&task->net) + trainlinear_sums(task);
	task->lane_sum = (double *) arena_take(arena, task->lanes, task->lane_sums * sizeof(double));
	trainlinear_carve(&task->linear, arena, task);
	task->predicted = (double *) arena_take(arena, N, task->net.treatments * sizeof(double));
	task->item = (RankItem *) arena_take(arena, ranked, 2 * sizeof(RankItem));
	task->ranked = (double *) arena_take(arena, ranked, 2 * sizeof(double));
	task->ranked_treated = ARENA_TAKE(arena, uint8_t, ranked);
	task->order = ARENA_TAKE(arena, uint32_t, ranked);
	task->member = ARENA_TAKE(arena, uint32_t, ranked);

	size_t ranges = graph_ranges_max(&setup->graph, range_rows(N));
	size_t rows = N;

	if (uplifttrain_alone(task))
	{
		task->batch = rows = UPLIFT_BATCH_MAX;
		task->user = ARENA_TAKE(arena, uint32_t, N);
	}
	else if (task->batch)
	{
		const UpliftSampleSetup sample = upliftsample_setup(task->net.L, task->batch, &setup->graph);
		const size_t cut = graph_ranges_max(&sample.graph, RANGE_ROWS_MIN);

		upliftsample_carve(&task->sample, arena, &sample, N);
		task->user = ARENA_TAKE(arena, uint32_t, N);
		task->batch = sample.users;
		rows = sample.nodes;
		ranges = ranges > cut ? ranges : cut;
	}
	task->range = ARENA_TAKE(arena, size_t, ranges + 1);
	upliftrows_carve(&task->rows, arena, &task->net, rows, true);

	UpliftScratch scratch;
	Arena measure = arena_measure();

	upliftscratch_carve(&scratch, &measure, &task->net);
	task->scratch_size = measure.used;
	task->scratch = (char *) arena_take(arena, (size_t) workers, task->scratch_size);
}

/* -- The serial part ------------------------------------------------------- */

double *
uplifttrain_sums(UpliftTask *task)
{
	for (size_t lane = 1; lane < task->lanes; lane++)
		for (size_t i = 0; i < task->lane_sums; i++)
			task->lane_sum[i] += task->lane_sum[lane * task->lane_sums + i];
	return task->lane_sum;
}

void
uplifttrain_clear_sums(UpliftTask *task)
{
	memset(task->lane_sum, 0, task->lanes * task->lane_sums * sizeof(double));
}

size_t
uplifttrain_ranges(UpliftTask *task, const Graph *graph)
{
	return graph_ranges(task->range, graph, range_rows(graph->N));
}

size_t
uplifttrain_alone_ranges(UpliftTask *task, size_t n, size_t rows)
{
	size_t ranges = 0;

	task->range[0] = 0;
	for (size_t end = 0; end < n; ranges++)
	{
		end = end + rows < n ? end + rows : n;
		task->range[ranges + 1] = end;
	}
	return ranges;
}

static void
begin(UpliftTask *task)
{
	struct UpliftState *state = task->state;
	Rng rng = rng_seed(task->setup.seed, 0);

	*state = (struct UpliftState){.best = INFINITY, .outcome_scale = 1};
	state->result.report.learning_rate = task->net.config.learning_rate;
	if (uplifttrain_alone(task))
		state->ranges = uplifttrain_alone_ranges(task, task->graph.N, RANGE_ROWS_MAX);
	else
		state->ranges = uplifttrain_ranges(task, &task->graph);
	params_init(task->w, &task->params, &rng);

	/* What was never missing in training adds nothing where it is missing later: it counts as the mean. */
	for (size_t c = 0; c < task->net.H; c++)
		memset(task->w + task->net.input + c * task->net.D + task->net.F, 0, task->net.F * sizeof(real));

	/* A network with a linear path begins as that alone. */
	if (task->net.levels > 0)
		memset(task->w + task->net.head, 0, task->net.C * task->net.H * sizeof(real));
	if (task->data.initial)
	{
		memcpy(task->w, task->data.initial, task->net.total * sizeof(real));
		state->stage = STAGE_COUNT;
	}
	memset(task->m, 0, task->net.total * sizeof(real));
	memset(task->v, 0, task->net.total * sizeof(real));
	uplifttrain_clear_sums(task);
}

static void
end_mean(UpliftTask *task, const double *sum)
{
	const UpliftNet *net = &task->net;

	for (size_t f = 0; f < scaled_channels(net); f++)
	{
		const double *pair = sum + sum_feature(net, f);

		task->w[net->mean + f] = pair[0] > 0 ? (real) (pair[1] / pair[0]) : 0;
	}
	/* A user counts as its own neighbour, so that this is above 0. */
	for (size_t r = 0; uplift_sums(net) && r < net->R; r++)
		task->w[net->degree_mean + r] =
			(real) (sum[sum_weight(net, r)] / (double) task->graph.N + (net->R > 1));
}

static void
end_scale(UpliftTask *task, const double *sum)
{
	const UpliftNet *net = &task->net;

	for (size_t f = 0; f < scaled_channels(net); f++)
	{
		const double *pair = sum + sum_feature(net, f);
		const double scale = pair[0] > 0 ? sqrt(pair[1] / pair[0]) : 0;

		task->w[net->scale + f] = scale > 1e-30 && isfinite((real) scale) ? (real) scale : 1;
	}
}

static UpliftPart
part_of(const UpliftNet *net, const double *sum, bool held_out)
{
	UpliftPart part = {.control = (size_t) sum[sum_users(net, held_out, 0)]};

	for (size_t arm = 1; arm <= net->treatments; arm++)
		part.treated += (size_t) sum[sum_users(net, held_out, arm)];
	return part;
}

/* The arms' shares of the n users learned from; of two arms by design, or by the mean of the users' own chances. */
static void
find_shares(double *share, const UpliftTask *task, const double *sum, double n)
{
	const UpliftNet *net = &task->net;

	for (size_t arm = 0; arm <= net->treatments; arm++)
		share[arm] = sum[sum_users(net, false, arm)] / n;
	if (net->treatments > 1)
		return;
	if (task->data.propensity)
		share[1] = sum[SUM_PROPENSITY] / n;
	else if (net->config.propensity > 0)
		share[1] = net->config.propensity;
	share[0] = 1 - share[1];
}

static void
end_count(UpliftTask *task, const double *sum)
{
	const UpliftNet *net = &task->net;
	struct UpliftState *state = task->state;
	UpliftResult *result = &state->result;

	result->train = part_of(net, sum, false);
	result->held_out = part_of(net, sum, true);

	const double n = (double) (result->train.treated + result->train.control);

	assert(n > 0);
	find_shares(result->share, task, sum, n);
	for (size_t k = 0; net->config.estimator != ESTIMATOR_CLASS_TRANSFORM && k < net->treatments; k++)
		task->w[net->propensity + k] = (real) result->share[1 + k];
	if (!uplift_of_numbers(&net->config))
		return;

	/*
	 * Of class_transform centring changes no expectation of y (t - p), and takes the part of its variance that is due to
	 * the mean.
	 */
	if (!task->data.initial)
	{
		const double mean = sum[SUM_OUTCOME] / n;
		const double variance = sum[SUM_SQUARE] / n - mean * mean;

		task->w[net->outcome_mean] = (real) mean;
		task->w[net->outcome_scale] = variance > 1e-12 * mean * mean ? (real) sqrt(variance) : 1;
	}
	state->outcome_mean = task->w[net->outcome_mean];
	state->outcome_scale = task->w[net->outcome_scale];
}

static void
end_share(UpliftTask *task, const double *sum)
{
	for (size_t h = 0; h < task->net.C; h++)
	{
		const double used = sum[sum_used(h)];
		double share = used > 0 ? sum[sum_target(&task->net, h)] / used : 0.5;

		if (!uplift_of_numbers(&task->net.config))
		{
			share = fmin(fmax(share, 1e-4), 1 - 1e-4);
			share = log(share / (1 - share));
		}
		task->state->constant[h] = (real) share;
		if (!task->data.initial)
			task->w[task->net.head_bias + h] = task->net.levels > 0 ? 0 : (real) share;
	}
	if (task->net.levels > 0)
		trainlinear_begin(task);
}

static void
end_apply(UpliftTask *task, const double *sum)
{
	const UpliftPart *train = &task->state->result.train;

	task->state->train_loss = sum[SUM_TRAIN_LOSS] / (double) (train->treated + train->control);
}

/* What a stage over all users added up; true: the stage comes once more. */
static bool
sums_end(UpliftTask *task, double *sum)
{
	static void (*const end[])(UpliftTask *, const double *) = {
		[STAGE_MEAN] = end_mean,   [STAGE_SCALE] = end_scale, [STAGE_COUNT] = end_count,
		[STAGE_SHARE] = end_share, [STAGE_APPLY] = end_apply,
	};

	if (task->state->stage == STAGE_SPREAD)
		return trainlinear_spread_end(task);
	if (task->state->stage == STAGE_FIT)
		return trainlinear_fit_end(task, sum);
	end[task->state->stage](task, sum);
	return false;
}

static void
stage_end(UpliftTask *task)
{
	struct UpliftState *state = task->state;

	state->first = 0;
	if (state->stage < STAGE_EPOCH)
	{
		const bool again = sums_end(task, uplifttrain_sums(task));

		uplifttrain_clear_sums(task);
		if (again)
			return;
		while (trainlinear_skips(task, ++state->stage))
			;
		if (state->stage == STAGE_EPOCH && !uplifttrain_epochs(task))
			state->stage = STAGE_DONE;
	}
	else if (++state->step == epoch_steps(task) && !uplifttrain_step_end(task))
		state->stage = STAGE_DONE;
}

/* How many ranges the next phase has: as many as there are lanes; all that are left where a step adds nothing up. */
static size_t
phase_ranges(const UpliftTask *task)
{
	const struct UpliftState *state = task->state;
	const size_t rest = state->ranges - state->first;
	const bool adds =
		state->stage < STAGE_EPOCH || state->step + 1 >= 2 * task->net.L || uplifttrain_alone(task);

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

	if (state->stage == STAGE_EPOCH)
	{
		const double steps = (double) epoch_steps(task);
		const double done = (double) state->step + (double) state->first / (double) state->ranges;

		state->result.report.fraction = ((double) state->batch + done / steps) / (double) state->batches;
	}
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

const double *
uplifttrain_predicted(const UpliftTask *task)
{
	return task->predicted;
}

const real *
uplifttrain_weights(const UpliftTask *task)
{
	return task->best;
}

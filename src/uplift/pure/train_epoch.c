/* The epochs of an uplift training: steps on the whole graph or on batches, and what held-out users say of them. */
#include "uplift/pure/train_state.h"

#include <math.h>
#include <string.h>

#include "nn/adam.h"
#include "metrics/pure/rank.h"
#include "metrics/pure/upliftmetrics.h"

/* Streams of random numbers: 1 and following draw the keys of dropout. */
#define STREAM_BATCH (UINT64_C(1) << 32)
#define STREAM_HELD_OUT (UINT64_C(2) << 32)

/* Unless max_epochs says something else: steps of a training on batches, and epochs of any training. */
#define BATCH_STEPS 3000  /* without edges */
#define SAMPLE_STEPS 1500 /* on samples of a graph, of which one takes as long as many of the others */
#define EPOCHS_MIN 5
#define EPOCHS_MAX 300

/* -- Batches ---------------------------------------------------------------- */

static size_t
part_users(const UpliftPart *part)
{
	return part->treated + part->control;
}

/* Users of a part that a pass learns from or measures. */
static size_t
pass_users(const UpliftTask *task, bool held_out)
{
	return part_users(held_out ? &task->state->result.held_out : &task->state->result.train);
}

static size_t
batches_of(const UpliftTask *task, size_t users)
{
	return task->batch ? (users + task->batch - 1) / task->batch : 1;
}

int
uplifttrain_max_epochs(const UpliftTask *task, size_t learned_from)
{
	const size_t batches = batches_of(task, learned_from);
	const size_t steps = uplifttrain_alone(task) ? BATCH_STEPS : SAMPLE_STEPS;
	const size_t enough = task->batch ? (steps + batches - 1) / batches : EPOCHS_MAX;

	if (task->net.config.max_epochs > 0)
		return task->net.config.max_epochs;
	return (int) (enough < EPOCHS_MIN ? EPOCHS_MIN : enough > EPOCHS_MAX ? EPOCHS_MAX : enough);
}

/* The next n users of list become random ones of those that are left of `all` (Fisher and Yates). */
static void
deal(uint32_t *list, size_t n, size_t all, Rng *rng)
{
	for (size_t i = 0; i < n; i++)
	{
		const size_t other = i + rng_below(rng, all - i);
		const uint32_t dealt = list[other];

		list[other] = list[i];
		list[i] = dealt;
	}
}

/* Draw the next batch, as large as the others of the pass: random users to learn from, or the same held-out users with the same samples every time. */
static void
batch_draw(UpliftTask *task)
{
	struct UpliftState *state = task->state;
	const size_t train = part_users(&state->result.train);
	const size_t all = pass_users(task, state->evaluating);
	const size_t first = all * state->batch / state->batches;
	Rng rng = rng_seed(task->setup.seed,
					   state->evaluating ? STREAM_HELD_OUT + state->batch : STREAM_BATCH + state->updates);

	state->batch_users = all * (state->batch + 1) / state->batches - first;
	state->batch_first = first + (state->evaluating ? train : 0);

	uint32_t *user = task->user + state->batch_first;

	if (!state->evaluating)
		deal(user, state->batch_users, train - first, &rng);
	if (uplifttrain_alone(task))
	{
		state->ranges = uplifttrain_alone_ranges(task, state->batch_users, ALONE_ROWS);
		return;
	}
	upliftsample_draw(&task->sample, &task->graph, user, state->batch_users, &rng);
	state->ranges = uplifttrain_ranges(task, &task->sample.graph);
}

/* List the users of the experiment: those learned from, then the held-out ones. */
static void
list_users(UpliftTask *task)
{
	const UpliftData *data = &task->data;
	size_t next[2] = {0, part_users(&task->state->result.train)};

	for (size_t i = 0; i < task->graph.N; i++)
	{
		for (size_t k = 0; k < task->net.treatments; k++)
			task->predicted[i * task->net.treatments + k] = NAN;
		if (data->arm[i] != UPLIFT_OUTSIDE)
			task->user[next[data->held_out[i] != 0]++] = (uint32_t) i;
	}
	if (!uplifttrain_alone(task))
		upliftsample_start(&task->sample, task->graph.N);
}

/* -- Passes ----------------------------------------------------------------- */

static void
step_begin(UpliftTask *task)
{
	struct UpliftState *state = task->state;

	state->step = 0;
	state->first = 0;
	if (task->batch)
		batch_draw(task);
	if (!state->evaluating)
	{
		Rng rng = rng_seed(task->setup.seed, 1 + (uint64_t) state->updates);

		state->key = (uint32_t) rng_next(&rng);
		memset(task->lane_dw, 0, task->lanes * task->net.total * sizeof(real));
	}

	UpliftPass pass = uplifttrain_pass(task);

	upliftnet_prepare(&pass);
}

static void
pass_begin(UpliftTask *task, bool evaluating)
{
	struct UpliftState *state = task->state;

	state->evaluating = evaluating;
	state->batch = 0;
	state->batches = batches_of(task, pass_users(task, evaluating));
	uplifttrain_clear_sums(task);
	step_begin(task);
}

bool
uplifttrain_epochs(UpliftTask *task)
{
	if (task->batch)
		list_users(task);
	if (task->setup.score && part_users(&task->state->result.held_out) == 0)
		return false;

	/* The linear path alone is the first epoch. */
	pass_begin(task,
			   task->setup.score || (task->net.levels > 0 && part_users(&task->state->result.held_out) > 0));
	return true;
}

USERCLS_CLONES static void
add_gradients(real *restrict dw, const real *restrict lane, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dw[i] += lane[i];
}

/*
 * A step of AdamW. With batches the rate falls along half a cosine, and the decay is shared among the steps of a pass: a
 * pass shrinks the weights as much as a step on the whole graph, since it has seen as many users.
 */
static void
update(UpliftTask *task)
{
	const UpliftConfig *config = &task->net.config;
	struct UpliftState *state = task->state;
	const size_t steps = (size_t) uplifttrain_max_epochs(task, pass_users(task, false)) * state->batches;
	const real *dw = task->lane_dw;
	AdamStep step = {
		.learning_rate = adam_schedule(config->learning_rate, state->updates, 0, steps, task->batch > 0),
		.gradient_scale = adam_clip(sqrt(adam_square_norm(dw, task->net.total)), config->clip_norm),
		.step = ++state->updates,
	};

	state->result.report.learning_rate = step.learning_rate;
	for (size_t i = 0; i < task->params.count; i++)
	{
		const Tensor *tensor = &task->params.param[i];
		const size_t at = tensor->offset;

		step.weight_decay = tensor->decay ? config->weight_decay / (double) state->batches : 0;
		if (!tensor->fixed)
			adam_update(task->w + at, task->m + at, task->v + at, dw + at, &step, tensor->size);
	}
}

/* -- Held-out users --------------------------------------------------------- */

/*
 * Qini of a treatment against the control, on the held-out users of the pass, or on every second, third, ... when they
 * are too many to rank.
 */
static double
treatment_qini(UpliftTask *task, size_t treatment)
{
	const UpliftData *data = &task->data;
	const size_t treatments = task->net.treatments;
	const double *predicted = task->predicted + treatment - 1;
	const size_t stride = 1 + pass_users(task, true) / UPLIFT_QINI_USERS;
	double *score = task->ranked + uplifttrain_qini_room(task->graph.N);
	size_t seen = 0, n = 0;

	for (size_t i = 0; i < task->graph.N; i++)
		if ((data->arm[i] == 0 || data->arm[i] == (int8_t) treatment) && data->held_out[i] &&
			!isnan(predicted[i * treatments]) && seen++ % stride == 0)
		{
			score[n] = predicted[i * treatments];
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

		uplift[r] = predicted[i * treatments];
		outcome[r] = data->outcome[i];
		task->ranked_treated[r] = data->arm[i] != 0;
		binary = binary && (outcome[r] == 0 || outcome[r] == 1);
	}
	if (!binary)
		return NAN;

	const UpliftScores scores = {uplift, outcome, task->ranked_treated, NULL, NULL, n};

	return metric_qini(&scores, true);
}

static double
held_out_qini(UpliftTask *task)
{
	double sum = 0;

	for (size_t treatment = 1; treatment <= task->net.treatments; treatment++)
		sum += treatment_qini(task, treatment);
	return sum / (double) task->net.treatments;
}

/* Measure the epoch on the held-out users; when it is the best so far, keep its weights. */
static void
judge(UpliftTask *task, const double *sum)
{
	struct UpliftState *state = task->state;
	UpliftResult *result = &state->result;
	TrainReport *report = &result->report;
	const double n = (double) pass_users(task, true);

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

/* -- Ends ------------------------------------------------------------------- */

/* One more epoch is complete; sum: of a pass with the weights that it made. False: it was the last one. */
static bool
epoch_end(UpliftTask *task, bool held_out, const double *sum)
{
	struct UpliftState *state = task->state;
	TrainReport *report = &state->result.report;
	const UpliftConfig *config = &task->net.config;

	report->epoch++;
	report->train_loss = state->train_loss;
	if (held_out)
		judge(task, sum);
	else
	{
		report->best_epoch = report->epoch;
		memcpy(task->best, task->w, task->net.total * sizeof(real));
	}

	const bool patient = !held_out || config->patience == 0 || state->waited < config->patience;

	return !state->stop && report->epoch < uplifttrain_max_epochs(task, pass_users(task, false)) && patient;
}

/*
 * A pass that learned is done. On the whole graph without dropout it has also measured the held-out users, with the
 * weights that the step before it made: that ends the epoch before. So the last epoch alone takes a pass that only
 * measures. Otherwise each epoch takes one.
 */
static bool
learned(UpliftTask *task, bool held_out, const double *sum)
{
	struct UpliftState *state = task->state;
	const UpliftConfig *config = &task->net.config;
	const TrainReport *report = &state->result.report;
	const bool dropped = config->dropout > 0 || config->attention_dropout > 0;
	const bool measured = held_out && !dropped && !task->batch;
	const double train_loss = sum[SUM_TRAIN_LOSS] / (double) pass_users(task, false);

	if (measured && state->updates > 0 && !epoch_end(task, held_out, sum))
		return false;
	if (!task->batch)
		update(task);
	state->train_loss = train_loss;
	if (!held_out && !epoch_end(task, held_out, sum))
		return false;

	const bool last =
		state->stop || report->epoch + 1 == uplifttrain_max_epochs(task, pass_users(task, false));

	pass_begin(task, held_out && (!measured || last));
	return true;
}

bool
uplifttrain_step_end(UpliftTask *task)
{
	struct UpliftState *state = task->state;

	if (!state->evaluating)
	{
		for (size_t lane = 1; lane < task->lanes; lane++)
			add_gradients(task->lane_dw, task->lane_dw + lane * task->net.total, task->net.total);
		if (task->batch)
			update(task);
	}
	if (++state->batch < state->batches)
	{
		step_begin(task);
		return true;
	}

	const double *sum = uplifttrain_sums(task);
	const bool held_out = part_users(&state->result.held_out) > 0;

	if (task->setup.score)
		return false;
	if (!state->evaluating)
		return learned(task, held_out, sum);
	if (!epoch_end(task, held_out, sum))
		return false;
	pass_begin(task, false);
	return true;
}

/*
 * Training a sequence network, as a job of phases; seqtrain_next() is the only place that decides:
 *
 *   measure the inputs;  first weights
 *   foreach epoch do
 *     order = the sequences, shuffled or drawn class by class
 *     foreach mini-batch: items: loss and gradient of a chunk;  then sum them, clip, step, and pack the weights anew
 *     evaluate the held-out sequences;  keep the weights when their loss is the lowest so far
 *   until patience or max_epochs is over;  fit the temperature with the best weights
 *
 * NB: items of the phases in seqtrain_gives_up() may run twice (work/runner.c), and overwrite what they write: an
 * item's own gradient, its loss, its rows of held_score. A sum or a step adds to what is there, and must run once.
 */
#include "sequence/pure/train.h"

#include <math.h>
#include <string.h>

#include "sequence/pure/encoder.h"
#include "sequence/pure/train_sample.h"
#include "sequence/pure/train_state.h"
#include "nn/loss.h"

/* A smaller fall of the held-out loss, as a share of it, is not worth the epochs that it takes. */
#define WORTHWHILE 0.001

/* Streams of random numbers: what for, and which one. */
enum
{
	STREAM_INIT = 1,
	STREAM_ORDER,
	STREAM_DROPOUT
};

static uint64_t
stream(uint64_t what, uint64_t which)
{
	return what << 56 | which;
}

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- Mini-batches ---- */

static void
gather_labels(int32_t *label, const SequenceTask *task, const Network *net, const uint32_t *index)
{
	for (size_t b = 0; b < net->steps.B; b++)
		label[b] = task->set.label[index[net->order[b]]];
}

static void
gather_targets(real *target, const SequenceTask *task, const Network *net, const uint32_t *index)
{
	const real *fixed = fixed_tensors(task, task->w);

	for (size_t b = 0; b < net->steps.B; b++)
		target[b] = ((real) task->set.target[index[net->order[b]]] - fixed[0]) / fixed[1];
}

static void
train_shard(SequenceTask *task, size_t item)
{
	const struct SequenceState *state = task->state;
	Network *net = &task->net;
	const size_t from = item * task->chunk;
	const size_t n = at_most(task->chunk, state->batch_n - from);
	const real share = (real) (1.0 / state->batch_weight);
	real *grad = task->grad + item * task->params.total;
	Rng rng = rng_seed(task->setup.seed, stream(STREAM_DROPOUT, state->step * task->shards + item));
	int32_t label[NETWORK_CHUNK_MAX];
	real target[NETWORK_CHUNK_MAX];

	network_forward(net, task->w, &task->set, task->batch + from, n, &rng);
	if (steps_interrupted(&net->steps))
		return;
	memset(net->dscore, 0, n * net->O * sizeof(real));
	if (task->setup.C)
	{
		gather_labels(label, task, net, task->batch + from);
		task->shard_loss[item] =
			loss_cross_entropy(net->dscore, net->score, label, task->class_weight, share, n, net->C);
		if (task->setup.ordered)
			loss_ranked(net->dscore, net->score, label, task->class_weight, share, n, net->C);
	}
	else
	{
		gather_targets(target, task, net, task->batch + from);
		task->shard_loss[item] = loss_square(net->dscore, net->score, target, share, n);
	}
	memset(grad, 0, task->params.total * sizeof(real));
	network_backward(net, grad, task->w, true);
	sequence_weigh_measures(grad, task, (double) n / (double) state->batch_n);
}

static size_t
batch_begin(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const size_t n = at_most((size_t) task->setup.config.batch_size, state->epoch_size - state->batch_at);

	state->phase = PHASE_BATCH;
	sample_draw(task->order, state->batch_at, state->batch_at + n, state->epoch_size, &state->order_rng);
	memcpy(task->batch, task->order + state->batch_at, n * sizeof(*task->batch));
	sample_sort_by_length(task->batch, task->scratch, task->count, &task->set, n, task->setup.longest);

	state->batch_n = n;
	state->batch_weight = 0;
	for (size_t i = 0; i < n; i++)
		state->batch_weight +=
			task->setup.C ? (double) task->class_weight[task->set.label[task->batch[i]]] : 1.0;
	state->result.report.fraction = (double) state->batch_at / (double) state->epoch_size;
	return (n + task->chunk - 1) / task->chunk;
}

static size_t
batch_end(SequenceTask *task)
{
	task->state->phase = PHASE_SUM;
	return sequence_step_items(task);
}

static size_t
step_begin(SequenceTask *task)
{
	sequence_step_begin(task);
	task->state->phase = PHASE_STEP;
	return sequence_step_items(task);
}

/* ---- Epochs ---- */

static size_t
epoch_begin(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const size_t C = task->setup.C;

	state->order_rng =
		rng_seed(task->setup.seed, stream(STREAM_ORDER, (uint64_t) state->result.report.epoch));
	if (C && task->setup.balance == BALANCE_RESAMPLE)
		sample_balanced(task->order, task->train, task->begin, state->epoch_size / C, C, &state->order_rng);
	else
		memcpy(task->order, task->train, state->n_train * sizeof(*task->order));
	state->batch_at = 0;
	state->epoch_loss = state->epoch_weight = 0;
	return batch_begin(task);
}

static void
evaluate_chunk(SequenceTask *task, size_t item)
{
	Network *net = &task->net;
	const uint32_t *index = task->held + item * task->chunk;
	const size_t n = at_most(task->chunk, task->state->n_held - item * task->chunk);

	network_forward(net, task->w, &task->set, index, n, NULL);
	for (size_t b = 0; b < n; b++)
		memcpy(task->held_score + (item * task->chunk + net->order[b]) * net->O, net->score + b * net->O,
			   net->O * sizeof(real));
}

static size_t
evaluation_begin(SequenceTask *task, Phase phase)
{
	task->state->phase = phase;
	return (task->state->n_held + task->chunk - 1) / task->chunk;
}

static bool
training_is_over(const SequenceTask *task)
{
	const SequenceConfig *config = &task->setup.config;

	return task->state->stop || task->state->result.report.epoch >= config->max_epochs ||
		   (config->patience > 0 && task->state->stale >= config->patience);
}

static size_t
finish(SequenceTask *task)
{
	task->state->phase = PHASE_OVER;
	return 0;
}

/* Go back to the best epoch's weights, and evaluate them once more for the temperature. */
static size_t
training_end(SequenceTask *task)
{
	memcpy(task->w, task->best, task->params.total * sizeof(real));
	network_pack(&task->net, task->w);
	if (task->state->n_held == 0)
		return finish(task);
	return evaluation_begin(task, PHASE_CALIBRATE);
}

static void
keep_best(SequenceTask *task, double loss, double metric)
{
	SequenceResult *result = &task->state->result;

	task->state->has_best = true;
	result->report.best_epoch = result->report.epoch;
	result->valid_loss = loss;
	result->valid_metric = metric;
	memcpy(task->best, task->w, task->params.total * sizeof(real));
}

/* Before the first epoch: whether a head in closed form is all that is asked for, or that there is time for. */
static bool
is_complete(const SequenceTask *task)
{
	return task->net.encoder->whole && training_is_over(task);
}

/* The network that has learned nothing yet is its baseline: training can only improve on that. */
static size_t
beginning_end(SequenceTask *task)
{
	double loss;
	double metric;

	task->state->beginning = false;
	sequence_evaluate(task, &loss, &metric);
	keep_best(task, loss, metric);
	task->state->has_begun = task->net.encoder->whole == NULL;
	memcpy(task->begun, task->w, task->params.total * sizeof(real));
	memcpy(task->begun_score, task->held_score, task->state->n_held * task->net.O * sizeof(real));
	return is_complete(task) ? training_end(task) : epoch_begin(task);
}

static size_t
epoch_end(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	SequenceResult *result = &state->result;
	TrainReport *report = &result->report;
	double loss;
	double metric;

	report->train_loss = state->epoch_loss / state->epoch_weight;
	report->fraction = 0;
	sequence_evaluate(task, &loss, &metric);
	report->valid_loss = loss;
	report->valid_metric = metric;
	report->epoch++;
	state->stale = state->n_held == 0 || loss < state->mark * (1 - WORTHWHILE) ? 0 : state->stale + 1;
	if (state->stale == 0)
		state->mark = loss;
	if (!state->has_best || state->n_held == 0 || loss < result->valid_loss)
		keep_best(task, loss, metric);
	return training_is_over(task) ? training_end(task) : epoch_begin(task);
}

/* ---- The job ---- */

static void
balance_classes(SequenceTask *task)
{
	const size_t C = task->setup.C;
	const bool weighted = task->setup.balance == BALANCE_WEIGHTS || task->setup.balance == BALANCE_GIVEN;
	double *weight = task->data.class_weight;

	if (task->setup.balance == BALANCE_WEIGHTS)
		sample_class_weights(weight, task->begin, C);
	for (size_t c = 0; c < C; c++)
		task->class_weight[c] = weighted ? (real) weight[c] : 1;
	sample_prior_bias(task->bias, task->begin, task->class_weight, task->setup.balance == BALANCE_RESAMPLE,
					  C);
}

static size_t
start(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	SequenceResult *result = &state->result;
	const size_t C = task->setup.C;

	task->started = true;
	*state = (struct SequenceState){.phase = PHASE_MEASURE, .mark = INFINITY, .result.temperature = 1};
	sample_split(task->train, task->begin, task->held, &state->n_held, &task->set, C);
	state->n_train = task->begin[C ? C : 1];
	result->N_train = state->n_train;
	result->N_held_out = state->n_held;
	if (state->n_train == 0)
		return finish(task);

	sample_sort_by_length(task->held, task->order, task->count, &task->set, state->n_held,
						  task->setup.longest);
	for (size_t i = 0; C && i < state->n_held; i++)
		task->held_label[i] = task->set.label[task->held[i]];
	return MEASURE_PARTS;
}

/* What the weights are before the first epoch is measured, when it is worth something. */
static size_t
beginning(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const bool fitted = task->net.encoder->whole != NULL;

	network_pack(&task->net, task->w);
	state->beginning = state->n_held > 0 && (fitted || (task->setup.config.baseline && task->setup.C > 0));
	if (state->beginning)
		return evaluation_begin(task, PHASE_EVALUATE);
	if (fitted)
		keep_best(task, 0, 0);
	return is_complete(task) ? training_end(task) : epoch_begin(task);
}

static size_t
training_begin(SequenceTask *task)
{
	struct SequenceState *state = task->state;
	const size_t C = task->setup.C;
	Rng rng = rng_seed(task->setup.seed, stream(STREAM_INIT, 0));

	if (task->setup.warm_start)
		memcpy(task->w, task->data.initial, task->params.total * sizeof(real));
	else
		params_init(task->w, &task->params, &rng);
	sequence_measure_end(task);
	state->result.baseline_loss = sequence_baseline(task);
	memset(task->m, 0, task->params.total * sizeof(real));
	memset(task->v, 0, task->params.total * sizeof(real));
	state->epoch_size = state->n_train;
	if (C)
	{
		balance_classes(task);
		if (task->setup.config.baseline && !task->setup.warm_start)
			sequence_measure_baseline(task, task->row_count + 4 * C, task->row_count);
		memcpy(fixed_tensors(task, task->w), task->bias, C * sizeof(real));
		fixed_tensors(task, task->w)[C] = 1;
		sequence_measure_decision(task);
		if (task->setup.balance == BALANCE_RESAMPLE)
			state->epoch_size = C * sample_per_class(task->begin, C, task->setup.config.samples_per_class);
	}
	state->batches = (state->epoch_size + (size_t) task->setup.config.batch_size - 1) /
					 (size_t) task->setup.config.batch_size;
	if (task->net.encoder->whole)
	{
		state->phase = PHASE_CLOSED;
		return closed_begin(task);
	}
	if (sequence_start_fits(task))
	{
		state->phase = PHASE_SUMMARISE;
		return sequence_start_begin(task);
	}
	return beginning(task);
}

static size_t
closed_phase(SequenceTask *task)
{
	const size_t items = closed_next(task);

	return items > 0 ? items : beginning(task);
}

static size_t
fit_step(SequenceTask *task)
{
	task->state->phase = PHASE_FIT;
	return 1;
}

static size_t
fit_begin(SequenceTask *task)
{
	sequence_start_standardise(task);
	return fit_step(task);
}

static size_t
fit_end(SequenceTask *task)
{
	if (sequence_start_goes_on(task))
		return fit_step(task);
	sequence_start_end(task);
	return beginning(task);
}

size_t
seqtrain_next(void *arg)
{
	SequenceTask *task = arg;

	if (!task->started)
		return start(task);
	switch (task->state->phase)
	{
		case PHASE_MEASURE:
			return training_begin(task);
		case PHASE_CLOSED:
			return closed_phase(task);
		case PHASE_SUMMARISE:
			return fit_begin(task);
		case PHASE_FIT:
			return fit_end(task);
		case PHASE_BATCH:
			if (task->state->stop && task->state->result.report.epoch > 0)
				return training_end(task);
			return batch_end(task);
		case PHASE_SUM:
			return step_begin(task);
		case PHASE_STEP:
			task->state->batch_at += task->state->batch_n;
			if (task->state->batch_at < task->state->epoch_size)
				return batch_begin(task);
			return task->state->n_held > 0 ? evaluation_begin(task, PHASE_EVALUATE) : epoch_end(task);
		case PHASE_EVALUATE:
			return task->state->beginning ? beginning_end(task) : epoch_end(task);
		case PHASE_CALIBRATE:
			sequence_calibrate(task);
			return finish(task);
		case PHASE_OVER:
			break;
	}
	return 0;
}

void
seqtrain_run(void *arg, size_t item, int worker __attribute__((unused)))
{
	SequenceTask *task = arg;

	switch (task->state->phase)
	{
		case PHASE_MEASURE:
			sequence_measure_part(task, item);
			break;
		case PHASE_CLOSED:
			closed_run(task, item);
			break;
		case PHASE_SUMMARISE:
			sequence_start_summarise(task, item);
			break;
		case PHASE_FIT:
			sequence_start_step(task);
			break;
		case PHASE_BATCH:
			train_shard(task, item);
			break;
		case PHASE_SUM:
			sequence_sum(task, item);
			break;
		case PHASE_STEP:
			sequence_step(task, item);
			break;
		case PHASE_EVALUATE:
		case PHASE_CALIBRATE:
			evaluate_chunk(task, item);
			break;
		case PHASE_OVER:
			break;
	}
}

bool
seqtrain_gives_up(const void *arg)
{
	const SequenceTask *task = arg;

	switch (task->state->phase)
	{
		case PHASE_CLOSED:
			return closed_gives_up(task);
		case PHASE_BATCH:
		case PHASE_EVALUATE:
		case PHASE_CALIBRATE:
			return true;
		default:
			return false; /* a sum or a step of the weights must not be made twice */
	}
}

void
seqtrain_stop(void *arg)
{
	SequenceTask *task = arg;

	task->state->stop = true;
}

Job
seqtrain_job(SequenceTask *task)
{
	return (Job){task, seqtrain_next, seqtrain_run};
}

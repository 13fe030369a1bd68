#include "uplift/pure/score.h"

#include <string.h>

/* Rows of an item, at most: some milliseconds. */
#define RANGE_ROWS 1024

/* Stages of a network are products 0, layer 0, products 1, ...; after stage 2L - 1 the next network begins. */
typedef struct UpliftScoreState
{
	size_t network;
	size_t stage;
	size_t ranges;
} UpliftScoreState;

void
upliftscore_carve(UpliftScoreTask *task, Arena *arena, const UpliftScoreSetup *setup, int workers)
{
	const size_t N = setup->graph.N;

	*task = (UpliftScoreTask){.setup = *setup};
	uplift_net(&task->net, &setup->config,
			   &(UpliftShape){setup->F, setup->treatments, setup->graph.relations});

	task->state = ARENA_TAKE(arena, UpliftScoreState, 1);
	graph_carve(&task->graph, arena, &setup->graph);
	task->feature = (float *) arena_take(arena, N, setup->F * sizeof(float));
	if (setup->own_weights)
		task->weights = (real *) arena_take(arena, task->net.networks, task->net.total * sizeof(real));
	upliftrows_carve(&task->rows, arena, &task->net, N, false);
	task->logit = (real *) arena_take(arena, N, task->net.networks * task->net.C * sizeof(real));
	if (setup->near)
		task->attention =
			(real *) arena_take(arena, graph_rows(&setup->graph), task->net.networks * sizeof(real));
	task->range = ARENA_TAKE(arena, size_t, graph_ranges_max(&setup->graph, RANGE_ROWS) + 1);

	UpliftScratch scratch;
	Arena measure = arena_measure();

	upliftscratch_carve(&scratch, &measure, &task->net);
	task->scratch_size = measure.used;
	task->scratch = (char *) arena_take(arena, (size_t) workers, task->scratch_size);
}

static const real *
network_weights(const UpliftScoreTask *task, size_t network)
{
	return task->weights + network * task->net.total;
}

static real *
network_logit(const UpliftScoreTask *task, size_t network, size_t node)
{
	return task->logit + (network * task->graph.N + node) * task->net.C;
}

static real *
network_attention(const UpliftScoreTask *task, size_t network)
{
	return task->attention + network * task->graph.N * task->net.R;
}

static UpliftPass
score_pass(const UpliftScoreTask *task)
{
	return (UpliftPass){
		.net = &task->net,
		.w = network_weights(task, task->state->network),
		.graph = &task->graph,
		.feature = task->feature,
		.rows = task->rows,
		.linear = task->rows.linear,
		.levels = task->net.L + 1,
	};
}

/* Rows whose results of the stage matter. */
static size_t
stage_rows(const UpliftScoreTask *task, size_t stage)
{
	return task->setup.near ? task->setup.reach[(stage + 1) / 2] : task->graph.N;
}

static void
network_begin(UpliftScoreTask *task, size_t network)
{
	task->state->network = network;
	task->state->stage = 0;

	UpliftPass pass = score_pass(task);

	upliftnet_prepare(&pass);
}

/* The rows are the next network's from here on. */
static void
network_end(UpliftScoreTask *task)
{
	const UpliftPass pass = score_pass(task);

	for (size_t r = 0; task->attention && r < task->net.R; r++)
		upliftnet_attention(network_attention(task, task->state->network) + task->graph.in.start[r], &pass,
							task->net.L - 1, r);
}

/* False: the last network is done. */
static bool
next_stage(UpliftScoreTask *task)
{
	UpliftScoreState *state = task->state;

	if (!task->started)
	{
		task->started = true;
		state->ranges = graph_ranges(task->range, &task->graph, RANGE_ROWS);
		network_begin(task, 0);
		return true;
	}
	if (++state->stage < 2 * task->net.L)
		return true;
	network_end(task);
	if (state->network + 1 == task->net.networks)
		return false;
	network_begin(task, state->network + 1);
	return true;
}

size_t
upliftscore_next(void *arg)
{
	UpliftScoreTask *task = arg;
	UpliftScoreState *state = task->state;

	if (!next_stage(task))
		return 0;

	const size_t rows = stage_rows(task, state->stage);
	size_t items = state->ranges;

	while (items > 0 && task->range[items - 1] >= rows)
		items--;
	return items;
}

void
upliftscore_run(void *arg, size_t item, int worker)
{
	UpliftScoreTask *task = arg;
	const size_t l = task->state->stage / 2;
	const size_t H = task->net.H;
	const size_t rows = stage_rows(task, task->state->stage);
	const size_t end = task->range[item + 1] < rows ? task->range[item + 1] : rows;
	UpliftPass pass = score_pass(task);
	UpliftScratch scratch;
	Arena arena = arena_over(task->scratch + (size_t) worker * task->scratch_size, task->scratch_size);

	upliftscratch_carve(&scratch, &arena, &task->net);
	for (size_t from = task->range[item]; from < end; from += UPLIFT_BLOCK)
	{
		const size_t n = end - from < UPLIFT_BLOCK ? end - from : UPLIFT_BLOCK;
		const bool last = l + 1 == task->net.L;
		real *h = last ? scratch.h : task->rows.hidden[0] + from * H;

		if (task->state->stage % 2 == 1)
		{
			upliftnet_layer(h, &pass, &scratch, l, from, n);
			if (last)
				upliftnet_head(network_logit(task, task->state->network, from), &pass, &scratch, h, from, n);
			continue;
		}
		if (l == 0)
			upliftnet_input(&pass, &scratch, from, n);
		upliftnet_products(&pass, &scratch, l, from, n);
	}
}

Job
upliftscore_job(UpliftScoreTask *task)
{
	return (Job){task, upliftscore_next, upliftscore_run};
}

void
upliftscore_restart(UpliftScoreTask *task)
{
	task->started = false;
}

bool
upliftscore_attention(real *share, const UpliftScoreTask *task)
{
	const Adjacency *in = &task->graph.in;
	const size_t n = in->start[task->net.R];
	const real part = 1 / (real) task->net.networks;

	if (!uplift_attends(&task->net))
		return false;
	memset(share, 0, n * sizeof(real));
	for (size_t i = 0; i < task->net.networks; i++)
		for (size_t j = 0; j < n; j++)
			share[j] += part * network_attention(task, i)[j];
	return true;
}

UpliftScore
upliftscore_get(const UpliftScoreTask *task, size_t node, size_t treatment)
{
	UpliftScore each[ENSEMBLE_MAX];

	for (size_t i = 0; i < task->net.networks; i++)
		each[i] =
			uplift_answer(&task->net, network_weights(task, i), network_logit(task, i, node), treatment);
	return uplift_mean(each, task->net.networks);
}

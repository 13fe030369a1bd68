#include "uplift/pure/score.h"

/* Rows of an item, at most: some milliseconds. */
#define RANGE_ROWS 1024

/* Stages are products 0, layer 0, products 1, ...; stage 2L is the end. */
typedef struct UpliftScoreState
{
	size_t stage;
	size_t ranges;
} UpliftScoreState;

void
upliftscore_carve(UpliftScoreTask *task, Arena *arena, const UpliftScoreSetup *setup, int workers)
{
	const size_t N = setup->graph.N;

	*task = (UpliftScoreTask){.setup = *setup};
	uplift_net(&task->net, &setup->config, setup->F, setup->treatments);

	task->state = ARENA_TAKE(arena, UpliftScoreState, 1);
	graph_carve(&task->graph, arena, &setup->graph);
	task->feature = (float *) arena_take(arena, N, setup->F * sizeof(float));
	if (setup->own_weights)
		task->weights = ARENA_TAKE(arena, real, task->net.total);
	upliftrows_carve(&task->rows, arena, &task->net, N, false);
	task->logit = (real *) arena_take(arena, N, task->net.C * sizeof(real));
	task->range = ARENA_TAKE(arena, size_t, graph_ranges_max(&setup->graph, RANGE_ROWS) + 1);

	UpliftScratch scratch;
	Arena measure = arena_measure();

	upliftscratch_carve(&scratch, &measure, &task->net);
	task->scratch_size = measure.used;
	task->scratch = (char *) arena_take(arena, (size_t) workers, task->scratch_size);
}

static UpliftPass
score_pass(const UpliftScoreTask *task)
{
	return (UpliftPass){
		.net = &task->net,
		.w = task->weights,
		.graph = &task->graph,
		.feature = task->feature,
		.rows = task->rows,
	};
}

/* Rows whose results of the stage matter. */
static size_t
stage_rows(const UpliftScoreTask *task, size_t stage)
{
	return task->setup.near ? task->setup.reach[(stage + 1) / 2] : task->graph.N;
}

size_t
upliftscore_next(void *arg)
{
	UpliftScoreTask *task = arg;
	UpliftScoreState *state = task->state;

	if (!task->started)
	{
		UpliftPass pass = score_pass(task);

		task->started = true;
		*state = (UpliftScoreState){.ranges = graph_ranges(task->range, &task->graph, RANGE_ROWS)};
		upliftnet_prepare(&pass);
	}
	else
		state->stage++;
	if (state->stage >= 2 * task->net.L)
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
				upliftnet_head(task->logit + from * task->net.C, &pass, &scratch, h, from, n);
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
upliftscore_attention(real *share, const UpliftScoreTask *task, size_t node)
{
	const UpliftPass pass = score_pass(task);

	return upliftnet_attention(share, &pass, task->net.L - 1, node);
}

UpliftScore
upliftscore_get(const UpliftScoreTask *task, size_t node, size_t treatment)
{
	return uplift_answer(&task->net, task->weights, task->logit + node * task->net.C, treatment);
}

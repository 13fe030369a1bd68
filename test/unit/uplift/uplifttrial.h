/* Training and scoring on random graphs, for the tests of the uplift network. */
#ifndef USERCLS_TEST_UPLIFTTRIAL_H
#define USERCLS_TEST_UPLIFTTRIAL_H

#include <string.h>

#include "upliftcase.h"
#include "uplift/pure/score.h"
#include "uplift/pure/train.h"

static inline UpliftConfig
config_with(int depth, int aggregate, int layers, int heads)
{
	UpliftConfig config;

	config_defaults(&config, uplift_options, uplift_option_count);
	config.depth = depth;
	config.aggregate = aggregate;
	config.layers = layers;
	config.heads = heads;
	config.hidden_size = 16;
	return config;
}

static inline void
job_run(Job job, int workers)
{
	for (size_t items; (items = job_next(&job)) > 0;)
		for (size_t item = items; item-- > 0;) /* any order */
			job_item(&job, item, (int) item % workers);
}

/* By the job over the whole graph. The caller frees the block. */
static inline void *
score_graph(UpliftScoreTask *task, const UpliftCase *c, const UpliftScoreSetup *setup, int workers)
{
	Arena measure = arena_measure();

	upliftscore_carve(task, &measure, setup, workers);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	upliftscore_carve(task, &arena, setup, workers);
	assert_false(arena.overflow);
	task->graph = c->graph;
	task->feature = c->feature;
	task->weights = c->w;
	job_run(upliftscore_job(task), workers);
	return block;
}

#define USERS 1500

/* The mean of the first feature of those user i listens to, by the first relation. */
static inline double
heard(const UpliftTask *task, size_t i)
{
	const Adjacency *in = &task->graph.in;
	const size_t R = task->graph.R, row = i * R;
	double mean = 0;

	for (size_t at = in->start[row]; at < in->start[row + 1]; at++)
		mean += fmax(-3, task->data.feature[in->node[at] / R * task->setup.F]) /
				(double) (in->start[row + 1] - in->start[row]);
	return mean;
}

/*
 * An experiment on a random graph: the outcome of the treated depends on a feature of their neighbours, or without edges
 * on their own. warm: weights to begin with, or NULL.
 */
static inline void *
train(UpliftTask *task, const UpliftSetup *setup, int workers, const real *warm)
{
	Rng rng = rng_seed(21, 0);
	GraphCounts counts;
	Arena measure = arena_measure();

	uplifttrain_carve(task, &measure, setup, workers);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);
	Arena graph = arena; /* graphs are carved first */

	uplifttrain_carve(task, &arena, setup, workers);
	assert_false(arena.overflow);
	if (setup->graph.E > 0)
		case_graph(&task->graph, &counts, &graph, &setup->graph, &rng);

	UpliftData *data = &task->data;

	for (size_t i = 0; i < USERS * setup->F; i++)
		data->feature[i] = i % 17 == 3 ? NAN : (float) rng_normal(&rng);
	for (size_t i = 0; i < USERS; i++)
	{
		const double mean = setup->graph.E > 0 ? heard(task, i) : data->feature[i * setup->F];

		data->arm[i] = i % 10 == 9 ? UPLIFT_OUTSIDE : rng_uniform(&rng) < 0.4;
		data->outcome[i] = rng_uniform(&rng) < (data->arm[i] == 1 && mean > 0 ? 0.7 : 0.3);
		data->held_out[i] = i % 5 == 0;
		if (data->propensity)
			data->propensity[i] = data->arm[i] == 1 ? 0.4f : 0.6f;
	}
	if (warm)
		memcpy(data->initial, warm, task->net.total * sizeof(real));
	job_run(uplifttrain_job(task), workers);
	return block;
}

#endif

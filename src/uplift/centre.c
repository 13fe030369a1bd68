#include "postgres.h"

#include "uplift/centre.h"

#include "miscadmin.h"

#include "server/memory.h"

struct Centre
{
	UpliftScoreTask task;
	size_t features; /* numbers */
};

static void
job_run(const Job *job)
{
	size_t items;

	while ((items = job_next(job)) > 0)
		for (size_t item = 0; item < items; item++)
		{
			CHECK_FOR_INTERRUPTS();
			job_item(job, item, 0);
		}
}

Centre *
centre_make(const UpliftModel *model, const Neighbourhood *near)
{
	const UserGraph users = {.N = near->N,
							 .F = model->net.F,
							 .feature = near->feature,
							 .E = near->E,
							 .source = near->source,
							 .target = near->target,
							 .weight = near->weight,
							 .relation = near->relation};
	UpliftScoreSetup setup = {.config = model->net.config,
							  .graph = {.N = near->N,
										.E = near->E,
										.directed = true,
										.weighted = near->weight != NULL,
										.relations = model->net.R},
							  .F = model->net.F,
							  .treatments = model->net.treatments,
							  .near = true};
	Centre *centre = palloc0(sizeof(*centre));
	UpliftScoreTask *task = &centre->task;
	Arena arena = arena_measure();

	for (size_t l = 0; l <= model->net.L; l++)
		setup.reach[l] = near->within[model->net.L - l];
	upliftscore_carve(task, &arena, &setup, 1);

	const size_t bytes = arena.used + ARENA_ALIGNMENT;
	void *block = memory_array(bytes, 1);

	arena = arena_over(arena_align(block), bytes - ARENA_ALIGNMENT);
	upliftscore_carve(task, &arena, &setup, 1);
	graphload_build(&task->graph, &users, &setup.graph, NULL);
	task->weights = model->w;
	centre->features = near->N * model->net.F;
	return centre;
}

void
centre_run(Centre *centre, const float *feature)
{
	const Job job = upliftscore_job(&centre->task);

	memcpy(centre->task.feature, feature, sizeof(float) * centre->features);
	upliftscore_restart(&centre->task);
	job_run(&job);
}

void
centre_scores(UpliftScore *score, const Centre *centre)
{
	for (size_t k = 0; k < centre->task.net.treatments; k++)
		score[k] = upliftscore_get(&centre->task, 0, 1 + k);
}

bool
centre_attention(double *share, const Centre *centre)
{
	const Adjacency *in = &centre->task.graph.in;
	const size_t R = centre->task.net.R;
	const size_t n = in->start[R];
	real *heard = palloc(sizeof(real) * Max(n, 1));
	size_t listens = 0; /* relations by which he does */

	memset(share, 0, sizeof(double) * centre->task.graph.N);
	if (!upliftscore_attention(heard, &centre->task))
		return false;
	for (size_t r = 0; r < R; r++)
		listens += in->start[r + 1] > in->start[r];
	for (size_t j = 0; j < n; j++)
		share[in->node[j] / R] += (double) heard[j] / (double) listens;
	return true;
}

/*
 * Time of a forward pass and of a training step, for bench/graph/run.py.
 *
 *   step N E F H K L workers repeats residual|gated
 *
 * A random directed graph of N nodes and E edges, F features, hidden size H, K heads, L layers.
 * Workers are threads here; in the server they are processes, which run the same items. Prints one line:
 *   build_s forward_s step_s forward_cpu_s step_cpu_s score_bytes train_bytes longest_item_s
 * Times are the best of the repeats; bytes are what the jobs carve, graph and features included.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "uplift/pure/score.h"
#include "uplift/pure/train.h"

static double
clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static double
cpu_now(void)
{
	return clock_now(CLOCK_PROCESS_CPUTIME_ID);
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

typedef struct Team
{
	Job job;
	const TrainReport *report; /* NULL: has no epochs */
	double epoch, epoch_cpu;   /* the shortest but for the first, whose memory was new */
	int workers;
	size_t items;
	atomic_size_t item;
	bool over;
	double longest;
	pthread_barrier_t begin, end;
} Team;

static void
team_phase(Team *team, int worker)
{
	for (size_t item; (item = atomic_fetch_add(&team->item, 1)) < team->items;)
	{
		const double start = clock_now(CLOCK_THREAD_CPUTIME_ID);

		job_item(&team->job, item, worker);

		const double spent = clock_now(CLOCK_THREAD_CPUTIME_ID) - start;

		if (worker == 0 && spent > team->longest)
			team->longest = spent;
	}
}

typedef struct Member
{
	Team *team;
	int worker;
} Member;

static void *
team_member(void *arg)
{
	const Member *member = arg;
	Team *team = member->team;

	for (;;)
	{
		pthread_barrier_wait(&team->begin);
		if (team->over)
			return NULL;
		team_phase(team, member->worker);
		pthread_barrier_wait(&team->end);
	}
}

static void
team_run(Team *team, Job job, int workers)
{
	pthread_t thread[64];
	Member member[64];

	team->job = job;
	team->over = false;
	pthread_barrier_init(&team->begin, NULL, (unsigned) workers);
	pthread_barrier_init(&team->end, NULL, (unsigned) workers);
	for (int w = 1; w < workers; w++)
	{
		member[w] = (Member){team, w};
		pthread_create(&thread[w], NULL, team_member, &member[w]);
	}

	double since = clock_now(CLOCK_MONOTONIC), since_cpu = cpu_now();
	int epoch = 0;

	for (;;)
	{
		team->items = job_next(&job);
		if (team->report && team->report->epoch != epoch)
		{
			const double now = clock_now(CLOCK_MONOTONIC), now_cpu = cpu_now();

			if (epoch > 0)
			{
				team->epoch = least(team->epoch, now - since);
				team->epoch_cpu = least(team->epoch_cpu, now_cpu - since_cpu);
			}
			epoch = team->report->epoch;
			since = now;
			since_cpu = now_cpu;
		}
		if (team->items == 0)
			break;
		atomic_store(&team->item, 0);
		pthread_barrier_wait(&team->begin);
		team_phase(team, 0);
		pthread_barrier_wait(&team->end);
	}
	team->over = true;
	pthread_barrier_wait(&team->begin);
	for (int w = 1; w < workers; w++)
		pthread_join(thread[w], NULL);
}

static void *
block_get(size_t bytes)
{
	void *block =
		mmap(NULL, bytes + ARENA_ALIGNMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		exit((fprintf(stderr, "no memory for %zu bytes\n", bytes), 1));
#ifdef MADV_HUGEPAGE
	(void) madvise(block, bytes, MADV_HUGEPAGE);
#endif
	return block;
}

int
main(int argc, char **argv)
{
	if (argc != 10)
		return fprintf(stderr, "usage: step N E F H K L workers repeats residual|gated\n"), 1;

	const size_t N = strtoul(argv[1], NULL, 10);
	const size_t E = strtoul(argv[2], NULL, 10);
	const size_t F = strtoul(argv[3], NULL, 10);
	const int workers = atoi(argv[7]);
	const int repeats = atoi(argv[8]);
	UpliftSetup setup = {.graph = {N, E, true, false}, .F = F, .seed = 1};

	config_defaults(&setup.config, uplift_options, uplift_option_count);
	setup.config.hidden_size = atoi(argv[4]);
	setup.config.heads = atoi(argv[5]);
	setup.config.layers = atoi(argv[6]);
	setup.config.depth = strcmp(argv[9], "gated") == 0 ? DEPTH_GATED : DEPTH_RESIDUAL;
	setup.config.dropout = setup.config.attention_dropout = 0;
	setup.config.max_epochs = 1 + repeats;

	const UpliftScoreSetup score_setup = {.config = setup.config, .graph = setup.graph, .F = F};
	UpliftTask task;
	UpliftScoreTask score;
	GraphBuild build;
	Arena train_measure = arena_measure(), score_measure = arena_measure(), build_measure = arena_measure();
	Rng rng = rng_seed(1, 0);

	uplifttrain_carve(&task, &train_measure, &setup, workers);
	upliftscore_carve(&score, &score_measure, &score_setup, workers);
	graphbuild_carve(&build, &build_measure, &setup.graph);

	Arena train = arena_over(arena_align(block_get(train_measure.used)), train_measure.used);

	uplifttrain_carve(&task, &train, &setup, workers);

	/* The graph. */
	uint32_t *source = malloc(E * sizeof(*source));
	uint32_t *target = malloc(E * sizeof(*target));
	void *scratch = block_get(build_measure.used);
	Arena arena = arena_over(arena_align(scratch), build_measure.used);

	for (size_t e = 0; e < E; e++)
	{
		source[e] = (uint32_t) rng_below(&rng, N);
		target[e] = (uint32_t) rng_below(&rng, N);
	}
	graphbuild_carve(&build, &arena, &setup.graph);

	const double build_start = cpu_now();

	graphbuild_start(&build, &task.graph, &(GraphEdges){.source = source, .target = target, .E = E});
	while (graphbuild_step(&build))
		;

	const double build_time = cpu_now() - build_start;

	munmap(scratch, build_measure.used + ARENA_ALIGNMENT);
	free(source);
	free(target);
	for (size_t i = 0; i < N * F; i++)
		task.data.feature[i] = (float) rng_uniform(&rng);
	for (size_t i = 0; i < N; i++)
	{
		task.data.arm[i] = (int8_t) rng_below(&rng, 2);
		task.data.outcome[i] = (float) rng_below(&rng, 2);
		task.data.held_out[i] = 0;
	}

	Team team = {.workers = workers, .report = uplifttrain_report(&task), .epoch = 1e30, .epoch_cpu = 1e30};

	team_run(&team, uplifttrain_job(&task), workers);
	team.report = NULL;

	/* Scoring. */
	Arena block = arena_over(arena_align(block_get(score_measure.used)), score_measure.used);
	double forward = 1e30, forward_cpu = 1e30;

	upliftscore_carve(&score, &block, &score_setup, workers);
	score.graph = task.graph;
	score.feature = task.data.feature;
	score.weights = (real *) uplifttrain_weights(&task);
	for (int r = 0; r <= repeats; r++)
	{
		score.started = false;

		const double start = clock_now(CLOCK_MONOTONIC), cpu = cpu_now();

		team_run(&team, upliftscore_job(&score), workers);
		if (r > 0)
		{
			forward = least(forward, clock_now(CLOCK_MONOTONIC) - start);
			forward_cpu = least(forward_cpu, cpu_now() - cpu);
		}
	}
	printf("%.4f %.4f %.4f %.4f %.4f %zu %zu %.4f\n", build_time, forward, team.epoch, forward_cpu,
		   team.epoch_cpu, score_measure.used, train_measure.used, team.longest);
	return 0;
}

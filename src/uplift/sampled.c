#include "postgres.h"

#include "uplift/sampled.h"

#include "server/memory.h"
#include "server/notices.h"

size_t
uplift_batch(const UpliftSetup *setup, size_t beside, bool quiet)
{
	const size_t limit = memory_limit();

	if (setup->graph.E == 0)
		return 0;

	const size_t whole = beside + runner_measure(&runner_uplift, setup);
	UpliftSetup sampled = *setup;

	if (whole <= limit)
		return 0;
	for (sampled.batch = UPLIFT_BATCH_MAX; sampled.batch > UPLIFT_BATCH_MIN; sampled.batch /= 2)
		if (beside + runner_measure(&runner_uplift, &sampled) <= limit)
			break;
	if (!quiet && beside + runner_measure(&runner_uplift, &sampled) <= limit)
	{
		const UpliftSampleSetup sample =
			upliftsample_setup((size_t) setup->config.layers, sampled.batch, &setup->graph);

		notice_send(
			NOTICE, "training on samples of the graph",
			psprintf("On the whole graph it takes %zu kB; the limit is %zu kB. Each step learns from %zu "
					 "users, and everybody listens to %zu neighbours at most.",
					 whole / 1024 + (whole % 1024 != 0), limit / 1024, sample.users,
					 sample.fanout * graph_relations(&setup->graph)),
			"Raise usercls.max_memory to train on the whole graph.");
	}
	return sampled.batch;
}

void
uplift_fill(UpliftTask *task, const UserGraph *users, const uint8_t *held_out, const uint8_t *left_out)
{
	const size_t N = users->N;

	if (users->E > 0)
		graphload_build(&task->graph, users, &task->setup.graph, NULL);
	memcpy(task->data.feature, users->feature, sizeof(float) * N * users->F);
	for (size_t i = 0; i < N; i++)
		task->data.arm[i] = left_out && left_out[i] ? UPLIFT_OUTSIDE : users->arm[i];
	memcpy(task->data.outcome, users->outcome, sizeof(float) * N);
	memcpy(task->data.held_out, held_out, N);
	if (task->setup.propensities)
		memcpy(task->data.propensity, users->propensity, sizeof(float) * N);
}

/* Adds what one network of the model says, its share of the mean, to score. */
static void
add_network(UpliftScore *score, const UpliftModel *model, const UserGraph *users, const UpliftSetup *setup,
			const uint8_t *held_out, size_t network)
{
	const UpliftNet *net = &model->net;
	Runner *runner = runner_start(&runner_uplift, setup, sizeof(*setup), "scoring");
	UpliftTask *task = runner_task(runner);

	uplift_fill(task, users, held_out, NULL);
	memcpy(task->data.initial, model->w + network * net->total, sizeof(real) * net->total);
	runner_run(runner, NULL);
	for (size_t i = 0; i < users->N * net->treatments; i++)
		score[i].uplift += uplifttrain_predicted(task)[i] / (double) net->networks;
	runner_end(runner);
}

UpliftScore *
uplift_of_held_out(const UpliftModel *model, const UserGraph *users, const UpliftRequest *from,
				   const uint8_t *held_out)
{
	UpliftSetup setup = {.config = model->net.config,
						 .graph = graphload_setup(users, from),
						 .F = users->F,
						 .treatments = model->net.treatments,
						 .propensities = users->propensity != NULL,
						 .warm_start = true,
						 .score = true,
						 .seed = (uint64_t) from->seed};
	const size_t scores = users->N * model->net.treatments;
	const size_t beside = users->bytes + sizeof(UpliftScore) * scores;

	setup.batch = uplift_batch(&setup, beside, true);
	if (setup.batch == 0)
		setup.batch = UPLIFT_BATCH_MAX;
	memory_check(beside + runner_measure(&runner_uplift, &setup), "scoring");

	UpliftScore *score = memory_array(scores, sizeof(*score));

	memset(score, 0, scores * sizeof(*score));
	for (size_t network = 0; network < model->net.networks; network++)
		add_network(score, model, users, &setup, held_out, network);
	return score;
}

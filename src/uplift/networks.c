/*
 * Trainings of networks on the same users:
 *
 *   foreach network of an ensemble: a training with a seed and a held-out part of its own
 *
 * The users that the version is measured on are in the experiment of none of them. What a network of an ensemble holds out
 * besides is another part of the others: as large a share, and of each arm and outcome (uplift_split_again()).
 */
#include "postgres.h"

#include "uplift/networks.h"

#include "server/errors.h"
#include "server/memory.h"
#include "uplift/sampled.h"
#include "uplift/trial.h"
#include "work/progress.h"

/* Whom a network holds out, and who is in no experiment of it. */
typedef struct Part
{
	const uint8_t *held_out;
	const uint8_t *left_out; /* NULL: nobody */
} Part;

static size_t
networks_of(const UpliftSetup *setup)
{
	return (size_t) Max(setup->config.ensemble, 1);
}

size_t
uplift_networks_bytes(const UpliftSetup *setup)
{
	ParamTable *params = palloc(sizeof(*params));
	const size_t parts = networks_of(setup) > 1 ? 2 : 1;

	report_ensemble(upliftmodel_params(params, &setup->config,
									   &(UpliftShape){setup->F, setup->treatments, setup->graph.relations}));

	const size_t bytes = parts * setup->graph.N + params->total * sizeof(real);

	pfree(params);
	return bytes;
}

/* own: room for a part of the network's own. */
static Part
part_of(uint8_t *own, const UpliftTraining *training, size_t network)
{
	if (networks_of(&training->setup) == 1)
		return (Part){.held_out = training->held_out};

	const Split split =
		uplift_split_again(training->users, &training->request->split, training->held_out, network);

	uplift_held_out(own, training->users, &split);
	for (size_t i = 0; i < training->users->N; i++)
		own[i] = own[i] && !training->held_out[i];
	return (Part){.held_out = own, .left_out = training->held_out};
}

static size_t
count_learned_from(const UpliftTask *task)
{
	size_t n = 0;

	for (size_t i = 0; i < task->graph.N; i++)
		n += task->data.arm[i] != UPLIFT_OUTSIDE && !task->data.held_out[i];
	return n;
}

/* Train a network; its weights go into w. */
static TrainReport
train_one(real *w, const UpliftTraining *training, Part part, size_t network)
{
	UpliftSetup setup = training->setup;

	setup.seed += network;

	Runner *runner = runner_start(&runner_uplift, &setup, sizeof(setup), "training");
	UpliftTask *task = runner_task(runner);
	const size_t total = task->net.total;

	progress_phase(PROGRESS_BUILDING);
	uplift_fill(task, training->users, part.held_out, part.left_out);
	if (training->warm)
		memcpy(task->data.initial, training->warm->w + network * total, sizeof(real) * total);
	train_run(training->run, runner, (int) (networks_of(&setup) - network),
			  uplifttrain_max_epochs(task, count_learned_from(task)), UPLIFT_METRIC);
	memcpy(w, uplifttrain_weights(task), sizeof(real) * total);

	const TrainReport report = uplifttrain_result(task)->report;

	runner_end(runner);
	return report;
}

static UpliftModel *
model_make(const UpliftTraining *training)
{
	const UserGraph *users = training->users;
	UpliftModel *model = palloc(sizeof(*model));

	*model = (UpliftModel){.feature = users->inputs->name,
						   .average_effect = uplift_average_effect(users),
						   .arms = users->arms,
						   .relations = users->relations};
	uplift_net(&model->net, &training->setup.config,
			   &(UpliftShape){users->F, users->arms->treatments, training->setup.graph.relations});
	model->w = memory_array(model->net.networks * model->net.total, sizeof(real));
	return model;
}

const UpliftModel *
uplift_networks_train(VersionRecord *record, const UpliftTraining *training)
{
	UpliftModel *model = model_make(training);
	ParamTable *params = palloc(sizeof(*params));
	uint8_t *own = model->net.networks > 1 ? memory_array(training->users->N, 1) : NULL;

	for (size_t i = 0; i < model->net.networks; i++)
	{
		const TrainReport report =
			train_one(model->w + i * model->net.total, training, part_of(own, training, i), i);

		if (i == 0)
			record->best_epoch = report.best_epoch;
	}
	const UpliftShape shape = uplift_shape(&model->net);

	report_ensemble(upliftmodel_params(params, &model->net.config, &shape));
	record->weights = uplift_model_encode(model, params);
	pfree(params);
	return model;
}

/* The sample of an uplift model: users of the experiment, what was predicted and what was measured. */
#include "postgres.h"

#include "pg/evaluate_graph.h"

#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/errors.h"
#include "pg/memory.h"
#include "pg/uplift_model.h"
#include "pg/uplift_source.h"
#include "pg/uplift_trial.h"

/* Both arms are needed to measure anything. */
static void
require_arms(const UpliftScores *sample, const UpliftSource *source, bool own)
{
	size_t treated = 0;

	for (size_t i = 0; i < sample->n; i++)
		treated += sample->treated[i];
	if (sample->n == 0)
		error_nobody(source->users, own ? "No user that the training held out is in the experiment."
										: "No user has both a treatment and an outcome.");
	if (treated == 0 || treated == sample->n)
		error_no_arm(get_rel_name(source->users), source->treatment_column, treated == 0, (int64) sample->n);
}

UpliftScores *
uplift_sample(const EvaluateCall *call)
{
	const bool own = !OidIsValid(call->source);
	UpliftSource *source = uplift_source_read(registry_spec(call->model));

	if (own && source->held_out_share == 0)
		error_nobody_held_out(call->model);
	if (!own)
		source->users = call->source;
	if (OidIsValid(call->edges))
		source->edges = call->edges;

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const bool binary = model->net.config.estimator != ESTIMATOR_CLASS_TRANSFORM;
	const UpliftInputs *inputs = uplift_inputs_of(source, model->feature, model->net.F);
	const UserGraph *users = graph_load(source, inputs, LOAD_EXPERIMENT, binary, false, "evaluation");
	const UpliftScore *score = uplift_of_users(model, users, source, NULL);
	uint8_t *held_out = NULL;

	if (own)
	{
		held_out = memory_array(users->N, 1);
		uplift_held_out(held_out, users, source);
	}

	UpliftScores *sample = uplift_trial(users, score, held_out);

	require_arms(sample, source, own);
	return sample;
}

/* -- Features then and now ------------------------------------------------ */

static Observed
observed_users(const UserGraph *users)
{
	return (Observed){users->feature, users->N, users->F};
}

void
uplift_observe(Observations *features, const EvaluateCall *call)
{
	UpliftSource *source = uplift_source_read(registry_spec(call->model));

	if (!OidIsValid(call->source))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("drift of uplift model \"%s\" needs a table to compare with", call->model->name),
				 errdetail("Its users \"%s\" have no time column to tell then from now.",
						   get_rel_name(source->users)),
				 errhint("Pass the users of today, with the same columns, as source.")));

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const UpliftInputs *inputs = uplift_inputs_of(source, model->feature, model->net.F);
	const UserGraph *users = graph_load(source, inputs, LOAD_USERS, false, false, "drift");

	features->then = observed_users(users);
	source->users = call->source;
	inputs = uplift_inputs_of(source, model->feature, model->net.F);
	users = graph_load(source, inputs, LOAD_USERS, false, false, "drift");
	features->now = observed_users(users);
	features->name = (const char *const *) inputs->name;
}

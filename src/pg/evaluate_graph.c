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
require_arms(const UpliftScores *sample, const UpliftRequest *request, bool own)
{
	size_t treated = 0;

	for (size_t i = 0; i < sample->n; i++)
		treated += sample->treated[i];
	if (sample->n == 0)
		error_nobody(request->users, own ? "No user that the training held out is in the experiment."
										 : "No user has both a treatment and an outcome.");
	if (treated == 0 || treated == sample->n)
		error_no_arm(get_rel_name(request->users), request->treatment_column, treated == 0,
					 (int64) sample->n);
}

UpliftScores *
uplift_sample(const EvaluateCall *call)
{
	const bool own = !OidIsValid(call->source);
	UpliftRequest *request = uplift_request_read(registry_spec(call->model));

	if (own && request->held_out_share == 0)
		error_nobody_held_out(call->model);
	if (!own)
		request->users = call->source;
	if (OidIsValid(call->edges))
		request->edges = call->edges;

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const bool binary = model->net.config.estimator != ESTIMATOR_CLASS_TRANSFORM;
	const UpliftInputs *inputs = uplift_inputs_of(request, model->feature, model->net.F);
	const UserGraph *users = graph_load(request, inputs, LOAD_EXPERIMENT, binary, false, "evaluation");
	const UpliftScore *score = uplift_of_users(model, users, request, NULL);
	uint8_t *held_out = NULL;

	if (own)
	{
		held_out = memory_array(users->N, 1);
		uplift_held_out(held_out, users, request);
	}

	UpliftScores *sample = uplift_trial(users, score, held_out);

	require_arms(sample, request, own);
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
	UpliftRequest *request = uplift_request_read(registry_spec(call->model));

	if (!OidIsValid(call->source))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("drift of uplift model \"%s\" needs a table to compare with", call->model->name),
				 errdetail("Its users \"%s\" have no time column to tell then from now.",
						   get_rel_name(request->users)),
				 errhint("Pass the users of today, with the same columns, as source.")));

	const UpliftModel *model = modelcache_get(call->model, CurrentMemoryContext);
	const UpliftInputs *inputs = uplift_inputs_of(request, model->feature, model->net.F);
	const UserGraph *users = graph_load(request, inputs, LOAD_USERS, false, false, "drift");

	features->then = observed_users(users);
	request->users = call->source;
	inputs = uplift_inputs_of(request, model->feature, model->net.F);
	users = graph_load(request, inputs, LOAD_USERS, false, false, "drift");
	features->now = observed_users(users);
	features->name = (const char *const *) inputs->name;
}

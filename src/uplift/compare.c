/* Whether a new version of an uplift model is better than the promoted one: by the Qini on users that both held out. */
#include "postgres.h"

#include "uplift/train_uplift.h"

#include <math.h>

#include "utils/lsyscache.h"

#include "metrics/pure/upliftmetrics.h"
#include "server/memory.h"
#include "server/source.h"
#include "uplift/behaviour.h"
#include "uplift/sampled.h"
#include "uplift/trial.h"

const UpliftScore *
uplift_measure_scores(const UpliftModel *model, const UpliftMeasured *measured)
{
	return measured->sampled
			   ? uplift_of_held_out(model, measured->users, measured->request, measured->held_out)
			   : uplift_of_users(model, measured->users, measured->request, NULL);
}

/* Whether the inputs that were read are those of the model, whose training this spec is of. */
static bool
same_features(const UpliftModel *model, const UpliftInputs *inputs, const UpliftRequest *request,
			  const Jsonb *spec)
{
	if (!behaviour_goes_on(request, spec))
		return false;
	if (model->net.F != (size_t) inputs->F)
		return false;
	for (size_t f = 0; f < model->net.F; f++)
		if (strcmp(model->feature[f], inputs->name[f]) != 0)
			return false;
	return true;
}

/* Whether the column is there as a model reads it: as a number under its own name, as an array, or as a text. */
static bool
can_read(Oid users, const char *column, const char *input)
{
	Oid element;

	if (get_attnum(users, column) == InvalidAttrNumber)
		return false;

	const Oid type = source_column(users, column).type;
	const bool is_array = uplift_is_array(type, &element);

	if (strcmp(column, input) == 0)
		return source_is_number(type);
	return is_array == (input[strlen(column)] == '[');
}

/* The columns of the users table that a model reads; an obstacle where one is not there, otherwise NULL. */
static const char *
columns_of(UpliftRequest *request, const UpliftModel *model, const Jsonb *spec)
{
	const char *obstacle = behaviour_take(request, spec);

	request->F = 0;
	request->feature = palloc(sizeof(char *) * Max(model->net.F, 1));
	for (size_t f = 0; f < model->net.F && !obstacle; f++)
	{
		if (request->behaviour &&
			strncmp(model->feature[f], BEHAVIOUR_COLUMN "[", strlen(BEHAVIOUR_COLUMN "[")) == 0)
			continue;

		char *name = uplift_input_column(request->users, model->feature[f]);

		if (!can_read(request->users, name, model->feature[f]))
			return psprintf("it reads column \"%s\", which \"%s\" does not have like that", name,
							get_rel_name(request->users));
		if (request->F == 0 || strcmp(request->feature[request->F - 1], name) != 0)
			request->feature[request->F++] = name;
	}
	return obstacle;
}

/* The column of edges that a model tells them apart by; an obstacle where it is not there, otherwise NULL. */
static const char *
relations_of(UpliftRequest *request, const UpliftModel *model, const Jsonb *spec)
{
	request->relation_column = NULL;
	if (model->relations->n == 0)
		return NULL;
	request->relation_column = spec ? spec_text(spec, "relation_column") : NULL;
	return request->relation_column && OidIsValid(request->edges) &&
				   get_attnum(request->edges, request->relation_column) != InvalidAttrNumber
			   ? NULL
			   : "it tells relations apart, and the edges do not say them";
}

/* Users that both versions held out; how many. */
static size_t
both_held_out(uint8_t *both, const UpliftMeasured *measured, const TrainIncumbent *incumbent)
{
	const UserGraph *users = measured->users;
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
		n += both[i] =
			measured->held_out[i] &&
			train_measures(incumbent, idmap_hash(users->ids, idmap_id(users->ids, (uint32) i)), DT_NOBEGIN);
	return n;
}

static size_t
count_held_out(const UpliftMeasured *measured)
{
	size_t n = 0;

	for (size_t i = 0; i < measured->users->N; i++)
		n += measured->held_out[i];
	return n;
}

/* The same users with the features and relations that another model reads, and without scores yet. */
static UpliftMeasured
read_again(const UpliftMeasured *measured, const UpliftRequest *request, const UpliftModel *model)
{
	UpliftMeasured again = *measured;

	again.request = request;
	again.users = graph_load(&(GraphLoad){.from = request,
										  .inputs = uplift_inputs_of(request, model->feature, model->net.F),
										  .experiment = LOAD_EXPERIMENT,
										  .arms = measured->users->arms,
										  .relations = model->relations,
										  .binary = measured->binary,
										  .whole = true,
										  .what = "training"});

	/* retrain() has committed since: there may be other users by now. */
	uint8_t *held_out = memory_array(again.users->N, 1);

	uplift_held_out(held_out, again.users, &request->split);
	again.held_out = held_out;
	return again;
}

static double
qini_on_both(const UpliftMeasured *measured, const TrainIncumbent *incumbent)
{
	uint8_t *both = memory_array(measured->users->N, 1);

	both_held_out(both, measured, incumbent);

	const double qini = uplift_trial_qini(uplift_trial(measured->users, measured->score, both));

	pfree(both);
	return qini;
}

void
uplift_compare(TrainOutcome *outcome, const TrainRun *run, const UpliftMeasured *measured)
{
	const TrainIncumbent *incumbent = train_incumbent(run, outcome);
	Comparison *comparison = &outcome->comparison;

	if (!incumbent)
		return;

	const UpliftModel *old = incumbent->model;
	uint8_t *both = memory_array(measured->users->N, 1);
	UpliftMeasured as_old = *measured;
	UpliftRequest request = *measured->request;

	if (!train_compares(outcome, incumbent, both_held_out(both, measured, incumbent),
						count_held_out(measured)))
		return;
	if (!uplift_arms_same(old->arms, measured->users->arms))
	{
		comparison->obstacle =
			psprintf("version %d has the arms %s", incumbent->version, uplift_arms_text(old->arms));
		return;
	}
	if (!same_features(old, measured->users->inputs, measured->request, incumbent->spec) ||
		!uplift_relations_same(old->relations, measured->users->relations))
	{
		comparison->obstacle = relations_of(&request, old, incumbent->spec);
		if (!comparison->obstacle)
			comparison->obstacle = columns_of(&request, old, incumbent->spec);
		if (comparison->obstacle)
			return;
		as_old = read_again(measured, &request, old);
	}
	as_old.score = uplift_measure_scores(old, &as_old);
	comparison->value = qini_on_both(measured, incumbent);
	comparison->incumbent = qini_on_both(&as_old, incumbent);
	if (isnan(comparison->value) || isnan(comparison->incumbent))
		comparison->obstacle =
			psprintf("%s is not defined on the users that both held out", comparison->metric);
}

/* The sample of a sequence model: users whose label is known, and the probabilities they get. */
#include "postgres.h"

#include "sequence/evaluate.h"

#include "fmgr.h"

#include "metrics/class_metrics.h"
#include "server/errors.h"
#include "server/memory.h"
#include "registry/modelcache.h"
#include "sequence/score.h"
#include "sequence/stored.h"
#include "sequence/users_attributes.h"

const TimestampTz *
evaluate_trained_as_of(const Model *model, const SequenceRequest *request)
{
	TimestampTz *as_of = palloc(sizeof(*as_of));

	*as_of = registry_as_of(model);
	if (*as_of != DT_NOBEGIN)
		return as_of;
	*as_of = request->as_of;
	return request->has_as_of ? as_of : NULL;
}

SequenceSet
evaluate_sequences(const SequenceUsers *users, const char *what)
{
	const size_t bytes = sizeof(float) * users->steps * users->F + sizeof(size_t) * (users->N + 1);

	memory_check(users->memory + bytes, what);

	size_t *start = memory_array(users->N + 1, sizeof(size_t));
	float *value = memory_array(users->steps * users->F, sizeof(float));

	sequence_fill(users, start, value);
	return (SequenceSet){.N = users->N, .F = users->F, .start = start, .value = value};
}

/* The attributes of the first n users: n × attributes->n. */
static const float *
evaluate_attributes(const SequenceUsers *users, const Attributes *attributes, size_t n)
{
	float *value = memory_array(n * (size_t) attributes->n, sizeof(float));

	attribute_coder_fill(value, attribute_coder(users, attributes), 0, n);
	return value;
}

/* Whose the first n sequences are, of which the first held_out are of users that were held out. */
static SampleUsers
sample_rows(const SequenceUsers *users, size_t n, size_t held_out)
{
	TimestampTz *cutoff = memory_array(n, sizeof(*cutoff));
	uint8 *is_held_out = memory_array(n, sizeof(*is_held_out));

	for (size_t i = 0; i < n; i++)
	{
		cutoff[i] = users->cutoff[users->at[i]];
		is_held_out[i] = i < held_out;
	}
	return (SampleUsers){n, users->id_type, users->id, cutoff, is_held_out};
}

static size_t
users_at_newest(const SequenceUsers *users)
{
	size_t n = 0;

	for (size_t i = 0; i < users->N; i++)
		n += users->at[i] == users->cutoffs - 1;
	return n;
}

/*
 * Whom to evaluate on, first among those with a label; returns how many. The rules without a model learn from the rest,
 * which in another source there is not: there they may look at the same users.
 */
static size_t
choose_users(ClassSample *sample, SequenceUsers *users, const SequenceRequest *request,
			 const EvaluateCall *call)
{
	const bool own = !OidIsValid(call->source);
	const size_t held_out = sequence_hold_out(users, own ? &request->split : &(Split){0});
	const size_t n = own && !call->learned ? held_out : users->N;

	sample->rows = sample_rows(users, n, held_out);
	if (!own)
		sample->rows.held_out = NULL;
	if (request->reading.sequence_column)
		sample->rows.cutoff = NULL;
	sample->population = users_at_newest(users);
	sample->all = users->N;
	sample->labels = users->label;
	sample->carried = users->carried;
	if (own)
		return n;
	sample->all = 2 * n;
	sample->labels = memory_array(2 * n, sizeof(int32_t));
	for (int half = 0; half < 2; half++)
		memcpy(sample->labels + (size_t) half * n, users->label, n * sizeof(int32_t));
	if (users->carried)
	{
		sample->carried = memory_array(2 * n, sizeof(int32_t));
		for (int half = 0; half < 2; half++)
			memcpy(sample->carried + (size_t) half * n, users->carried, n * sizeof(int32_t));
	}
	return n;
}

/* Notes which rows are of the same user: a bootstrap draws them together. */
static void
note_users(ClassSample *sample, const SequenceUsers *users, size_t n)
{
	uint32_t *user;

	if (users->cutoffs == 1)
		return;
	user = memory_array(n, sizeof(*user));
	sample->users = sequence_count_users(user, users, 0, n);
	sample->user = user;
}

/* The numbers that the classes are ranges of, and what the probabilities say of them. */
static void
note_numbers(ClassSample *sample, const SequenceModel *model, const SequenceUsers *users, bool own)
{
	const size_t n = sample->scores.n, C = sample->scores.C;
	double *number = memory_array(sample->all, sizeof(double));
	double *forecast = memory_array(4 * n, sizeof(double));
	double *probability = palloc(C * sizeof(double));

	for (size_t i = 0; i < sample->all; i++)
		number[i] = users->number[own ? i : i % n];
	for (size_t i = 0; i < n; i++)
	{
		for (size_t c = 0; c < C; c++)
			probability[c] = (double) sample->scores.prob[i * C + c];

		const NumberForecast of = ranges_forecast(model->ranges, probability);

		forecast[i] = of.mean;
		forecast[n + i] = of.median;
		forecast[2 * n + i] = of.low;
		forecast[3 * n + i] = of.high;
	}
	sample->number = number;
	sample->mean = forecast;
	sample->median = forecast + n;
	sample->low = forecast + 2 * n;
	sample->high = forecast + 3 * n;
}

SampledSequences
sequence_sample_users(const EvaluateCall *call)
{
	const bool own = !OidIsValid(call->source);
	const SequenceModel *model = modelcache_get(call->model, CurrentMemoryContext);
	SampledSequences sampled = {.model = model, .own = own};
	SequenceRequest *request = palloc(sizeof(*request)); /* the users that are returned refer to it */

	sequence_request_from_spec(request, registry_spec(call->model));
	sequence_model_check_spec(model, &request->reading);
	if (own && !call->learned && request->split.share == 0)
		error_nobody_held_out(call->model);
	if (!own)
		request->reading.relation = call->source;

	const TimestampTz *as_of = call->has_as_of ? &call->as_of
							   : own           ? evaluate_trained_as_of(call->model, request)
											   : NULL;

	sampled.users = sequence_read(&(SequenceRead){.reading = &request->reading,
												  .as_of = as_of,
												  .cutoffs = call->has_as_of ? NULL : &request->cutoffs,
												  .labels = SEQUENCE_LABELED,
												  .classes = (const char *const *) model->classes,
												  .C = model->C,
												  .ranges = model->ranges,
												  .what = "evaluation"});
	sampled.n = choose_users(&sampled.sample, sampled.users, request, call);
	if (sampled.n == 0)
		error_nobody(request->reading.relation,
					 own && !call->learned ? "No user that the training held out has a label."
										   : "No user has a label that is one of the model's classes.");
	return sampled;
}

ClassSample *
sequence_sample_scored(const SampledSequences *sampled, const real *prob)
{
	const SequenceModel *model = sampled->model;
	const size_t n = sampled->n, C = (size_t) model->C;
	ClassSample *sample = palloc(sizeof(*sample));

	*sample = sampled->sample;
	sample->scores = (ClassScores){.prob = prob, .label = sample->labels, .n = n, .C = C};
	sample->answers = sample->scores;
	sample->answers.prob = class_decisions(prob, model->decision, n, C);
	sample->classes = (const char **) model->classes;
	note_users(sample, sampled->users, n);
	if (model->ranges)
		note_numbers(sample, model, sampled->users, sampled->own);
	return sample;
}

ClassSample *
sequence_sample(const EvaluateCall *call)
{
	const SampledSequences sampled = sequence_sample_users(call);
	const SequenceModel *model = sampled.model;
	const SequenceUsers *users = sampled.users;
	const size_t n = sampled.n, C = (size_t) model->C;
	const float *attribute = evaluate_attributes(users, &model->attributes, n);
	SequenceSet set = evaluate_sequences(users, "evaluation");

	set.attribute = attribute;
	memory_check(users->memory + sizeof(float) * users->steps * users->F + 2 * sizeof(real) * n * C,
				 "evaluation");

	real *prob = memory_array(n * C, sizeof(real));

	sequence_probabilities(prob, sequence_model_batch(model, users->longest, SEQUENCE_BATCH, "evaluation"),
						   &set, n, C);
	return sequence_sample_scored(&sampled, prob);
}

/* -- Features then and now ------------------------------------------------ */

static Observed
observed_attributes(const SequenceUsers *users, const Attributes *attributes)
{
	const size_t A = (size_t) attributes->n;
	float *value = (float *) evaluate_attributes(users, attributes, users->N);

	for (size_t i = 0; i < users->N * A; i++)
		if (attributes->of[i % A].category && value[i] == ATTRIBUTE_UNKNOWN)
			value[i] = NAN;
	return (Observed){value, users->N, A};
}

/* The steps of all users, and their attributes, unless `then` and nobody wrote down what they were. */
static Observed
observe(Observed *of_users, const SequenceReading *reading, const Attributes *attributes,
		const TimestampTz *as_of, bool then)
{
	const SequenceUsers *users = sequence_read(
		&(SequenceRead){.reading = reading, .as_of = as_of, .labels = SEQUENCE_UNLABELED, .what = "drift"});

	if (users->N == 0)
		error_nobody(reading->relation, "No user has a row in the periods before as_of.");

	const SequenceSet set = evaluate_sequences(users, "drift");

	*of_users = observed_attributes(users, attributes);
	if (then && !users_attributes_have_history(users))
		of_users->n = 0;
	return (Observed){set.value, set.start[set.N], set.F};
}

/* For each attribute whether it is a category (true) or a number. */
static const bool *
attribute_categories(const Attributes *attributes)
{
	bool *category = palloc(sizeof(bool) * (size_t) Max(attributes->n, 1));

	for (int a = 0; a < attributes->n; a++)
		category[a] = attributes->of[a].category;
	return category;
}

void
sequence_observe(Observations *features, const EvaluateCall *call)
{
	SequenceRequest request;

	sequence_request_from_spec(&request, registry_spec(call->model));

	const TimestampTz *trained_as_of = evaluate_trained_as_of(call->model, &request);

	if (!trained_as_of)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("version %d of model \"%s\" does not say up to when its training read",
							   call->model->version, call->model->name),
						errhint("Import it with a spec that has as_of.")));

	const SequenceModel *model = modelcache_get(call->model, CurrentMemoryContext);
	Observations *of_users = palloc0(sizeof(*of_users));

	sequence_model_check_spec(model, &request.reading);
	features->then = observe(&of_users->then, &request.reading, &model->attributes, trained_as_of, true);

	if (OidIsValid(call->source))
		request.reading.relation = call->source;

	features->now = observe(&of_users->now, &request.reading, &model->attributes,
							call->has_as_of ? &call->as_of : NULL, false);
	features->name = request.reading.features;
	of_users->name = request.reading.attributes;
	of_users->category = attribute_categories(&model->attributes);
	features->more = of_users;
}

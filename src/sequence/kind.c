/* Sequence models, as a kind among others. */
#include "postgres.h"

#include "sequence/classify_users.h"
#include "sequence/evaluate.h"
#include "sequence/score_columns.h"
#include "sequence/stored.h"
#include "server/source.h"
#include "sequence/train_sequence.h"

static const void *
config_of(const void *model)
{
	return &((const SequenceModel *) model)->config;
}

static Oid
id_type(const Jsonb *spec)
{
	SequenceRequest request;

	sequence_request_from_spec(&request, spec);
	return source_column(request.reading.relation, request.reading.user_column).type;
}

static MetricSet *
metrics(const EvaluateCall *call)
{
	const ClassSample *sample = sequence_sample(call);

	return sample->number ? number_set(sample) : class_set(sample);
}

static Predictions *
predictions(const EvaluateCall *call)
{
	const ClassSample *sample = sequence_sample(call);
	Predictions *all = palloc(sizeof(*all));

	*all = (Predictions){.rows = sample->rows, .classes = sample, .outcome = sample->number};
	return all;
}

static CalibrationBin *
calibration(int *n, const EvaluateCall *call, bool by_class)
{
	return class_calibration(n, sequence_sample(call), by_class);
}

const ModelKind sequence_kind = {
	.name = "sequence",
	.options = sequence_options,
	.option_count = &sequence_option_count,
	.config = config_of,
	.decode = sequence_model_decode,
	.train = sequence_retrain,
	.sources = (const char *const[]){"source", "users_table", NULL},
	.expressions = (const char *const[]){"outcome", "expressions", NULL},
	.scores = "usercls.classify_users($1, $2, NULL::%s)",
	.reasons = "usercls.classify_users($1, $2, NULL::%s, false, $4, $5, $3)",
	.changed = classified_changed,
	.score_columns = sequence_score_columns,
	.id_type = id_type,
	.optional_columns = sequence_optional_columns,
	.predictions = predictions,
	.metrics = metrics,
	.calibration = calibration,
	.importance = sequence_importance,
	.observe = sequence_observe,
	.usage = "Score it with usercls.predict() or usercls.score().",
	.scores_rows = "usercls.predict()",
};

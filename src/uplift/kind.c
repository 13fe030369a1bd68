/* Uplift models, as a kind among others. */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "registry/registry.h"
#include "uplift/evaluate.h"
#include "uplift/graphload.h"
#include "uplift/stored.h"
#include "uplift/train_uplift.h"

static const void *
config_of(const void *model)
{
	return &((const UpliftModel *) model)->net.config;
}

static void
pg_attribute_noreturn() error_no_classes(const Model *model, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("model \"%s\" has no classes", model->name),
			 errdetail("The score of an uplift model is the uplift."), errhint("%s", hint)));
}

static int
score_columns(const ScoreColumn **column, const Model *model, const ScoreChoice *choice)
{
	static const ScoreColumn columns[] = {
		{"segment", TEXTOID, "s.segment", "persuadable, sure_thing, lost_cause or sleeping_dog", true},
		{"uplift", FLOAT8OID, "s.uplift", "how much more probable the outcome is with the treatment", true},
		{"p_first", FLOAT8OID, "s.p_first", "probability of the outcome with the treatment", true},
		{"p_second", FLOAT8OID, "s.p_second", "probability of no outcome without the treatment", true},
		{SCORE_SCORE, FLOAT8OID, "s.uplift", "what the threshold is compared with: the uplift", false},
		{"rank", INT8OID, "s.rank", "place by uplift, from 1", false},
		{SCORE_MARKED, BOOLOID, "s.uplift OPERATOR(pg_catalog.>=) $3",
		 "score is at least the threshold; null: none was given", false},
	};

	if (choice->class)
		error_no_classes(model, "Leave class out; threshold marks users by their uplift.");
	*column = columns;
	return lengthof(columns);
}

static Oid
id_type(const Jsonb *spec)
{
	return graphload_id_type(uplift_request_read(spec));
}

static MetricSet *
metrics(const EvaluateCall *call)
{
	ArmsApart apart;
	const UpliftScores *sample = uplift_sample(call, &apart);

	return uplift_set(sample, &apart);
}

static CalibrationBin *
calibration(int *n, const EvaluateCall *call, bool by_class)
{
	if (by_class)
		error_no_classes(call->model, "Leave out by_class: the bins are of the uplift.");
	return uplift_calibration(n, uplift_sample(call, NULL));
}

const ModelKind uplift_kind = {
	.name = "uplift",
	.options = uplift_options,
	.option_count = &uplift_option_count,
	.config = config_of,
	.decode = uplift_model_decode,
	.train = uplift_retrain,
	.expressions = (const char *const[]){NULL},
	.sources = (const char *const[]){"users", "edges", NULL},
	.timeless = "Its tables hold one row for each user.",
	.scores = "usercls.target_users($1, NULL, NULL, NULL, NULL::%s)",
	.score_columns = score_columns,
	.id_type = id_type,
	.predictions = uplift_predictions,
	.metrics = metrics,
	.calibration = calibration,
	.observe = uplift_observe,
	.usage = "Score it with usercls.uplift() or usercls.target_users().",
	.scores_rows = "usercls.gnn_input()",
};

/* Uplift models, as a kind among others. */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "uplift/evaluate.h"
#include "uplift/graphload.h"
#include "uplift/stored.h"
#include "uplift/train_uplift.h"

static const void *
config_of(const void *model)
{
	return &((const UpliftModel *) model)->net.config;
}

static const ScoreColumn score_columns[] = {
	{"segment", TEXTOID, "s.segment::pg_catalog.text", "persuadable, sure_thing, lost_cause or sleeping_dog"},
	{"uplift", FLOAT8OID, "s.uplift", "how much more probable the outcome is with the treatment"},
	{"p_first", FLOAT8OID, "s.p_first", "probability of the outcome with the treatment"},
	{"p_second", FLOAT8OID, "s.p_second", "probability of no outcome without the treatment"},
};

static Oid
id_type(const Jsonb *spec)
{
	return graphload_id_type(uplift_request_read(spec));
}

static MetricSet *
metrics(const EvaluateCall *call)
{
	return uplift_set(uplift_sample(call));
}

static int
calibration(CalibrationBin *bin, const EvaluateCall *call)
{
	return uplift_calibration(bin, uplift_sample(call));
}

const ModelKind uplift_kind = {
	.name = "uplift",
	.options = uplift_options,
	.option_count = &uplift_option_count,
	.config = config_of,
	.decode = uplift_model_decode,
	.train = uplift_retrain,
	.timeless = "Its tables hold one row for each user.",
	.scores = "usercls.target_users($1, NULL, NULL, NULL, NULL::%s)",
	.score_column = score_columns,
	.score_columns = lengthof(score_columns),
	.id_type = id_type,
	.metrics = metrics,
	.calibration = calibration,
	.observe = uplift_observe,
	.usage = "Score it with usercls.uplift() or usercls.target_users().",
	.scores_rows = "usercls.gnn_input()",
};

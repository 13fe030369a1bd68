/* Uplift models, as a kind among others. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "registry/registry.h"
#include "registry/score_names.h"
#include "uplift/changed.h"
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

static const ScoreColumn score_first[] = {
	{.name = "segment",
	 .type = TEXTOID,
	 .from = "s.segment",
	 .comment = "persuadable, sure_thing, lost_cause or sleeping_dog",
	 .required = true},
	{.name = "uplift",
	 .type = FLOAT8OID,
	 .from = "s.uplift",
	 .comment = "how much more probable the outcome is with the treatment; of numbers how much larger",
	 .required = true},
	{.name = "p_first",
	 .type = FLOAT8OID,
	 .from = "s.p_first",
	 .comment = "probability of the outcome with the treatment",
	 .required = true},
	{.name = "p_second",
	 .type = FLOAT8OID,
	 .from = "s.p_second",
	 .comment = "probability of no outcome without the treatment",
	 .required = true},
	{.name = "uplift_sd",
	 .type = FLOAT8OID,
	 .from = "s.uplift_sd",
	 .comment =
		 "standard deviation of the uplift among the networks of an ensemble; null: there is one network"},
};

/* Reasons stand last: they are there only where they are asked for. */
static const ScoreColumn score_last[] = {
	{.name = SCORE_SCORE,
	 .type = FLOAT8OID,
	 .from = "s.uplift",
	 .comment = "what the threshold is compared with: the uplift"},
	{.name = "rank",
	 .type = INT8OID,
	 .from = "s.rank",
	 .rank_by = "uplift",
	 .comment = "place by uplift, from 1"},
	{.name = SCORE_MARKED,
	 .type = BOOLOID,
	 .from = "s.uplift OPERATOR(pg_catalog.>=) $3",
	 .comment = "score is at least the threshold; null: none was given"},
	{.name = SCORE_REASONS,
	 .type = TEXTOID,
	 .from = "CASE WHEN $3 IS NULL OR s.uplift OPERATOR(pg_catalog.>=) $3 THEN (SELECT "
			 "pg_catalog.string_agg(r.reason, E'\\n' ORDER BY pg_catalog.abs(r.contribution) DESC, "
			 "r.reason) FROM "
			 "usercls.explain_uplift($1, s.user_id, $4) AS r) END",
	 .comment = SCORE_REASONS_COMMENT},
};

/* Comments of columns that only models of several treatments have. */
#define BEST_ARM_COMMENT "treatment with the highest uplift"
#define ARM_COMMENT "treatment to give; null: none"
#define TREATMENT_COMMENT "uplift by the treatment "

/* Of several treatments: which is the best one, and the uplift by each. */
static int
arm_columns(ScoreColumn *column, int n, const UpliftArms *arms)
{
	column[n++] =
		(ScoreColumn){.name = "best_arm", .type = TEXTOID, .from = "s.best_arm", .comment = BEST_ARM_COMMENT};
	column[n++] = (ScoreColumn){.name = "arm", .type = TEXTOID, .from = "s.arm", .comment = ARM_COMMENT};
	for (size_t k = 0; k < arms->treatments; k++)
	{
		const char *name = arms->name[1 + k];

		column[n] =
			(ScoreColumn){.name = score_column_name(column, n, "uplift", name),
						  .type = FLOAT8OID,
						  .from = psprintf("(s.uplifts OPERATOR(pg_catalog.->>) %s)::pg_catalog.float8",
										   quote_literal_cstr(name)),
						  .comment = psprintf(TREATMENT_COMMENT "%s", name)};
		n++;
	}
	return n;
}

static int
score_columns(const ScoreColumn **columns, const Model *version, const ScoreChoice *choice)
{
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	ScoreColumn *column = palloc(
		sizeof(*column) * (lengthof(score_first) + lengthof(score_last) + 2 + model->arms->treatments));
	int n = lengthof(score_first);

	if (choice->class)
		error_no_classes(version, "Leave class out; threshold marks users by their uplift.");
	memcpy(column, score_first, sizeof(score_first));
	if (model->arms->treatments > 1)
		n = arm_columns(column, n, model->arms);
	memcpy(column + n, score_last, sizeof(score_last));
	*columns = column;
	return n + (int) lengthof(score_last) - (choice->reasons > 0 ? 0 : 1);
}

static Oid
id_type(const Jsonb *spec)
{
	return graphload_id_type(uplift_request_read(spec));
}

static bool
dated(const Jsonb *spec)
{
	return jsonb_member(spec, "behaviour") != NULL && jsonb_member(spec, "as_of") != NULL;
}

static MetricSet *
metrics(const EvaluateCall *call)
{
	ArmsApart apart;
	const UpliftTrial *trial = uplift_sample(call, &apart);

	return uplift_set(trial, &apart);
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
	.expressions = (const char *const[]){"behaviour", NULL}, /* whoever trusts it runs what it reads */
	.sources = (const char *const[]){"users", "edges", NULL},
	.timeless = "Its tables hold one row for each user.",
	.dated = dated,
	.scores = "usercls.target_users($1, NULL, NULL, NULL, NULL::%s)",
	.changed = uplift_changed,
	.score_columns = score_columns,
	.id_type = id_type,
	.optional_columns =
		(const char *const[]){BEST_ARM_COMMENT, ARM_COMMENT, TREATMENT_COMMENT, SCORE_REASONS_COMMENT, NULL},
	.predictions = uplift_predictions,
	.metrics = metrics,
	.calibration = calibration,
	.importance = uplift_importance,
	.observe = uplift_observe,
	.usage = "Score it with usercls.uplift() or usercls.target_users().",
	.scores_rows = "usercls.gnn_input()",
};

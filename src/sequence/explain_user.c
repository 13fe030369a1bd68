/* explain_user(): why one user of a model's own table has his score. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "sequence/classify_users.h"
#include "sequence/reason_text.h"
#include "sequence/users_attributes.h"
#include "server/arguments.h"
#include "server/memory.h"
#include "server/rows.h"
#include "server/userid.h"

enum
{
	ARG_MODEL,
	ARG_USER,
	ARG_CLASS,
	ARG_TOP,
	ARG_AS_OF
};

enum
{
	OUT_FEATURE,
	OUT_PERIOD_START,
	OUT_VALUE,
	OUT_TYPICAL,
	OUT_CONTRIBUTION,
	OUT_REASON,
	OUT_CLASS,
	OUT_SCORE,
	OUT_TYPICAL_SCORE,
	OUT_COLUMNS
};

static void
put_period(Datum *value, bool *null, const ReasonWords *words, const Reason *reason)
{
	TimestampTz start = 0;

	null[OUT_PERIOD_START] =
		reason->feature < 0 || !sequence_period_start(&start, words->users, words->i, reason->from);
	value[OUT_PERIOD_START] = TimestampTzGetDatum(start);
}

static void
put_reason(FunctionCallInfo fcinfo, const ReasonWords *words, const Reasons *reasons, const Reason *reason)
{
	const SequenceModel *model = words->model;
	const char *name = reason->feature >= 0 ? model->features[reason->feature]
											: model->attributes.of[reason->attribute].name;
	Datum value[OUT_COLUMNS];
	bool null[OUT_COLUMNS] = {false};

	value[OUT_FEATURE] = CStringGetTextDatum(name);
	put_period(value, null, words, reason);
	rows_number(value, null, OUT_VALUE, reason->value);
	rows_number(value, null, OUT_TYPICAL, reason->typical);
	value[OUT_CONTRIBUTION] = Float8GetDatum(reason->contribution);
	value[OUT_REASON] = CStringGetTextDatum(reason_text(words, reason));
	null[OUT_CLASS] = reasons->class < 0;
	value[OUT_CLASS] = null[OUT_CLASS] ? (Datum) 0 : model->class_text[reasons->class];
	value[OUT_SCORE] = Float8GetDatum(reasons->score);
	value[OUT_TYPICAL_SCORE] = Float8GetDatum(reasons->typical);
	rows_put(fcinfo, value, null);
}

/* The only user that was read. */
static void
explain(FunctionCallInfo fcinfo, const ClassifiedUsers *all, int class, int top)
{
	const SequenceModel *model = all->model;
	const size_t W = sequence_window_periods(all->users);
	float *value = memory_array(W * (size_t) model->F, sizeof(float));
	float *attribute = palloc(sizeof(float) * (size_t) Max(model->attributes.n, 1));
	const ReasonWords words = {
		.reading = &all->reading, .users = all->users, .model = model, .attribute = attribute};

	sequence_window(all->users, 0, value);
	attribute_coder_fill(attribute, attribute_coder(all->users, &model->attributes), 0, 1);

	const Reasons *reasons = reasoner_run(reasoner_make(model, W, REASONS_VALUES), value, attribute, class);

	for (int i = 0; i < reasons->n && (top == 0 || i < top); i++)
		put_reason(fcinfo, &words, reasons, &reasons->of[i]);
}

static void
explain_user(FunctionCallInfo fcinfo, const Model *version, Datum user)
{
	const TimestampTz as_of = PG_ARGISNULL(ARG_AS_OF) ? 0 : PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	const char *class = arg_text_or_null(fcinfo, ARG_CLASS);
	const int top = arg_count_or_all(fcinfo, ARG_TOP, "top");
	const ClassifiedUsers *all = classify_users_read(
		version,
		(SequenceRead){.as_of = PG_ARGISNULL(ARG_AS_OF) ? NULL : &as_of, .only = &user, .n_only = 1});
	const int number = class ? sequence_model_class_named(all->model, class) : REASONS_ANY_CLASS;
	const int nest_level = sequence_enter_time_zone(&all->reading);

	if (all->users->N > 0)
		explain(fcinfo, all, number, top);
	AtEOXact_GUC(true, nest_level);
}

PG_FUNCTION_INFO_V1(usercls_explain_user);
Datum
usercls_explain_user(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const Model *version =
		registry_promoted(arg_text(fcinfo, ARG_MODEL, "model"), &sequence_kind, RIGHT_SCORE);
	const Oid type = sequence_kind.id_type(registry_spec(version));

	if (!PG_ARGISNULL(ARG_USER))
		explain_user(fcinfo, version,
					 user_id_convert(PG_GETARG_DATUM(ARG_USER),
									 getBaseType(get_fn_expr_argtype(fcinfo->flinfo, ARG_USER)), type));
	rows_end(old);
	return (Datum) 0;
}

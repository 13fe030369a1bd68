/* predictions(): the rows behind every figure of evaluate(), user by user. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "metrics/sample.h"
#include "server/arguments.h"
#include "server/jsonbuild.h"
#include "server/rows.h"
#include "server/userid.h"

/* Arguments after the model, of the function without an argument for the type of ids. */
enum
{
	ARG_VERSION = 1,
	ARG_HELD_OUT,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_AS_OF,
	ARGS
};

/* In the function with one it is the second, and the others follow. */
#define ARG_ID 1

enum
{
	OUT_USER_ID,
	OUT_CUTOFF,
	OUT_HELD_OUT,
	OUT_ACTUAL,
	OUT_LABEL,
	OUT_PROBABILITY,
	OUT_PROBABILITIES,
	OUT_OUTCOME,
	OUT_TREATED,
	OUT_UPLIFT,
	OUT_ARM,
	OUT_UPLIFTS,
	OUT_COLUMNS
};

static void
put(Datum *value, bool *null, int column, Datum datum)
{
	value[column] = datum;
	null[column] = false;
}

/* What row i says of classes. text: the names of the classes. */
static void
put_classes(Datum *value, bool *null, const ClassSample *sample, const Datum *text, size_t i)
{
	const size_t C = sample->scores.C;
	const real *answer = sample->answers.prob + i * C;
	Datum *probability = palloc(sizeof(Datum) * C);
	size_t best = 0;

	for (size_t c = 0; c < C; c++)
	{
		probability[c] = Float8GetDatum((double) sample->scores.prob[i * C + c]);
		if (answer[c] > answer[best])
			best = c;
	}
	put(value, null, OUT_ACTUAL, text[sample->scores.label[i]]);
	put(value, null, OUT_LABEL, text[best]);
	put(value, null, OUT_PROBABILITY, probability[best]);
	put(value, null, OUT_PROBABILITIES,
		PointerGetDatum(construct_array(probability, (int) C, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
										TYPALIGN_DOUBLE)));
}

/* What row i says of an experiment: the arm of the user, and the uplift by each treatment, of which the highest is `uplift`. */
static void
put_experiment(Datum *value, bool *null, const Predictions *all, size_t i)
{
	const double *uplift = all->uplift + i * all->treatments;
	double best = uplift[0];
	JsonbBuild build;

	jsonb_begin(&build);
	for (size_t k = 0; k < all->treatments; k++)
	{
		best = Max(best, uplift[k]);
		jsonb_put_float(&build, all->arm_name[1 + k], uplift[k]);
	}
	put(value, null, OUT_TREATED, BoolGetDatum(all->arm[i] > 0));
	put(value, null, OUT_ARM, CStringGetTextDatum(all->arm_name[all->arm[i]]));
	put(value, null, OUT_UPLIFT, Float8GetDatum(best));
	put(value, null, OUT_UPLIFTS, JsonbPGetDatum(jsonb_end(&build)));
}

static void
put_user(FunctionCallInfo fcinfo, const Predictions *all, const UserIdOutput *id, const Datum *text, size_t i)
{
	Datum value[OUT_COLUMNS];
	bool null[OUT_COLUMNS];

	memset(null, true, sizeof(null));
	put(value, null, OUT_USER_ID, user_id_datum(id, all->rows.id[i]));
	if (all->rows.cutoff)
		put(value, null, OUT_CUTOFF, TimestampTzGetDatum(all->rows.cutoff[i]));
	if (all->rows.held_out)
		put(value, null, OUT_HELD_OUT, BoolGetDatum(all->rows.held_out[i]));
	if (all->classes)
		put_classes(value, null, all->classes, text, i);
	if (all->outcome)
		put(value, null, OUT_OUTCOME, Float8GetDatum(all->outcome[i]));
	if (all->arm)
		put_experiment(value, null, all, i);
	rows_put(fcinfo, value, null);
}

static Datum *
class_texts(const ClassSample *sample)
{
	Datum *text = palloc(sizeof(Datum) * sample->scores.C);

	for (size_t c = 0; c < sample->scores.C; c++)
		text[c] = CStringGetTextDatum(sample->classes[c]);
	return text;
}

/* shift: how many arguments there are between the model and the version. */
static Datum
predictions(FunctionCallInfo fcinfo, int shift)
{
	const MemoryContext old = rows_begin(fcinfo);
	EvaluateCall call = evaluate_call(fcinfo, NULL,
									  (EvaluateArguments){.source = shift + ARG_SOURCE,
														  .edges = shift + ARG_EDGES,
														  .as_of = shift + ARG_AS_OF,
														  .version = shift + ARG_VERSION});

	arg_require(fcinfo, shift + ARG_HELD_OUT, "held_out");
	call.learned = !arg_bool(fcinfo, shift + ARG_HELD_OUT);

	const Predictions *all = call.model->kind->predictions(&call);
	const UserIdOutput id = user_id_output(fcinfo, shift ? ARG_ID : ARGS, all->rows.id_type);
	const Datum *text = all->classes ? class_texts(all->classes) : NULL;
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext all_rows = MemoryContextSwitchTo(row);

	for (size_t i = 0; i < all->rows.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_user(fcinfo, all, &id, text, i);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(all_rows);
	rows_end(old);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(usercls_predictions);
PG_FUNCTION_INFO_V1(usercls_predictions_by_id);

Datum
usercls_predictions(PG_FUNCTION_ARGS)
{
	return predictions(fcinfo, 0);
}

Datum
usercls_predictions_by_id(PG_FUNCTION_ARGS)
{
	return predictions(fcinfo, 1);
}

/*
 * explain(): what each value of a sequence adds to the probability of a class.
 *
 *   whole = score(sequence)[class]
 *   foreach value, 64 at a time: contribution = whole - score(the sequence with the value missing)[class]
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "server/arguments.h"
#include "server/memory.h"
#include "registry/modelcache.h"
#include "registry/registry.h"
#include "sequence/array.h"
#include "sequence/stored.h"
#include "sequence/variants.h"

/* A sequence that is explained. */
typedef struct Explained
{
	const float *value;
	const float *known; /* attributes */
	size_t steps, F, C;
	size_t class;
	Variants *variants;
} Explained;

static void
put_value(ReturnSetInfo *result, size_t step, const char *feature, float value, double contribution)
{
	Datum column[4] = {Int32GetDatum((int32) step + 1), CStringGetTextDatum(feature),
					   Float8GetDatum((double) value), Float8GetDatum(contribution)};
	bool null[4] = {false, false, isnan(value), false};

	tuplestore_putvalues(result->setResult, result->setDesc, column, null);
}

static void
put_attribute(ReturnSetInfo *result, const Attribute *attribute, float value, double contribution)
{
	const bool no_number = attribute->category || isnan(value);
	Datum column[4] = {(Datum) 0, CStringGetTextDatum(attribute->name),
					   Float8GetDatum(no_number ? 0 : (double) value), Float8GetDatum(contribution)};
	bool null[4] = {true, false, no_number, false};

	tuplestore_putvalues(result->setResult, result->setDesc, column, null);
}

/* The same for each attribute. There are fewer than a batch takes. */
static void
explain_attributes(ReturnSetInfo *result, const Attributes *attributes, const Explained *sequence,
				   double whole)
{
	const size_t A = (size_t) attributes->n;
	float unknown[ATTRIBUTES_MAX];

	StaticAssertStmt(ATTRIBUTES_MAX <= VARIANTS_BATCH, "a variant for each attribute");
	if (A == 0)
		return;
	attributes_unknown(unknown, attributes);
	for (size_t a = 0; a < A; a++)
	{
		variants_add(sequence->variants, sequence->value, sequence->known);
		variants_attributes(sequence->variants)[a] = unknown[a];
	}

	const real *prob = variants_score(sequence->variants);

	for (size_t a = 0; a < A; a++)
		put_attribute(result, &attributes->of[a], sequence->known[a],
					  whole - (double) prob[a * sequence->C + sequence->class]);
}

static void
explain_values(ReturnSetInfo *result, char *const *features, const Explained *sequence, double whole)
{
	const size_t F = sequence->F, values = sequence->steps * F;

	for (size_t from = 0; from < values; from += VARIANTS_BATCH)
	{
		const size_t n = Min(VARIANTS_BATCH, values - from);

		for (size_t i = from; i < from + n; i++)
			variants_add(sequence->variants, sequence->value, sequence->known)[i] = NAN;

		const real *prob = variants_score(sequence->variants);

		for (size_t i = from; i < from + n; i++)
			put_value(result, i / F, features[i % F], sequence->value[i],
					  whole - (double) prob[(i - from) * sequence->C + sequence->class]);
	}
}

/* What the call says of the user's attributes. */
typedef struct GivenRow
{
	bool given;
	const Datum *row; /* NULL: the row is null, and nothing is known */
} GivenRow;

static float *
known_attributes(const SequenceModel *model, GivenRow of)
{
	float *known = palloc(sizeof(float) * (size_t) Max(model->attributes.n, 1));

	if (!of.given)
		sequence_model_no_attributes(
			model, "Pass a row that has them: usercls.explain(model, seq, class, members).");
	attributes_unknown(known, &model->attributes);
	if (of.row && model->attributes.n > 0)
		attribute_row_read(known, attribute_row_make(&model->attributes, CurrentMemoryContext), *of.row);
	return known;
}

static void
explain(ReturnSetInfo *result, const Model *found, const ArrayType *array, const char *class_name,
		GivenRow row)
{
	const SequenceModel *model = modelcache_get(found, CurrentMemoryContext);
	const size_t F = (size_t) model->F;
	const SequenceOrigin origin = {.model = found->name, .window = model->config.window_periods};
	const size_t steps = sequence_array_steps(array, model->F, &origin);
	float *value = memory_array(steps * F, sizeof(float));
	Explained sequence = {.value = value,
						  .known = known_attributes(model, row),
						  .steps = steps,
						  .F = F,
						  .C = (size_t) model->C,
						  .variants = variants_make(model, steps, "explanation")};

	sequence_array_values(value, array, steps * F, &origin);
	variants_add(sequence.variants, value, sequence.known);

	const real *prob = variants_score(sequence.variants);

	sequence.class = (size_t) (class_name ? sequence_model_class_named(model, class_name)
										  : sequence_model_class(model, prob));

	const double whole = (double) prob[sequence.class];

	explain_values(result, model->features, &sequence, whole);
	explain_attributes(result, &model->attributes, &sequence, whole);
}

enum
{
	ARG_MODEL,
	ARG_SEQUENCE,
	ARG_CLASS,
	ARG_ATTRIBUTES
};

static GivenRow
given_row(FunctionCallInfo fcinfo)
{
	if (PG_NARGS() <= ARG_ATTRIBUTES)
		return (GivenRow){0};
	return (GivenRow){true, PG_ARGISNULL(ARG_ATTRIBUTES) ? NULL : &fcinfo->args[ARG_ATTRIBUTES].value};
}

PG_FUNCTION_INFO_V1(usercls_explain);
Datum
usercls_explain(PG_FUNCTION_ARGS)
{
	MemoryContext work, old;

	const char *name = arg_text(fcinfo, ARG_MODEL, "model");

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(ARG_SEQUENCE))
		return (Datum) 0;
	work = AllocSetContextCreate(CurrentMemoryContext, "usercls explanation", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	explain((ReturnSetInfo *) fcinfo->resultinfo, registry_promoted(name, &sequence_kind, RIGHT_SCORE),
			PG_GETARG_ARRAYTYPE_P(ARG_SEQUENCE), arg_text_or_null(fcinfo, ARG_CLASS), given_row(fcinfo));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return (Datum) 0;
}

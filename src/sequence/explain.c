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
#include "sequence/score.h"
#include "sequence/stored.h"

/* Copies of a sequence that are scored together, each without another value. */
#define BATCH 64

typedef struct Variants
{
	float *value;       /* BATCH × steps × F */
	float *attribute;   /* BATCH × attributes */
	const float *known; /* the user's */
	const Attributes *attributes;
	size_t start[BATCH + 1];
	size_t n;
} Variants;

/* A sequence that is explained. */
typedef struct Explained
{
	const float *value;
	size_t steps, F, C;
	size_t class;
	real *prob; /* BATCH × C: to work in */
	SequenceScorer *scorer;
} Explained;

/* A copy of the sequence without value `without` (SIZE_MAX: with all), as predict() would read it. */
static void
variant_add(Variants *variants, const float *value, size_t steps, size_t F, size_t without)
{
	float *copy = variants->value + variants->start[variants->n] * F;

	memcpy(copy, value, sizeof(float) * steps * F);
	if (without != SIZE_MAX)
		copy[without] = NAN;

	const size_t empty = sequence_empty_steps(copy, steps, F);

	memcpy(variants->attribute + variants->n * (size_t) variants->attributes->n, variants->known,
		   sizeof(float) * (size_t) variants->attributes->n);
	memmove(copy, copy + empty * F, sizeof(float) * (steps - empty) * F);
	variants->start[variants->n + 1] = variants->start[variants->n] + steps - empty;
	variants->n++;
}

static void
variants_score(real *prob, Variants *variants, SequenceScorer *scorer, size_t F, size_t C)
{
	const SequenceSet set = {.N = variants->n,
							 .F = F,
							 .start = variants->start,
							 .value = variants->value,
							 .attribute = variants->attribute};

	sequence_probabilities(prob, scorer, &set, variants->n, C);
	variants->n = 0;
}

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
explain_attributes(ReturnSetInfo *result, Variants *variants, const Explained *sequence, double whole)
{
	const Attributes *attributes = variants->attributes;
	const size_t A = (size_t) attributes->n;
	float unknown[ATTRIBUTES_MAX];

	StaticAssertStmt(ATTRIBUTES_MAX <= BATCH, "a variant for each attribute");
	if (A == 0)
		return;
	attributes_unknown(unknown, attributes);
	for (size_t a = 0; a < A; a++)
	{
		variant_add(variants, sequence->value, sequence->steps, sequence->F, SIZE_MAX);
		variants->attribute[a * A + a] = unknown[a];
	}
	variants_score(sequence->prob, variants, sequence->scorer, sequence->F, sequence->C);
	for (size_t a = 0; a < A; a++)
		put_attribute(result, &attributes->of[a], variants->known[a],
					  whole - (double) sequence->prob[a * sequence->C + sequence->class]);
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
	const size_t C = (size_t) model->C;
	const SequenceOrigin origin = {.model = found->name, .window = model->config.window_periods};
	const size_t steps = sequence_array_steps(array, model->F, &origin);
	float *value = palloc(sizeof(float) * steps * F);
	real *prob = palloc(sizeof(real) * BATCH * C);
	SequenceScorer *scorer = sequence_model_batch(model, steps, BATCH, "explanation");
	Variants *variants = palloc0(sizeof(*variants));

	sequence_array_values(value, array, steps * F, &origin);
	variants->value = memory_array(BATCH * steps * F, sizeof(float));
	variants->attributes = &model->attributes;
	variants->attribute = palloc(sizeof(float) * BATCH * (size_t) Max(model->attributes.n, 1));
	variants->known = known_attributes(model, row);
	variant_add(variants, value, steps, F, SIZE_MAX);
	variants_score(prob, variants, scorer, F, C);

	const int class =
		class_name ? sequence_model_class_named(model, class_name) : sequence_model_class(model, prob);
	const double whole = prob[class];

	for (size_t from = 0; from < steps * F; from += BATCH)
	{
		const size_t n = Min(BATCH, steps * F - from);

		for (size_t i = from; i < from + n; i++)
			variant_add(variants, value, steps, F, i);
		variants_score(prob, variants, scorer, F, C);
		for (size_t i = from; i < from + n; i++)
			put_value(result, i / F, model->features[i % F], value[i],
					  whole - prob[(i - from) * C + (size_t) class]);
	}
	explain_attributes(result, variants,
					   &(Explained){.value = value,
									.steps = steps,
									.F = F,
									.C = C,
									.class = (size_t) class,
									.prob = prob,
									.scorer = scorer},
					   whole);
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

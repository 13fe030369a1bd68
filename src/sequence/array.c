#include "postgres.h"

#include "sequence/array.h"

#include <math.h>

#include "server/source.h"

/* The sentence " The sequence belongs to user 42." for an errdetail; "" when the user is not known. */
static const char *
whose(const SequenceOrigin *origin)
{
	return OidIsValid(origin->id_type)
			   ? psprintf(" The sequence belongs to user %s.", source_id_text(origin->id_type, origin->id))
			   : "";
}

static void
wrong_width(int got, int want, const SequenceOrigin *origin)
{
	const char *user = whose(origin);

	ereport(
		ERROR,
		(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("sequence has %d features, expected %d", got, want),
		 origin->model ? errdetail("Model \"%s\" was trained on %d features.%s", origin->model, want, user)
					   : errdetail("The weights are of a model with %d features.%s", want, user),
		 errhint(
			 "usercls.sequences() makes the sequences that a model reads; other ones have the columns in the "
			 "order shown by usercls.model_info().")));
}

/* Fewer periods are a user who began late; with more the periods are others than the model's, or not its window. */
static void
too_long(size_t got, const SequenceOrigin *origin)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
		 errmsg("sequence has %zu periods, expected at most %d", got, origin->window),
		 errdetail("The model reads a window of %d periods; usercls.model_info() shows how long each is.%s",
				   origin->window, whose(origin)),
		 errhint("usercls.sequences() makes the sequences that a model reads; pass the last %d periods of "
				 "other ones.",
				 origin->window)));
}

size_t
sequence_array_steps(const ArrayType *array, int F, const SequenceOrigin *origin)
{
	const int width = ARR_NDIM(array) == 2 ? ARR_DIMS(array)[1] : 1;
	const size_t steps = ARR_NDIM(array) > 0 ? (size_t) ARR_DIMS(array)[0] : 0;

	if (steps == 0 || ARR_NDIM(array) > 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg(steps == 0 ? "sequence is empty" : "sequence has %d dimensions", ARR_NDIM(array)),
				 errdetail("A sequence is an array of periods × features, or of periods for one feature.%s",
						   whose(origin)),
				 errhint("Pass what usercls.sequences() or usercls.sequence_agg() returns.")));
	if (width != F)
		wrong_width(width, F, origin);
	if (origin->window > 0 && steps > (size_t) origin->window)
		too_long(steps, origin);
	return steps;
}

static void
not_finite(double value, const SequenceOrigin *origin)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("sequence holds %s", isnan(value)   ? "NaN"
												: isinf(value) ? (value > 0 ? "Infinity" : "-Infinity")
															   : psprintf("%g", value)),
					errdetail("A value has to be a number that fits real, or null.%s", whose(origin)),
					errhint("Replace such values by NULL, which means \"not known\".")));
}

void
sequence_array_values(float *value, const ArrayType *array, size_t n, const SequenceOrigin *origin)
{
	const double *element = (const double *) ARR_DATA_PTR(array);
	const bits8 *present = ARR_NULLBITMAP(array);

	for (size_t i = 0; i < n; i++)
	{
		if (present && !(present[i / 8] & (1 << (i % 8))))
		{
			value[i] = NAN;
			continue;
		}
		value[i] = (float) *element;
		if (!isfinite(value[i]))
			not_finite(*element, origin);
		element++;
	}
}

size_t
sequence_empty_steps(const float *value, size_t steps, size_t F)
{
	size_t i = 0;

	while (i < (steps - 1) * F && isnan(value[i]))
		i++;
	return i / F;
}

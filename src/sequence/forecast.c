/* forecast(): what the probabilities of a number's ranges say of the number. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "registry/modelcache.h"
#include "registry/registry.h"
#include "sequence/stored.h"

/* Arguments of forecast(); the model is a name, or weights. All are strict. */
enum
{
	ARG_MODEL,
	ARG_PROBABILITIES
};

static void
check_model(const SequenceModel *model, int n)
{
	if (!model->ranges)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model does not answer a number"),
						errdetail("It answers one of %d classes.", model->C),
						errhint("Train it with an outcome of type numeric, real or double precision.")));
	if (n != model->C)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("there are %d probabilities, expected %d", n, model->C),
				 errhint("Pass probabilities as usercls.predict() or usercls.classify_users() gives them.")));
}

/* The probabilities, n of them. */
static double *
probabilities_of(int *n, ArrayType *array)
{
	Datum *value;
	bool *null;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value, &null, n);

	double *probability = palloc(sizeof(double) * (size_t) Max(*n, 1));

	for (int i = 0; i < *n; i++)
	{
		probability[i] = null[i] ? NAN : DatumGetFloat8(value[i]);
		if (!(probability[i] >= 0 && probability[i] <= 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("element %d is no probability", i + 1),
					 errhint("Pass numbers from 0 to 1.")));
	}
	return probability;
}

static Datum
forecast(FunctionCallInfo fcinfo, const SequenceModel *model)
{
	TupleDesc desc;
	int n;
	const double *probability = probabilities_of(&n, PG_GETARG_ARRAYTYPE_P(ARG_PROBABILITIES));

	check_model(model, n);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	const NumberForecast number = ranges_forecast(model->ranges, probability);
	Datum value[] = {Float8GetDatum(number.mean), Float8GetDatum(number.low), Float8GetDatum(number.median),
					 Float8GetDatum(number.high)};
	bool null[lengthof(value)] = {false};

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, null));
}

PG_FUNCTION_INFO_V1(usercls_forecast);
PG_FUNCTION_INFO_V1(usercls_forecast_weights);

Datum
usercls_forecast(PG_FUNCTION_ARGS)
{
	const Model *model =
		registry_promoted(text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODEL)), &sequence_kind, RIGHT_SCORE);

	return forecast(fcinfo, modelcache_get(model, CurrentMemoryContext));
}

Datum
usercls_forecast_weights(PG_FUNCTION_ARGS)
{
	return forecast(fcinfo,
					modelcache_get_value(PG_GETARG_BYTEA_P(ARG_MODEL), &sequence_kind, CurrentMemoryContext));
}

/*
 * The metrics that are sums over rows in any order: log_loss, brier, f1, precision_at, recall_at,
 * expected_calibration_error.
 *
 *   state = an array of zeros;  foreach row without a NULL do check its values, add to the array
 *   combine: add the other array
 *   final: a quotient of sums, NULL where what it is divided by is 0
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "server/errors.h"
#include "metrics/aggregate_arguments.h"
#include "metrics/pure/metrics.h"

/* NB: scripts/metrics-sql has the initial states, of as many zeros. */
enum
{
	LOSS_ROWS,
	LOSS,
	LOSS_SUMS
};

enum
{
	HITS,     /* labelled 1, score at or above the threshold */
	DECIDED,  /* score at or above the threshold */
	HAPPENED, /* labelled 1 */
	DECISION_SUMS
};

enum
{
	CALIBRATION_ROWS,
	FIRST_GAP, /* of each bin: the probabilities less the labels */
	CALIBRATION_SUMS = FIRST_GAP + CONFIDENCE_BINS
};

/* The state in an argument, checked: an array of so many numbers. */
static ArrayType *
sums_state(FunctionCallInfo fcinfo, int arg, int sums)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(arg);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != sums || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != FLOAT8OID)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("state of this metric must be an array of %d double precision values", sums),
						errhint("Call the metric in schema usercls, not its support functions.")));
	return array;
}

static const double *
sums_of(FunctionCallInfo fcinfo, int arg, int sums)
{
	return (const double *) ARR_DATA_PTR(sums_state(fcinfo, arg, sums));
}

/* The state in argument 0 with more added: itself, or a copy outside an aggregate, where the argument is not ours. */
static Datum
sums_add(FunctionCallInfo fcinfo, const double *more, int sums)
{
	ArrayType *state = sums_state(fcinfo, 0, sums);

	if (!AggCheckCallContext(fcinfo, NULL))
		state = DatumGetArrayTypePCopy(PG_GETARG_DATUM(0));
	for (int i = 0; i < sums; i++)
		((double *) ARR_DATA_PTR(state))[i] += more[i];
	PG_RETURN_ARRAYTYPE_P(state);
}

static Datum
quotient_or_null(FunctionCallInfo fcinfo, double dividend, double divisor)
{
	if (divisor == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(dividend / divisor);
}

static double
arg_probability(FunctionCallInfo fcinfo, int arg)
{
	const double p = PG_GETARG_FLOAT8(arg);

	if (!(p >= 0 && p <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("probability must be between 0 and 1, not %g", p),
						errhint("Pass what predict() or score() return, not a score of another scale.")));
	return p;
}

PG_FUNCTION_INFO_V1(usercls__log_loss_accum);
Datum
usercls__log_loss_accum(PG_FUNCTION_ARGS)
{
	const double p = arg_probability(fcinfo, 1);
	const uint8 label = aggregate_binary(fcinfo, 2, "label");
	const double more[LOSS_SUMS] = {[LOSS_ROWS] = 1, [LOSS] = metric_surprise(label ? p : 1 - p)};

	return sums_add(fcinfo, more, LOSS_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__brier_accum);
Datum
usercls__brier_accum(PG_FUNCTION_ARGS)
{
	const double error = arg_probability(fcinfo, 1) - aggregate_binary(fcinfo, 2, "label");
	const double more[LOSS_SUMS] = {[LOSS_ROWS] = 1, [LOSS] = error * error};

	return sums_add(fcinfo, more, LOSS_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__log_loss_combine);
Datum
usercls__log_loss_combine(PG_FUNCTION_ARGS)
{
	return sums_add(fcinfo, sums_of(fcinfo, 1, LOSS_SUMS), LOSS_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__log_loss_final);
Datum
usercls__log_loss_final(PG_FUNCTION_ARGS)
{
	const double *sum = sums_of(fcinfo, 0, LOSS_SUMS);

	return quotient_or_null(fcinfo, sum[LOSS], sum[LOSS_ROWS]);
}

/* f1, precision_at and recall_at: a row of (score, label, threshold). The threshold may differ from row to row. */
PG_FUNCTION_INFO_V1(usercls__decision_accum);
Datum
usercls__decision_accum(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		error_null_argument("state");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	if (PG_ARGISNULL(3))
		error_null_argument("threshold");

	const uint8 label = aggregate_binary(fcinfo, 2, "label");
	const bool decided = aggregate_finite(fcinfo, 1, "score") >= aggregate_finite(fcinfo, 3, "threshold");
	const double more[DECISION_SUMS] = {[HITS] = decided && label, [DECIDED] = decided, [HAPPENED] = label};

	return sums_add(fcinfo, more, DECISION_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__decision_combine);
Datum
usercls__decision_combine(PG_FUNCTION_ARGS)
{
	return sums_add(fcinfo, sums_of(fcinfo, 1, DECISION_SUMS), DECISION_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__f1_final);
Datum
usercls__f1_final(PG_FUNCTION_ARGS)
{
	const double *sum = sums_of(fcinfo, 0, DECISION_SUMS);

	return quotient_or_null(fcinfo, 2 * sum[HITS], sum[DECIDED] + sum[HAPPENED]);
}

PG_FUNCTION_INFO_V1(usercls__precision_at_final);
Datum
usercls__precision_at_final(PG_FUNCTION_ARGS)
{
	const double *sum = sums_of(fcinfo, 0, DECISION_SUMS);

	return quotient_or_null(fcinfo, sum[HITS], sum[DECIDED]);
}

PG_FUNCTION_INFO_V1(usercls__recall_at_final);
Datum
usercls__recall_at_final(PG_FUNCTION_ARGS)
{
	const double *sum = sums_of(fcinfo, 0, DECISION_SUMS);

	return quotient_or_null(fcinfo, sum[HITS], sum[HAPPENED]);
}

PG_FUNCTION_INFO_V1(usercls__expected_calibration_error_accum);
Datum
usercls__expected_calibration_error_accum(PG_FUNCTION_ARGS)
{
	const double p = arg_probability(fcinfo, 1);
	const int bin = (int) Max(ceil(p * CONFIDENCE_BINS) - 1, 0);
	double more[CALIBRATION_SUMS] = {[CALIBRATION_ROWS] = 1};

	more[FIRST_GAP + bin] = p - aggregate_binary(fcinfo, 2, "label");
	return sums_add(fcinfo, more, CALIBRATION_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__expected_calibration_error_combine);
Datum
usercls__expected_calibration_error_combine(PG_FUNCTION_ARGS)
{
	return sums_add(fcinfo, sums_of(fcinfo, 1, CALIBRATION_SUMS), CALIBRATION_SUMS);
}

PG_FUNCTION_INFO_V1(usercls__expected_calibration_error_final);
Datum
usercls__expected_calibration_error_final(PG_FUNCTION_ARGS)
{
	const double *sum = sums_of(fcinfo, 0, CALIBRATION_SUMS);
	double gaps = 0;

	for (int i = FIRST_GAP; i < CALIBRATION_SUMS; i++)
		gaps += fabs(sum[i]);
	return quotient_or_null(fcinfo, gaps, sum[CALIBRATION_ROWS]);
}

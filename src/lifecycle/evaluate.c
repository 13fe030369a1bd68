/* evaluate() and calibration(): how good a stored model is, on users it has not learned from. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "metrics/intervals.h"
#include "server/arguments.h"
#include "server/rows.h"

/* Arguments of evaluate(); calibration() has the first five. */
enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_AS_OF,
	ARG_VERSION,
	ARG_REPLICATES,
	ARG_SEED,
	ARG_BY_CLASS = ARG_REPLICATES
};

static const EvaluateArguments arguments = {
	.source = ARG_SOURCE, .edges = ARG_EDGES, .as_of = ARG_AS_OF, .version = ARG_VERSION};

/* -- evaluate() ----------------------------------------------------------- */

static void
put_metric(FunctionCallInfo fcinfo, const MetricSet *set, const MetricRow *row)
{
	Datum value[6] = {CStringGetTextDatum(row->name)};
	bool null[6] = {false};

	rows_number(value, null, 1, row->value);
	rows_number(value, null, 2, row->low);
	rows_number(value, null, 3, row->high);
	rows_number(value, null, 4, row->baseline);
	value[5] = Int64GetDatum((int64) metric_row_n(set, row));
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_evaluate);
Datum
usercls_evaluate(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, NULL, arguments);
	const Replicates replicates = replicates_arg(fcinfo, ARG_REPLICATES, ARG_SEED);
	MetricSet *set = call.model->kind->metrics(&call);

	metric_set_measure(set, replicates);
	for (int i = 0; i < set->rows; i++)
		put_metric(fcinfo, set, &set->row[i]);
	rows_end(old);
	return (Datum) 0;
}

/* -- calibration() -------------------------------------------------------- */

static void
put_bin(FunctionCallInfo fcinfo, const CalibrationBin *bin)
{
	Datum value[9] = {Int32GetDatum(bin->number), Float8GetDatum(bin->low), Float8GetDatum(bin->high),
					  Int64GetDatum((int64) bin->n)};
	bool null[9] = {false};

	rows_number(value, null, 4, bin->predicted);
	rows_number(value, null, 5, bin->observed);
	rows_number(value, null, 6, bin->standard_error);
	null[7] = bin->class == NULL;
	value[7] = null[7] ? (Datum) 0 : CStringGetTextDatum(bin->class);
	null[8] = bin->arm == NULL;
	value[8] = null[8] ? (Datum) 0 : CStringGetTextDatum(bin->arm);
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_calibration);
Datum
usercls_calibration(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, NULL, arguments);
	int bins;
	const CalibrationBin *bin = call.model->kind->calibration(&bins, &call, arg_bool(fcinfo, ARG_BY_CLASS));

	for (int i = 0; i < bins; i++)
		put_bin(fcinfo, &bin[i]);
	rows_end(old);
	return (Datum) 0;
}

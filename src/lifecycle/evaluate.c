/*
 * evaluate() and calibration(): how good a stored model is, on users it has not learned from.
 *
 *   set = kind->metrics(call): names, and a function over the users' weights
 *   value = set->measure(all weights 1);  foreach replicate: draw[r] = set->measure(how often each user was drawn)
 *   low, high = the 2.5th and 97.5th percentile of draw
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "metrics/pure/bootstrap.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/rows.h"
#include "metrics/sample.h"

#define REPLICATES_MAX 100000

/* Arguments of evaluate(); calibration() has the first five. */
enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_AS_OF,
	ARG_VERSION,
	ARG_REPLICATES,
	ARG_SEED
};

static const EvaluateArguments arguments = {
	.source = ARG_SOURCE, .edges = ARG_EDGES, .as_of = ARG_AS_OF, .version = ARG_VERSION};

/* -- evaluate() ----------------------------------------------------------- */

/* How often each row counts in a replicate: as often as its user is drawn. draw: of the users, where rows are not users. */
static void
draw_rows(uint32 *weight, uint32 *draw, const MetricSet *set, uint64 seed, uint64 replicate)
{
	if (!set->user)
	{
		bootstrap_draw(weight, seed, replicate, set->n);
		return;
	}
	bootstrap_draw(draw, seed, replicate, set->users);
	for (size_t i = 0; i < set->n; i++)
		weight[i] = draw[set->user[i]];
}

static void
bootstrap(MetricSet *set, int replicates, int64 seed)
{
	double *draws; /* rows × replicates */
	double *value = palloc(sizeof(double) * (Size) set->rows);
	uint32 *weight, *draw;

	memory_check(2 * set->n * sizeof(*weight) + sizeof(*draws) * (Size) set->rows * (Size) replicates,
				 "evaluation");
	draws = memory_array((Size) set->rows * (Size) replicates, sizeof(*draws));
	weight = memory_array(set->n, sizeof(*weight));
	draw = memory_array(set->n, sizeof(*draw));
	for (int r = 0; r < replicates; r++)
	{
		CHECK_FOR_INTERRUPTS();
		draw_rows(weight, draw, set, (uint64) seed, (uint64) r);
		set->measure(value, set->state, weight);
		for (int i = 0; i < set->rows; i++)
			draws[(Size) i * (Size) replicates + (Size) r] = value[i];
	}
	for (int i = 0; i < set->rows; i++)
	{
		const Interval95 interval =
			bootstrap_interval(draws + (Size) i * (Size) replicates, (size_t) replicates);

		set->row[i].low = interval.low;
		set->row[i].high = interval.high;
	}
}

static void
put_metric(FunctionCallInfo fcinfo, const MetricSet *set, const MetricRow *row)
{
	Datum value[6] = {CStringGetTextDatum(row->name)};
	bool null[6] = {false};

	rows_number(value, null, 1, row->value);
	rows_number(value, null, 2, row->low);
	rows_number(value, null, 3, row->high);
	rows_number(value, null, 4, row->baseline);
	value[5] = Int64GetDatum((int64) set->n);
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_evaluate);
Datum
usercls_evaluate(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, NULL, arguments);
	const int replicates = arg_int(fcinfo, ARG_REPLICATES, "replicates");
	const int64 seed = arg_bigint(fcinfo, ARG_SEED, "seed");

	if (replicates < 0 || replicates > REPLICATES_MAX)
		error_out_of_range("replicates", psprintf("%d", replicates), psprintf("0 to %d", REPLICATES_MAX));

	MetricSet *set = call.model->kind->metrics(&call);
	double *value = palloc(sizeof(double) * (Size) set->rows);

	set->measure(value, set->state, NULL);
	for (int i = 0; i < set->rows; i++)
	{
		set->row[i].value = value[i];
		set->row[i].low = set->row[i].high = NAN;
	}
	if (replicates > 0)
		bootstrap(set, replicates, seed);
	for (int i = 0; i < set->rows; i++)
		put_metric(fcinfo, set, &set->row[i]);
	rows_end(old);
	return (Datum) 0;
}

/* -- calibration() -------------------------------------------------------- */

static void
put_bin(FunctionCallInfo fcinfo, const CalibrationBin *bin)
{
	Datum value[7] = {Int32GetDatum(bin->number), Float8GetDatum(bin->low), Float8GetDatum(bin->high),
					  Int64GetDatum((int64) bin->n)};
	bool null[7] = {false};

	rows_number(value, null, 4, bin->predicted);
	rows_number(value, null, 5, bin->observed);
	rows_number(value, null, 6, bin->standard_error);
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_calibration);
Datum
usercls_calibration(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, NULL, arguments);
	CalibrationBin bin[CALIBRATION_BINS_MAX];
	const int bins = call.model->kind->calibration(bin, &call);

	for (int i = 0; i < bins; i++)
		put_bin(fcinfo, &bin[i]);
	rows_end(old);
	return (Datum) 0;
}

/* evaluate() and its relatives: how good a stored model is, on users it has not learned from. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "nn/bootstrap.h"
#include "pg/errors.h"
#include "pg/evaluate_graph.h"
#include "pg/evaluate_sequence.h"
#include "pg/memory.h"
#include "pg/sequence_model.h"
#include "pg/uplift_model.h"

#define REPLICATES_MAX 100000

/* An argument that may not be null. */
static Datum
required(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
	return PG_GETARG_DATUM(arg);
}

/* All that a function here allocates, and that its rows do not need. */
static MemoryContext
work_begin(void)
{
	return MemoryContextSwitchTo(
		AllocSetContextCreate(CurrentMemoryContext, "usercls evaluation", ALLOCSET_DEFAULT_SIZES));
}

static void
work_end(MemoryContext old)
{
	const MemoryContext work = MemoryContextSwitchTo(old);

	MemoryContextDelete(work);
}

static void
put_row(FunctionCallInfo fcinfo, Datum *value, bool *null)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, value, null);
}

/* A number that may be undefined. */
static void
set_number(Datum *value, bool *null, int i, double number)
{
	null[i] = isnan(number);
	value[i] = null[i] ? (Datum) 0 : Float8GetDatum(number);
}

/* -- evaluate() ----------------------------------------------------------- */

static void
bootstrap(MetricSet *set, int replicates, int64 seed)
{
	double *draws; /* rows × replicates */
	double *value = palloc(sizeof(double) * (Size) set->rows);
	uint32 *weight;

	memory_check(set->n * sizeof(*weight) + sizeof(*draws) * (Size) set->rows * (Size) replicates,
				 "evaluation");
	draws = memory_array((Size) set->rows * (Size) replicates, sizeof(*draws));
	weight = memory_array(set->n, sizeof(*weight));
	for (int r = 0; r < replicates; r++)
	{
		CHECK_FOR_INTERRUPTS();
		bootstrap_draw(weight, (uint64) seed, (uint64) r, set->n);
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

	set_number(value, null, 1, row->value);
	set_number(value, null, 2, row->low);
	set_number(value, null, 3, row->high);
	set_number(value, null, 4, row->baseline);
	value[5] = Int64GetDatum((int64) set->n);
	put_row(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_evaluate);
Datum
usercls_evaluate(PG_FUNCTION_ARGS)
{
	int next;

	InitMaterializedSRF(fcinfo, 0);

	const MemoryContext old = work_begin();
	const EvaluateCall call = evaluate_arguments(fcinfo, NULL, true, true, &next);
	const int replicates = DatumGetInt32(required(fcinfo, next, "replicates"));
	const int64 seed = DatumGetInt64(required(fcinfo, next + 1, "seed"));

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
	work_end(old);
	return (Datum) 0;
}

/* -- calibration() -------------------------------------------------------- */

static void
put_bin(FunctionCallInfo fcinfo, const CalibrationBin *bin)
{
	Datum value[7] = {Int32GetDatum(bin->number), Float8GetDatum(bin->low), Float8GetDatum(bin->high),
					  Int64GetDatum((int64) bin->n)};
	bool null[7] = {false};

	set_number(value, null, 4, bin->predicted);
	set_number(value, null, 5, bin->observed);
	set_number(value, null, 6, bin->standard_error);
	put_row(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_calibration);
Datum
usercls_calibration(PG_FUNCTION_ARGS)
{
	int next;

	InitMaterializedSRF(fcinfo, 0);

	const MemoryContext old = work_begin();
	const EvaluateCall call = evaluate_arguments(fcinfo, NULL, true, true, &next);

	CalibrationBin bin[CALIBRATION_BINS_MAX];
	const int bins = call.model->kind->calibration(bin, &call);

	for (int i = 0; i < bins; i++)
		put_bin(fcinfo, &bin[i]);
	work_end(old);
	return (Datum) 0;
}

/* -- Sequence models ------------------------------------------------------ */

PG_FUNCTION_INFO_V1(usercls_confusion_matrix);
Datum
usercls_confusion_matrix(PG_FUNCTION_ARGS)
{
	int next;

	InitMaterializedSRF(fcinfo, 0);

	const MemoryContext old = work_begin();
	const EvaluateCall call = evaluate_arguments(fcinfo, &sequence_kind, false, true, &next);
	const ClassSample *sample = sequence_sample(&call);
	const size_t C = sample->scores.C;
	double *matrix = memory_array(C * C, sizeof(double));

	metric_confusion(matrix, &sample->answers);
	for (size_t actual = 0; actual < C; actual++)
		for (size_t predicted = 0; predicted < C; predicted++)
		{
			Datum value[3] = {CStringGetTextDatum(sample->classes[actual]),
							  CStringGetTextDatum(sample->classes[predicted]),
							  Int64GetDatum((int64) matrix[actual * C + predicted])};
			bool null[3] = {false};

			put_row(fcinfo, value, null);
		}
	work_end(old);
	return (Datum) 0;
}

/* -- Uplift models -------------------------------------------------------- */

static UpliftBin *
groups_of(const UpliftScores *sample, int groups)
{
	UpliftBin *bin;

	if (groups < 1 || (size_t) groups > sample->n)
		error_out_of_range("groups", psprintf("%d", groups),
						   psprintf("1 to %zu, the number of users", sample->n));
	bin = palloc(sizeof(*bin) * (Size) groups);
	uplift_by_bin(bin, sample, (size_t) groups);
	return bin;
}

PG_FUNCTION_INFO_V1(usercls_uplift_by_decile);
Datum
usercls_uplift_by_decile(PG_FUNCTION_ARGS)
{
	int next;

	InitMaterializedSRF(fcinfo, 0);

	const MemoryContext old = work_begin();
	const EvaluateCall call = evaluate_arguments(fcinfo, &uplift_kind, true, false, &next);
	const int groups = DatumGetInt32(required(fcinfo, next, "groups"));
	const UpliftScores *sample = uplift_sample(&call);
	const UpliftBin *bin = groups_of(sample, groups);

	for (int i = 0; i < groups; i++)
	{
		Datum value[11] = {Int32GetDatum(i + 1), Int64GetDatum((int64) (bin[i].n[0] + bin[i].n[1])),
						   Int64GetDatum((int64) bin[i].n[1])};
		bool null[11] = {false};

		set_number(value, null, 3, bin[i].predicted);
		set_number(value, null, 4, bin[i].lowest);
		set_number(value, null, 5, bin[i].highest);
		set_number(value, null, 6, bin[i].outcome[1]);
		set_number(value, null, 7, bin[i].outcome[0]);
		set_number(value, null, 8, bin[i].effect);
		set_number(value, null, 9, bin[i].standard_error);
		null[10] = isnan(bin[i].standard_error);
		value[10] = BoolGetDatum(fabs(bin[i].predicted - bin[i].effect) <= 1.96 * bin[i].standard_error);
		put_row(fcinfo, value, null);
	}
	work_end(old);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(usercls_qini_curve);
Datum
usercls_qini_curve(PG_FUNCTION_ARGS)
{
	int next;

	InitMaterializedSRF(fcinfo, 0);

	const MemoryContext old = work_begin();
	const EvaluateCall call = evaluate_arguments(fcinfo, &uplift_kind, true, false, &next);
	const int points = DatumGetInt32(required(fcinfo, next, "points"));

	if (points < 1)
		error_out_of_range("points", psprintf("%d", points), "1 and more");

	const UpliftScores *sample = uplift_sample(&call);
	CurvePoint *curve = memory_array(sample->n + 1, sizeof(*curve));
	const size_t n = uplift_qini_curve(curve, sample);
	const CurvePoint end = curve[n - 1];
	double step_end = 0;

	/* The first point at or after each of `points` equal steps, and both ends. */
	for (size_t i = 0; i < n; i++)
	{
		if (curve[i].x < step_end && i < n - 1)
			continue;
		step_end = (floor(curve[i].x * points / end.x) + 1) * end.x / points;

		Datum value[4] = {Float8GetDatum(curve[i].x / end.x), Int64GetDatum((int64) curve[i].x),
						  Float8GetDatum(curve[i].y), Float8GetDatum(end.y * curve[i].x / end.x)};
		bool null[4] = {false};

		put_row(fcinfo, value, null);
	}
	work_end(old);
	return (Datum) 0;
}

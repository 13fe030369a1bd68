/*
 * drift(): has what a model reads changed since its training?
 *
 *   foreach feature: then, now = its values, sorted
 *     cut then into ten groups of equal size;  count then and now by group, and the missing ones
 *     psi = Σ (now's share - then's share) ln(now's share / then's share)
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "metrics/pure/psi.h"
#include "metrics/pure/rank.h"
#include "server/memory.h"
#include "server/rows.h"
#include "metrics/sample.h"

/* All values of one feature. */
typedef struct FeatureValues
{
	double *sorted; /* n values that are not missing, rising */
	size_t n;
	double mean;    /* NaN when all are missing */
	double missing; /* share */
} FeatureValues;

static FeatureValues
column_of(const Observed *rows, size_t f)
{
	double *value = memory_array(rows->n, sizeof(double));
	FeatureValues column = {.sorted = memory_array(rows->n, sizeof(double))};
	uint32 *order;
	RankItem *scratch;
	double sum = 0;

	for (size_t i = 0; i < rows->n; i++)
		if (!isnan(rows->value[i * rows->F + f]))
		{
			value[column.n] = rows->value[i * rows->F + f];
			sum += value[column.n++];
		}
	order = memory_array(column.n, sizeof(uint32));
	scratch = memory_array(2 * column.n, sizeof(RankItem));
	rank_descending(order, scratch, value, column.n);
	for (size_t i = 0; i < column.n; i++)
		column.sorted[i] = value[order[column.n - 1 - i]];
	column.mean = column.n > 0 ? sum / (double) column.n : NAN;
	column.missing = rows->n > 0 ? (double) (rows->n - column.n) / (double) rows->n : NAN;
	pfree(value);
	pfree(order);
	pfree(scratch);
	CHECK_FOR_INTERRUPTS();
	return column;
}

/* How many values are in each of the groups that `cut` makes; the last count is of the rows without a value. */
static void
count_groups(double *count /* DRIFT_BINS + 1 */, const FeatureValues *column, const double *cut, size_t rows)
{
	memset(count, 0, (DRIFT_BINS + 1) * sizeof(double));
	for (size_t i = 0; i < column->n; i++)
		count[drift_bin(cut, column->sorted[i])]++;
	count[DRIFT_BINS] = (double) (rows - column->n);
}

static double
index_of(const FeatureValues *then, const FeatureValues *now, size_t n_then, size_t n_now)
{
	double cut[DRIFT_BINS - 1] = {0};
	double expected[DRIFT_BINS + 1], actual[DRIFT_BINS + 1];

	if (then->n > 0)
		drift_cuts(cut, then->sorted, then->n);
	count_groups(expected, then, cut, n_then);
	count_groups(actual, now, cut, n_now);
	return drift_psi(expected, actual, DRIFT_BINS + 1);
}

/* The same of categories, each of which is a group. */
static double
index_of_categories(const FeatureValues *then, const FeatureValues *now, size_t n_then, size_t n_now)
{
	const double last =
		fmax(then->n > 0 ? then->sorted[then->n - 1] : 0, now->n > 0 ? now->sorted[now->n - 1] : 0);
	const size_t groups = (size_t) last + 2; /* the last one: missing */
	double *count = memory_array(2 * groups, sizeof(double));
	double psi;

	memset(count, 0, 2 * groups * sizeof(double));
	for (size_t i = 0; i < then->n; i++)
		count[(size_t) then->sorted[i]]++;
	for (size_t i = 0; i < now->n; i++)
		count[groups + (size_t) now->sorted[i]]++;
	count[groups - 1] = (double) (n_then - then->n);
	count[2 * groups - 1] = (double) (n_now - now->n);
	psi = drift_psi(count, count + groups, groups);
	pfree(count);
	return psi;
}

static void
put_drift(FunctionCallInfo fcinfo, const Observations *features)
{
	const Observed *then = &features->then, *now = &features->now;

	for (size_t f = 0; f < then->F; f++)
	{
		const FeatureValues old = column_of(then, f);
		const FeatureValues new = column_of(now, f);
		Datum value[8] = {CStringGetTextDatum(features->name[f])};
		bool null[8] = {false};

		const bool category = features->category && features->category[f];

		rows_number(value, null, 1, (category ? index_of_categories : index_of)(&old, &new, then->n, now->n));
		rows_number(value, null, 2, old.missing);
		rows_number(value, null, 3, new.missing);
		rows_number(value, null, 4, category ? NAN : old.mean);
		rows_number(value, null, 5, category ? NAN : new.mean);
		value[6] = Int64GetDatum((int64) then->n);
		value[7] = Int64GetDatum((int64) now->n);
		rows_put(fcinfo, value, null);
		pfree(old.sorted);
		pfree(new.sorted);
	}
}

/* Arguments of drift(). */
enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_AS_OF,
	ARG_VERSION
};

PG_FUNCTION_INFO_V1(usercls_drift);
Datum
usercls_drift(PG_FUNCTION_ARGS)
{
	Observations features = {0};
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(
		fcinfo, NULL, (EvaluateArguments){.source = ARG_SOURCE, .as_of = ARG_AS_OF, .version = ARG_VERSION});

	call.model->kind->observe(&features, &call);
	for (const Observations *some = &features; some; some = some->more)
		put_drift(fcinfo, some);
	rows_end(old);
	return (Datum) 0;
}

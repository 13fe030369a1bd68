/*
 * thresholds(), roc_curve() and lift_curve(): what each threshold on the probability of a class marks.
 *
 *   cuts = one at each distinct probability of a held-out user, by falling threshold
 *   foreach cut, or the first at or after each of `points` equal steps of users: a row
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "sequence/one_class.h"
#include "server/arguments.h"
#include "server/rows.h"

/* Arguments, by number: the three functions of this file have the same. */
enum
{
	ARG_MODEL,
	ARG_CLASS,
	ARG_SOURCE,
	ARG_AS_OF,
	ARG_VERSION,
	ARG_POINTS
};

static const EvaluateArguments arguments = {.source = ARG_SOURCE, .as_of = ARG_AS_OF, .version = ARG_VERSION};

/* A row of the curve; all: the cut that marks everybody. */
typedef void (*PutCut)(FunctionCallInfo fcinfo, const Cut *cut, const Cut *all);

/* first: a row before all others; NULL: none. */
static Datum
put_curve(FunctionCallInfo fcinfo, PutCut put, const Cut *first)
{
	const MemoryContext old = rows_begin(fcinfo);
	const int points = arg_count_or_all(fcinfo, ARG_POINTS, "points");
	double step_end = 0;
	OneClass one;
	size_t n;

	one_class_read(&one, fcinfo, ARG_CLASS, arguments);

	const Cut *cut = one_class_cuts(&n, &one);
	const Cut *all = &cut[n - 1];

	if (first)
		put(fcinfo, first, all);
	for (size_t i = 0; i < n; i++)
	{
		if (points > 0 && cut[i].rows < step_end && i < n - 1)
			continue;
		if (points > 0)
			step_end = (floor(cut[i].rows * points / all->rows) + 1) * all->rows / points;
		put(fcinfo, &cut[i], all);
	}
	rows_end(old);
	return (Datum) 0;
}

/* -- thresholds() ----------------------------------------------------------- */

static void
put_threshold(FunctionCallInfo fcinfo, const Cut *cut, const Cut *all)
{
	Datum value[6] = {Float8GetDatum(cut->threshold), Int64GetDatum((int64) cut->rows)};
	bool null[6] = {false};

	rows_number(value, null, 2, cut_precision(cut));
	rows_number(value, null, 3, cut_recall(cut, all));
	rows_number(value, null, 4, cut_false_positive_rate(cut, all));
	rows_number(value, null, 5, cut_lift(cut, all));
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_thresholds);
Datum
usercls_thresholds(PG_FUNCTION_ARGS)
{
	return put_curve(fcinfo, put_threshold, NULL);
}

/* -- roc_curve(), lift_curve() ---------------------------------------------- */

/* Both begin where nobody is marked. */
static const Cut nobody = {.threshold = NAN};

static void
put_roc(FunctionCallInfo fcinfo, const Cut *cut, const Cut *all)
{
	Datum value[3];
	bool null[3];

	rows_number(value, null, 0, cut->threshold);
	rows_number(value, null, 1, cut_false_positive_rate(cut, all));
	rows_number(value, null, 2, cut_recall(cut, all));
	rows_put(fcinfo, value, null);
}

static void
put_lift(FunctionCallInfo fcinfo, const Cut *cut, const Cut *all)
{
	Datum value[4];
	bool null[4] = {false};

	value[0] = Float8GetDatum(cut->rows / all->rows);
	value[1] = Int64GetDatum((int64) cut->rows);
	rows_number(value, null, 2, cut_recall(cut, all));
	rows_number(value, null, 3, cut_lift(cut, all));
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_roc_curve);
Datum
usercls_roc_curve(PG_FUNCTION_ARGS)
{
	return put_curve(fcinfo, put_roc, &nobody);
}

PG_FUNCTION_INFO_V1(usercls_lift_curve);
Datum
usercls_lift_curve(PG_FUNCTION_ARGS)
{
	return put_curve(fcinfo, put_lift, &nobody);
}

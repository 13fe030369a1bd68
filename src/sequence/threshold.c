/*
 * threshold(): the probability of a class from which on users are marked, so that a goal is reached on the held-out
 * users; its interval is what other users would have given.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

#include "metrics/intervals.h"
#include "sequence/one_class.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/rows.h"

enum
{
	ARG_MODEL,
	ARG_CLASS,
	ARG_MIN_PRECISION,
	ARG_MIN_RECALL,
	ARG_USERS,
	ARG_VALUE,
	ARG_COST,
	ARG_SOURCE,
	ARG_AS_OF,
	ARG_VERSION,
	ARG_REPLICATES,
	ARG_SEED
};

static const EvaluateArguments arguments = {.source = ARG_SOURCE, .as_of = ARG_AS_OF, .version = ARG_VERSION};

/* -- The goal --------------------------------------------------------------- */

static double
share_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	const double share = PG_GETARG_FLOAT8(arg);

	if (!(share > 0 && share <= 1))
		error_out_of_range(name, psprintf("%g", share), "above 0, up to 1");
	return share;
}

static double
amount_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	const double amount = PG_GETARG_FLOAT8(arg);

	if (!(amount > 0) || isinf(amount))
		error_out_of_range(name, psprintf("%g", amount), "above 0");
	return amount;
}

static void
check_one_goal(FunctionCallInfo fcinfo)
{
	const int goals = !PG_ARGISNULL(ARG_MIN_PRECISION) + !PG_ARGISNULL(ARG_MIN_RECALL) +
					  !PG_ARGISNULL(ARG_USERS) + !(PG_ARGISNULL(ARG_VALUE) && PG_ARGISNULL(ARG_COST));

	if (goals != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a threshold has one goal"),
						errdetail("There are %d.", goals),
						errhint("Pass one of min_precision, min_recall, users, and value with cost.")));
	if (PG_ARGISNULL(ARG_VALUE) != PG_ARGISNULL(ARG_COST))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("value and cost belong together"),
			 errdetail("value is what a marked user of the class brings, cost what every marked user takes."),
			 errhint("Pass both.")));
}

static CutGoal
read_goal(FunctionCallInfo fcinfo)
{
	check_one_goal(fcinfo);
	if (!PG_ARGISNULL(ARG_MIN_PRECISION))
		return (CutGoal){.kind = CUT_PRECISION,
						 .least = share_arg(fcinfo, ARG_MIN_PRECISION, "min_precision")};
	if (!PG_ARGISNULL(ARG_MIN_RECALL))
		return (CutGoal){.kind = CUT_RECALL, .least = share_arg(fcinfo, ARG_MIN_RECALL, "min_recall")};
	if (!PG_ARGISNULL(ARG_USERS))
		return (CutGoal){.kind = CUT_USERS, .users = (double) PG_GETARG_INT64(ARG_USERS)};
	return (CutGoal){.kind = CUT_PROFIT,
					 .value = amount_arg(fcinfo, ARG_VALUE, "value"),
					 .cost = amount_arg(fcinfo, ARG_COST, "cost")};
}

/* So many users of all that the sample is a part of. */
static void
check_users(CutGoal *goal, const ClassSample *sample)
{
	goal->population = (double) sample->population;
	if (goal->kind == CUT_USERS && !(goal->users >= 1 && goal->users <= goal->population))
		error_out_of_range("users", psprintf("%.0f", goal->users),
						   psprintf("1 to %zu, the users whose class is known", sample->population));
}

/* -- The threshold, and in replicates --------------------------------------- */

typedef struct Search
{
	OneClass one;
	CutGoal goal;
	Cut *cut;         /* n: room */
	uint32_t *weight; /* n: in the order of the ranking */
} Search;

/* The threshold that reaches the goal; NaN: none does. */
static void
measure(double *value, void *arg, const uint32 *weight)
{
	Search *search = arg;
	BinaryScores scores = search->one.scores;

	if (weight)
	{
		for (size_t i = 0; i < scores.n; i++)
			search->weight[i] = weight[search->one.ranking.row[i]];
		scores.weight = search->weight;
	}

	const size_t n = curve_cuts(search->cut, &scores);
	const size_t chosen = cut_choose(search->cut, n, &search->goal);

	*value = chosen < n ? search->cut[chosen].threshold : NAN;
}

static MetricRow
find_threshold(Search *search, Replicates replicates)
{
	const ClassSample *sample = search->one.sample;
	MetricRow row = {0};
	MetricSet set = {.rows = 1,
					 .row = &row,
					 .n = sample->rows.n,
					 .user = sample->user,
					 .users = sample->users,
					 .measure = measure,
					 .state = search};

	search->cut = memory_array(set.n, sizeof(Cut));
	search->weight = memory_array(set.n, sizeof(uint32_t));
	metric_set_measure(&set, replicates);
	return row;
}

/* What it marks of the sample: rows, precision, recall. */
static void
put_marked(Datum *value, bool *null, const OneClass *one, double threshold)
{
	size_t n;
	const Cut *cut = one_class_cuts(&n, one);
	const Cut *const all = &cut[n - 1];

	while (cut->threshold > threshold)
		cut++;
	value[0] = Int64GetDatum((int64) cut->rows);
	null[0] = false;
	rows_number(value, null, 1, cut_precision(cut));
	rows_number(value, null, 2, cut_recall(cut, all));
}

PG_FUNCTION_INFO_V1(usercls_threshold);
Datum
usercls_threshold(PG_FUNCTION_ARGS)
{
	const Replicates replicates = replicates_arg(fcinfo, ARG_REPLICATES, ARG_SEED);
	Search search = {.goal = read_goal(fcinfo)};
	TupleDesc desc;
	Datum value[6];
	bool null[6] = {true, true, true, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	one_class_read(&search.one, fcinfo, ARG_CLASS, arguments);
	check_users(&search.goal, search.one.sample);

	const MetricRow row = find_threshold(&search, replicates);

	rows_number(value, null, 0, row.value);
	rows_number(value, null, 1, row.low);
	rows_number(value, null, 2, row.high);
	if (!isnan(row.value))
		put_marked(value + 3, null + 3, &search.one, row.value);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, null));
}

/* importance(): what a version loses when one of its features is shuffled among users that it has not learned from. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "metrics/importance.h"
#include "metrics/intervals.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/rows.h"

enum
{
	ARG_MODEL,
	ARG_VERSION,
	ARG_USERS,
	ARG_REPLICATES,
	ARG_SEED
};

static void
put_rows(FunctionCallInfo fcinfo, const Importance *importance)
{
	const MetricSet *set = importance->set;

	for (int i = 0; i < set->rows; i++)
	{
		const MetricRow *row = &set->row[i];
		Datum value[6] = {CStringGetTextDatum(importance->feature[i / importance->metrics]),
						  CStringGetTextDatum(row->name)};
		bool null[6] = {false};

		rows_number(value, null, 2, row->value);
		rows_number(value, null, 3, row->low);
		rows_number(value, null, 4, row->high);
		value[5] = Int64GetDatum((int64) metric_row_n(set, row));
		rows_put(fcinfo, value, null);
	}
}

PG_FUNCTION_INFO_V1(usercls_importance);
Datum
usercls_importance(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const EvaluateCall call = evaluate_call(fcinfo, NULL, (EvaluateArguments){.version = ARG_VERSION});
	const int users = arg_int(fcinfo, ARG_USERS, "users");
	const Replicates replicates = replicates_arg(fcinfo, ARG_REPLICATES, ARG_SEED);

	if (users < 2)
		error_out_of_range("users", psprintf("%d", users), "2 or more");

	const ImportanceRequest request = {.users = (size_t) users, .seed = replicates.seed};
	Importance *importance = call.model->kind->importance(&call, &request);

	metric_set_measure(importance->set, replicates);
	put_rows(fcinfo, importance);
	rows_end(old);
	return (Datum) 0;
}

/* confusion_matrix(): users by the class that they are of, and by the one that they are given. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "sequence/evaluate.h"
#include "sequence/one_class.h"
#include "sequence/stored.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/rows.h"

enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_AS_OF,
	ARG_VERSION,
	ARG_CLASS,
	ARG_THRESHOLD
};

static const EvaluateArguments arguments = {.source = ARG_SOURCE, .as_of = ARG_AS_OF, .version = ARG_VERSION};

static void
check_threshold(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_CLASS) != PG_ARGISNULL(ARG_THRESHOLD))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("class and threshold belong together"),
				 errdetail("The threshold is compared with the probability of the class."),
				 errhint("Pass both, or none of them for a matrix of all classes.")));
	if (!PG_ARGISNULL(ARG_THRESHOLD) && isnan(PG_GETARG_FLOAT8(ARG_THRESHOLD)))
		error_out_of_range("threshold", "NaN", "a number");
}

/* matrix: C × C, by what they are and what they are given. */
static void
put_matrix(FunctionCallInfo fcinfo, const double *matrix, const char *const *class, size_t C)
{
	for (size_t actual = 0; actual < C; actual++)
		for (size_t predicted = 0; predicted < C; predicted++)
		{
			Datum value[3] = {CStringGetTextDatum(class[actual]), CStringGetTextDatum(class[predicted]),
							  Int64GetDatum((int64) matrix[actual * C + predicted])};
			bool null[3] = {false};

			rows_put(fcinfo, value, null);
		}
}

static void
put_classes(FunctionCallInfo fcinfo)
{
	const EvaluateCall call = evaluate_call(fcinfo, &sequence_kind, arguments);
	const ClassSample *sample = sequence_sample(&call);
	const size_t C = sample->scores.C;
	double *matrix = memory_array(C * C, sizeof(double));

	metric_confusion(matrix, &sample->answers);
	put_matrix(fcinfo, matrix, sample->classes, C);
}

/* One class, given to those whose probability of it is at least the threshold, and not to the others. */
static void
put_one_class(FunctionCallInfo fcinfo, const char *class, double threshold)
{
	const char *const names[] = {class, psprintf("not %s", class)};
	double matrix[2 * 2] = {0};
	OneClass one;

	one_class_read(&one, fcinfo, ARG_CLASS, arguments);
	for (size_t i = 0; i < one.scores.n; i++)
		matrix[2 * !one.scores.label[i] + !(one.scores.score[i] >= threshold)]++;
	put_matrix(fcinfo, matrix, names, 2);
}

PG_FUNCTION_INFO_V1(usercls_confusion_matrix);
Datum
usercls_confusion_matrix(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);

	check_threshold(fcinfo);
	if (PG_ARGISNULL(ARG_CLASS))
		put_classes(fcinfo);
	else
		put_one_class(fcinfo, arg_text(fcinfo, ARG_CLASS, "class"), PG_GETARG_FLOAT8(ARG_THRESHOLD));
	rows_end(old);
	return (Datum) 0;
}

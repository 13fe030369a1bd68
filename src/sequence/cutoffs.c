#include "postgres.h"

#include "sequence/cutoffs.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "labeler/periods.h"
#include "server/errors.h"
#include "sequence/request.h"
#include "sequence/window.h"

static const char *const what = "a number from 1 to 1000, or an array of as many times";

static int
compare_times(const void *a, const void *b)
{
	const TimestampTz x = *(const TimestampTz *) a;
	const TimestampTz y = *(const TimestampTz *) b;

	return x < y ? -1 : x > y;
}

/* Sorts the times, and drops repeated ones. */
static void
sort_times(SequenceCutoffs *cutoffs)
{
	int n = 0;

	qsort(cutoffs->at, (size_t) cutoffs->n, sizeof(TimestampTz), compare_times);
	for (int i = 0; i < cutoffs->n; i++)
		if (n == 0 || cutoffs->at[i] != cutoffs->at[n - 1])
			cutoffs->at[n++] = cutoffs->at[i];
	cutoffs->n = n;
}

static int64
read_integer(const char *text)
{
	char *end;

	errno = 0;

	const int64 integer = strtoll(text, &end, 10);

	if (errno != 0 || *end != '\0')
		error_out_of_range("cutoffs", text, "whole numbers of 8 bytes, as the time column holds them");
	return integer;
}

/* integers: the time column holds such, and so may the list. */
static TimestampTz
read_time(const JsonbValue *value, bool integers)
{
	const char *text = jsonb_scalar_text(value);

	if (value->type != jbvString && !(integers && value->type == jbvNumeric))
		error_out_of_range("cutoffs", text, what);
	return value->type == jbvString ? jsonb_time(text) : window_moment(read_integer(text));
}

static SequenceCutoffs
read_times(const Jsonb *given, const SequenceReading *reading)
{
	const bool integers = source_is_integer(source_column(reading->relation, reading->time_column).type);
	const uint32 n = JB_ROOT_COUNT(given);
	SequenceCutoffs cutoffs = {.n = (int) n};

	if (n < 1 || n > CUTOFFS_MAX)
		error_out_of_range("cutoffs", psprintf("an array of %u", n), what);
	cutoffs.at = palloc(sizeof(TimestampTz) * n);
	for (uint32 i = 0; i < n; i++)
	{
		const JsonbValue *value = getIthJsonbValueFromContainer((JsonbContainer *) &given->root, i);

		cutoffs.at[i] = read_time(value, integers);
		if (TIMESTAMP_NOT_FINITE(cutoffs.at[i]))
			error_out_of_range("cutoffs", jsonb_scalar_text(value), "finite times");
	}
	sort_times(&cutoffs);
	return cutoffs;
}

/* As far as the label lies ahead, so that the labels of two cutoffs are of different rows. */
static Interval
horizon_length(const SequenceReading *reading)
{
	return *DatumGetIntervalP(DirectFunctionCall2(interval_mul, IntervalPGetDatum(&reading->period),
												  Float8GetDatum(Max(reading->horizon_periods, 1))));
}

static SequenceCutoffs
read_number(const Jsonb *given, const Interval *every, const SequenceReading *reading)
{
	SequenceCutoffs cutoffs = {0};
	JsonbValue value;

	if (!JB_ROOT_IS_SCALAR(given) || !JsonbExtractScalar((JsonbContainer *) &given->root, &value))
		error_out_of_range("cutoffs", "{...}", what);

	const char *text = jsonb_scalar_text(&value);
	char *end;
	const long n = value.type == jbvNumeric ? strtol(text, &end, 10) : 0;

	if (n < 1 || n > CUTOFFS_MAX || *end != '\0')
		error_out_of_range("cutoffs", text, what);
	cutoffs.n = (int) n;
	cutoffs.every = every ? *every : horizon_length(reading);
	period_check(TREND_TIMESTAMP, &cutoffs.every);
	return cutoffs;
}

SequenceCutoffs
cutoffs_read(const Jsonb *given, const Interval *every, const SequenceReading *reading)
{
	const bool listed = given && JB_ROOT_IS_ARRAY(given) && !JB_ROOT_IS_SCALAR(given);

	if (every && (!given || listed))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cutoff_every is given without a number of cutoffs"),
						errdetail("It says how far apart the cutoffs are that are counted back from as_of."),
						errhint("Pass cutoffs => '12', or leave cutoff_every out.")));
	if (!given)
		return (SequenceCutoffs){0};
	return listed ? read_times(given, reading) : read_number(given, every, reading);
}

void
cutoffs_put(JsonbBuild *build, const SequenceCutoffs *cutoffs)
{
	const char **text = palloc(sizeof(*text) * (size_t) Max(cutoffs->n, 1));

	if (cutoffs->n == 0)
		return;
	if (!cutoffs->at)
	{
		jsonb_put_int(build, "cutoffs", cutoffs->n);
		jsonb_put_text(build, "cutoff_every", sequence_period_text(&cutoffs->every));
		return;
	}
	for (int i = 0; i < cutoffs->n; i++)
		text[i] = jsonb_time_text(cutoffs->at[i]);
	jsonb_put_names(build, "cutoffs", text, cutoffs->n);
}

SequenceCutoffs
cutoffs_of_spec(const Jsonb *spec, const SequenceReading *reading)
{
	const char *every = spec_text(spec, "cutoff_every");

	return cutoffs_read(
		jsonb_member(spec, "cutoffs") ? spec_jsonb(spec, "cutoffs") : NULL,
		every ? DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(every),
													  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)))
			  : NULL,
		reading);
}

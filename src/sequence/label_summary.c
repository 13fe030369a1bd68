/*
 * label_summary(): which labels would the trend of a column make?
 *
 *   for each period: read the users' sums once;
 *       for each rule: count the users of each class
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "labeler/periods.h"
#include "labeler/pure/label.h"
#include "sequence/request.h"
#include "sequence/users.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/source.h"

enum
{
	ARG_SOURCE,
	ARG_TREND_OF,
	ARG_USER_COLUMN,
	ARG_TIME_COLUMN,
	ARG_PERIODS,
	ARG_WINDOW_PERIODS,
	ARG_AS_OF,
	ARG_TIME_ZONE,
	ARG_ACTIVE_ONLY,
	ARG_MEASURE
};

/* Cut points ±1 to ±CUTS are tried beside significance. */
#define CUTS 3
#define CLASSES 3

/* A class of fewer is too small to learn. */
#define USABLE_SHARE 0.05

typedef struct Counts
{
	size_t changing; /* users whose periods are not all alike */
	size_t class[1 + CUTS][CLASSES];
} Counts;

/* By significance, or by cut points that are as far from 0. */
static TrendRule
rule_of(int cut)
{
	return cut == 0 ? (TrendRule){.significance = TREND_SIGNIFICANCE}
					: (TrendRule){.cuts = 2, .cut = {1 - cut, cut}};
}

/* What trend_rule of train_sequence() takes for it. */
static Jsonb *
rule_jsonb(int cut, TrendMeasure measure)
{
	JsonbBuild build;

	jsonb_begin(&build);
	if (measure != MEASURE_SUM)
		jsonb_put_text(&build, "measure", trend_measure_names[measure]);
	if (cut > 0)
	{
		jsonb_put_int(&build, "potential_at", cut);
		jsonb_put_int(&build, "high_risk_at", -cut);
	}
	return jsonb_end(&build);
}

static Counts
count_users(const SequenceUsers *users, int periods, TrendMeasure measure)
{
	double *room = palloc(2 * sizeof(double) * (size_t) periods);
	Counts counts = {0};

	for (size_t i = 0; i < users->N; i++)
	{
		const SignScore score = sequence_trend_score(users, i, measure, room);

		CHECK_FOR_INTERRUPTS();
		counts.changing += score.rises + score.falls > 0;
		for (int cut = 0; cut <= CUTS; cut++)
		{
			const TrendRule rule = rule_of(cut);

			counts.class[cut][trend_rule_class(&rule, score)]++;
		}
	}
	return counts;
}

static void
put_rules(ReturnSetInfo *result, const SequenceReading *reading, const SequenceUsers *users,
		  TrendMeasure measure)
{
	const Counts counts = count_users(users, reading->window_periods, measure);

	for (int cut = 0; cut <= CUTS; cut++)
	{
		const size_t *class = counts.class[cut];
		const size_t smallest = Min(class[0], Min(class[1], class[2]));
		const Datum value[] = {IntervalPGetDatum(&reading->period),
							   JsonbPGetDatum(rule_jsonb(cut, measure)),
							   Int64GetDatum((int64) users->N),
							   Int64GetDatum((int64) users->active),
							   Int64GetDatum((int64) counts.changing),
							   Int64GetDatum((int64) class[0]),
							   Int64GetDatum((int64) class[1]),
							   Int64GetDatum((int64) class[2]),
							   BoolGetDatum((double) smallest >= USABLE_SHARE * (double) users->N)};
		const bool null[lengthof(value)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, (Datum *) value, (bool *) null);
	}
}

static TrendMeasure
measure_arg(FunctionCallInfo fcinfo)
{
	const char *name = arg_text(fcinfo, ARG_MEASURE, "measure");

	for (int i = 0; i < MEASURES; i++)
		if (strcmp(trend_measure_names[i], name) == 0)
			return i;
	error_out_of_range("measure", name, "sum | mean | count");
}

static SequenceReading
reading_of(FunctionCallInfo fcinfo)
{
	const SequenceReading reading = {
		.relation = arg_table(fcinfo, ARG_SOURCE, "source"),
		.trend_of = arg_name(fcinfo, ARG_TREND_OF, "trend_of"),
		.user_column = arg_name(fcinfo, ARG_USER_COLUMN, "user_column"),
		.time_column = arg_name(fcinfo, ARG_TIME_COLUMN, "time_column"),
		.window_periods = arg_int(fcinfo, ARG_WINDOW_PERIODS, "window_periods"),
		.time_zone = PG_ARGISNULL(ARG_TIME_ZONE)
						 ? pg_get_timezone_name(session_timezone)
						 : sequence_time_zone(arg_text(fcinfo, ARG_TIME_ZONE, "time_zone")),
		.active_only = arg_bool(fcinfo, ARG_ACTIVE_ONLY)};

	source_quote(reading.relation);
	sequence_check_periods("window_periods", reading.window_periods, 1);
	return reading;
}

PG_FUNCTION_INFO_V1(usercls_label_summary);

Datum
usercls_label_summary(PG_FUNCTION_ARGS)
{
	SequenceReading reading = reading_of(fcinfo);
	const TrendMeasure measure = measure_arg(fcinfo);
	const TimestampTz as_of = PG_ARGISNULL(ARG_AS_OF) ? 0 : PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	Datum *period;
	bool *null;
	int n;

	arg_require(fcinfo, ARG_PERIODS, "periods");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(ARG_PERIODS), INTERVALOID, sizeof(Interval), false,
					  TYPALIGN_DOUBLE, &period, &null, &n);
	for (int i = 0; i < n; i++)
	{
		if (null[i])
			error_null_argument("an element of periods");
		period_check(TREND_TIMESTAMP, DatumGetIntervalP(period[i]));
	}
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		const MemoryContext work =
			AllocSetContextCreate(CurrentMemoryContext, "usercls label_summary", ALLOCSET_DEFAULT_SIZES);
		const MemoryContext old = MemoryContextSwitchTo(work);

		reading.period = *DatumGetIntervalP(period[i]);
		put_rules((ReturnSetInfo *) fcinfo->resultinfo, &reading,
				  sequence_read(&(SequenceRead){.reading = &reading,
												.as_of = PG_ARGISNULL(ARG_AS_OF) ? NULL : &as_of,
												.labels = SEQUENCE_UNLABELED,
												.what = "label_summary"}),
				  measure);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(work);
	}
	return (Datum) 0;
}

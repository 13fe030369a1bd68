#include "postgres.h"

#include "sequence/request.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "server/expression.h"
#include "server/jsonbuild.h"
#include "server/once.h"
#include "server/options.h"
#include "server/request.h"
#include "server/source.h"
#include "sequence/attributes.h"
#include "sequence/cutoffs.h"
#include "sequence/features.h"
#include "sequence/window.h"

/* A year of hours, and more than a century of weeks. */
#define PERIODS_MAX 10000

/* How far ahead a trend or an outcome is forecast when horizon_periods is not given. */
#define FORECAST_HORIZON 4

/* Arguments of train_sequence(). */
enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_USER_COLUMN,
	ARG_TIME_COLUMN,
	ARG_SEQUENCE_COLUMN,
	ARG_FEATURES,
	ARG_OUTCOME,
	ARG_LABEL_COLUMN,
	ARG_TREND_OF,
	ARG_TREND_RULE,
	ARG_PERIOD,
	ARG_WINDOW_PERIODS,
	ARG_HORIZON_PERIODS,
	ARG_AS_OF,
	ARG_CUTOFFS,
	ARG_CUTOFF_EVERY,
	ARG_TIME_ZONE,
	ARG_ACTIVE_ONLY,
	ARG_USERS,
	ARG_ATTRIBUTES,
	ARG_ARCHITECTURE,
	ARG_CLASS_WEIGHTS,
	ARG_DECISION,
	ARG_VALIDATION,
	ARG_HYPERPARAMS,
	ARG_SEED,
	ARG_WARM_START,
	ARG_PROMOTE,
	ARG_DRY_RUN,
	ARG_COMMENT
};

void
sequence_check_periods(const char *name, int value, int min)
{
	if (value < min || value > PERIODS_MAX)
		error_out_of_range(name, psprintf("%d", value), psprintf("%d to %d", min, PERIODS_MAX));
}

static int
periods_arg(FunctionCallInfo fcinfo, int arg, const char *name, int min)
{
	const int periods = arg_int(fcinfo, arg, name);

	sequence_check_periods(name, periods, min);
	return periods;
}

/* An outcome is what happens after as_of. */
static int
horizon_min(const SequenceReading *reading)
{
	return reading->outcome ? 1 : 0;
}

/* A label that was observed is known at its row; a trend and an outcome are forecast. */
static int
horizon_arg(FunctionCallInfo fcinfo, const SequenceReading *reading)
{
	if (PG_ARGISNULL(ARG_HORIZON_PERIODS))
		return reading->label_column ? 0 : FORECAST_HORIZON;
	return periods_arg(fcinfo, ARG_HORIZON_PERIODS, "horizon_periods", horizon_min(reading));
}

const char *
sequence_time_zone(const char *name)
{
	if (pg_tzset(name) == NULL)
		error_out_of_range("time_zone", name, "a name in pg_timezone_names");
	return name;
}

#define ROLES 3

static void
roles_of(ColumnRole *role, const SequenceReading *reading)
{
	role[0] = (ColumnRole){reading->label_column, "the label"};
	role[1] = (ColumnRole){reading->user_column, "the user id"};
	role[2] = (ColumnRole){reading->time_column, "the time"};
}

static void
check_features(const SequenceReading *reading)
{
	ColumnRole role[ROLES];

	roles_of(role, reading);
	request_check_features(reading->features, reading->F, role, ROLES, "features");
	if (reading->F == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is nothing to learn from"),
						errdetail("There are no features."),
						errhint("Name columns of \"%s\" in features, or aggregates such as count(*).",
								get_rel_name(reading->relation))));
}

static void
features_arg(SequenceReading *reading, FunctionCallInfo fcinfo)
{
	ColumnRole role[ROLES];

	roles_of(role, reading);
	reading->features =
		PG_ARGISNULL(ARG_FEATURES)
			? request_default_columns(&reading->F, reading->relation, source_is_number, role, ROLES)
			: request_features(&reading->F, PG_GETARG_ARRAYTYPE_P(ARG_FEATURES));
	check_features(reading);
}

/* Errors for attributes that are no columns to learn from: named twice, with another role, or too many. */
static void
check_attributes(const SequenceReading *reading)
{
	ColumnRole role[ROLES];

	roles_of(role, reading);
	request_check_features(reading->attributes, reading->A, role, ROLES, "attributes");
	if (reading->A > ATTRIBUTES_MAX)
		error_out_of_range("attributes", psprintf("%d columns", reading->A),
						   psprintf("up to %d columns", ATTRIBUTES_MAX));
}

static void
attributes_arg(SequenceReading *reading, FunctionCallInfo fcinfo)
{
	ColumnRole role[ROLES];

	reading->users = arg_table_or_none(fcinfo, ARG_USERS);
	if (!OidIsValid(reading->users) && PG_ARGISNULL(ARG_ATTRIBUTES))
		return;
	if (!OidIsValid(reading->users))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("attributes are given without users"),
				 errdetail("They are columns of a table that has one row a user."),
				 errhint("Pass that table as users; what changes from row to row of source is a feature.")));
	source_quote(reading->users);
	roles_of(role, reading);
	reading->attributes =
		PG_ARGISNULL(ARG_ATTRIBUTES)
			? request_default_columns(&reading->A, reading->users, attribute_possible, role, ROLES)
			: request_features(&reading->A, PG_GETARG_ARRAYTYPE_P(ARG_ATTRIBUTES));
	check_attributes(reading);
}

/* Sequences in one row have no time: nothing lies before or after. */
static void
series_arg(SequenceReading *reading, FunctionCallInfo fcinfo)
{
	static const int timely[] = {ARG_AS_OF,           ARG_CUTOFFS, ARG_CUTOFF_EVERY,
								 ARG_HORIZON_PERIODS, ARG_OUTCOME, ARG_TREND_OF};

	for (size_t i = 0; i < lengthof(timely); i++)
		if (!PG_ARGISNULL(timely[i]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("sequence_column is given with an argument of times"),
							errdetail("A sequence in one row has no dates: as_of, cutoffs, cutoff_every, "
									  "horizon_periods, outcome and trend_of say nothing of it."),
							errhint("Leave them out, and name the label in label_column.")));
	reading->features = PG_ARGISNULL(ARG_FEATURES)
							? NULL
							: request_features(&reading->F, PG_GETARG_ARRAYTYPE_P(ARG_FEATURES));
	series_measure(reading);
	sequence_check_periods("the longest sequence", reading->window_periods, 1);
	check_features(reading);
}

static void
check_label(const SequenceReading *reading)
{
	const int given =
		(reading->outcome != NULL) + (reading->label_column != NULL) + (reading->trend_of != NULL);

	if (given != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(given == 0 ? "none of outcome, label_column and trend_of is given"
										  : "more than one of outcome, label_column and trend_of is given"),
						errdetail("What is learned is an aggregate of the rows to come, a column, or the "
								  "trend of one."),
						errhint("Give exactly one of the three.")));
	if (reading->outcome)
		expression_check("outcome", reading->outcome);
}

/* Reads trend_rule; given = NULL means the default rule. */
static void
set_trend_rule(SequenceReading *reading, const Jsonb *given)
{
	if (given && !reading->trend_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("trend_rule is given without trend_of"),
				 errdetail("The rule makes a label of a trend."),
				 errhint("Pass trend_of, or leave trend_rule out.")));
	if (reading->trend_of)
		reading->trend_labels = trend_labels_read(given);
}

/* The architecture that is chosen by what it reaches. */
#define AUTOMATIC "auto"

static int
architecture_of(const char *name)
{
	const int architecture = sequence_architecture(name);

	if (architecture < 0)
		error_out_of_range("architecture", name, psprintf("%s | auto", choices_text(sequence_architectures)));
	return architecture;
}

static int
decision_of(const char *name)
{
	for (int i = 0; sequence_decisions[i]; i++)
		if (strcmp(sequence_decisions[i], name) == 0)
			return i;
	error_out_of_range("decision", name, "largest | balanced | macro_f1");
}

/* What the network must know of the forecast: it sees the trend when that is one of its features. */
static void
config_forecast(SequenceRequest *request, const char *decision)
{
	const SequenceReading *reading = &request->reading;
	SequenceConfig *config = &request->config;

	config->window_periods = reading->window_periods;
	config->horizon_periods = reading->horizon_periods;
	config->decision = decision_of(decision);
	for (int f = 0; reading->trend_of && f < reading->F; f++)
		if (strcmp(reading->features[f], reading->trend_of) == 0)
			config->trend_feature = f + 1;
}

/* Labels of whole series may be about shapes, which other architectures see better than that of behaviour's default. */
static const char *
default_architecture(const SequenceReading *reading)
{
	return reading->sequence_column ? AUTOMATIC : sequence_architectures[SEQUENCE_GRU];
}

static void
config_of(SequenceRequest *request, const char *architecture, const Jsonb *hyperparams)
{
	if (!architecture)
		architecture = default_architecture(&request->reading);
	request->automatic = strcmp(architecture, AUTOMATIC) == 0;
	request->hyperparams = (Jsonb *) hyperparams;
	config_defaults(&request->config, sequence_options, sequence_option_count);
	request->config.architecture = request->automatic ? SEQUENCE_GRU : architecture_of(architecture);
	options_from_jsonb(&request->config, sequence_options, sequence_option_count, hyperparams, "hyperparams");
	report_status(sequence_config_check(&request->config));
}

/* A list of cutoffs says itself up to when. */
static void
check_as_of(const SequenceRequest *request)
{
	if (request->has_as_of && request->cutoffs.at)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("as_of is given with a list of cutoffs"),
				 errdetail("The newest of the cutoffs is %s.",
						   timestamptz_to_str(request->cutoffs.at[request->cutoffs.n - 1])),
				 errhint("Leave as_of out, or pass a number of cutoffs, which are counted back from it.")));
}

void
sequence_request_from_args(TrainRun *run, SequenceRequest *request, FunctionCallInfo fcinfo)
{
	SequenceReading *reading = &request->reading;

	memset(request, 0, sizeof(*request));
	*run = (TrainRun){.name = arg_text(fcinfo, ARG_MODEL, "model"), .dry_run = arg_bool(fcinfo, ARG_DRY_RUN)};
	if (!run->dry_run)
		refuse_second_call(fcinfo);
	reading->relation = arg_table(fcinfo, ARG_SOURCE, "source");
	source_quote(reading->relation);
	reading->user_column = arg_name(fcinfo, ARG_USER_COLUMN, "user_column");
	reading->time_column = arg_name(fcinfo, ARG_TIME_COLUMN, "time_column");
	reading->sequence_column = arg_name_or_null(fcinfo, ARG_SEQUENCE_COLUMN);
	reading->outcome = arg_text_or_null(fcinfo, ARG_OUTCOME);
	reading->closed = reading->outcome != NULL;
	reading->label_column = arg_name_or_null(fcinfo, ARG_LABEL_COLUMN);
	reading->trend_of = arg_name_or_null(fcinfo, ARG_TREND_OF);
	check_label(reading);
	set_trend_rule(reading, PG_ARGISNULL(ARG_TREND_RULE) ? NULL : PG_GETARG_JSONB_P(ARG_TREND_RULE));
	if (reading->sequence_column)
		series_arg(reading, fcinfo);
	else
		features_arg(reading, fcinfo);
	attributes_arg(reading, fcinfo);
	arg_require(fcinfo, ARG_PERIOD, "period");
	reading->period = *PG_GETARG_INTERVAL_P(ARG_PERIOD);
	period_check(TREND_TIMESTAMP, &reading->period);
	if (!reading->sequence_column)
		reading->window_periods = periods_arg(fcinfo, ARG_WINDOW_PERIODS, "window_periods", 1);
	reading->horizon_periods = horizon_arg(fcinfo, reading);
	request->has_as_of = !PG_ARGISNULL(ARG_AS_OF);
	request->as_of = request->has_as_of ? PG_GETARG_TIMESTAMPTZ(ARG_AS_OF) : 0;
	reading->time_zone = PG_ARGISNULL(ARG_TIME_ZONE)
							 ? pg_get_timezone_name(session_timezone)
							 : sequence_time_zone(arg_text(fcinfo, ARG_TIME_ZONE, "time_zone"));
	reading->active_only = arg_bool(fcinfo, ARG_ACTIVE_ONLY);
	request->cutoffs =
		cutoffs_read(PG_ARGISNULL(ARG_CUTOFFS) ? NULL : PG_GETARG_JSONB_P(ARG_CUTOFFS),
					 PG_ARGISNULL(ARG_CUTOFF_EVERY) ? NULL : PG_GETARG_INTERVAL_P(ARG_CUTOFF_EVERY), reading);
	check_as_of(request);
	if (!reading->sequence_column)
		features_resolve(reading, request->has_as_of    ? &request->as_of
								  : request->cutoffs.at ? &request->cutoffs.at[request->cutoffs.n - 1]
														: NULL);
	config_of(request, arg_text_or_null(fcinfo, ARG_ARCHITECTURE),
			  arg_jsonb(fcinfo, ARG_HYPERPARAMS, "hyperparams"));
	config_forecast(request, arg_text(fcinfo, ARG_DECISION, "decision"));
	request->class_weights = (Jsonb *) arg_jsonb(fcinfo, ARG_CLASS_WEIGHTS, "class_weights");
	request->validation =
		request_validation(arg_jsonb(fcinfo, ARG_VALIDATION, "validation"), request->cutoffs.n > 1);
	request->seed = arg_bigint(fcinfo, ARG_SEED, "seed");
	request->warm_start = arg_int_or(fcinfo, ARG_WARM_START, 0);
	run->promote = arg_text(fcinfo, ARG_PROMOTE, "promote");
	run->comment = arg_text_or_null(fcinfo, ARG_COMMENT);
}

char *
sequence_period_text(const Interval *period)
{
	struct pg_itm itm;
	char text[MAXDATELEN + 1];

	interval2itm(*period, &itm);
	EncodeInterval(&itm, INTSTYLE_ISO_8601, text);
	return pstrdup(text);
}

Jsonb *
sequence_request_to_spec(const SequenceRequest *request)
{
	const SequenceReading *reading = &request->reading;
	JsonbBuild build;

	jsonb_begin(&build);
	jsonb_put_text(&build, "source", source_quote(reading->relation));
	jsonb_put_text(&build, "user_column", reading->user_column);
	jsonb_put_text(&build, "time_column", reading->time_column);
	jsonb_put_text(&build, "sequence_column", reading->sequence_column);
	features_put(&build, reading);
	jsonb_put_text(&build, "outcome", reading->outcome);
	jsonb_put_text(&build, "label_column", reading->label_column);
	jsonb_put_text(&build, "trend_of", reading->trend_of);
	if (reading->trend_labels.given)
		jsonb_put_jsonb(&build, "trend_rule", reading->trend_labels.given);
	jsonb_put_text(&build, "period", sequence_period_text(&reading->period));
	jsonb_put_int(&build, "window_periods", reading->window_periods);
	jsonb_put_int(&build, "horizon_periods", reading->horizon_periods);
	jsonb_put_text(&build, "as_of", request->has_as_of ? jsonb_time_text(request->as_of) : NULL);
	cutoffs_put(&build, &request->cutoffs);
	jsonb_put_text(&build, "time_zone", reading->time_zone);
	jsonb_put_bool(&build, "active_only", reading->active_only);
	if (OidIsValid(reading->users))
	{
		jsonb_put_text(&build, "users_table", source_quote(reading->users));
		jsonb_put_names(&build, "attributes", reading->attributes, reading->A);
	}
	jsonb_put_text(&build, "architecture",
				   request->automatic ? AUTOMATIC : sequence_architectures[request->config.architecture]);
	jsonb_put_jsonb(&build, "class_weights", request->class_weights);
	jsonb_put_text(&build, "decision", sequence_decisions[request->config.decision]);
	request_put_validation(&build, &request->validation);
	jsonb_put_jsonb(&build, "hyperparams",
					request->automatic
						? request->hyperparams
						: options_to_jsonb(&request->config, sequence_options, sequence_option_count));
	jsonb_put_int(&build, "seed", request->seed);
	split_put(&build, &request->split);
	return jsonb_end(&build);
}

/* ---- and back ---- */

/* Specs of old say it by "users", or, before there was a choice, not at all: silent users were left out. */
static bool
spec_active_only(const Jsonb *spec)
{
	const char *users;

	if (jsonb_member(spec, "active_only"))
		return spec_bool(spec, "active_only");
	users = spec_text(spec, "users");
	return !users || strcmp(users, "all") != 0;
}

void
sequence_spec_window(SequenceReading *reading, const Jsonb *spec)
{
	reading->period =
		*DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(spec_need(spec, "period")),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	period_check(TREND_TIMESTAMP, &reading->period);
	reading->window_periods = (int) spec_int(spec, "window_periods");
	sequence_check_periods("window_periods", reading->window_periods, 1);

	reading->active_only = spec_active_only(spec);
	reading->closed = spec_text(spec, "outcome") != NULL;
	reading->time_zone = spec_text(spec, "time_zone");
	if (reading->time_zone)
		sequence_time_zone(reading->time_zone);
}

/* NB: "users" is another thing in specs of old (spec_active_only()). */
static void
spec_attributes(SequenceReading *reading, const Jsonb *spec)
{
	if (!jsonb_member(spec, "users_table"))
		return;
	reading->users = spec_table(spec, "users_table");
	reading->attributes = spec_names(&reading->A, spec, "attributes");
	check_attributes(reading);
}

void
sequence_request_from_spec(SequenceRequest *request, const Jsonb *spec)
{
	SequenceReading *reading = &request->reading;
	const char *as_of = spec_text(spec, "as_of");

	memset(request, 0, sizeof(*request));
	reading->relation = spec_table(spec, "source");
	reading->user_column = spec_need(spec, "user_column");
	reading->time_column = spec_need(spec, "time_column");
	reading->sequence_column = spec_text(spec, "sequence_column");
	reading->outcome = spec_text(spec, "outcome");
	reading->label_column = spec_text(spec, "label_column");
	reading->trend_of = spec_text(spec, "trend_of");
	check_label(reading);
	set_trend_rule(reading, jsonb_member(spec, "trend_rule") ? spec_jsonb(spec, "trend_rule") : NULL);
	reading->features = spec_names(&reading->F, spec, "features");
	reading->expression = features_expressions(reading->features, reading->F, spec);
	check_features(reading);
	spec_attributes(reading, spec);
	sequence_spec_window(reading, spec);
	reading->horizon_periods = (int) spec_int(spec, "horizon_periods");
	sequence_check_periods("horizon_periods", reading->horizon_periods, horizon_min(reading));
	request->has_as_of = as_of != NULL;
	if (as_of)
		request->as_of = jsonb_time(as_of);
	request->cutoffs = cutoffs_of_spec(spec, reading);
	check_as_of(request);
	config_of(request, spec_need(spec, "architecture"), spec_jsonb(spec, "hyperparams"));
	config_forecast(request,
					spec_text(spec, "decision") ? spec_text(spec, "decision") : sequence_decisions[0]);
	request->class_weights = spec_jsonb(spec, "class_weights");
	request->validation = request_validation(spec_jsonb(spec, "validation"), request->cutoffs.n > 1);
	request->seed = spec_int(spec, "seed");
	request->split = spec_split(spec);
}

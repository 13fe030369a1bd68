#include "postgres.h"

#include "pg/sequence_spec.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "pg/errors.h"
#include "pg/jsonbuild.h"
#include "pg/options.h"
#include "pg/source.h"
#include "pg/train.h"
#include "pg/window.h"

/* A year of hours, and more than a century of weeks. */
#define PERIODS_MAX 10000

/* Arguments of train_sequence after the model. */
enum
{
	ARG_SOURCE = 1,
	ARG_USER_COLUMN,
	ARG_TIME_COLUMN,
	ARG_FEATURES,
	ARG_LABEL_COLUMN,
	ARG_TREND_OF,
	ARG_PERIOD,
	ARG_WINDOW_PERIODS,
	ARG_HORIZON_PERIODS,
	ARG_AS_OF,
	ARG_ARCHITECTURE,
	ARG_CLASS_WEIGHTS,
	ARG_VALIDATION,
	ARG_HYPERPARAMS,
	ARG_SEED,
	ARG_WARM_START
};

static void
check_periods(const char *name, int value, int min)
{
	if (value < min || value > PERIODS_MAX)
		error_out_of_range(name, psprintf("%d", value), psprintf("%d to %d", min, PERIODS_MAX));
}

static int
periods_arg(FunctionCallInfo fcinfo, int arg, const char *name, int min)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
	check_periods(name, PG_GETARG_INT32(arg), min);
	return PG_GETARG_INT32(arg);
}

static const Jsonb *
jsonb_arg(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(name);
	return PG_GETARG_JSONB_P(arg);
}

/* Every number in the relation that is not the user, the time or the label. */
static void
default_features(SequenceSource *source)
{
	Relation relation = relation_open(source->relation, AccessShareLock);
	const TupleDesc desc = RelationGetDescr(relation);

	source->features = palloc(sizeof(char *) * (size_t) Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		const FormData_pg_attribute *column = TupleDescAttr(desc, i);
		const char *name = NameStr(column->attname);

		if (column->attisdropped || !source_is_number(getBaseType(column->atttypid)) ||
			strcmp(name, source->user_column) == 0 || strcmp(name, source->time_column) == 0 ||
			(source->label_column && strcmp(name, source->label_column) == 0))
			continue;
		source->features[source->F++] = pstrdup(name);
	}
	relation_close(relation, AccessShareLock);
	if (source->F == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("relation \"%s\" has no numeric column to use as a feature",
							   get_rel_name(source->relation)),
						errhint("Name the columns in features.")));
}

static void
check_features(const SequenceSource *source)
{
	if (source->F == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features names no column"),
						errdetail("The array is empty."),
						errhint("Leave features out to use every numeric column.")));
	for (int f = 0; f < source->F; f++)
	{
		if (source->label_column && strcmp(source->features[f], source->label_column) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("column \"%s\" is both the label and a feature", source->label_column),
							errdetail("A model that reads its label has nothing to predict."),
							errhint("Leave it out of features.")));
		for (int g = 0; g < f; g++)
			if (strcmp(source->features[f], source->features[g]) == 0)
				ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
								errmsg("column \"%s\" is in features twice", source->features[f]),
								errdetail("It is element %d and element %d.", g + 1, f + 1),
								errhint("Name each feature once.")));
	}
}

static void
features_arg(SequenceSource *source, FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_FEATURES))
	{
		default_features(source);
		return;
	}

	Datum *name;
	bool *null;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(ARG_FEATURES), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &name,
					  &null, &source->F);
	source->features = palloc(sizeof(char *) * (size_t) Max(source->F, 1));
	for (int f = 0; f < source->F; f++)
	{
		if (null[f])
			error_null_argument("an element of features");
		source->features[f] = pstrdup(NameStr(*DatumGetName(name[f])));
	}
}

static void
check_label(const SequenceSource *source)
{
	if ((source->label_column == NULL) == (source->trend_of == NULL))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(source->trend_of ? "both label_column and trend_of are given"
												: "neither label_column nor trend_of is given"),
						errdetail("The label is either a column, or the trend of one."),
						errhint("Give exactly one of the two.")));
}

static int
architecture_of(const char *name)
{
	for (int i = 0; sequence_architectures[i]; i++)
		if (strcmp(sequence_architectures[i], name) == 0)
			return i;
	error_out_of_range("architecture", name, "lstm | gru | tcn");
}

/* {"method": "user", "share": 0.2}, {"method": "none"} */
static double
share_of(const Jsonb *validation)
{
	static const char *const keys[] = {"method", "share"};
	JsonbIterator *it = NULL;
	JsonbValue value;
	const char *key;
	const char *method = "user";
	double share = 0.2;

	jsonb_expect_object(validation, "validation");
	while (jsonb_next_member(&it, validation, &key, &value))
	{
		const char *text = jsonb_scalar_text(&value);

		if (strcmp(key, "method") == 0)
			method = text;
		else if (strcmp(key, "share") == 0)
		{
			share = value.type == jbvNumeric ? strtod(text, NULL) : -1;
			if (!(share > 0 && share <= 0.9))
				error_out_of_range("share", text, "a number above 0 and up to 0.9");
		}
		else
			error_unknown_option("validation", key, keys, lengthof(keys));
	}
	if (strcmp(method, "none") == 0)
		return 0;
	if (strcmp(method, "user") != 0)
		error_out_of_range("method", method, "user | none");
	return share;
}

static void
config_of(SequenceTraining *training, const char *architecture, const Jsonb *hyperparams)
{
	config_defaults(&training->config, sequence_options, sequence_option_count);
	training->config.architecture = architecture_of(architecture);
	options_from_jsonb(&training->config, sequence_options, sequence_option_count, hyperparams,
					   "hyperparams");
	report_status(sequence_config_check(&training->config));
}

void
sequence_training_from_args(SequenceTraining *training, FunctionCallInfo fcinfo)
{
	SequenceSource *source = &training->source;

	memset(training, 0, sizeof(*training));
	if (PG_ARGISNULL(ARG_SOURCE))
		error_null_argument("source");
	source->relation = PG_GETARG_OID(ARG_SOURCE);
	source_quote(source->relation);
	source->user_column = train_name_arg(fcinfo, ARG_USER_COLUMN, "user_column");
	source->time_column = train_name_arg(fcinfo, ARG_TIME_COLUMN, "time_column");
	if (!PG_ARGISNULL(ARG_LABEL_COLUMN))
		source->label_column = train_name_arg(fcinfo, ARG_LABEL_COLUMN, "label_column");
	if (!PG_ARGISNULL(ARG_TREND_OF))
		source->trend_of = train_name_arg(fcinfo, ARG_TREND_OF, "trend_of");
	check_label(source);
	features_arg(source, fcinfo);
	check_features(source);
	if (PG_ARGISNULL(ARG_PERIOD))
		error_null_argument("period");
	source->period = *PG_GETARG_INTERVAL_P(ARG_PERIOD);
	window_check_period(&source->period);
	source->window_periods = periods_arg(fcinfo, ARG_WINDOW_PERIODS, "window_periods", 1);
	source->horizon_periods = periods_arg(fcinfo, ARG_HORIZON_PERIODS, "horizon_periods", 0);
	training->has_as_of = !PG_ARGISNULL(ARG_AS_OF);
	training->as_of = training->has_as_of ? PG_GETARG_TIMESTAMPTZ(ARG_AS_OF) : 0;
	config_of(training, train_text_arg(fcinfo, ARG_ARCHITECTURE, "architecture"),
			  jsonb_arg(fcinfo, ARG_HYPERPARAMS, "hyperparams"));
	training->class_weights = (Jsonb *) jsonb_arg(fcinfo, ARG_CLASS_WEIGHTS, "class_weights");
	training->share = share_of(jsonb_arg(fcinfo, ARG_VALIDATION, "validation"));
	if (PG_ARGISNULL(ARG_SEED))
		error_null_argument("seed");
	training->seed = PG_GETARG_INT64(ARG_SEED);
	training->warm_start = PG_ARGISNULL(ARG_WARM_START) ? 0 : PG_GETARG_INT32(ARG_WARM_START);
}

ClassBalance
sequence_class_balance(double *weight, const SequenceTraining *training, const char *const *classes, int C)
{
	static const char *const range =
		"\"balanced\" | \"resample\" | \"none\" | an object of class names and weights";
	const Jsonb *given = training->class_weights;
	JsonbIterator *it = NULL;
	JsonbValue value;
	const char *key;

	for (int c = 0; c < C; c++)
		weight[c] = 1;
	if (JB_ROOT_IS_SCALAR(given) && JsonbExtractScalar((JsonbContainer *) &given->root, &value))
	{
		const char *text = jsonb_scalar_text(&value);

		if (strcmp(text, "balanced") == 0)
			return BALANCE_WEIGHTS;
		if (strcmp(text, "resample") == 0)
			return BALANCE_RESAMPLE;
		if (strcmp(text, "none") != 0)
			error_out_of_range("class_weights", text, range);
		return BALANCE_NONE;
	}
	if (!JB_ROOT_IS_OBJECT(given))
		error_out_of_range("class_weights", "[...]", range);
	while (jsonb_next_member(&it, given, &key, &value))
	{
		int c = 0;

		while (c < C && strcmp(classes[c], key) != 0)
			c++;
		if (c == C)
			error_unknown_option("class_weights", key, classes, C);
		weight[c] = value.type == jbvNumeric ? strtod(jsonb_scalar_text(&value), NULL) : -1;
		if (!(weight[c] > 0 && weight[c] <= 1e6))
			error_out_of_range(key, jsonb_scalar_text(&value), "a number above 0 and up to 1000000");
	}
	return BALANCE_GIVEN;
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

static char *
time_text(TimestampTz time)
{
	return JsonEncodeDateTime(NULL, TimestampTzGetDatum(time), TIMESTAMPTZOID, NULL);
}

Jsonb *
sequence_training_to_spec(const SequenceTraining *training)
{
	const SequenceSource *source = &training->source;
	JsonbBuild build;

	jsonb_begin(&build);
	jsonb_put_text(&build, "source", source_quote(source->relation));
	jsonb_put_text(&build, "user_column", source->user_column);
	jsonb_put_text(&build, "time_column", source->time_column);
	jsonb_put_names(&build, "features", source->features, source->F);
	jsonb_put_text(&build, "label_column", source->label_column);
	jsonb_put_text(&build, "trend_of", source->trend_of);
	jsonb_put_text(&build, "period", sequence_period_text(&source->period));
	jsonb_put_int(&build, "window_periods", source->window_periods);
	jsonb_put_int(&build, "horizon_periods", source->horizon_periods);
	jsonb_put_text(&build, "as_of", training->has_as_of ? time_text(training->as_of) : NULL);
	jsonb_put_text(&build, "architecture", sequence_architectures[training->config.architecture]);
	jsonb_put_jsonb(&build, "class_weights", training->class_weights);
	jsonb_put_float(&build, "share", training->share);
	jsonb_put_jsonb(&build, "hyperparams",
					options_to_jsonb(&training->config, sequence_options, sequence_option_count));
	jsonb_put_int(&build, "seed", training->seed);
	return jsonb_end(&build);
}

/* ---- and back ---- */

static const char *
spec_text(const Jsonb *spec, const char *key)
{
	const JsonbValue *value = jsonb_member(spec, key);

	return value ? jsonb_scalar_text(value) : NULL;
}

/* The same for what no spec is without. */
static const char *
spec_need(const Jsonb *spec, const char *key)
{
	const char *text = spec_text(spec, key);

	if (!text)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the model's training spec has no \"%s\"", key),
				 errhint("Train it again with usercls.train_sequence().")));
	return text;
}

static Jsonb *
spec_jsonb(const Jsonb *spec, const char *key)
{
	JsonbValue *value = jsonb_member(spec, key);

	if (!value)
		spec_need(spec, key);
	return JsonbValueToJsonb(value);
}

static void
spec_features(SequenceSource *source, const Jsonb *spec)
{
	JsonbContainer *array = &spec_jsonb(spec, "features")->root;

	source->F = JsonContainerIsArray(array) ? (int) JsonContainerSize(array) : 0;
	source->features = palloc(sizeof(char *) * (size_t) Max(source->F, 1));
	for (int f = 0; f < source->F; f++)
		source->features[f] = jsonb_scalar_text(getIthJsonbValueFromContainer(array, (uint32) f));
}

void
sequence_training_from_spec(SequenceTraining *training, const Jsonb *spec)
{
	SequenceSource *source = &training->source;
	const char *as_of = spec_text(spec, "as_of");

	memset(training, 0, sizeof(*training));
	source->relation =
		DatumGetObjectId(DirectFunctionCall1(regclassin, CStringGetDatum(spec_need(spec, "source"))));
	source->user_column = spec_need(spec, "user_column");
	source->time_column = spec_need(spec, "time_column");
	source->label_column = spec_text(spec, "label_column");
	source->trend_of = spec_text(spec, "trend_of");
	check_label(source);
	spec_features(source, spec);
	check_features(source);
	source->period =
		*DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(spec_need(spec, "period")),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	window_check_period(&source->period);
	source->window_periods = pg_strtoint32(spec_need(spec, "window_periods"));
	check_periods("window_periods", source->window_periods, 1);
	source->horizon_periods = pg_strtoint32(spec_need(spec, "horizon_periods"));
	check_periods("horizon_periods", source->horizon_periods, 0);
	training->has_as_of = as_of != NULL;
	if (as_of)
		training->as_of = DatumGetTimestampTz(DirectFunctionCall3(
			timestamptz_in, CStringGetDatum(as_of), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	config_of(training, spec_need(spec, "architecture"), spec_jsonb(spec, "hyperparams"));
	training->class_weights = spec_jsonb(spec, "class_weights");
	training->share = strtod(spec_need(spec, "share"), NULL);
	if (!(training->share >= 0 && training->share <= 0.9))
		error_out_of_range("share", spec_need(spec, "share"), "a number from 0 to 0.9");
	training->seed = pg_strtoint64(spec_need(spec, "seed"));
}

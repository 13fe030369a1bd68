/* What a trend says: its values, signs, score, label. */
#include "postgres.h"

#include "server/majors.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "labeler/pure/label.h"
#include "labeler/pure/trend.h"
#include "labeler/state.h"

/* The periods of a trend that may be compared. */
typedef struct Values
{
	size_t n;
	double *value;
	double *slack; /* by how much rounding may have moved them */
	bool *missing; /* means of periods without rows */
} Values;

static TrendMeasure
read_measure(const text *name)
{
	for (int i = 0; i < MEASURES; i++)
		if (VARSIZE_ANY_EXHDR(name) == strlen(trend_measure_names[i]) &&
			memcmp(VARDATA_ANY(name), trend_measure_names[i], VARSIZE_ANY_EXHDR(name)) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown measure \"%s\"", text_to_cstring(name)), errhint("Use sum, mean or count.")));
}

static Values
trend_values(const struct varlena *flat, TrendMeasure measure)
{
	TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	Values values = {.n = trend_complete(&reader.shape)};
	TrendCell cell;

	values.value = palloc0(sizeof(double) * (values.n + 1));
	values.slack = palloc0(sizeof(double) * (values.n + 1));
	values.missing = palloc(values.n + 1);
	memset(values.missing, measure == MEASURE_MEAN, values.n + 1);
	while (trend_read(&reader, &cell))
	{
		/* A last period that is cut short has index n: there is room for it, and it is not compared. */
		const size_t i = cell.index;

		values.missing[i] = false;
		trend_measure(&values.value[i], &values.slack[i], &cell, measure);
	}
	if (reader.damaged)
		trend_damaged(&reader);
	return values;
}

/* The values to compare. Means of periods without rows are left out: a difference then spans those periods. */
static Values
compared_values(const struct varlena *flat, TrendMeasure measure)
{
	Values values = trend_values(flat, measure);
	size_t kept = 0;

	if (measure != MEASURE_MEAN)
		return values;
	for (size_t i = 0; i < values.n; i++)
		if (!values.missing[i])
		{
			values.value[kept] = values.value[i];
			values.slack[kept++] = values.slack[i];
		}
	values.n = kept;
	return values;
}

static SignScore
score_of(const struct varlena *flat, TrendMeasure measure)
{
	const Values values = compared_values(flat, measure);
	const SignScore score = sign_score(values.value, values.slack, values.n);

	pfree(values.value);
	pfree(values.slack);
	pfree(values.missing);
	return score;
}

static SignScore
read_score(FunctionCallInfo fcinfo, int measure_argument)
{
	return score_of(PG_GETARG_VARLENA_PP(0), read_measure(PG_GETARG_TEXT_PP(measure_argument)));
}

static Datum
label_datum(TrendLabel label)
{
	return CStringGetTextDatum(trend_label_names[label]);
}

PG_FUNCTION_INFO_V1(usercls_label);
Datum
usercls_label(PG_FUNCTION_ARGS)
{
	return label_datum(trend_label(read_score(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(usercls_label_at);
Datum
usercls_label_at(PG_FUNCTION_ARGS)
{
	const int potential_at = PG_GETARG_INT32(1);
	const int high_risk_at = PG_GETARG_INT32(2);
	const SignScore score = read_score(fcinfo, 3);

	if (potential_at <= high_risk_at)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("potential_at must be greater than high_risk_at"),
				 errdetail("They are %d and %d.", potential_at, high_risk_at),
				 errhint("A net sign of at least potential_at is \"potential\", of at most high_risk_at "
						 "\"high_risk\".")));
	return label_datum(trend_label_at(score, potential_at, high_risk_at));
}

static void
check_list(ArrayType *list, const char *name)
{
	if (ARR_NDIM(list) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("%s must be one-dimensional", name),
						errdetail("The array has %d dimensions.", ARR_NDIM(list)),
						errhint("Pass a list, such as ARRAY[-3, 3] and ARRAY['low', 'middle', 'high'].")));
	if (array_contains_nulls(list))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain nulls", name),
						errdetail("There is a null among the %s.", name),
						errhint("Leave out the class, or give it a cut and a name.")));
}

static void
check_cuts(ArrayType *cuts)
{
	const int n = ArrayGetNItems(ARR_NDIM(cuts), ARR_DIMS(cuts));
	const int32 *cut = (const int32 *) ARR_DATA_PTR(cuts);

	check_list(cuts, "cuts");
	for (int i = 1; i < n; i++)
		if (cut[i] <= cut[i - 1])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("cuts must ascend"),
							errdetail("%d is followed by %d.", cut[i - 1], cut[i])));
}

static void
check_names(ArrayType *names, ArrayType *cuts)
{
	const int n = ArrayGetNItems(ARR_NDIM(cuts), ARR_DIMS(cuts));
	const int m = ArrayGetNItems(ARR_NDIM(names), ARR_DIMS(names));

	check_list(names, "names");
	if (m != n + 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d cuts need %d names, got %d", n, n + 1, m),
						errhint("Each cut starts a class; the first name is the class below all cuts.")));
}

PG_FUNCTION_INFO_V1(usercls_label_cuts);
Datum
usercls_label_cuts(PG_FUNCTION_ARGS)
{
	const int sign = sign_net(read_score(fcinfo, 3));
	ArrayType *cuts = PG_GETARG_ARRAYTYPE_P(1);
	ArrayType *names = PG_GETARG_ARRAYTYPE_P(2);

	check_cuts(cuts);
	check_names(names, cuts);

	const int32 *cut = (const int32 *) ARR_DATA_PTR(cuts);
	const int n = ArrayGetNItems(ARR_NDIM(cuts), ARR_DIMS(cuts));
	int name_index = ARR_LBOUND(names)[0];
	bool isnull;

	for (int i = 0; i < n && sign >= cut[i]; i++)
		name_index++;

	/* The element lies within the array, which may be freed before it. */
	return datumCopy(
		array_get_element(PointerGetDatum(names), 1, &name_index, -1, -1, false, TYPALIGN_INT, &isnull),
		false, -1);
}

/* With two or four cuts, and the names that the type has for three and five classes. */
PG_FUNCTION_INFO_V1(usercls_label_at_cuts);
Datum
usercls_label_at_cuts(PG_FUNCTION_ARGS)
{
	const SignScore score = score_of(PG_GETARG_VARLENA_PP(0), MEASURE_SUM);
	ArrayType *cuts = PG_GETARG_ARRAYTYPE_P(1);
	const int n = ArrayGetNItems(ARR_NDIM(cuts), ARR_DIMS(cuts));
	TrendRule rule = {.cuts = n};

	if (n != 2 && n != LABELS - 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%d cuts have no labels", n),
				 errdetail("Two cuts make high_risk, stable and potential, four also declining and rising."),
				 errhint("Pass two or four cuts, or a list of names for the classes.")));
	check_cuts(cuts);
	memcpy(rule.cut, ARR_DATA_PTR(cuts), sizeof(int32) * (size_t) n);
	return label_datum(trend_label_of(trend_rule_class(&rule, score), n + 1));
}

PG_FUNCTION_INFO_V1(usercls_net_sign);
Datum
usercls_net_sign(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(sign_net(read_score(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(usercls_z_score);
Datum
usercls_z_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(sign_z(read_score(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(usercls_p_value);
Datum
usercls_p_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(sign_p(read_score(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(usercls_signs);
Datum
usercls_signs(PG_FUNCTION_ARGS)
{
	const Values values = compared_values(PG_GETARG_VARLENA_PP(0), read_measure(PG_GETARG_TEXT_PP(1)));
	const int n = values.n > 0 ? (int) values.n - 1 : 0;
	Datum *sign = palloc(sizeof(Datum) * (n + 1));

	for (int i = 0; i < n; i++)
		sign[i] = Int32GetDatum(
			sign_change(values.value[i], values.value[i + 1], values.slack[i] + values.slack[i + 1]));
	PG_RETURN_ARRAYTYPE_P(construct_array(sign, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(usercls_period_values);
Datum
usercls_period_values(PG_FUNCTION_ARGS)
{
	const Values values = trend_values(PG_GETARG_VARLENA_PP(0), read_measure(PG_GETARG_TEXT_PP(1)));
	const int n = (int) values.n, one = 1;
	Datum *value = palloc(sizeof(Datum) * (n + 1));

	for (int i = 0; i < n; i++)
		value[i] = Float8GetDatum(values.value[i]);
	if (n == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(value, values.missing, 1, (int *) &n, (int *) &one, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

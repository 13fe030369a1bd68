#include "postgres.h"

#include "sequence/trend_labels.h"

#include <math.h>

#include "server/errors.h"
#include "server/jsonbuild.h"

static int
whole_number(const char *key, const JsonbValue *value)
{
	const double number = value->type == jbvNumeric ? strtod(jsonb_scalar_text(value), NULL) : NAN;

	if (!(fabs(number) <= PG_INT32_MAX - 1 && number == rint(number)))
		error_out_of_range(key, jsonb_scalar_text(value), "a whole number");
	return (int) number;
}

static TrendMeasure
measure_of(const char *name)
{
	for (int i = 0; i < MEASURES; i++)
		if (strcmp(trend_measure_names[i], name) == 0)
			return i;
	error_out_of_range("measure", name, "sum | mean | count");
}

/* The elements of an array of the rule; an error when it is none, or has not `min` to `max`. */
static int
list_of(const JsonbContainer **list, const char *key, const JsonbValue *value, int min, int max)
{
	*list = value->type == jbvBinary ? value->val.binary.data : NULL;
	if (*list == NULL || !JsonContainerIsArray(*list) || (int) JsonContainerSize(*list) < min ||
		(int) JsonContainerSize(*list) > max)
		error_out_of_range(key, jsonb_scalar_text(value), psprintf("a list of %d to %d", min, max));
	return (int) JsonContainerSize(*list);
}

static void
read_cuts(TrendRule *rule, const JsonbValue *value)
{
	const JsonbContainer *list;

	rule->cuts = list_of(&list, "cuts", value, 1, TREND_CUTS_MAX);
	for (int i = 0; i < rule->cuts; i++)
	{
		rule->cut[i] =
			whole_number("cuts", getIthJsonbValueFromContainer((JsonbContainer *) list, (uint32) i));
		if (i > 0 && rule->cut[i] <= rule->cut[i - 1])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("cuts must ascend"),
							errdetail("%d is followed by %d.", rule->cut[i - 1], rule->cut[i])));
	}
}

static const char **
read_names(const JsonbValue *value, int classes)
{
	const JsonbContainer *list;
	const int n = list_of(&list, "names", value, 2, TREND_CUTS_MAX + 1);
	const char **names = palloc(sizeof(*names) * (size_t) n);

	if (n != classes)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("trend_rule makes %d classes, and names %d", classes, n),
						errhint("Each cut starts a class; the first name is the class below all cuts.")));
	for (int i = 0; i < n; i++)
	{
		names[i] = jsonb_scalar_text(getIthJsonbValueFromContainer((JsonbContainer *) list, (uint32) i));
		for (int j = 0; j < i; j++)
			if (strcmp(names[i], names[j]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("names has \"%s\" twice", names[i]),
						 errhint("Give each class a name of its own.")));
	}
	return names;
}

static const char **
default_names(int classes)
{
	const char **names = palloc(sizeof(*names) * (size_t) classes);

	if (classes != 3 && classes != LABELS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d classes of trend_rule have no names", classes),
				 errdetail("Three are high_risk, stable and potential; five also declining and rising."),
				 errhint("Pass \"names\" beside \"cuts\".")));
	for (int i = 0; i < classes; i++)
		names[i] = trend_label_names[trend_label_of(i, classes)];
	return names;
}

/* potential_at and high_risk_at as cuts: the second begins one above its end. */
static void
read_ends(TrendRule *rule, const JsonbValue *potential, const JsonbValue *high_risk)
{
	if (!potential || !high_risk)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("trend_rule has one of potential_at and high_risk_at"),
						errdetail("Both ends of what is stable are needed."),
						errhint("Pass both, such as {\"potential_at\": 3, \"high_risk_at\": -3}.")));
	rule->cuts = 2;
	rule->cut[0] = whole_number("high_risk_at", high_risk) + 1;
	rule->cut[1] = whole_number("potential_at", potential);
	if (rule->cut[1] < rule->cut[0])
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("potential_at must be greater than high_risk_at"),
						errdetail("They are %d and %d.", rule->cut[1], rule->cut[0] - 1)));
}

static double
significance_of(const JsonbValue *value)
{
	const double level = value->type == jbvNumeric ? strtod(jsonb_scalar_text(value), NULL) : NAN;

	if (!(level > 0 && level < 1))
		error_out_of_range("significance", jsonb_scalar_text(value), "a number between 0 and 1");
	return level;
}

static void
check_keys(const Jsonb *given)
{
	static const char *const keys[] = {"measure",      "significance", "potential_at",
									   "high_risk_at", "cuts",         "names"};
	JsonbIterator *it = NULL;
	JsonbValue value;
	const char *key;

	jsonb_expect_object(given, "trend_rule");
	while (jsonb_next_member(&it, given, &key, &value))
	{
		int i = 0;

		while (i < lengthof(keys) && strcmp(keys[i], key) != 0)
			i++;
		if (i == lengthof(keys))
			error_unknown_option("trend_rule", key, keys, lengthof(keys));
	}
}

TrendLabels
trend_labels_read(const Jsonb *given)
{
	TrendLabels labels = {.given = given, .rule.significance = TREND_SIGNIFICANCE};

	if (given == NULL)
	{
		labels.names = default_names(3);
		return labels;
	}
	check_keys(given);

	const JsonbValue *measure = jsonb_member(given, "measure");
	const JsonbValue *significance = jsonb_member(given, "significance");
	const JsonbValue *potential = jsonb_member(given, "potential_at");
	const JsonbValue *high_risk = jsonb_member(given, "high_risk_at");
	const JsonbValue *cuts = jsonb_member(given, "cuts");
	const JsonbValue *names = jsonb_member(given, "names");

	if ((significance != NULL) + (potential || high_risk) + (cuts != NULL) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("trend_rule has more than one rule"),
						errdetail("It is significance, potential_at and high_risk_at, or cuts."),
						errhint("Leave all but one out.")));
	if (measure)
		labels.measure = measure_of(jsonb_scalar_text(measure));
	if (significance)
		labels.rule.significance = significance_of(significance);
	if (potential || high_risk)
		read_ends(&labels.rule, potential, high_risk);
	if (cuts)
		read_cuts(&labels.rule, cuts);

	const int classes = trend_rule_classes(&labels.rule);

	labels.names = names ? read_names(names, classes) : default_names(classes);
	return labels;
}

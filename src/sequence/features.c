#include "postgres.h"

#include "sequence/features.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/errors.h"
#include "server/expression.h"
#include "sequence/window.h"

/* Values of a column that have a channel of their own. */
#define CATEGORIES_MAX 8

/* Features as they are found. */
typedef struct FeatureList
{
	const char **name;
	bool *expression;
	int n, room;
} FeatureList;

static void
add_feature(FeatureList *list, const char *name, bool expression)
{
	if (list->n == list->room)
	{
		list->room = Max(16, 2 * list->room);
		list->name = list->name ? repalloc(list->name, sizeof(char *) * (size_t) list->room)
								: palloc(sizeof(char *) * (size_t) list->room);
		list->expression = list->expression ? repalloc(list->expression, sizeof(bool) * (size_t) list->room)
											: palloc(sizeof(bool) * (size_t) list->room);
	}
	list->name[list->n] = name;
	list->expression[list->n++] = expression;
}

/* What was meant to be a column, and not an expression. */
static bool
is_plain_name(const char *text)
{
	if (*text >= '0' && *text <= '9')
		return false;
	for (const char *c = text; *c; c++)
		if (!IS_HIGHBIT_SET(*c) && !isalnum((unsigned char) *c) && *c != '_' && *c != '$')
			return false;
	return true;
}

/* ---- Categories ---- */

typedef struct Categories
{
	Oid type;
	MemoryContext context;
	char *literal[CATEGORIES_MAX];
	int n; /* of all, at most one more than have a channel */
} Categories;

/* A SourceRow; value[]: a category, the most frequent ones first. */
static void
read_category(void *arg, const Datum *value, const bool *isnull pg_attribute_unused())
{
	Categories *categories = arg;
	const MemoryContext row = MemoryContextSwitchTo(categories->context);

	if (categories->n < CATEGORIES_MAX)
		categories->literal[categories->n] = quote_literal_cstr(source_id_text(categories->type, value[0]));
	categories->n++;
	MemoryContextSwitchTo(row);
}

static Categories
read_categories(const SequenceReading *reading, const SourceColumn *column, TimestampTz as_of)
{
	Categories categories = {.type = column->type, .context = CurrentMemoryContext};
	const Oid time = source_column(reading->relation, reading->time_column).type;
	const Oid type[] = {window_type(time)};
	const Datum value[] = {Int64GetDatum(window_tick(time, as_of))};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT %s FROM %s WHERE %s IS NOT NULL AND %s OPERATOR(pg_catalog.%s) $1"
					 " GROUP BY 1 ORDER BY pg_catalog.count(*) DESC, 1 LIMIT %d",
					 column->quoted, source_quote(reading->relation), column->quoted,
					 quote_identifier(reading->time_column), reading->closed ? "<=" : "<",
					 CATEGORIES_MAX + 1);
	source_scan(&(SourceScan){.sql = sql.data,
							  .n = 1,
							  .types = type,
							  .values = value,
							  .whole = true,
							  .row = read_category,
							  .arg = &categories});
	return categories;
}

/* A channel for each frequent category, and one for all others when there are any. */
static void
add_categories(FeatureList *list, const SequenceReading *reading, const SourceColumn *column,
			   TimestampTz as_of)
{
	const Categories categories = read_categories(reading, column, as_of);
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < Min(categories.n, CATEGORIES_MAX); i++)
	{
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", categories.literal[i]);
		add_feature(list, psprintf("count(*) FILTER (WHERE %s = %s)", column->quoted, categories.literal[i]),
					true);
	}
	if (categories.n > CATEGORIES_MAX)
		add_feature(list, psprintf("count(*) FILTER (WHERE %s NOT IN (%s))", column->quoted, known.data),
					true);
	if (categories.n == 0)
		error_no_rows(
			get_rel_name(reading->relation),
			psprintf("Column \"%s\" has no value up to %s.", column->name,
					 window_as_of_text(source_column(reading->relation, reading->time_column).type, as_of)),
			"Leave it out of features.");
}

/* ---- All of them ---- */

void
features_resolve(SequenceReading *reading, const TimestampTz *as_of)
{
	FeatureList list = {0};

	for (int f = 0; f < reading->F; f++)
	{
		const char *feature = reading->features[f];

		if (get_attnum(reading->relation, feature) == InvalidAttrNumber)
		{
			if (is_plain_name(feature))
				error_unknown_column(reading->relation, feature);
			expression_check("features", feature);
			add_feature(&list, feature, true);
			continue;
		}

		const SourceColumn column = source_column(reading->relation, feature);

		if (source_is_category(column.type))
			add_categories(&list, reading, &column,
						   as_of ? *as_of : sequence_latest(reading, SEQUENCE_LABELED));
		else
			add_feature(&list, feature, false);
	}
	reading->features = list.name;
	reading->expression = list.expression;
	reading->F = list.n;
}

void
features_put(JsonbBuild *build, const SequenceReading *reading)
{
	const char **expression = palloc(sizeof(char *) * (size_t) Max(reading->F, 1));
	int n = 0;

	for (int f = 0; reading->expression && f < reading->F; f++)
		if (reading->expression[f])
			expression[n++] = reading->features[f];
	jsonb_put_names(build, "features", reading->features, reading->F);
	if (n > 0)
		jsonb_put_names(build, "expressions", expression, n);
}

bool *
features_expressions(const char *const *features, int F, const Jsonb *spec)
{
	bool *expression = palloc0(sizeof(bool) * (size_t) Max(F, 1));
	int n = 0;
	const char **named = jsonb_member(spec, "expressions") ? spec_names(&n, spec, "expressions") : NULL;

	for (int i = 0; i < n; i++)
		for (int f = 0; f < F; f++)
			if (strcmp(features[f], named[i]) == 0)
			{
				expression_check("features", named[i]);
				expression[f] = true;
			}
	return expression;
}

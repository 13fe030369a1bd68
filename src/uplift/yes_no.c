#include "postgres.h"

#include "uplift/yes_no.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/errors.h"

/* Values that are shown at most; a column with more does not say in which arm a user was. */
#define VALUES_SHOWN 10

typedef struct ValuesFound
{
	const char *value[VALUES_SHOWN + 1];
	int64 users[VALUES_SHOWN + 1];
	int n;
	MemoryContext context;
} ValuesFound;

/* A SourceRow; value[]: text, users. */
static void
value_row(void *arg, const Datum *value, const bool *isnull pg_attribute_unused())
{
	ValuesFound *found = arg;

	found->value[found->n] = MemoryContextStrdup(found->context, TextDatumGetCString(value[0]));
	found->users[found->n++] = DatumGetInt64(value[1]);
}

/* The most frequent values first. */
static ValuesFound *
values_find(Oid users, const SourceColumn *column)
{
	ValuesFound *found = palloc0(sizeof(*found));

	found->context = CurrentMemoryContext;
	source_scan(&(SourceScan){
		.sql = psprintf(
			"SELECT value, pg_catalog.count(*) FROM (SELECT %s::pg_catalog.text AS value FROM %s) AS u "
			"WHERE value IS NOT NULL GROUP BY value "
			"ORDER BY pg_catalog.count(*) DESC, value COLLATE pg_catalog.\"C\" LIMIT %d",
			column->quoted, source_quote(users), VALUES_SHOWN + 1),
		.row = value_row,
		.arg = found});
	return found;
}

/* Whether a value begins with a word for the arm without treatment, or for no: "No E-Mail", "control_2". */
static bool
says_no(const char *value)
{
	static const char *const words[] = {"0",    "a",     "baseline", "c",       "control",
										"f",    "false", "holdout",  "n",       "no",
										"none", "not",   "off",      "placebo", "untreated"};

	for (int i = 0; i < lengthof(words); i++)
	{
		const size_t length = strlen(words[i]);

		if (pg_strncasecmp(value, words[i], length) == 0 && !isalnum((unsigned char) value[length]))
			return true;
	}
	return false;
}

/* The value to count as no: the first that says so, otherwise the second. */
static int
find_no(const ValuesFound *found)
{
	for (int i = 0; i < found->n; i++)
		if (says_no(found->value[i]))
			return i;
	return 1;
}

/* `meaning`, or a name like it that no column of the table has. */
static const char *
free_name(Oid users, const char *meaning)
{
	const char *name = meaning;

	while (get_attnum(users, name) != InvalidAttrNumber)
		name = psprintf("is_%s", name);
	return name;
}

/* The view that has 1 and 0 in new_column for two of the values. */
static const char *
view_to_write(Oid users, const SourceColumn *column, const ValuesFound *found, const char *meaning,
			  const char *new_column)
{
	const int no = find_no(found);

	return psprintf("CREATE VIEW %s AS SELECT *, CASE %s WHEN %s THEN 1 WHEN %s THEN 0 END AS %s FROM %s;",
					quote_identifier(psprintf("%s_%s", get_rel_name(users), meaning)), column->quoted,
					quote_literal_cstr(found->value[no == 0 ? 1 : 0]), quote_literal_cstr(found->value[no]),
					quote_identifier(new_column), source_quote(users));
}

static const char *
values_text(const ValuesFound *found)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < Min(found->n, VALUES_SHOWN); i++)
		appendStringInfo(&text, "%s%s (" INT64_FORMAT ")", i ? ", " : "", quote_literal_cstr(found->value[i]),
						 found->users[i]);
	return found->n > VALUES_SHOWN ? psprintf("%s and more", text.data) : text.data;
}

/* Arms have names, of which one must be known to be the control; an outcome has to be 1 or 0. */
static const char *
hint_text(Oid users, const SourceColumn *column, const ValuesFound *found, const char *argument,
		  const char *meaning)
{
	const char *new_column = free_name(users, meaning);

	if (found->n < 2 || found->n > VALUES_SHOWN)
		return "Pass a view with a column of 1 and 0, and null for users outside the experiment.";
	if (strcmp(argument, "treatment_column") == 0)
		return psprintf(
			"Train with control => %s, the value of those who were not treated: every other one is an "
			"arm of its own, and null is outside the experiment.",
			quote_literal_cstr(found->value[find_no(found)]));
	return psprintf("Say in a view which value is 1 and which 0, and pass it with %s => '%s'; users of other "
					"values are then outside the experiment: %s",
					argument, new_column, view_to_write(users, column, found, meaning, new_column));
}

static void
error_values(Oid users, const SourceColumn *column, const char *argument, const char *meaning)
{
	const ValuesFound *found = values_find(users, column);

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of relation \"%s\" is not numeric", column->name, get_rel_name(users)),
			 errdetail("Its type is %s; its values and their users: %s.", format_type_be(column->type),
					   found->n ? values_text(found) : "none"),
			 errhint("%s", hint_text(users, column, found, argument, meaning))));
}

SourceColumn
yes_no_column(Oid users, const char *name, const char *argument, const char *meaning)
{
	const SourceColumn column = source_column(users, name);

	if (source_is_category(column.type))
		error_values(users, &column, argument, meaning);
	return source_number_column(users, name);
}

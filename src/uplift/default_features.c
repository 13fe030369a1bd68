/*
 * The features of train_uplift() when none are named:
 *   count the values of each column that has no other role, in the first rows of the table;
 *   numbers are taken; texts and enums where they have 2 to CATEGORIES_MAX values; arrays of numbers where all are as long;
 *   what is left out is named in a NOTICE, and so are whole numbers that look like codes.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/notices.h"
#include "server/source.h"
#include "uplift/inputs.h"

/* Rows that the counting reads at most. */
#define ROWS_COUNTED 100000

/* Whole numbers with so many values at most, and more than two, may be codes. */
#define CODES_MAX 12

/*
 * A column without another role. values: how many it has, of arrays how many lengths, none of them null; -1: its type has no
 * features.
 */
typedef struct Candidate
{
	const char *name;
	Oid type;
	int64 values;
} Candidate;

typedef struct Candidates
{
	int n;
	Candidate *column;
} Candidates;

static bool
is_number(const Candidate *column)
{
	return source_is_number(getBaseType(column->type));
}

static bool
is_category(const Candidate *column)
{
	return source_is_category(getBaseType(column->type));
}

static bool
is_array(const Candidate *column)
{
	Oid element;

	return uplift_is_array(getBaseType(column->type), &element);
}

static bool
is_taken(const Candidate *column)
{
	return is_number(column) || (is_array(column) && column->values == 1) ||
		   (is_category(column) && column->values >= 2 && column->values <= CATEGORIES_MAX);
}

static bool
may_be_code(const Candidate *column)
{
	return source_is_integer(getBaseType(column->type)) && column->values > 2 && column->values <= CODES_MAX;
}

static bool
any_type(Oid type __attribute__((unused)))
{
	return true;
}

static Candidates
candidates_find(Oid users, const ColumnRole *roles, int n_roles)
{
	Candidates found;
	const char **name = request_default_columns(&found.n, users, any_type, roles, n_roles);

	found.column = palloc(sizeof(Candidate) * (size_t) Max(found.n, 1));
	for (int i = 0; i < found.n; i++)
		found.column[i] = (Candidate){name[i], get_atttype(users, get_attnum(users, name[i])), -1};
	return found;
}

static bool
is_counted(const Candidate *column)
{
	return is_number(column) || is_category(column) || is_array(column);
}

/* The distinct values of a column named name, as texts: an enum or a domain of anybody's need have no order. */
static void
append_values(StringInfo sql, const char *name)
{
	appendStringInfo(sql, "pg_catalog.count(DISTINCT %s::pg_catalog.text)", name);
}

/* The lengths of its arrays; one more for each that is empty, too long, or has more than one dimension. */
static void
append_lengths(StringInfo sql, const char *name)
{
	appendStringInfo(sql,
					 "pg_catalog.count(DISTINCT pg_catalog.cardinality(%s)) OPERATOR(pg_catalog.+) "
					 "pg_catalog.count(*) FILTER (WHERE %s IS NOT NULL AND "
					 "(COALESCE(pg_catalog.array_ndims(%s), 0) OPERATOR(pg_catalog.<>) 1 OR "
					 "pg_catalog.cardinality(%s) OPERATOR(pg_catalog.>) %d))",
					 name, name, name, name, ELEMENTS_MAX);
}

static void
append_count(StringInfo sql, const Candidate *column)
{
	const char *name = quote_identifier(column->name);

	if (sql->len)
		appendStringInfoString(sql, ", ");
	if (is_array(column))
		append_lengths(sql, name);
	else
		append_values(sql, name);
	if (is_category(column))
		appendStringInfo(
			sql, " FILTER (WHERE pg_catalog.octet_length(%s::pg_catalog.text) OPERATOR(pg_catalog.<=) %d)",
			name, uplift_category_bytes(column->name));
}

static void
counts_row(void *arg, const Datum *value, const bool *isnull)
{
	Candidates *found = arg;
	int at = 0;

	for (int i = 0; i < found->n; i++)
		if (is_counted(&found->column[i]))
			found->column[i].values = DatumGetInt64(value[at++]);
}

static void
candidates_count(Candidates *found, Oid users)
{
	StringInfoData counts, columns;

	initStringInfo(&counts);
	initStringInfo(&columns);
	for (int i = 0; i < found->n; i++)
	{
		if (!is_counted(&found->column[i]))
			continue;
		appendStringInfo(&columns, "%s%s", columns.len ? ", " : "", quote_identifier(found->column[i].name));
		append_count(&counts, &found->column[i]);
	}
	if (counts.len)
		source_scan(
			&(SourceScan){.sql = psprintf("SELECT %s FROM (SELECT %s FROM %s LIMIT %d) AS u", counts.data,
										  columns.data, source_quote(users), ROWS_COUNTED),
						  .whole = true,
						  .row = counts_row,
						  .arg = found});
}

/* "a (jsonb), b (text of more than 50 values)"; NULL: nothing is left out. */
static const char *
left_out(const Candidates *found)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < found->n; i++)
	{
		const Candidate *column = &found->column[i];

		if (is_taken(column))
			continue;
		appendStringInfo(&list, "%s%s (%s", list.len ? ", " : "", column->name, format_type_be(column->type));
		if (is_category(column))
			appendStringInfo(&list,
							 column->values > CATEGORIES_MAX ? " of more than %d values"
															 : " of fewer than two short values",
							 CATEGORIES_MAX);
		if (is_array(column))
			appendStringInfo(&list, column->values ? " without a common length up to %d" : " of nulls",
							 ELEMENTS_MAX);
		appendStringInfoChar(&list, ')');
	}
	return list.len ? list.data : NULL;
}

/* "plan (5 values)"; NULL: no whole number looks like a code. */
static const char *
codes(const Candidates *found)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < found->n; i++)
		if (may_be_code(&found->column[i]))
			appendStringInfo(&list, "%s%s (" INT64_FORMAT " values)", list.len ? ", " : "",
							 found->column[i].name, found->column[i].values);
	return list.len ? list.data : NULL;
}

void
uplift_default_features(UpliftRequest *request, const ColumnRole *roles, int n_roles)
{
	Candidates found = candidates_find(request->users, roles, n_roles);

	candidates_count(&found, request->users);
	request->feature = palloc(sizeof(char *) * (size_t) Max(found.n, 1));
	request->F = 0;
	for (int i = 0; i < found.n; i++)
		if (is_taken(&found.column[i]))
			request->feature[request->F++] = found.column[i].name;
	request->left_out = left_out(&found);
	request->codes = codes(&found);
}

void
uplift_tell_features(const UpliftRequest *request)
{
	if (request->left_out)
		notice_send(NOTICE, "some columns of users are no features",
					psprintf("Left out: %s.", request->left_out),
					"Numbers are features, texts and enums of few values, and arrays of numbers that are as "
					"long for all; "
					"name features to choose yourself.");
	if (request->codes)
		notice_send(NOTICE, "whole numbers of few values are read as quantities",
					psprintf("These are: %s.", request->codes),
					"Cast what is a code to text in a view: then each value is learned for itself.");
}

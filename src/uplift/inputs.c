#include "postgres.h"

#include "uplift/inputs.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/errors.h"

/* -- Finding -------------------------------------------------------------- */

static UpliftInputs *
inputs_start(const UpliftRequest *request)
{
	UpliftInputs *inputs = palloc0(sizeof(*inputs));

	inputs->users = request->users;
	inputs->column = palloc0(sizeof(UpliftColumn) * Max(request->F, 1));
	return inputs;
}

static UpliftColumn *
inputs_column(UpliftInputs *inputs, const char *name)
{
	UpliftColumn *column = &inputs->column[inputs->columns++];

	column->column = source_column(inputs->users, name);
	column->is_number = source_is_number(column->column.type);
	column->first = inputs->F;
	return column;
}

static void
inputs_add(UpliftInputs *inputs, UpliftColumn *column, char *name, const char *category)
{
	inputs->name = inputs->name ? repalloc(inputs->name, sizeof(char *) * (size_t) (inputs->F + 1))
								: palloc(sizeof(char *));
	inputs->name[inputs->F++] = name;
	if (category)
	{
		const size_t n = (size_t) column->n + 1;

		column->category =
			column->category ? repalloc(column->category, sizeof(char *) * n) : palloc(sizeof(char *));
		column->length =
			column->length ? repalloc(column->length, sizeof(size_t) * n) : palloc(sizeof(size_t));
		column->category[column->n] = pstrdup(category);
		column->length[column->n] = strlen(category);
	}
	column->n++;
}

typedef struct CategoryReader
{
	UpliftInputs *inputs;
	UpliftColumn *column;
	MemoryContext context;
} CategoryReader;

static void
category_row(void *arg, const Datum *value, const bool *isnull)
{
	CategoryReader *reader = arg;
	const MemoryContext old = MemoryContextSwitchTo(reader->context);
	const char *category = TextDatumGetCString(value[0]);

	inputs_add(reader->inputs, reader->column, psprintf("%s=%s", reader->column->column.name, category),
			   category);
	MemoryContextSwitchTo(old);
}

int
uplift_category_bytes(const char *column)
{
	return Max(0, NAMEDATALEN - 2 - (int) strlen(column));
}

/* The most frequent values; what does not fit in a name of the model's file is too long to be a category. */
static void
categories_find(UpliftInputs *inputs, UpliftColumn *column)
{
	CategoryReader reader = {inputs, column, CurrentMemoryContext};
	const int longest = uplift_category_bytes(column->column.name);
	const char *sql =
		psprintf("SELECT value FROM (SELECT %s::pg_catalog.text AS value FROM %s) AS u "
				 "WHERE pg_catalog.octet_length(value) OPERATOR(pg_catalog.<=) %d GROUP BY value "
				 "ORDER BY pg_catalog.count(*) DESC, value COLLATE pg_catalog.\"C\" LIMIT %d",
				 column->column.quoted, source_quote(inputs->users), longest, CATEGORIES_MAX);

	source_scan(&(SourceScan){.sql = sql, .whole = true, .row = category_row, .arg = &reader});
	if (column->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("column \"%s\" of relation \"%s\" has no categories", column->column.name,
							   get_rel_name(inputs->users)),
						errdetail("Categories are its values of at most %d bytes.", longest),
						errhint("Leave it out of features, or shorten its values in a view.")));
}

UpliftInputs *
uplift_inputs_find(const UpliftRequest *request)
{
	UpliftInputs *inputs = inputs_start(request);

	for (int i = 0; i < request->F; i++)
	{
		UpliftColumn *column = inputs_column(inputs, request->feature[i]);

		if (column->is_number)
			inputs_add(inputs, column, pstrdup(request->feature[i]), NULL);
		else if (source_is_category(column->column.type))
			categories_find(inputs, column);
		else
			error_not_numeric(request->users, request->feature[i], column->column.type);
	}
	return inputs;
}

/* The category that an input's name says of a column; NULL: it is none of this column. */
static const char *
category_of(const char *name, const char *column)
{
	const size_t length = strlen(column);

	return strncmp(name, column, length) == 0 && name[length] == '=' ? name + length + 1 : NULL;
}

UpliftInputs *
uplift_inputs_of(const UpliftRequest *request, char **name, size_t F)
{
	UpliftInputs *inputs = inputs_start(request);
	size_t f = 0;

	for (int i = 0; i < request->F; i++)
	{
		UpliftColumn *column = inputs_column(inputs, request->feature[i]);

		if (f < F && strcmp(name[f], request->feature[i]) == 0)
		{
			if (!column->is_number)
				error_not_numeric(request->users, request->feature[i], column->column.type);
			inputs_add(inputs, column, pstrdup(name[f++]), NULL);
			continue;
		}
		column->is_number = false;
		for (const char *category; f < F && (category = category_of(name[f], request->feature[i])); f++)
			inputs_add(inputs, column, pstrdup(name[f]), category);
		if (column->n == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features do not fit the weights"),
					 errdetail("The weights do not read column \"%s\".", request->feature[i]),
					 errhint("Name the features of the version that the weights are of, in its order.")));
	}
	if (f < F)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features do not fit the weights"),
						errdetail("The weights read \"%s\", for which no column is named.", name[f]),
						errhint("Name the features of the version that the weights are of, in its order.")));
	return inputs;
}

/* -- Reading -------------------------------------------------------------- */

void
uplift_inputs_select(StringInfo sql, const UpliftInputs *inputs)
{
	for (int c = 0; c < inputs->columns; c++)
		appendStringInfo(sql, ", %s%s", inputs->column[c].column.quoted,
						 inputs->column[c].is_number ? "" : "::pg_catalog.text");
}

static void
fill_category(float *out, const UpliftColumn *column, Datum value, bool isnull)
{
	bool known = false;

	if (!isnull)
	{
		const text *given = DatumGetTextPP(value);
		const size_t length = VARSIZE_ANY_EXHDR(given);

		for (int i = 0; i < column->n; i++)
		{
			const bool same =
				length == column->length[i] && memcmp(VARDATA_ANY(given), column->category[i], length) == 0;

			out[i] = same ? 1.0f : 0.0f;
			known = known || same;
		}
	}
	for (int i = 0; !known && i < column->n; i++)
		out[i] = NAN;
}

float
uplift_number(Oid users, const SourceColumn *column, Datum value, Oid id_type, Datum id)
{
	const double number = source_number(value, column->type);

	/* Too large for a float is as good as infinite. */
	if (!isfinite((float) number))
		error_not_finite(get_rel_name(users), column->name, number, source_id_text(id_type, id));
	return (float) number;
}

void
uplift_inputs_fill(float *out, const UpliftInputs *inputs, const Datum *value, const bool *isnull,
				   Oid id_type, Datum id)
{
	for (int c = 0; c < inputs->columns; c++)
	{
		const UpliftColumn *column = &inputs->column[c];

		if (!column->is_number)
			fill_category(out + column->first, column, value[c], isnull[c]);
		else
			out[column->first] =
				isnull[c] ? NAN : uplift_number(inputs->users, &column->column, value[c], id_type, id);
	}
}

#include "postgres.h"

#include "uplift/inputs.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/errors.h"
#include "uplift/behaviour.h"

/* -- Finding -------------------------------------------------------------- */

bool
uplift_is_array(Oid type, Oid *element)
{
	const Oid of = get_element_type(type);

	*element = OidIsValid(of) ? getBaseType(of) : InvalidOid;
	return OidIsValid(of) && source_is_number(*element);
}

static UpliftInputs *
inputs_start(const UpliftRequest *request)
{
	UpliftInputs *inputs = palloc0(sizeof(*inputs));

	inputs->users = request->users;
	inputs->source = palloc0(sizeof(UpliftSource) * Max(request->F, 1));
	return inputs;
}

static UpliftReading
reading_of(Oid users, const SourceColumn *column, Oid *element)
{
	if (uplift_is_array(column->type, element))
		return READ_ARRAY;
	if (source_is_number(column->type))
		return READ_NUMBER;
	if (!source_is_category(column->type))
		error_not_numeric(users, column->name, column->type);
	return READ_CATEGORY;
}

static UpliftSource *
inputs_source(UpliftInputs *inputs, const char *name)
{
	UpliftSource *source = &inputs->source[inputs->sources++];

	source->column = source_column(inputs->users, name);
	source->first = inputs->F;
	return source;
}

static void *
grow(void *array, size_t n, size_t size)
{
	return array ? repalloc(array, size * n) : palloc(size * n);
}

static void
inputs_add(UpliftInputs *inputs, UpliftSource *source, char *name, const char *category)
{
	inputs->name = grow(inputs->name, (size_t) inputs->F + 1, sizeof(char *));
	inputs->name[inputs->F++] = name;
	if (category)
	{
		const size_t n = (size_t) source->n + 1;

		source->category = grow(source->category, n, sizeof(char *));
		source->length = grow(source->length, n, sizeof(size_t));
		source->category[source->n] = pstrdup(category);
		source->length[source->n] = strlen(category);
	}
	source->n++;
}

static void
inputs_add_elements(UpliftInputs *inputs, UpliftSource *source, int n)
{
	for (int i = 1; i <= n; i++)
		inputs_add(inputs, source, psprintf("%s[%d]", source->column.name, i), NULL);
}

/* The inputs of behaviour, behind all others. */
static void
inputs_add_behaviour(UpliftInputs *inputs, int n)
{
	inputs->behaviour_first = inputs->F;
	inputs->behaviour_n = n;
	inputs->name = grow(inputs->name, (size_t) Max(inputs->F + n, 1), sizeof(char *));
	for (int i = 1; i <= n; i++)
		inputs->name[inputs->F++] = psprintf(BEHAVIOUR_COLUMN "[%d]", i);
}

/* What is explained as one: of all sources each element of an array, and each other source; and behaviour. */
static UpliftInputs *
inputs_finish(UpliftInputs *inputs)
{
	inputs->column = palloc0(sizeof(UpliftColumn) * (size_t) Max(inputs->F, 1));
	for (int s = 0; s < inputs->sources; s++)
	{
		const UpliftSource *source = &inputs->source[s];
		const int step = source->reading == READ_CATEGORY ? source->n : 1;

		for (int f = source->first; f < source->first + source->n; f += step)
			inputs->column[inputs->columns++] = (UpliftColumn){
				.name = step == 1 && source->reading != READ_CATEGORY ? inputs->name[f] : source->column.name,
				.is_number = source->reading != READ_CATEGORY,
				.first = f,
				.n = step,
				.category = source->category};
	}
	if (inputs->behaviour_n > 0)
		inputs->column[inputs->columns++] = (UpliftColumn){.name = BEHAVIOUR_COLUMN,
														   .is_number = true,
														   .first = inputs->behaviour_first,
														   .n = inputs->behaviour_n};
	return inputs;
}

typedef struct CategoryReader
{
	UpliftInputs *inputs;
	UpliftSource *source;
	MemoryContext context;
} CategoryReader;

static void
category_row(void *arg, const Datum *value, const bool *isnull)
{
	CategoryReader *reader = arg;
	const MemoryContext old = MemoryContextSwitchTo(reader->context);
	const char *category = TextDatumGetCString(value[0]);

	inputs_add(reader->inputs, reader->source, psprintf("%s=%s", reader->source->column.name, category),
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
categories_find(UpliftInputs *inputs, UpliftSource *source)
{
	CategoryReader reader = {inputs, source, CurrentMemoryContext};
	const int longest = uplift_category_bytes(source->column.name);
	const char *sql =
		psprintf("SELECT value FROM (SELECT %s::pg_catalog.text AS value FROM %s) AS u "
				 "WHERE pg_catalog.octet_length(value) OPERATOR(pg_catalog.<=) %d GROUP BY value "
				 "ORDER BY pg_catalog.count(*) DESC, value COLLATE pg_catalog.\"C\" LIMIT %d",
				 source->column.quoted, source_quote(inputs->users), longest, CATEGORIES_MAX);

	source_scan(&(SourceScan){.sql = sql, .whole = true, .row = category_row, .arg = &reader});
	if (source->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("column \"%s\" of relation \"%s\" has no categories", source->column.name,
							   get_rel_name(inputs->users)),
						errdetail("Categories are its values of at most %d bytes.", longest),
						errhint("Leave it out of features, or shorten its values in a view.")));
}

/* How long arrays are, and of how many dimensions. */
typedef struct ArrayShapes
{
	bool found;
	int shortest, longest, dimensions;
} ArrayShapes;

static void
shapes_row(void *arg, const Datum *value, const bool *isnull)
{
	ArrayShapes *shapes = arg;

	shapes->found = !isnull[0];
	if (shapes->found)
		*shapes = (ArrayShapes){true, DatumGetInt32(value[0]), DatumGetInt32(value[1]),
								isnull[2] ? 0 : DatumGetInt32(value[2])};
}

static void
error_array(const UpliftInputs *inputs, const UpliftSource *source, const char *what, const char *detail)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
		 errmsg("column \"%s\" of relation \"%s\" has %s", source->column.name, get_rel_name(inputs->users),
				what),
		 errdetail("%s", detail),
		 errhint(
			 "An array is a feature where all have the same number of elements, up to %d, in one dimension; "
			 "null is not known. Make them so in a view, or leave the column out.",
			 ELEMENTS_MAX)));
}

/* One input an element. */
static void
elements_find(UpliftInputs *inputs, UpliftSource *source)
{
	ArrayShapes shapes = {0};
	const char *array = source->column.quoted;

	source_scan(&(SourceScan){.sql = psprintf("SELECT pg_catalog.min(pg_catalog.cardinality(%s)), "
											  "pg_catalog.max(pg_catalog.cardinality(%s)), "
											  "pg_catalog.max(pg_catalog.array_ndims(%s)) FROM %s",
											  array, array, array, source_quote(inputs->users)),
							  .whole = true,
							  .row = shapes_row,
							  .arg = &shapes});
	if (!shapes.found || shapes.longest == 0)
		error_array(inputs, source, "no elements", "All of its arrays are null or empty.");
	if (shapes.dimensions > 1)
		error_array(inputs, source, "arrays of arrays",
					psprintf("There are arrays of %d dimensions.", shapes.dimensions));
	if (shapes.shortest != shapes.longest)
		error_array(inputs, source, "arrays of different lengths",
					psprintf("They have %d to %d elements.", shapes.shortest, shapes.longest));
	if (shapes.longest > ELEMENTS_MAX)
		error_array(
			inputs, source, "arrays that are too long",
			psprintf("They have %d elements, and a model reads up to %d.", shapes.longest, ELEMENTS_MAX));
	inputs_add_elements(inputs, source, shapes.longest);
}

UpliftInputs *
uplift_inputs_find(const UpliftRequest *request)
{
	UpliftInputs *inputs = inputs_start(request);

	for (int i = 0; i < request->F; i++)
	{
		UpliftSource *source = inputs_source(inputs, request->feature[i]);

		source->reading = reading_of(request->users, &source->column, &source->element);
		if (source->reading == READ_NUMBER)
			inputs_add(inputs, source, pstrdup(request->feature[i]), NULL);
		else if (source->reading == READ_CATEGORY)
			categories_find(inputs, source);
		else
			elements_find(inputs, source);
	}
	inputs_add_behaviour(inputs, behaviour_width(request));
	return inputs_finish(inputs);
}

/* What stands behind a column's name and the sign in an input's name; NULL: it is no such input of this column. */
static const char *
part_of(const char *name, const char *column, char sign)
{
	const size_t length = strlen(column);

	return strncmp(name, column, length) == 0 && name[length] == sign ? name + length + 1 : NULL;
}

/* How many of the n names are column[1], column[2], ... */
static int
elements_of(char **name, size_t n, const char *column)
{
	int count = 0;

	while ((size_t) count < n && strcmp(name[count], psprintf("%s[%d]", column, count + 1)) == 0)
		count++;
	return count;
}

static void
check_reading(const UpliftInputs *inputs, UpliftSource *source, UpliftReading wanted)
{
	const bool array = uplift_is_array(source->column.type, &source->element);
	const bool fits = wanted == READ_ARRAY ? array : !array && source_is_number(source->column.type);

	source->reading = wanted;
	if (wanted != READ_CATEGORY && !fits)
		error_not_numeric(inputs->users, source->column.name, source->column.type);
}

/* The inputs of a column by the n names from `name` on; how many there are. */
static int
source_of(UpliftInputs *inputs, const char *column, char **name, size_t n)
{
	UpliftSource *source = inputs_source(inputs, column);
	const int elements = elements_of(name, n, column);

	if (n > 0 && strcmp(name[0], column) == 0)
	{
		check_reading(inputs, source, READ_NUMBER);
		inputs_add(inputs, source, pstrdup(column), NULL);
	}
	else if (elements > 0)
	{
		check_reading(inputs, source, READ_ARRAY);
		inputs_add_elements(inputs, source, elements);
	}
	else
	{
		check_reading(inputs, source, READ_CATEGORY);
		for (const char *category;
			 (size_t) source->n < n && (category = part_of(name[source->n], column, '='));)
			inputs_add(inputs, source, pstrdup(name[source->n]), category);
	}
	return source->n;
}

UpliftInputs *
uplift_inputs_of(const UpliftRequest *request, char **name, size_t F)
{
	UpliftInputs *inputs = inputs_start(request);
	size_t f = 0;

	for (int i = 0; i < request->F; i++)
	{
		const int n = source_of(inputs, request->feature[i], name + f, F - f);

		if (n == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features do not fit the weights"),
					 errdetail("The weights do not read column \"%s\".", request->feature[i]),
					 errhint("Name the features of the version that the weights are of, in its order.")));
		f += (size_t) n;
	}
	if (request->behaviour)
	{
		inputs_add_behaviour(inputs, elements_of(name + f, F - f, BEHAVIOUR_COLUMN));
		f += (size_t) inputs->behaviour_n;
	}
	if (f < F)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features do not fit the weights"),
						errdetail("The weights read \"%s\", for which no column is named.", name[f]),
						errhint("Name the features of the version that the weights are of, in its order.")));
	return inputs_finish(inputs);
}

char *
uplift_input_column(Oid users, const char *input)
{
	char *name = pstrdup(input);
	static const char signs[] = "=[";

	for (int i = 0; signs[i] && get_attnum(users, name) == InvalidAttrNumber; i++)
	{
		char *sign = signs[i] == '=' ? strchr(name, '=') : strrchr(name, '[');

		if (sign)
			*sign = '\0';
	}
	return name;
}

/* -- Reading -------------------------------------------------------------- */

void
uplift_inputs_select(StringInfo sql, const UpliftInputs *inputs)
{
	for (int s = 0; s < inputs->sources; s++)
		appendStringInfo(sql, ", %s%s", inputs->source[s].column.quoted,
						 inputs->source[s].reading == READ_CATEGORY ? "::pg_catalog.text" : "");
}

static void
fill_category(float *out, const UpliftSource *source, Datum value, bool isnull)
{
	bool known = false;

	if (!isnull)
	{
		const text *given = DatumGetTextPP(value);
		const size_t length = VARSIZE_ANY_EXHDR(given);

		for (int i = 0; i < source->n; i++)
		{
			const bool same =
				length == source->length[i] && memcmp(VARDATA_ANY(given), source->category[i], length) == 0;

			out[i] = same ? 1.0f : 0.0f;
			known = known || same;
		}
	}
	for (int i = 0; !known && i < source->n; i++)
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

static void
error_length(const UpliftInputs *inputs, const UpliftSource *source, const ArrayType *array, const char *id)
{
	const int dimensions = ARR_NDIM(array);
	const char *shape = dimensions > 1 ? psprintf("%d dimensions", dimensions)
									   : psprintf("%d elements", ArrayGetNItems(dimensions, ARR_DIMS(array)));

	ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					errmsg("column \"%s\" of relation \"%s\" has %s for user %s", source->column.name,
						   get_rel_name(inputs->users), shape, id),
					errdetail("The model reads arrays of %d elements, in one dimension.", source->n),
					errhint("Pass such arrays, with null for what is not known.")));
}

static void
fill_array(float *out, const UpliftInputs *inputs, const UpliftSource *source, Datum value, Oid id_type,
		   Datum id)
{
	ArrayType *array = DatumGetArrayTypeP(value);
	SourceColumn column = source->column;
	int16 length;
	bool by_value;
	char align;
	Datum *element;
	bool *isnull;
	int n;

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != source->n)
		error_length(inputs, source, array, source_id_text(id_type, id));
	column.type = source->element;
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, align, &element, &isnull, &n);
	for (int i = 0; i < n; i++)
		out[i] = isnull[i] ? NAN : uplift_number(inputs->users, &column, element[i], id_type, id);
	pfree(element);
	pfree(isnull);
	if (array != (ArrayType *) DatumGetPointer(value))
		pfree(array);
}

void
uplift_inputs_fill(float *out, const UpliftInputs *inputs, const Datum *value, const bool *isnull,
				   Oid id_type, Datum id)
{
	for (int s = 0; s < inputs->sources; s++)
	{
		const UpliftSource *source = &inputs->source[s];
		float *to = out + source->first;

		if (source->reading == READ_CATEGORY)
			fill_category(to, source, value[s], isnull[s]);
		else if (isnull[s])
			for (int i = 0; i < source->n; i++)
				to[i] = NAN;
		else if (source->reading == READ_ARRAY)
			fill_array(to, inputs, source, value[s], id_type, id);
		else
			*to = uplift_number(inputs->users, &source->column, value[s], id_type, id);
	}
}

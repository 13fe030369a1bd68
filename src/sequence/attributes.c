#include "postgres.h"

#include "sequence/attributes.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "registry/metadata.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/source.h"

#define TYPE_NUMBER "number"
#define TYPE_CATEGORY "category"

bool
attribute_possible(Oid type)
{
	return source_is_number(type) || source_is_category(type);
}

void
attribute_check_column(Oid relation, const SourceColumn *column)
{
	if (!attribute_possible(column->type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of relation \"%s\" cannot be an attribute", column->name,
							   get_rel_name(relation)),
						errdetail("Its type is %s; attributes are numbers, booleans, texts and enums.",
								  format_type_be(column->type)),
						errhint("Leave it out of attributes, or cast it in a view: a time to the days since, "
								"for instance.")));
}

static int
compare_values(const void *a, const void *b, void *arg)
{
	const Attribute *attribute = arg;

	return strcmp(attribute->value[*(const int *) a], attribute->value[*(const int *) b]);
}

void
attribute_finish(Attribute *attribute)
{
	if (!attribute->category)
		return;
	attribute->sorted = palloc(sizeof(int) * (size_t) Max(attribute->n, 1));
	for (int i = 0; i < attribute->n; i++)
		attribute->sorted[i] = i;
	qsort_arg(attribute->sorted, (size_t) attribute->n, sizeof(int), compare_values, attribute);
}

AttributeShapes
attributes_shapes(const Attributes *attributes)
{
	AttributeShapes shapes = {.n = attributes->n};

	for (int i = 0; i < attributes->n; i++)
		if (attributes->of[i].category)
			shapes.of[i] = (AttributeShape){ATTRIBUTE_VALUES + attributes->of[i].n, attributes->of[i].size};
	return shapes;
}

float
attribute_row(const Attribute *attribute, const char *text)
{
	int low = 0, high = attribute->n;

	while (low < high)
	{
		const int middle = (low + high) / 2;
		const int place = attribute->sorted[middle];
		const int order = strcmp(text, attribute->value[place]);

		if (order == 0)
			return (float) (ATTRIBUTE_VALUES + place);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return ATTRIBUTE_UNSEEN;
}

/* ---- In a file ---- */

int
attributes_encode(CodecEntry *entry, const Attributes *attributes)
{
	const char *name[ATTRIBUTES_MAX], *type[ATTRIBUTES_MAX];
	int n = 0;

	if (attributes->n == 0)
		return 0;
	for (int i = 0; i < attributes->n; i++)
	{
		const Attribute *attribute = &attributes->of[i];

		name[i] = attribute->name;
		type[i] = attribute->category ? TYPE_CATEGORY : TYPE_NUMBER;
		if (attribute->category)
			entry[n++] = (CodecEntry){psprintf("attributes.%d.values", i),
									  metadata_from_names(attribute->value, attribute->n)};
	}
	entry[n++] = (CodecEntry){"attributes", metadata_from_names(name, attributes->n)};
	entry[n++] = (CodecEntry){"attribute_types", metadata_from_names(type, attributes->n)};
	return n;
}

static void
report_damage(const char *expected, const char *model, int32 version)
{
	report_weights(status_make(STATUS_DAMAGED, 0, expected), model, version);
}

/* The table of a category, of an ensemble that of its first network; NULL: there is none. */
static const CodecTensor *
category_table(const Codec *codec, int place)
{
	const char *name = psprintf("attributes.%d.weight", place);
	const CodecTensor *table = codec_find(codec, name);

	return table ? table : codec_find(codec, psprintf("ensemble.0.%s", name));
}

/* The size of a row stands in the file as the shape of the table. */
static void
decode_category(Attribute *attribute, int place, const Codec *codec, const char *model, int32 version)
{
	const char *key = psprintf("attributes.%d.values", place);
	const CodecTensor *table = category_table(codec, place);

	attribute->category = true;
	attribute->value = (const char **) metadata_names(&attribute->n, codec, key);
	if (!attribute->value || attribute->n > ATTRIBUTE_VALUES_MAX)
		report_damage(psprintf("a list of up to %d values as metadata \"%s\"", ATTRIBUTE_VALUES_MAX, key),
					  model, version);
	if (!table || table->dims != 2 || table->dim[1] < 1 || table->dim[1] > ATTRIBUTE_ROW_MAX)
		report_damage(psprintf("a table of rows of 1 to %d numbers as tensor \"attributes.%d.weight\"",
							   ATTRIBUTE_ROW_MAX, place),
					  model, version);
	attribute->size = (int) table->dim[1];
	attribute_finish(attribute);
}

Attributes
attributes_decode(const Codec *codec, const char *model, int32 version)
{
	Attributes attributes = {0};
	int types;
	char **name = metadata_names(&attributes.n, codec, "attributes");
	char **type = metadata_names(&types, codec, "attribute_types");

	if (!name && !type && codec_metadata_size(codec, "attributes") == 0)
		return (Attributes){0};
	if (!name || !type || types != attributes.n || attributes.n > ATTRIBUTES_MAX)
		report_damage(psprintf("lists of up to %d names as metadata \"attributes\" and \"attribute_types\"",
							   ATTRIBUTES_MAX),
					  model, version);
	attributes.of = palloc0(sizeof(Attribute) * (size_t) Max(attributes.n, 1));
	for (int i = 0; i < attributes.n; i++)
	{
		attributes.of[i].name = name[i];
		if (strcmp(type[i], TYPE_CATEGORY) == 0)
			decode_category(&attributes.of[i], i, codec, model, version);
		else if (strcmp(type[i], TYPE_NUMBER) != 0)
			report_damage("number or category in metadata \"attribute_types\"", model, version);
	}
	return attributes;
}

/* ---- Of a row ---- */

struct AttributeRow
{
	const Attributes *attributes;
	Oid type; /* of the row that the places are of; InvalidOid: of none so far */
	int32 typmod;
	AttrNumber *number; /* of each attribute's column */
	Oid *column_type;
	Datum *value; /* of all columns */
	bool *null;
	MemoryContext context, scratch;
};

AttributeRow *
attribute_row_make(const Attributes *attributes, MemoryContext context)
{
	const MemoryContext old = MemoryContextSwitchTo(context);
	AttributeRow *row = palloc0(sizeof(*row));

	row->attributes = attributes;
	row->context = context;
	row->scratch = AllocSetContextCreate(context, "usercls attributes", ALLOCSET_SMALL_SIZES);
	row->number = palloc(sizeof(AttrNumber) * (size_t) attributes->n);
	row->column_type = palloc(sizeof(Oid) * (size_t) attributes->n);
	MemoryContextSwitchTo(old);
	return row;
}

static void
error_no_column(const char *name, TupleDesc desc)
{
	const char **names = palloc(sizeof(char *) * (size_t) (desc->natts + 1));
	int n = 0;

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			names[n++] = NameStr(TupleDescAttr(desc, i)->attname);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("row has no column \"%s\"", name),
					errdetail("The model reads it as an attribute of the user."),
					errhint_nearest(nearest_name(name, names, n),
									"Pass a row of the table of users: predict(model, seq, members).")));
}

static AttrNumber
column_named(const char *name, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return (AttrNumber) (i + 1);
	error_no_column(name, desc);
	return InvalidAttrNumber;
}

static void
find_columns(AttributeRow *row, TupleDesc desc, Oid type, int32 typmod)
{
	for (int i = 0; i < row->attributes->n; i++)
	{
		row->number[i] = column_named(row->attributes->of[i].name, desc);
		row->column_type[i] = getBaseType(TupleDescAttr(desc, row->number[i] - 1)->atttypid);
	}
	row->value = memory_array_in(row->context, (size_t) desc->natts, sizeof(Datum));
	row->null = memory_array_in(row->context, (size_t) desc->natts, sizeof(bool));
	row->type = type;
	row->typmod = typmod;
}

static float
number_value(const Attribute *attribute, Datum value, Oid type)
{
	double number;

	if (!source_is_number(type))
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("attribute \"%s\" is not a number", attribute->name),
			 errdetail("It was one when the model was trained; now it is of type %s.", format_type_be(type)),
			 errhint("Cast the column to a number, or train the model again.")));
	number = source_number(value, type);
	if (!isfinite((float) number))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("attribute \"%s\" is out of range", attribute->name),
						errdetail("It is %g; networks compute in type real.", number),
						errhint("Scale the column down in a view, or make the value null.")));
	return (float) number;
}

float
attribute_value(const Attribute *attribute, Datum value, Oid type)
{
	Oid output;
	bool is_varlena;
	char *text;

	if (!attribute->category)
		return number_value(attribute, value, type);
	getTypeOutputInfo(type, &output, &is_varlena);
	text = OidOutputFunctionCall(output, value);
	for (size_t n = strlen(text); type == BPCHAROID && n > 0 && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	return attribute_row(attribute, text);
}

void
attributes_unknown(float *value, const Attributes *attributes)
{
	for (int i = 0; i < attributes->n; i++)
		value[i] = attributes->of[i].category ? ATTRIBUTE_UNKNOWN : NAN;
}

void
attribute_row_read(float *value, AttributeRow *row, Datum datum)
{
	const HeapTupleHeader header = DatumGetHeapTupleHeader(datum);
	const Oid type = HeapTupleHeaderGetTypeId(header);
	const int32 typmod = HeapTupleHeaderGetTypMod(header);
	const MemoryContext old = MemoryContextSwitchTo(row->scratch);
	TupleDesc desc = lookup_rowtype_tupdesc(type, typmod);
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

	if (row->type != type || row->typmod != typmod)
		find_columns(row, desc, type, typmod);
	heap_deform_tuple(&tuple, desc, row->value, row->null);
	attributes_unknown(value, row->attributes);
	for (int i = 0; i < row->attributes->n; i++)
		if (!row->null[row->number[i] - 1])
			value[i] =
				attribute_value(&row->attributes->of[i], row->value[row->number[i] - 1], row->column_type[i]);
	ReleaseTupleDesc(desc);
	MemoryContextSwitchTo(old);
	MemoryContextReset(row->scratch);
}

#include "postgres.h"

#include "sequence/classes.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Above, not every whole number is a float8. */
#define WHOLE_NUMBER_MAX 9007199254740992.0

struct ClassList
{
	Oid type;
	const char *what;
	IdMap *values;
};

bool
classes_named_by(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return true;
		default:
			return source_is_number(type) || type_is_enum(type);
	}
}

ClassList *
classes_create(Oid type, const char *what)
{
	ClassList *list = palloc0(sizeof(*list));

	*list = (ClassList){.type = type, .what = what, .values = idmap_create(type)};
	return list;
}

ClassList *
classes_of_column(Oid relation, const SourceColumn *label)
{
	if (!classes_named_by(label->type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" does not name classes", label->name),
						errdetail("Column \"%s\" of \"%s\" has type %s.", label->name, get_rel_name(relation),
								  format_type_be(label->type)),
						errhint("Use a column of type boolean, text, an enum or a number, or a view that "
								"casts it to one.")));
	return classes_create(label->type, psprintf("column \"%s\"", label->name));
}

/* 0.0 and 1.0 name the classes "0" and "1", as the integers do; NULL: the number is not whole, or has no name. */
static const char *
whole_number_name(double value)
{
	if (!(value == rint(value) && fabs(value) <= WHOLE_NUMBER_MAX))
		return NULL;
	return psprintf("%.0f", value == 0.0 ? 0.0 : value);
}

static const char *
class_name(Oid type, Datum value)
{
	Oid output;
	bool varlena;

	switch (type)
	{
		case BOOLOID:
			return DatumGetBool(value) ? "true" : "false";
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return whole_number_name(source_number(value, type));
		case BPCHAROID: /* its blanks at the end do not count */
			return TextDatumGetCString(DirectFunctionCall1(rtrim1, value));
		default:
			getTypeOutputInfo(type, &output, &varlena);
			return OidOutputFunctionCall(output, value);
	}
}

static void
error_not_whole(const ClassList *list, Datum value)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s has the label %s, which names no class", list->what,
						   source_id_text(list->type, value)),
					errdetail("Numbers that name classes are whole, as 0.0 and 1.0 are."),
					errhint("Group the values in a view; null means that the label is not known.")));
}

uint32
classes_number(ClassList *list, Datum value)
{
	const uint32 before = idmap_count(list->values);
	const uint32 number = idmap_add(list->values, value, idmap_hash(list->values, value));

	if (number == before && !class_name(list->type, value))
		error_not_whole(list, value);
	if (idmap_count(list->values) > CLASSES_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s has more than %d different values", list->what, CLASSES_MAX),
						errhint("A label is one of few classes: group the values in a view or by CASE.")));
	return number;
}

void
classes_see(const ClassList *list, ClassSeen *seen, uint32 number, int64 time)
{
	const IdMap *values = list->values;

	if (seen->value && (time < seen->time ||
						(time == seen->time && idmap_hash(values, idmap_id(values, number)) <
												   idmap_hash(values, idmap_id(values, seen->value - 1)))))
		return;
	*seen = (ClassSeen){.time = time, .value = number + 1};
}

typedef struct ClassOrder
{
	Datum value;
	uint32 number;
} ClassOrder;

/* By the order of the values' type. */
static int
class_compare(const void *a, const void *b, void *arg)
{
	const TypeCacheEntry *type = arg;

	return DatumGetInt32(FunctionCall2Coll((FmgrInfo *) &type->cmp_proc_finfo, type->typcollation,
										   ((const ClassOrder *) a)->value, ((const ClassOrder *) b)->value));
}

const char **
classes_finish(ClassList *list, int32 **class_of, int *C)
{
	const int n = (int) idmap_count(list->values);
	TypeCacheEntry *type = lookup_type_cache(list->type, TYPECACHE_CMP_PROC_FINFO);
	ClassOrder *order = palloc(sizeof(*order) * (size_t) Max(n, 1));
	const char **found = palloc(sizeof(*found) * (size_t) Max(n, 1));

	*class_of = palloc(sizeof(int32) * (size_t) Max(n, 1));
	for (int i = 0; i < n; i++)
		order[i] = (ClassOrder){idmap_id(list->values, (uint32) i), (uint32) i};
	qsort_arg(order, (size_t) n, sizeof(*order), class_compare, type);
	for (int i = 0; i < n; i++)
	{
		found[i] = class_name(list->type, order[i].value);
		(*class_of)[order[i].number] = i;
	}
	*C = n;
	return found;
}

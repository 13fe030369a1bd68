#include "postgres.h"

#include "sequence/classes.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

struct ClassList
{
	Oid relation;
	SourceColumn label;
	IdMap *values;
};

/* Whether the values of a type can name classes: booleans, integers, texts, enums. */
static bool
names_classes(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return true;
		default:
			return type_is_enum(type);
	}
}

ClassList *
classes_create(Oid relation, const SourceColumn *label)
{
	if (!names_classes(label->type))
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" does not name classes", label->name),
			 errdetail("Column \"%s\" of \"%s\" has type %s.", label->name, get_rel_name(relation),
					   format_type_be(label->type)),
			 errhint(
				 "Use a column of type boolean, integer, text or an enum, or a view that casts it to one.")));

	ClassList *list = palloc0(sizeof(*list));

	*list = (ClassList){.relation = relation, .label = *label, .values = idmap_create(label->type)};
	return list;
}

uint32
classes_number(ClassList *list, Datum value)
{
	const uint32 number = idmap_add(list->values, value, idmap_hash(list->values, value));

	if (idmap_count(list->values) > CLASSES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" has more than %d different values", list->label.name, CLASSES_MAX),
				 errhint("A label is one of few classes: group the values in a view.")));
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

static char *
class_name(Oid type, Datum value)
{
	Oid output;
	bool varlena;

	getTypeOutputInfo(type, &output, &varlena);
	return type == BOOLOID ? pstrdup(DatumGetBool(value) ? "true" : "false")
						   : OidOutputFunctionCall(output, value);
}

const char **
classes_finish(ClassList *list, int32 **class_of, int *C)
{
	const int n = (int) idmap_count(list->values);
	TypeCacheEntry *type = lookup_type_cache(list->label.type, TYPECACHE_CMP_PROC_FINFO);
	ClassOrder *order = palloc(sizeof(*order) * (size_t) Max(n, 1));
	const char **found = palloc(sizeof(*found) * (size_t) Max(n, 1));

	*class_of = palloc(sizeof(int32) * (size_t) Max(n, 1));
	for (int i = 0; i < n; i++)
		order[i] = (ClassOrder){idmap_id(list->values, (uint32) i), (uint32) i};
	qsort_arg(order, (size_t) n, sizeof(*order), class_compare, type);
	for (int i = 0; i < n; i++)
	{
		found[i] = class_name(list->label.type, order[i].value);
		(*class_of)[order[i].number] = i;
	}
	*C = n;
	return found;
}

#include "postgres.h"

#include <math.h>

#include "access/amapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "utils/varlena.h"

#include "server/errors.h"
#include "server/source.h"
#include "server/source_query.h"

/*
 * Lock the relation until the transaction ends, as a query of the caller's would, and return its name. From here on
 * nobody renames it or changes the type of a column: what a query returns later is what the catalogs say now.
 */
static const char *
hold(Oid relation)
{
	LockRelationOid(relation, AccessShareLock);

	const char *name = get_rel_name(relation);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation),
				 errhint("Pass the relation by its name.")));
	return name;
}

Oid
source_find(const char *name, LOCKMODE lock)
{
	List *parts, *names = NIL;
	ListCell *cell;

	if (!SplitIdentifierString(pstrdup(name), '.', &parts) || list_length(parts) < 1 ||
		list_length(parts) > 2)
		return InvalidOid;
	foreach (cell, parts)
		names = lappend(names, makeString(lfirst(cell)));
	return RangeVarGetRelid(makeRangeVarFromNameList(names), lock, true);
}

Oid
source_owner(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;

	const Oid owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;

	ReleaseSysCache(tuple);
	return owner;
}

double
source_rows(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		return INFINITY;

	const double rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;

	ReleaseSysCache(tuple);
	return rows > 0 ? rows : INFINITY;
}

char *
source_quote(Oid relation)
{
	const char *name = hold(relation);

	switch (get_rel_relkind(relation))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a table or view", name),
							errhint("Pass a table, a view, a materialized view or a foreign table.")));
	}
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name);
}

SourceColumn
source_column(Oid relation, const char *name)
{
	hold(relation);

	const AttrNumber number = get_attnum(relation, name);

	if (number == InvalidAttrNumber)
		error_unknown_column(relation, name);
	return (SourceColumn){.name = pstrdup(name),
						  .quoted = quote_identifier(pstrdup(name)),
						  .number = number,
						  .type = getBaseType(get_atttype(relation, number))};
}

bool
source_is_number(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

bool
source_is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

bool
source_is_category(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING || category == TYPCATEGORY_ENUM;
}

SourceColumn
source_number_column(Oid relation, const char *name)
{
	const SourceColumn column = source_column(relation, name);

	if (!source_is_number(column.type))
		error_not_numeric(relation, name, column.type);
	return column;
}

double
source_number(Datum value, Oid type)
{
	switch (type)
	{
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT2OID:
			return DatumGetInt16(value);
		case BOOLOID:
			return DatumGetBool(value) ? 1.0 : 0.0;
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
		default:
			elog(ERROR, "type %u is not a number", type);
	}
}

/* Whether the ordered index answers max() of the column: it is its first, of all rows. */
static bool
orders_by(const Relation index, AttrNumber column)
{
	return index->rd_indam->amcanorder && index->rd_index->indisvalid &&
		   index->rd_index->indkey.values[0] == column && RelationGetIndexPredicate(index) == NIL;
}

bool
source_knows_newest(Oid relation, const SourceColumn *column)
{
	const char kind = get_rel_relkind(relation);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW)
		return true;

	const Relation table = table_open(relation, AccessShareLock);
	bool found = false;
	ListCell *cell;

	foreach (cell, RelationGetIndexList(table))
	{
		const Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		found |= orders_by(index, column->number);
		index_close(index, AccessShareLock);
	}
	table_close(table, AccessShareLock);
	return found;
}

char *
source_id_text(Oid type, Datum id)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, id);
}

char *
source_type(Oid type)
{
	/* By typmod -1 explicitly: plain "character" would mean character(1). */
	return format_type_extended(type, -1, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

Oid
source_array_type(Oid type)
{
	const Oid array = get_array_type(type);

	/* A row type is refused, too: unnest() would make columns of each row. */
	if (!OidIsValid(array) || type_is_rowtype(type))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("user ids of type %s cannot be looked up", format_type_be(type)),
						errdetail("They cannot be listed in an array."),
						errhint("Cast them to text in a view, and pass the view.")));
	return array;
}

char *
source_equality(Oid type)
{
	const Oid equality = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equality));

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION), errmsg("type %s has no equality", format_type_be(type)),
				 errhint("Cast the column to another type in a view, and pass the view.")));

	const Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);
	char *sql = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)),
						 NameStr(form->oprname));

	ReleaseSysCache(tuple);
	return sql;
}

static SPIPlanPtr
prepare(const char *sql, int n, const Oid *types, int options)
{
	SPIPlanPtr plan = SPI_prepare_cursor(sql, n, (Oid *) types, options);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	return plan;
}

static uint64
execute(SPIPlanPtr plan, ParamListInfo params, MemoryContext parent, SourceRow row, void *arg)
{
	SourceReceiver receiver = source_receiver(parent, row, arg);
	SPIExecuteOptions options = {
		.params = params, .read_only = true, .must_return_tuples = true, .dest = &receiver.receiver};
	const int result = SPI_execute_plan_extended(plan, &options);

	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	MemoryContextDelete(receiver.per_row);
	return SPI_processed;
}

uint64
source_scan(const SourceScan *scan)
{
	const MemoryContext context = CurrentMemoryContext;
	const int nest_level = NewGUCNestLevel();

	if (scan->whole)
		source_refuse_hidden_rows();
	SPI_connect();

	const uint64 rows =
		execute(prepare(scan->sql, scan->n, scan->types, CURSOR_OPT_PARALLEL_OK),
				source_params(scan->n, scan->types, scan->values), context, scan->row, scan->arg);

	SPI_finish();
	AtEOXact_GUC(true, nest_level);
	return rows;
}

Oid
source_scan_type(const SourceScan *scan, int column)
{
	SPI_connect();

	SPIPlanPtr plan = prepare(scan->sql, scan->n, scan->types, 0);
	const CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	const Oid type = TupleDescAttr(source->resultDesc, column - 1)->atttypid;

	SPI_finish();
	return type;
}

struct SourcePlan
{
	SPIPlanPtr plan;
	int n;
	Oid *types;
};

SourcePlan *
source_prepare(const char *sql, Oid relation, int n, const Oid *types)
{
	SourcePlan *plan = palloc(sizeof(*plan));

	plan->n = n;
	plan->types = memcpy(palloc(sizeof(Oid) * Max(n, 1)), types, sizeof(Oid) * n);
	SPI_connect();
	plan->plan = prepare(sql, n, types,
						 source_is_extended(relation) ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN);
	SPI_keepplan(plan->plan);
	SPI_finish();
	return plan;
}

bool
source_plan_valid(const SourcePlan *plan, Oid relation)
{
	LockRelationOid(relation, AccessShareLock);
	return SPI_plan_is_valid(plan->plan);
}

void
source_plan_free(SourcePlan *plan)
{
	SPI_freeplan(plan->plan);
	pfree(plan->types);
	pfree(plan);
}

uint64
source_run(const SourcePlan *plan, const Datum *values, SourceRow row, void *arg)
{
	const MemoryContext context = CurrentMemoryContext;

	SPI_connect();

	const uint64 rows = execute(plan->plan, source_params(plan->n, plan->types, values), context, row, arg);

	SPI_finish();
	return rows;
}

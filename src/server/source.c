#include "postgres.h"

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
#include "tcop/dest.h"
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

/* A DestReceiver that calls `row` for each row, in a memory context that is reset after it. */
typedef struct Receiver
{
	DestReceiver receiver; /* first: what the executor knows */
	SourceRow row;
	void *arg;
	MemoryContext per_row;
} Receiver;

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver *receiver = (Receiver *) self;
	const MemoryContext old = MemoryContextSwitchTo(receiver->per_row);

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	receiver->row(receiver->arg, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->per_row); /* free when nothing was allocated */
	return true;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receive_shutdown(DestReceiver *self)
{
}

static void
receive_destroy(DestReceiver *self)
{
}

static ParamListInfo
make_params(int n, const Oid *types, const Datum *values, const bool *nulls)
{
	if (n == 0)
		return NULL;

	ParamListInfo params = makeParamList(n);

	for (int i = 0; i < n; i++)
		params->params[i] = (ParamExternData){
			.value = values[i], .isnull = nulls && nulls[i], .pflags = PARAM_FLAG_CONST, .ptype = types[i]};
	return params;
}

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

bool
source_can_select(Oid relation, const SourceColumn *column)
{
	if (get_rel_relkind(relation) != RELKIND_RELATION)
		return true;

	const Relation table = table_open(relation, AccessShareLock);
	bool found = table->rd_rel->relhassubclass;
	ListCell *cell;

	foreach (cell, RelationGetIndexList(table))
	{
		const Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		for (int i = 0; i < index->rd_index->indnkeyatts; i++)
			found |=
				index->rd_index->indkey.values[i] == column->number || index->rd_index->indkey.values[i] == 0;
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
	Receiver receiver = {.receiver = {receive_row, receive_startup, receive_shutdown, receive_destroy,
									  DestTuplestore /* any but DestNone, whose rows SPI believes lost */},
						 .row = row,
						 .arg = arg,
						 .per_row = AllocSetContextCreate(parent, "usercls row", ALLOCSET_DEFAULT_SIZES)};
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

	/* PostgreSQL's own way to be refused rather than to get fewer rows (pg_dump uses it). */
	if (scan->whole)
		set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);

	SPI_connect();

	const uint64 rows =
		execute(prepare(scan->sql, scan->n, scan->types, CURSOR_OPT_PARALLEL_OK),
				make_params(scan->n, scan->types, scan->values, NULL), context, scan->row, scan->arg);

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
source_prepare(const char *sql, int n, const Oid *types)
{
	SourcePlan *plan = palloc(sizeof(*plan));

	plan->n = n;
	plan->types = memcpy(palloc(sizeof(Oid) * Max(n, 1)), types, sizeof(Oid) * n);
	SPI_connect();
	plan->plan = prepare(sql, n, types, CURSOR_OPT_GENERIC_PLAN);
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

	const uint64 rows =
		execute(plan->plan, make_params(plan->n, plan->types, values, NULL), context, row, arg);

	SPI_finish();
	return rows;
}

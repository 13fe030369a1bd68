/*
 * source_read(): columns of a relation as the planner would read them, a page at a time wherever that is a plain scan.
 *
 *   plan SELECT columns FROM relation; with a condition, a second time with it
 *   plain = scans of the first plan that read all rows of a heap, and its columns as they are
 *   foreach scan of the last plan do
 *     by pages = it reads a heap from the first page to the last, and is plain but for our condition
 *   start the executor, which checks the rights; run what is not read by pages
 *   foreach scan by pages do source_scan_heap()
 *
 * What a table is, the planner alone knows: row security, rules, children and computed columns come out of its plan, and
 * so does what extensions make of a table (a distributed one, a compressed one, one whose columns are masked).
 */
#include "postgres.h"

#include "server/majors.h"

#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "server/source_heap.h"
#include "server/source_query.h"

/* A heap that is read by pages. */
typedef struct HeapRead
{
	Oid relation;
	AttrNumber number[SOURCE_COLUMNS_MAX]; /* of its columns */
} HeapRead;

typedef struct Reading
{
	const SourceRead *read;
	const char *sql;       /* of all rows */
	const char *selecting; /* with the condition; NULL: there is none */
	ParamListInfo params;
	List *heaps; /* of HeapRead */
} Reading;

/* -- Rows ------------------------------------------------------------------ */

/* A SourceRows for a caller that takes one row a call. */
static void
each_row(void *arg, uint32 n, const Datum *const *value, const bool *const *isnull)
{
	const SourceRead *read = arg;

	for (uint32 i = 0; i < n; i++)
	{
		Datum row[SOURCE_COLUMNS_MAX];
		bool null[SOURCE_COLUMNS_MAX];

		for (int j = 0; j < read->n; j++)
		{
			row[j] = value[j][i];
			null[j] = isnull[j][i];
		}
		read->row(read->arg, row, null);
	}
}

/* A SourceRow for a caller that takes many rows a call. */
static void
one_row(void *arg, const Datum *value, const bool *isnull)
{
	const SourceRead *read = arg;
	const Datum *values[SOURCE_COLUMNS_MAX];
	const bool *nulls[SOURCE_COLUMNS_MAX];

	for (int j = 0; j < read->n; j++)
	{
		values[j] = &value[j];
		nulls[j] = &isnull[j];
	}
	read->rows(read->arg, 1, values, nulls);
}

static SourceRow
row_of(const SourceRead *read)
{
	return read->rows ? one_row : read->row;
}

static void *
row_arg(const SourceRead *read)
{
	return read->rows ? unconstify(SourceRead *, read) : read->arg;
}

/* -- Plans ----------------------------------------------------------------- */

static PlannedStmt *
plan_query(const Reading *reading, const char *sql)
{
	const SourceRead *read = reading->read;
	const List *parsed = pg_parse_query(sql);
	const List *queries = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, parsed), sql, read->types,
															 sql == reading->sql ? 0 : read->params, NULL);

	return pg_plan_query(linitial_node(Query, queries), sql, 0, reading->params);
}

/* The plans of which the statement's rows are the union; NIL: it is no union that could be taken apart. */
static List *
scans_of(const PlannedStmt *statement)
{
	Plan *plan = statement->planTree;

	if (!IsA(plan, Append))
		return list_make1(plan);
	return append_prunes((Append *) plan) || plan->initPlan ? NIL : ((Append *) plan)->appendplans;
}

/* How often the statement reads the relation itself, and not what inherits from it. */
static int
times_read(const PlannedStmt *statement, Oid relation)
{
	int times = 0;
	const ListCell *cell;

	foreach (cell, statement->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		times += entry->rtekind == RTE_RELATION && !entry->inh && entry->relid == relation;
	}
	return times;
}

/* Whether the plan reads all of a heap, and for each column of ours one of its columns; `heap` says which. */
static bool
reads_heap(const SourceRead *read, const PlannedStmt *statement, const Plan *plan, HeapRead *heap)
{
	if (!IsA(plan, SeqScan) || plan->initPlan || list_length(plan->targetlist) != read->n)
		return false;

	const Index index = ((const Scan *) plan)->scanrelid;
	const RangeTblEntry *entry = rt_fetch(index, statement->rtable);

	for (int j = 0; j < read->n; j++)
	{
		const Var *var = (Var *) list_nth_node(TargetEntry, plan->targetlist, j)->expr;

		if (!IsA(var, Var) || var->varno != (int) index || var->varattno <= 0 ||
			getBaseType(var->vartype) != read->columns[j].type)
			return false;
		heap->number[j] = var->varattno;
	}
	heap->relation = entry->relid;
	return entry->rtekind == RTE_RELATION && source_is_heap(entry->relid);
}

/* Relations whose rows are those of SELECT without a condition. */
static List *
plain_relations(const SourceRead *read, const PlannedStmt *statement)
{
	List *plain = NIL;
	const ListCell *cell;
	HeapRead heap;

	foreach (cell, scans_of(statement))
	{
		const Plan *plan = lfirst(cell);

		if (plan->qual == NIL && reads_heap(read, statement, plan, &heap) &&
			times_read(statement, heap.relation) == 1)
			plain = lappend_oid(plain, heap.relation);
	}
	return plain;
}

/* Take the scans that are read by pages out of the statement, and return what is left; NULL: nothing is. */
static PlannedStmt *
take_heaps(Reading *reading, PlannedStmt *statement, const List *plain)
{
	List *left = NIL;
	const ListCell *cell;

	foreach (cell, scans_of(statement))
	{
		Plan *plan = lfirst(cell);
		HeapRead heap;

		if (reads_heap(reading->read, statement, plan, &heap) && list_member_oid(plain, heap.relation))
			reading->heaps = lappend(reading->heaps, memcpy(palloc(sizeof(heap)), &heap, sizeof(heap)));
		else
			left = lappend(left, plan);
	}
	if (left == NIL || reading->heaps == NIL)
		return left == NIL ? NULL : statement;

	Append *append = castNode(Append, statement->planTree);

	append->appendplans = left;
	append->first_partial_plan = list_length(left);
	return statement;
}

/* -- Reading --------------------------------------------------------------- */

/* Have the rights checked that the statement needs, and whatever extensions check there; then run what is left of it. */
static void
execute(const Reading *reading, PlannedStmt *statement, bool left)
{
	SourceReceiver receiver =
		source_receiver(CurrentMemoryContext, row_of(reading->read), row_arg(reading->read));
	QueryDesc *query =
		CreateQueryDesc(statement, reading->selecting ? reading->selecting : reading->sql,
						GetActiveSnapshot(), InvalidSnapshot, &receiver.receiver, reading->params, NULL, 0);

	ExecutorStart(query, 0);
	if (left)
		executor_run(query);
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
}

/* By pages, what can be read so; false, and nothing done: nothing can. */
static bool
read_heaps(Reading *reading)
{
	const SourceRead *read = reading->read;
	PlannedStmt *statement = plan_query(reading, reading->sql);
	const List *plain = plain_relations(read, statement);
	const ListCell *cell;

	if (plain == NIL)
		return false;
	if (reading->selecting)
		statement = plan_query(reading, reading->selecting);

	const PlannedStmt *left = take_heaps(reading, statement, plain);

	if (reading->heaps == NIL)
		return false;
	execute(reading, statement, left != NULL);
	foreach (cell, reading->heaps)
	{
		const HeapRead *heap = lfirst(cell);

		source_scan_heap(heap->relation, heap->number, read->n, read->rows ? read->rows : each_row,
						 read->rows ? read->arg : unconstify(SourceRead *, read));
	}
	return true;
}

static Reading
reading_make(const SourceRead *read)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int j = 0; j < read->n; j++)
		appendStringInfo(&sql, "%s%s", j > 0 ? ", " : "", read->columns[j].quoted);
	appendStringInfo(&sql, " FROM %s", source_quote(read->relation));
	return (Reading){.read = read,
					 .sql = sql.data,
					 .selecting = read->condition ? psprintf("%s WHERE %s", sql.data, read->condition) : NULL,
					 .params = source_params(read->params, read->types, read->values)};
}

static bool
has_custom_scan(const Plan *plan)
{
	const ListCell *cell;

	if (!plan)
		return false;
	if (IsA(plan, CustomScan))
		return true;
	if (IsA(plan, SubqueryScan))
		return has_custom_scan(((const SubqueryScan *) plan)->subplan);
	if (IsA(plan, Append))
		foreach (cell, ((const Append *) plan)->appendplans)
			if (has_custom_scan(lfirst(cell)))
				return true;
	return has_custom_scan(plan->lefttree) || has_custom_scan(plan->righttree);
}

bool
source_is_extended(Oid relation)
{
	const SourceRead read = {.relation = relation};
	const Reading reading = reading_make(&read);

	return has_custom_scan(plan_query(&reading, reading.sql)->planTree);
}

void
source_read(const SourceRead *read)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls read", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(context);
	const int nest_level = NewGUCNestLevel();
	Reading reading = reading_make(read);

	if (read->whole)
		source_refuse_hidden_rows();
	if (read->n > SOURCE_COLUMNS_MAX || !read_heaps(&reading))
		source_scan(&(SourceScan){.sql = reading.selecting ? reading.selecting : reading.sql,
								  .n = read->params,
								  .types = read->types,
								  .values = read->values,
								  .whole = read->whole,
								  .row = row_of(read),
								  .arg = row_arg(read)});
	AtEOXact_GUC(true, nest_level);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

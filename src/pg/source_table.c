/* source_scan_table: a plain table read as COPY reads it, without a plan. */
#include "postgres.h"

#include "pg/majors.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "pg/source.h"

#define COLUMNS_MAX 8
#define AHEAD 12 /* rows of a page between asking for one and reading it */

/* Rows of inheritance children, and those that a policy hides, are for the planner to find. */
static bool
is_plain(Relation table, const SourceColumn *columns, int n)
{
	if (table->rd_rel->relkind != RELKIND_RELATION || table->rd_rel->relhassubclass ||
		check_enable_rls(RelationGetRelid(table), InvalidOid, true) == RLS_ENABLED)
		return false;

	/* Computed when they are read: the only kind that is not stored. */
	for (int i = 0; i < n; i++)
	{
		const char generated = TupleDescAttr(RelationGetDescr(table), columns[i].number - 1)->attgenerated;

		if (generated != '\0' && generated != 's')
			return false;
	}
	return true;
}

static void
ignore_row(void *arg, const Datum *value, const bool *isnull)
{
}

/* What the executor checks before it reads: rights above all, and what extensions hook in there. */
static void
check_rights(Oid relation, const SourceColumn *columns, int n)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < n; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", columns[i].quoted);
	appendStringInfo(&sql, " FROM %s LIMIT 0", source_quote(relation));
	source_scan(sql.data, 0, NULL, NULL, NULL, false, ignore_row, NULL);
}

typedef struct Scan
{
	const SourceColumn *columns;
	int n;
	SourceRow row;
	void *arg;
	MemoryContext per_row;
} Scan;

static void
scan_row(const Scan *scan, const Datum *value, const bool *isnull)
{
	scan->row(scan->arg, value, isnull);
	if (!scan->per_row->isReset || scan->per_row->firstchild)
		MemoryContextReset(scan->per_row);
}

/*
 * A heap scan finds all visible rows of a page when it comes to it, and hands them out one by one. From the
 * first on they are read off the page here, and the scan is told that it is past the last.
 */
static void
scan_page(const Scan *scan, HeapScanDesc heap)
{
	const Relation table = heap->rs_base.rs_rd;
	const Page page = BufferGetPage(heap->rs_cbuf);
	const TupleDesc desc = RelationGetDescr(table);
	const int first = (int) heap->rs_cindex, rows = (int) heap->rs_ntuples;
	HeapTupleData tuple = {.t_tableOid = RelationGetRelid(table)};
	Datum value[COLUMNS_MAX];
	bool isnull[COLUMNS_MAX];

	/* The scan has counted the first. */
	if (pgstat_should_count_relation(table))
		table->pgstat_info->t_counts.t_tuples_returned += rows - first - 1;
	for (int i = first; i < rows; i++)
	{
		const ItemId item = PageGetItemId(page, heap->rs_vistuples[i]);

		if (i + AHEAD < rows)
			__builtin_prefetch(PageGetItem(page, PageGetItemId(page, heap->rs_vistuples[i + AHEAD])));
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);

		/* A column is read where it lies; deforming the row up to it costs more. */
		for (int j = 0; j < scan->n; j++)
			value[j] = heap_getattr(&tuple, scan->columns[j].number, desc, &isnull[j]);
		scan_row(scan, value, isnull);
	}
	heap->rs_cindex = heap->rs_ntuples - 1;
}

static void
scan_slot(const Scan *scan, TupleTableSlot *slot)
{
	Datum value[COLUMNS_MAX];
	bool isnull[COLUMNS_MAX];

	for (int j = 0; j < scan->n; j++)
		value[j] = slot_getattr(slot, scan->columns[j].number, &isnull[j]);
	scan_row(scan, value, isnull);
}

bool
source_scan_table(Oid relation, const SourceColumn *columns, int n, SourceRow row, void *arg)
{
	Assert(n <= COLUMNS_MAX);
	for (int i = 0; i < n; i++)
		if (columns[i].number <= 0)
			return false;
	check_rights(relation, columns, n);

	const Relation table = table_open(relation, AccessShareLock);

	if (!is_plain(table, columns, n))
	{
		table_close(table, AccessShareLock);
		return false;
	}

	const Scan scan = {
		.columns = columns,
		.n = n,
		.row = row,
		.arg = arg,
		.per_row = AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES)};
	TupleTableSlot *slot = table_slot_create(table, NULL);
	const TableScanDesc desc = table_beginscan(table, GetActiveSnapshot(), 0, NULL);
	const bool by_page =
		table->rd_tableam == GetHeapamTableAmRoutine() && (desc->rs_flags & SO_ALLOW_PAGEMODE) != 0;

	while (table_scan_getnextslot(desc, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();

		const MemoryContext old = MemoryContextSwitchTo(scan.per_row);

		if (by_page)
			scan_page(&scan, (HeapScanDesc) desc);
		else
			scan_slot(&scan, slot);
		MemoryContextSwitchTo(old);
	}
	table_endscan(desc);
	ExecDropSingleTupleTableSlot(slot);
	table_close(table, AccessShareLock);
	MemoryContextDelete(scan.per_row);
	return true;
}

/*
 * source_scan_heap(): a heap read as COPY reads it.
 *
 *   foreach page with visible rows do
 *     foreach column do
 *       rows without nulls up to it: value = the bytes at a fixed offset; otherwise heap_getattr()
 *     call rows(n, value, isnull);  empty the memory of the call
 */
#include "postgres.h"

#include "server/majors.h"

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
#include "utils/snapmgr.h"

#include "server/source_heap.h"

#define AHEAD 12 /* rows of a page between asking for one and reading it */

bool
source_is_heap(Oid relation)
{
	const Relation table = relation_open(relation, AccessShareLock);
	const bool heap = table->rd_rel->relkind != RELKIND_SEQUENCE &&
					  RELKIND_HAS_TABLE_AM(table->rd_rel->relkind) &&
					  table->rd_tableam == GetHeapamTableAmRoutine();

	relation_close(table, AccessShareLock);
	return heap;
}

/* A column in rows that have no nulls up to it. */
typedef struct Column
{
	AttrNumber number;
	int offset; /* from where the row's data begin; -1: not the same in all rows */
	int16 length;
	bool by_value;
} Column;

typedef struct Scan
{
	Relation table;
	int n;
	Column column[SOURCE_COLUMNS_MAX];
	AttrNumber last; /* of the columns */
	SourceRows rows;
	void *arg;
	MemoryContext per_call;
	const Datum *value[SOURCE_COLUMNS_MAX]; /* the arrays below, as the caller gets them */
	const bool *isnull[SOURCE_COLUMNS_MAX];
	Datum values[SOURCE_COLUMNS_MAX][MaxHeapTuplesPerPage];
	bool nulls[SOURCE_COLUMNS_MAX][MaxHeapTuplesPerPage];
} Scan;

static Column
column_make(TupleDesc desc, AttrNumber number)
{
	const Form_pg_attribute own = TupleDescAttr(desc, number - 1);
	Column column = {.number = number, .length = own->attlen, .by_value = own->attbyval};

	for (int i = 0; i < number; i++)
	{
		const Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attlen <= 0)
		{
			column.offset = -1;
			break;
		}
		column.offset = (int) att_align_nominal(column.offset, attribute->attalign);
		if (i < number - 1)
			column.offset += attribute->attlen;
	}
	return column;
}

static void
scan_deliver(const Scan *scan, uint32 n)
{
	const MemoryContext old = MemoryContextSwitchTo(scan->per_call);

	scan->rows(scan->arg, n, scan->value, scan->isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(scan->per_call);
}

/* Whether the columns that are read lie where the table's definition says. */
static bool
row_regular(HeapTupleHeader row, AttrNumber last)
{
	if (unlikely(HeapTupleHeaderGetNatts(row) < last))
		return false;
	if (likely(!(row->t_infomask & HEAP_HASNULL)))
		return true;
	for (int i = 0; i < last; i++)
		if (att_isnull(i, row->t_bits))
			return false;
	return true;
}

/* One column of n regular rows. A loop for each length, so that the compiler knows it. */
static void
read_regular(Datum *value, const char *const *data, uint32 n, const Column *column)
{
	const int offset = column->offset;

	if (!column->by_value)
		for (uint32 i = 0; i < n; i++)
			value[i] = PointerGetDatum(data[i] + offset);
	else if (column->length == sizeof(int64))
		for (uint32 i = 0; i < n; i++)
			value[i] = fetch_att(data[i] + offset, true, sizeof(int64));
	else
		for (uint32 i = 0; i < n; i++)
			value[i] = fetch_att(data[i] + offset, true, column->length);
}

/* One column of n rows of any form. */
static void
read_any(Scan *scan, int j, Page page, const OffsetNumber *item, uint32 n)
{
	HeapTupleData tuple = {.t_tableOid = RelationGetRelid(scan->table)};

	for (uint32 i = 0; i < n; i++)
	{
		const ItemId id = PageGetItemId(page, item[i]);

		tuple.t_data = (HeapTupleHeader) PageGetItem(page, id);
		tuple.t_len = ItemIdGetLength(id);
		scan->values[j][i] =
			heap_getattr(&tuple, scan->column[j].number, RelationGetDescr(scan->table), &scan->nulls[j][i]);
	}
}

/*
 * A heap scan finds all visible rows of a page when it comes to it, and hands them out one by one. From the
 * first on they are read off the page here, column by column, and the scan is told that it is past the last.
 */
static void
scan_page(Scan *scan, HeapScanDesc heap)
{
	const Page page = BufferGetPage(heap->rs_cbuf);
	const OffsetNumber *item = heap->rs_vistuples + heap->rs_cindex;
	const uint32 n = (uint32) heap->rs_ntuples - (uint32) heap->rs_cindex;
	const char *data[MaxHeapTuplesPerPage];
	bool regular = true;

	/* The statistics of the table: the scan has counted the first row of the page, and will count no other. */
	if (pgstat_should_count_relation(scan->table))
		scan->table->pgstat_info->t_counts.t_tuples_returned += n - 1;
	for (uint32 i = 0; i < n; i++)
	{
		const HeapTupleHeader row = (HeapTupleHeader) PageGetItem(page, PageGetItemId(page, item[i]));

		if (i + AHEAD < n)
			__builtin_prefetch(PageGetItem(page, PageGetItemId(page, item[i + AHEAD])));
		regular &= row_regular(row, scan->last);
		data[i] = (const char *) row + row->t_hoff;
	}
	for (int j = 0; j < scan->n; j++)
	{
		if (!regular || scan->column[j].offset < 0)
		{
			read_any(scan, j, page, item, n);
			continue;
		}
		read_regular(scan->values[j], data, n, &scan->column[j]);
		memset(scan->nulls[j], false, n);
	}
	heap->rs_cindex = heap->rs_ntuples - 1;
	scan_deliver(scan, n);
}

/* A scan of the table's columns, in memory that the caller frees. */
static Scan *
scan_create(Relation table, const AttrNumber *number, int n)
{
	Scan *scan = palloc(sizeof(Scan));

	scan->table = table;
	scan->n = n;
	scan->last = 0;
	scan->per_call = AllocSetContextCreate(CurrentMemoryContext, "usercls rows", ALLOCSET_DEFAULT_SIZES);
	for (int j = 0; j < n; j++)
	{
		scan->column[j] = column_make(RelationGetDescr(table), number[j]);
		scan->last = Max(scan->last, number[j]);
		scan->value[j] = scan->values[j];
		scan->isnull[j] = scan->nulls[j];
	}
	return scan;
}

void
source_scan_heap(Oid relation, const AttrNumber *number, int n, SourceRows rows, void *arg)
{
	const Relation table = table_open(relation, AccessShareLock);
	Scan *scan = scan_create(table, number, n);
	TupleTableSlot *slot = table_slot_create(table, NULL);
	const TableScanDesc desc = table_beginscan(table, GetActiveSnapshot(), 0, NULL);

	Assert(n <= SOURCE_COLUMNS_MAX && (desc->rs_flags & SO_ALLOW_PAGEMODE) != 0);
	scan->rows = rows;
	scan->arg = arg;
	while (table_scan_getnextslot(desc, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		scan_page(scan, (HeapScanDesc) desc);
	}
	table_endscan(desc);
	ExecDropSingleTupleTableSlot(slot);
	table_close(table, AccessShareLock);
	MemoryContextDelete(scan->per_call);
	pfree(scan);
}

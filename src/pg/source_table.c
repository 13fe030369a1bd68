/* source_scan_table: a plain table read as COPY reads it, without a plan. */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "pg/source.h"

#define COLUMNS_MAX 8

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

	const MemoryContext per_row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = CurrentMemoryContext;
	TupleTableSlot *slot = table_slot_create(table, NULL);
	const bool is_heap = TTS_IS_BUFFERTUPLE(slot);
	const TableScanDesc scan = table_beginscan(table, GetActiveSnapshot(), 0, NULL);
	Datum value[COLUMNS_MAX];
	bool isnull[COLUMNS_MAX];

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();

		/* Of a heap tuple a column is read where it lies; deforming the row up to it costs more. */
		for (int i = 0; i < n; i++)
			value[i] = is_heap ? heap_getattr(((HeapTupleTableSlot *) slot)->tuple, columns[i].number,
											  slot->tts_tupleDescriptor, &isnull[i])
							   : slot_getattr(slot, columns[i].number, &isnull[i]);
		MemoryContextSwitchTo(per_row);
		row(arg, value, isnull);
		MemoryContextSwitchTo(old);
		if (!per_row->isReset || per_row->firstchild)
			MemoryContextReset(per_row);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(table, AccessShareLock);
	MemoryContextDelete(per_row);
	return true;
}

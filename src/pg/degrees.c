#include "postgres.h"

#include "pg/degrees.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/predicate.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "pg/source.h"

/* -- Finding the indexes --------------------------------------------------- */

/* Position of the other end among the index's columns; 0: the index is not of our kind. */
static AttrNumber
index_other(Relation index, AttrNumber key, AttrNumber other, const TypeCacheEntry *type)
{
	const Form_pg_index form = index->rd_index;

	if (!form->indisvalid || form->indcheckxmin || index->rd_rel->relam != BTREE_AM_OID || form->indkey.values[0] != key ||
		index->rd_opfamily[0] != type->btree_opf || index->rd_opcintype[0] != type->btree_opintype ||
		RelationGetIndexPredicate(index) != NIL)
		return 0;
	for (int i = 1; i < form->indnatts; i++)
		if (form->indkey.values[i] == other)
			return (AttrNumber) (i + 1);
	return 0;
}

static bool
find_index(DegreeIndexes *indexes, int direction, Relation edges, AttrNumber key, AttrNumber other,
		   const TypeCacheEntry *type)
{
	ListCell *cell;

	foreach (cell, RelationGetIndexList(edges))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		const AttrNumber at = index_other(index, key, other, type);

		index_close(index, AccessShareLock);
		if (at == 0)
			continue;
		indexes->index[direction] = lfirst_oid(cell);
		indexes->other[direction] = at;
		indexes->equal[direction] =
			get_opcode(get_opfamily_member(type->btree_opf, type->btree_opintype, type->btree_opintype, BTEqualStrategyNumber));
		return true;
	}
	return false;
}

bool
degrees_prepare(DegreeIndexes *indexes, const UpliftSource *source, Oid id_type)
{
	const TypeCacheEntry *type = lookup_type_cache(id_type, TYPECACHE_BTREE_OPFAMILY);
	const SourceColumn ends[] = {source_column(source->edges, source->target_column),
								 source_column(source->edges, source->source_column)};

	*indexes = (DegreeIndexes){.edges = source->edges, .directions = source->directed ? 1 : 2};
	if (!OidIsValid(type->btree_opf) || ends[0].type != id_type || ends[1].type != id_type ||
		get_rel_relkind(source->edges) != RELKIND_RELATION)
		return false;

	Relation edges = table_open(source->edges, AccessShareLock);
	bool found = !edges->rd_rel->relhassubclass;

	for (int i = 0; found && i < indexes->directions; i++)
		found = find_index(indexes, i, edges, ends[i].number, ends[1 - i].number, type);
	table_close(edges, AccessShareLock);
	return found;
}

/* -- Counting -------------------------------------------------------------- */

typedef struct DegreeScan
{
	Relation index;
	IndexScanDesc scan;
	Buffer visible; /* page of the visibility map */
	AttrNumber other;
	RegProcedure equal;
} DegreeScan;

static void
scan_begin(DegreeScan *scan, Relation edges, const DegreeIndexes *indexes, int direction)
{
	*scan = (DegreeScan){.index = index_open(indexes->index[direction], AccessShareLock),
						 .visible = InvalidBuffer,
						 .other = indexes->other[direction],
						 .equal = indexes->equal[direction]};
#if PG_VERSION_NUM >= 180000
	scan->scan = index_beginscan(edges, scan->index, GetActiveSnapshot(), NULL, 1, 0);
#else
	scan->scan = index_beginscan(edges, scan->index, GetActiveSnapshot(), 1, 0);
#endif
	scan->scan->xs_want_itup = true;
}

static void
scan_end(DegreeScan *scan)
{
	if (BufferIsValid(scan->visible))
		ReleaseBuffer(scan->visible);
	index_endscan(scan->scan);
	index_close(scan->index, AccessShareLock);
}

/* As the executor's index-only scan has it: the heap is asked only where its page may hold rows that others do not see. */
static bool
scan_next(DegreeScan *scan, Relation edges, TupleTableSlot *slot, Datum *other, bool *isnull)
{
	IndexScanDesc desc = scan->scan;
	ItemPointer tid;

	while ((tid = index_getnext_tid(desc, ForwardScanDirection)) != NULL)
	{
		if (!VM_ALL_VISIBLE(edges, ItemPointerGetBlockNumber(tid), &scan->visible))
		{
			if (!index_fetch_heap(desc, slot))
				continue;
			ExecClearTuple(slot);
		}
		else
			PredicateLockPage(edges, ItemPointerGetBlockNumber(tid), desc->xs_snapshot);
		*other = index_getattr(desc->xs_itup, scan->other, desc->xs_itupdesc, isnull);
		return true;
	}
	return false;
}

static int
compare_ids(const void *a, const void *b)
{
	const Datum x = *(const Datum *) a, y = *(const Datum *) b;

	return (x > y) - (x < y);
}

static float
count_distinct(Datum *ids, size_t n, Datum self)
{
	size_t count = 0;

	qsort(ids, n, sizeof(Datum), compare_ids);
	for (size_t i = 0; i < n; i++)
		count += ids[i] != self && (i == 0 || ids[i] != ids[i - 1]);
	return (float) count;
}

/* Policies are the invoker's, and an index may have been dropped concurrently. */
static bool
may_count(const DegreeIndexes *indexes, Relation edges)
{
	const List *present = RelationGetIndexList(edges);

	for (int d = 0; d < indexes->directions; d++)
		if (!list_member_oid(present, indexes->index[d]))
			return false;
	return check_enable_rls(indexes->edges, InvalidOid, true) != RLS_ENABLED;
}

bool
degrees_count(float *degree, const DegreeIndexes *indexes, const Datum *ids, size_t n, size_t most)
{
	Relation edges = table_open(indexes->edges, AccessShareLock);
	Datum *found = NULL;
	size_t room = 0, read = 0;
	DegreeScan scan[2];

	if (!may_count(indexes, edges))
	{
		table_close(edges, AccessShareLock);
		return false;
	}

	TupleTableSlot *slot = table_slot_create(edges, NULL);

	for (int d = 0; d < indexes->directions; d++)
		scan_begin(&scan[d], edges, indexes, d);
	for (size_t i = 0; i < n && read <= most; i++)
	{
		size_t count = 0;

		CHECK_FOR_INTERRUPTS();
		for (int d = 0; d < indexes->directions; d++)
		{
			ScanKeyData key;
			Datum other;
			bool isnull;

			ScanKeyInit(&key, 1, BTEqualStrategyNumber, scan[d].equal, ids[i]);
			index_rescan(scan[d].scan, &key, 1, NULL, 0);
			while (read <= most && scan_next(&scan[d], edges, slot, &other, &isnull))
			{
				read++;
				if (isnull)
					continue;
				if (count == room)
				{
					room = Max(64, room * 2);
					found = found ? repalloc_huge(found, room * sizeof(Datum)) : palloc(room * sizeof(Datum));
				}
				found[count++] = other;
			}
		}
		degree[i] = count_distinct(found, count, ids[i]);
	}
	for (int d = 0; d < indexes->directions; d++)
		scan_end(&scan[d]);
	ExecDropSingleTupleTableSlot(slot);
	table_close(edges, AccessShareLock);
	return read <= most;
}

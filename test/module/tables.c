/*
 * What other extensions make of tables, in little:
 *
 *   usercls_test.redirect = 'a=b'   the planner reads table b where a query says a, as sharding and masking extensions do
 *   usercls_test_every_other        a table access method that is a heap of which every other row is shown
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "storage/lmgr.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static planner_hook_type next_planner;
static char *redirect;

typedef struct Redirection
{
	Oid from, to;
} Redirection;

static bool
redirect_walker(Node *node, Redirection *redirection)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		if (entry->rtekind == RTE_RELATION && entry->relid == redirection->from)
			entry->relid = redirection->to;
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, redirect_walker, redirection, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, redirect_walker, redirection);
}

static PlannedStmt *
redirecting_planner(Query *parse, const char *sql, int options, ParamListInfo params)
{
	char *from = pstrdup(redirect), *to = strchr(from, '=');

	if (to && parse->commandType == CMD_SELECT)
	{
		*to++ = '\0';

		Redirection redirection = {RelnameGetRelid(from), RelnameGetRelid(to)};

		if (OidIsValid(redirection.from) && OidIsValid(redirection.to))
		{
			LockRelationOid(redirection.to, AccessShareLock);
			redirect_walker((Node *) parse, &redirection);
		}
	}
	return next_planner ? next_planner(parse, sql, options, params)
						: standard_planner(parse, sql, options, params);
}

static TableAmRoutine every_other;

static bool
next_but_one(TableScanDesc scan, ScanDirection direction, TupleTableSlot *slot)
{
	return heap_getnextslot(scan, direction, slot) && heap_getnextslot(scan, direction, slot);
}

PG_FUNCTION_INFO_V1(usercls_test_every_other);
Datum
usercls_test_every_other(PG_FUNCTION_ARGS)
{
	every_other = *GetHeapamTableAmRoutine();
	every_other.scan_getnextslot = next_but_one;
	PG_RETURN_POINTER(&every_other);
}

void
_PG_init(void)
{
	DefineCustomStringVariable("usercls_test.redirect", "Names a table and what is read instead: a=b.", NULL,
							   &redirect, "", PGC_USERSET, 0, NULL, NULL, NULL);
	next_planner = planner_hook;
	planner_hook = redirecting_planner;
}

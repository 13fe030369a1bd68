#include "postgres.h"

#include "server/once.h"

#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "tcop/pquery.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

static void
error_twice(const FmgrInfo *function)
{
	const char *name = get_func_name(function->fn_oid);

	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("%s() is called more than once with the same arguments in one statement", name),
		 errdetail("(%s(...)).* stands for a call for each column of its result, and each would run.", name),
		 errhint("Write SELECT * FROM usercls.%s(...).", name)));
}

/* -- Before the first call: what the plan says ------------------------------ */

typedef struct CallCount
{
	const Node *call;
	int n;
} CallCount;

static bool
count_calls(Node *node, void *arg)
{
	CallCount *count = arg;

	if (!node)
		return false;
	count->n += equal(node, count->call);
	return expression_tree_walker(node, count_calls, arg);
}

/* Whether some node of the plan that runs computes this call twice; where that cannot be seen, the calls tell. */
static bool
planned_twice(const Node *call)
{
	ListCell *cell;

	if (!ActivePortal)
		return false;
	foreach (cell, ActivePortal->stmts)
	{
		const PlannedStmt *statement = lfirst_node(PlannedStmt, cell);

		for (const Plan *plan = statement->planTree; plan; plan = plan->lefttree)
		{
			CallCount count = {.call = call};

			(void) count_calls((Node *) plan->targetlist, &count);
			if (count.n > 1)
				return true;
		}
	}
	return false;
}

/* -- The calls so far ------------------------------------------------------- */

/*
 * A call that was made. It lives, like the function's FmgrInfo, in the memory of the statement's execution, and leaves
 * the list with it. Statements of PL/pgSQL share such memory when they are simple: these differ in their snapshots.
 */
typedef struct Call
{
	const FmgrInfo *function;
	CommandId seen; /* of the snapshot */
	MemoryContextCallback forget;
	struct Call *next;
} Call;

static Call *calls;

static void
forget_call(void *arg)
{
	for (Call **link = &calls; *link; link = &(*link)->next)
		if (*link == arg)
		{
			*link = (*link)->next;
			return;
		}
}

static void
remember_call(const FmgrInfo *function, CommandId seen)
{
	Call *call = MemoryContextAllocZero(function->fn_mcxt, sizeof(*call));

	*call = (Call){.function = function, .seen = seen, .next = calls};
	call->forget = (MemoryContextCallback){.func = forget_call, .arg = call};
	MemoryContextRegisterResetCallback(function->fn_mcxt, &call->forget);
	calls = call;
}

void
refuse_second_call(FunctionCallInfo fcinfo)
{
	const FmgrInfo *function = fcinfo->flinfo;

	if (!function->fn_expr || !ActiveSnapshotSet())
		return;

	const CommandId seen = GetActiveSnapshot()->curcid;

	for (const Call *call = calls; call; call = call->next)
	{
		if (call->function == function)
			return;
		if (call->function->fn_mcxt == function->fn_mcxt && call->seen == seen &&
			equal(call->function->fn_expr, function->fn_expr))
			error_twice(function);
	}
	if (planned_twice((const Node *) function->fn_expr))
		error_twice(function);
	remember_call(function, seen);
}

#include "postgres.h"

#include "server/transaction.h"

#include "access/xact.h"
#include "nodes/parsenodes.h"

bool
procedure_may_commit(FunctionCallInfo fcinfo)
{
	return fcinfo->context && IsA(fcinfo->context, CallContext) &&
		   !castNode(CallContext, fcinfo->context)->atomic;
}

bool
transaction_pending(const char *what)
{
	if (!IsTransactionBlock())
		return false;
	ereport(NOTICE, (errmsg("%s when this transaction commits", what),
					 errhint("COMMIT it: a client that rolls back, or goes away before, takes it back.")));
	return true;
}

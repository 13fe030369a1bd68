#include "postgres.h"

#include "server/transaction.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

bool
procedure_may_commit(FunctionCallInfo fcinfo)
{
	return fcinfo->context && IsA(fcinfo->context, CallContext) &&
		   !castNode(CallContext, fcinfo->context)->atomic && !IsSubTransaction();
}

/* As SPI_commit() does when a commit fails; whatever the procedure had open, SPI included, ends with the transaction. */
ErrorData *
transaction_begin_again(MemoryContext context)
{
	const MemoryContext old = MemoryContextSwitchTo(context);
	ErrorData *error = CopyErrorData();

	FlushErrorState();
	AbortCurrentTransaction();
	ActivePortal->portalSnapshot = NULL; /* went with the transaction */
	StartTransactionCommand();
	MemoryContextSwitchTo(old);
	PushActiveSnapshot(GetTransactionSnapshot());
	return error;
}

void
transaction_raise(ErrorData *error)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	StartTransactionCommand();
	ReThrowError(error);
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

void
procedure_commit(void)
{
	SPI_commit();
	EnsurePortalSnapshotExists();
}

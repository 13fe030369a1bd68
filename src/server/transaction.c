#include "postgres.h"

#include "server/transaction.h"

#include "nodes/parsenodes.h"

bool
procedure_may_commit(FunctionCallInfo fcinfo)
{
	return fcinfo->context && IsA(fcinfo->context, CallContext) &&
		   !castNode(CallContext, fcinfo->context)->atomic;
}

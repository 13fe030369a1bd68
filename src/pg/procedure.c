#include "postgres.h"

#include "pg/procedure.h"

#include "nodes/parsenodes.h"

bool
procedure_may_commit(FunctionCallInfo fcinfo)
{
	return fcinfo->context && IsA(fcinfo->context, CallContext) &&
		   !castNode(CallContext, fcinfo->context)->atomic;
}

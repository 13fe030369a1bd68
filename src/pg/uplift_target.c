#include "postgres.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(usercls_target_users);

Datum
usercls_target_users(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("usercls.target_users() is not built yet")));
}

#include "postgres.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(usercls_train_sequence);

Datum
usercls_train_sequence(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("usercls.train_sequence() is not built yet")));
}

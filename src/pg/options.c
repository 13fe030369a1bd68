#include "postgres.h"

#include "pg/options.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(usercls_hyperparameters);

Datum
usercls_hyperparameters(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("usercls.hyperparameters() is not built yet")));
}

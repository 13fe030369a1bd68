#include "postgres.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(usercls_predict);
PG_FUNCTION_INFO_V1(usercls_predict_weights);
PG_FUNCTION_INFO_V1(usercls_score);
PG_FUNCTION_INFO_V1(usercls_score_weights);

static Datum
not_built(void)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("scoring of sequences is not built yet")));
}

Datum
usercls_predict(PG_FUNCTION_ARGS)
{
	return not_built();
}

Datum
usercls_predict_weights(PG_FUNCTION_ARGS)
{
	return not_built();
}

Datum
usercls_score(PG_FUNCTION_ARGS)
{
	return not_built();
}

Datum
usercls_score_weights(PG_FUNCTION_ARGS)
{
	return not_built();
}

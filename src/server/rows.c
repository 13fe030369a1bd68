#include "postgres.h"

#include "server/rows.h"

#include <math.h>

#include "funcapi.h"
#include "utils/memutils.h"

MemoryContext
rows_begin(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	return MemoryContextSwitchTo(
		AllocSetContextCreate(CurrentMemoryContext, "usercls rows", ALLOCSET_DEFAULT_SIZES));
}

void
rows_end(MemoryContext before)
{
	MemoryContextDelete(MemoryContextSwitchTo(before));
}

void
rows_put(FunctionCallInfo fcinfo, Datum *value, bool *null)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, value, null);
}

void
rows_number(Datum *value, bool *null, int i, double number)
{
	null[i] = isnan(number);
	value[i] = null[i] ? (Datum) 0 : Float8GetDatum(number);
}

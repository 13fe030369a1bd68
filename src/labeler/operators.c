/* Operators and operator classes of trend: what labeler/pure/trendorder.c says, for btree and hash. */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "server/majors.h"
#include "labeler/pure/trend.h"
#include "labeler/state.h"

static TrendReader
argument_reader(const struct varlena *flat)
{
	return trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
}

static int
compare(FunctionCallInfo fcinfo)
{
	TrendReader a = argument_reader(PG_GETARG_VARLENA_PP(0));
	TrendReader b = argument_reader(PG_GETARG_VARLENA_PP(1));
	const int order = trend_order(&a, &b);

	if (a.damaged || b.damaged)
		trend_damaged(a.damaged ? &a : &b);
	return order;
}

#define TREND_OPERATOR(name, holds)                                                                          \
	PG_FUNCTION_INFO_V1(usercls__trend_##name);                                                              \
	Datum usercls__trend_##name(PG_FUNCTION_ARGS)                                                            \
	{                                                                                                        \
		PG_RETURN_BOOL(compare(fcinfo) holds 0);                                                             \
	}

TREND_OPERATOR(eq, ==)
TREND_OPERATOR(ne, !=)
TREND_OPERATOR(lt, <)
TREND_OPERATOR(le, <=)
TREND_OPERATOR(gt, >)
TREND_OPERATOR(ge, >=)

PG_FUNCTION_INFO_V1(usercls__trend_cmp);
Datum
usercls__trend_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

/* The bytes of argument 0 that equal trends have in common, palloc'd. */
static unsigned char *
ordered_bytes(FunctionCallInfo fcinfo, int *size)
{
	const struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	TrendReader measured = argument_reader(flat), reader = measured;
	unsigned char *bytes = palloc(trend_write_order(NULL, &measured));

	if (measured.damaged)
		trend_damaged(&measured);
	*size = (int) trend_write_order(bytes, &reader);
	return bytes;
}

PG_FUNCTION_INFO_V1(usercls__trend_hash);
Datum
usercls__trend_hash(PG_FUNCTION_ARGS)
{
	int size;
	const unsigned char *bytes = ordered_bytes(fcinfo, &size);

	PG_RETURN_DATUM(hash_any(bytes, size));
}

PG_FUNCTION_INFO_V1(usercls__trend_hash_extended);
Datum
usercls__trend_hash_extended(PG_FUNCTION_ARGS)
{
	int size;
	const unsigned char *bytes = ordered_bytes(fcinfo, &size);

	PG_RETURN_DATUM(hash_any_extended(bytes, size, (uint64) PG_GETARG_INT64(1)));
}

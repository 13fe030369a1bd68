/*
 * Aggregates as engines run them that split a query over servers:
 *
 *   usercls_test_partial(aggregate, arguments ...)   each row through the transition function; the state, as text
 *   usercls_test_total(aggregate, state)             states from their text, through the combine and the final function
 *
 * Functions are called without the expression that a query has for its calls (fn_expr), as those engines do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

typedef struct Running
{
	FmgrInfo call; /* the transition or the combine function */
	Oid final, type, result;
	Oid state_input, state_param;
	int16 length;
	bool by_value;
	NullableDatum state;
} Running;

static void
begin_state(Running *running, HeapTuple aggregate)
{
	bool null;
	const Datum first = SysCacheGetAttr(AGGFNOID, aggregate, Anum_pg_aggregate_agginitval, &null);

	running->state = (NullableDatum){.isnull = true};
	if (!null)
		running->state =
			(NullableDatum){.value = OidInputFunctionCall(running->state_input, TextDatumGetCString(first),
														  running->state_param, -1)};
}

static Running *
running_create(FunctionCallInfo fcinfo, MemoryContext context, bool combine)
{
	const Oid function = PG_GETARG_OID(1);
	const MemoryContext old = MemoryContextSwitchTo(context);
	Running *running = palloc0(sizeof(*running));
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "%u is no aggregate", function);

	const Form_pg_aggregate aggregate = (Form_pg_aggregate) GETSTRUCT(tuple);

	if (!OidIsValid(aggregate->aggcombinefn))
		elog(ERROR, "aggregate %s has no combine function", format_procedure(function));
	fmgr_info(combine ? aggregate->aggcombinefn : aggregate->aggtransfn, &running->call);
	if (!OidIsValid(aggregate->aggfinalfn))
		elog(ERROR, "aggregate %s has no final function", format_procedure(function));
	running->final = aggregate->aggfinalfn;
	running->type = aggregate->aggtranstype;
	running->result = get_func_rettype(function);
	get_typlenbyval(running->type, &running->length, &running->by_value);
	getTypeInputInfo(running->type, &running->state_input, &running->state_param);
	begin_state(running, tuple);
	ReleaseSysCache(tuple);
	MemoryContextSwitchTo(old);
	return running;
}

static Running *
running_of(FunctionCallInfo fcinfo, MemoryContext *context, bool combine)
{
	if (!AggCheckCallContext(fcinfo, context))
		elog(ERROR, "not in an aggregate");
	return PG_ARGISNULL(0) ? running_create(fcinfo, *context, combine) : (Running *) PG_GETARG_POINTER(0);
}

/* Keep the state for the next call, as nodeAgg.c does: unless it is the old one, or expanded where it has to be. */
static void
keep_state(Running *running, Datum value, bool null, MemoryContext context)
{
	const MemoryContext old = MemoryContextSwitchTo(context);
	const bool kept = null || running->by_value ||
					  (!running->state.isnull && value == running->state.value) ||
					  (running->length == -1 && DatumIsReadWriteExpandedObject(value, null, -1) &&
					   MemoryContextGetParent(DatumGetEOHP(value)->eoh_context) == context);

	running->state =
		(NullableDatum){kept ? value : datumCopy(value, running->by_value, running->length), null};
	MemoryContextSwitchTo(old);
}

/* One call of the function: what strict functions skip is skipped, and their first value becomes the state. */
static void
advance(Running *running, FunctionCallInfo outer, const NullableDatum *argument, int n, MemoryContext context)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);

	InitFunctionCallInfoData(*fcinfo, &running->call, n + 1, outer->fncollation, outer->context, NULL);
	fcinfo->args[0] = running->state;
	for (int i = 0; i < n; i++)
	{
		fcinfo->args[i + 1] = argument[i];
		if (argument[i].isnull && running->call.fn_strict)
			return;
	}
	if (running->call.fn_strict && running->state.isnull)
	{
		keep_state(running, argument[0].value, false, context);
		return;
	}

	const Datum value = FunctionCallInvoke(fcinfo);

	keep_state(running, value, fcinfo->isnull, context);
}

PG_FUNCTION_INFO_V1(usercls_test_partial_accum);
Datum
usercls_test_partial_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	Running *running = running_of(fcinfo, &context, false);

	advance(running, fcinfo, fcinfo->args + 2, PG_NARGS() - 2, context);
	PG_RETURN_POINTER(running);
}

static Datum
text_of(const NullableDatum *value, Oid type)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return CStringGetTextDatum(OidOutputFunctionCall(output, value->value));
}

PG_FUNCTION_INFO_V1(usercls_test_partial_final);
Datum
usercls_test_partial_final(PG_FUNCTION_ARGS)
{
	const Running *running = PG_ARGISNULL(0) ? NULL : (Running *) PG_GETARG_POINTER(0);

	if (running == NULL || running->state.isnull)
		PG_RETURN_NULL();
	return text_of(&running->state, running->type);
}

PG_FUNCTION_INFO_V1(usercls_test_total_accum);
Datum
usercls_test_total_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	Running *running = running_of(fcinfo, &context, true);
	NullableDatum state = {.isnull = PG_ARGISNULL(2)};

	if (!state.isnull)
		state.value = OidInputFunctionCall(running->state_input, text_to_cstring(PG_GETARG_TEXT_PP(2)),
										   running->state_param, -1);
	advance(running, fcinfo, &state, 1, context);
	PG_RETURN_POINTER(running);
}

PG_FUNCTION_INFO_V1(usercls_test_total_final);
Datum
usercls_test_total_final(PG_FUNCTION_ARGS)
{
	const Running *running = PG_ARGISNULL(0) ? NULL : (Running *) PG_GETARG_POINTER(0);
	LOCAL_FCINFO(call, 1);
	FmgrInfo final;
	NullableDatum result;

	if (running == NULL)
		PG_RETURN_NULL();
	fmgr_info(running->final, &final);
	if (running->state.isnull && final.fn_strict)
		PG_RETURN_NULL();
	InitFunctionCallInfoData(*call, &final, 1, PG_GET_COLLATION(), fcinfo->context, NULL);
	call->args[0] = running->state;
	result.value = FunctionCallInvoke(call);
	if (call->isnull)
		PG_RETURN_NULL();
	return text_of(&result, running->result);
}

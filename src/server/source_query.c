#include "postgres.h"

#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "server/source_query.h"

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	SourceReceiver *receiver = (SourceReceiver *) self;
	const MemoryContext old = MemoryContextSwitchTo(receiver->per_row);

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	receiver->row(receiver->arg, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->per_row); /* free when nothing was allocated */
	return true;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receive_shutdown(DestReceiver *self)
{
}

static void
receive_destroy(DestReceiver *self)
{
}

SourceReceiver
source_receiver(MemoryContext parent, SourceRow row, void *arg)
{
	return (SourceReceiver){.receiver = {receive_row, receive_startup, receive_shutdown, receive_destroy,
										 DestTuplestore /* any but DestNone, whose rows SPI believes lost */},
							.row = row,
							.arg = arg,
							.per_row = AllocSetContextCreate(parent, "usercls row", ALLOCSET_DEFAULT_SIZES)};
}

ParamListInfo
source_params(int n, const Oid *types, const Datum *values)
{
	if (n == 0)
		return NULL;

	ParamListInfo params = makeParamList(n);

	for (int i = 0; i < n; i++)
		params->params[i] =
			(ParamExternData){.value = values[i], .pflags = PARAM_FLAG_CONST, .ptype = types[i]};
	return params;
}

void
source_refuse_hidden_rows(void)
{
	/* PostgreSQL's own way to be refused rather than to get fewer rows (pg_dump uses it). */
	set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* sequences(): what classify_users() reads of each user, as an array that predict() takes. */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "sequence/classify_users.h"
#include "server/arguments.h"
#include "server/userid.h"
#include "work/progress.h"

enum
{
	ARG_MODEL,
	ARG_AS_OF,
	ARG_ID
};

static void
put_users(ReturnSetInfo *result, const SequenceUsers *users, const UserIdOutput *id)
{
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(row);

	for (size_t i = 0; i < users->N; i++)
	{
		CHECK_FOR_INTERRUPTS();

		Datum value[] = {user_id_datum(id, users->id[i]), PointerGetDatum(sequence_array(users, i))};
		bool null[] = {false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, value, null);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(old);
}

PG_FUNCTION_INFO_V1(usercls_sequences);

Datum
usercls_sequences(PG_FUNCTION_ARGS)
{
	const TimestampTz as_of = PG_ARGISNULL(ARG_AS_OF) ? 0 : PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	const Model *version =
		registry_promoted(arg_text(fcinfo, ARG_MODEL, "model"), &sequence_kind, RIGHT_SCORE);
	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, sequence_kind.id_type(registry_spec(version)));

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", version->name);
	put_users(
		(ReturnSetInfo *) fcinfo->resultinfo,
		classify_users_read(version, (SequenceRead){.as_of = PG_ARGISNULL(ARG_AS_OF) ? NULL : &as_of})->users,
		&id);
	progress_end();
	return (Datum) 0;
}

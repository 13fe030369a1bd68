/*
 * User ids in results: bigint, or of the type of an argument such as NULL::uuid.
 */
#ifndef USERCLS_SERVER_USERID_H
#define USERCLS_SERVER_USERID_H

#include "fmgr.h"

typedef struct UserIdOutput
{
	Oid from, to;
} UserIdOutput;

/* An error that says what to pass unless ids of that type can be shown as the type of argument arg, or bigint. */
extern UserIdOutput user_id_output(FunctionCallInfo fcinfo, int arg, Oid type);

extern Datum user_id_datum(const UserIdOutput *output, Datum id);

#endif

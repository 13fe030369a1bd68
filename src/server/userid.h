/*
 * User ids in results: bigint, or of the type of an argument such as NULL::uuid.
 */
#ifndef USERCLS_SERVER_USERID_H
#define USERCLS_SERVER_USERID_H

#include "fmgr.h"

typedef struct UserIdOutput
{
	Oid to;
	enum
	{
		USER_ID_AS_IT_IS,
		USER_ID_CAST, /* by a function of PostgreSQL */
		USER_ID_TEXT  /* as it is written */
	} way;
	FmgrInfo cast;
	Oid from;
} UserIdOutput;

/*
 * Ids of a type as results of the type of argument arg, or bigint: what PostgreSQL casts implicitly without loss, and any id as
 * text. An error that says what to pass for others.
 */
extern UserIdOutput user_id_output(FunctionCallInfo fcinfo, int arg, Oid type);

/* The same for results of that type. */
extern UserIdOutput user_id_as(Oid wanted, Oid type);

/* The same without an error: false where there is no such cast. */
extern bool user_id_find(UserIdOutput *output, Oid wanted, Oid type);

/* The other way: an id that is given as one of the table's type: 42 is an int, but the ids may be bigint. */
extern Datum user_id_convert(Datum id, Oid given, Oid type);

extern Datum user_id_datum(const UserIdOutput *output, Datum id);

#endif

#include "postgres.h"

#include "server/userid.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/source.h"

/* Implicit casts to these types cut an id short, or round it. */
static bool
loses_ids(Oid type)
{
	return type == NAMEOID || type == FLOAT4OID || type == FLOAT8OID;
}

/* Find how ids are shown; false: they cannot be. Casts that users made are left alone: they are code of others. */
static bool
output_find(UserIdOutput *output)
{
	Oid cast;

	if (output->from == output->to)
		return true;
	if (loses_ids(output->to))
		return false;
	switch (find_coercion_pathway(output->to, output->from, COERCION_IMPLICIT, &cast))
	{
		case COERCION_PATH_RELABELTYPE:
			return true;
		case COERCION_PATH_FUNC:
			if (cast >= FirstNormalObjectId || get_func_nargs(cast) != 1)
				return false;
			output->way = USER_ID_CAST;
			fmgr_info(cast, &output->cast);
			return true;
		default:
			output->way = USER_ID_TEXT;
			return output->to == TEXTOID || output->to == VARCHAROID;
	}
}

UserIdOutput
user_id_output(FunctionCallInfo fcinfo, int arg, Oid type)
{
	return user_id_as(PG_NARGS() > arg ? getBaseType(get_fn_expr_argtype(fcinfo->flinfo, arg)) : INT8OID,
					  type);
}

bool
user_id_find(UserIdOutput *output, Oid wanted, Oid type)
{
	*output = (UserIdOutput){.from = type, .to = wanted, .way = USER_ID_AS_IT_IS};
	return output_find(output);
}

UserIdOutput
user_id_as(Oid wanted, Oid type)
{
	UserIdOutput output;

	if (!user_id_find(&output, wanted, type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("user ids are of type %s, not %s", format_type_be(type), format_type_be(wanted)),
				 errhint("Pass id => NULL::%s, and a value or NULL for each argument before it.",
						 format_type_be(type))));
	return output;
}

Datum
user_id_datum(const UserIdOutput *output, Datum id)
{
	switch (output->way)
	{
		case USER_ID_CAST:
			return FunctionCall1((FmgrInfo *) &output->cast, id);
		case USER_ID_TEXT:
			return CStringGetTextDatum(source_id_text(output->from, id));
		default:
			return id;
	}
}

Datum
user_id_convert(Datum id, Oid given, Oid type)
{
	Oid output, input, ioparam;
	bool is_varlena;

	if (given == type)
		return id;
	if (!can_coerce_type(1, &given, &type, COERCION_ASSIGNMENT))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("user ids are of type %s, not %s", format_type_be(type), format_type_be(given)),
				 errhint("Cast the user id to %s.", format_type_be(type))));
	getTypeOutputInfo(given, &output, &is_varlena);
	getTypeInputInfo(type, &input, &ioparam);
	return OidInputFunctionCall(input, OidOutputFunctionCall(output, id), ioparam, -1);
}

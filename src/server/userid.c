#include "postgres.h"

#include "server/userid.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

UserIdOutput
user_id_output(FunctionCallInfo fcinfo, int arg, Oid type)
{
	const Oid wanted = PG_NARGS() > arg ? getBaseType(get_fn_expr_argtype(fcinfo->flinfo, arg)) : INT8OID;
	const bool widened = wanted == INT8OID && (type == INT4OID || type == INT2OID);

	if (type != wanted && !widened && !IsBinaryCoercible(type, wanted))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("user ids are of type %s, not %s", format_type_be(type), format_type_be(wanted)),
				 errhint("Pass NULL::%s as the last argument.", format_type_be(type))));
	return (UserIdOutput){.from = type, .to = wanted};
}

Datum
user_id_datum(const UserIdOutput *output, Datum id)
{
	if (output->to != INT8OID)
		return id;
	if (output->from == INT4OID)
		return Int64GetDatum(DatumGetInt32(id));
	if (output->from == INT2OID)
		return Int64GetDatum(DatumGetInt16(id));
	return id;
}

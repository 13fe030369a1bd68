/* SQL that runs as the owner of the registry, whatever the search_path of the session is. */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "registry/tables.h"

void
registry_enter(RegistryAccess *access)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(registry_relation("model")));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for the registry");

	const Oid owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;

	ReleaseSysCache(tuple);
	SPI_connect();
	GetUserIdAndSecContext(&access->user, &access->sec_context);
	SetUserIdAndSecContext(owner, access->sec_context | SECURITY_LOCAL_USERID_CHANGE |
									  SECURITY_RESTRICTED_OPERATION);
	access->guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
registry_leave(RegistryAccess *access)
{
	AtEOXact_GUC(true, access->guc_level);
	SetUserIdAndSecContext(access->user, access->sec_context);
	SPI_finish();
}

/* ---- one statement with its parameters ---- */

void
statement_add(Statement *statement, Oid type, Datum value, bool isnull)
{
	Assert(statement->n < STATEMENT_MAX);
	statement->type[statement->n] = type;
	statement->value[statement->n] = isnull ? (Datum) 0 : value;
	statement->null[statement->n] = isnull ? 'n' : ' ';
	statement->n++;
}

void
statement_add_text(Statement *statement, const char *text)
{
	statement_add(statement, TEXTOID, text ? CStringGetTextDatum(text) : (Datum) 0, text == NULL);
}

void
statement_add_int(Statement *statement, int32 value)
{
	statement_add(statement, INT4OID, Int32GetDatum(value), false);
}

void
statement_add_bigint(Statement *statement, int64 value)
{
	statement_add(statement, INT8OID, Int64GetDatum(value), false);
}

void
statement_add_float(Statement *statement, double value)
{
	statement_add(statement, FLOAT8OID, Float8GetDatum(value), isnan(value));
}

void
statement_add_pointer(Statement *statement, Oid type, const void *value)
{
	statement_add(statement, type, PointerGetDatum(value), value == NULL);
}

void
statement_add_names(Statement *statement, const char *const *names, int n)
{
	Datum *elements = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		elements[i] = CStringGetTextDatum(names[i]);
	statement_add(statement, TEXTARRAYOID,
				  PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT)), false);
}

static uint64
execute(Statement *statement, const char *sql, bool read_only)
{
	const int result = SPI_execute_with_args(sql, statement->n, statement->type, statement->value,
											 statement->null, read_only, 0);

	if (result < 0)
		elog(ERROR, "registry statement failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

uint64
statement_run(Statement *statement, const char *sql)
{
	return execute(statement, sql, false);
}

uint64
statement_read(Statement *statement, const char *sql)
{
	return execute(statement, sql, true);
}

Datum
statement_result(int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, isnull);
}

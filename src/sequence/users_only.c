/* One user of a table: the conditions by which an index finds his rows. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"

#include "sequence/users_cells.h"

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

const char *
only_user(const SequenceCells *cells, const char *before, const SourceColumn *user, int n)
{
	const Oid type = cells->user.type;

	if (!cells->only)
		return "";
	/* Integers are compared as they are, so that an index on either type serves. */
	if (is_integer(type) && is_integer(user->type))
		return psprintf("%s%s OPERATOR(pg_catalog.=) $%d", before, user->quoted, n);
	return psprintf("%s%s%s%s %s $%d", before, user->quoted,
					user->type == type ? "" : "::", user->type == type ? "" : source_type(type),
					source_equality(type), n);
}

void
cells_read_only(const SourceRead *read, SequenceCells *cells)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < read->n; i++)
		appendStringInfo(&sql, "%s%s", i == 0 ? "SELECT " : ", ", read->columns[i].quoted);
	appendStringInfo(&sql, " FROM %s WHERE %s%s", source_quote(read->relation),
					 read->condition ? read->condition : "true",
					 only_user(cells, " AND ", &cells->user, read->params));
	source_scan(&(SourceScan){.sql = sql.data,
							  .n = read->params,
							  .types = read->types,
							  .values = read->values,
							  .whole = read->whole,
							  .row = read->row,
							  .arg = read->arg});
}

/*
 * Some users of a table: the conditions by which indexes find their rows.
 *
 * The parameters are those of only_params(): the ids that were asked for, and from when on a row is read whoever's it is.
 */
#include "postgres.h"

#include "sequence/users_cells.h"

void
only_ask(SequenceCells *cells, const Datum *id, size_t n)
{
	cells->asked = idmap_create(cells->user.type);
	for (size_t i = 0; i < n; i++)
		idmap_add(cells->asked, id[i], idmap_hash(cells->asked, id[i]));
	cells->since = DT_NOEND;
}

int
only_params(Oid *type, Datum *value, const SequenceCells *cells)
{
	if (!cells->asked)
		return 0;
	type[0] = source_array_type(cells->user.type);
	value[0] = idmap_array(cells->asked, 0, idmap_count(cells->asked));
	type[1] = cells->window.type;
	/* Closed windows hold their rows a tick earlier. */
	value[1] = Int64GetDatum(cells->since + (TIMESTAMP_NOT_FINITE(cells->since) ? 0 : cells->window.closed));
	return ONLY_PARAMS;
}

/* The column of ids as the source's type. Integers are compared as they are, so that an index on either type serves. */
static const char *
is_asked_for(const SequenceCells *cells, const SourceColumn *user, int n)
{
	const Oid type = cells->user.type;

	if (source_is_integer(type) && source_is_integer(user->type))
		return psprintf("%s OPERATOR(pg_catalog.=) ANY ($%d)", user->quoted, n);
	return psprintf("%s%s%s %s ANY ($%d)", user->quoted,
					user->type == type ? "" : "::", user->type == type ? "" : source_type(type),
					source_equality(type), n);
}

const char *
only_rows(const SequenceCells *cells, const char *before, int n)
{
	if (!cells->asked)
		return "";

	const char *asked = is_asked_for(cells, &cells->user, n);

	if (cells->since == DT_NOEND)
		return psprintf("%s%s", before, asked);
	return psprintf("%s(%s OR %s OPERATOR(pg_catalog.>=) $%d)", before, asked, cells->time.quoted, n + 1);
}

const char *
only_users(const SequenceCells *cells, const char *before, const SourceColumn *user, int n)
{
	if (!cells->asked || cells->since != DT_NOEND)
		return "";
	return psprintf("%s%s", before, is_asked_for(cells, user, n));
}

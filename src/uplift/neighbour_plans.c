#include "postgres.h"

#include "uplift/neighbour_plans.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"

#include "uplift/edge_ends.h"

SourcePlan *
neighbour_edges_plan(const UpliftRequest *request, Oid id_type, const UpliftRelations *relations, bool each)
{
	const SourceColumn end[] = {source_column(request->edges, request->source_column),
								source_column(request->edges, request->target_column)};
	const char *weight =
		request->weight_column ? source_number_column(request->edges, request->weight_column).quoted : "NULL";
	const char *relation =
		relations->n > 0 ? uplift_relation_expression(uplift_relation_column(request)) : "NULL";
	const Oid types[] = {source_array_type(id_type), INT8OID};
	StringInfoData sql;

	initStringInfo(&sql);
	if (each)
		appendStringInfoString(&sql, "SELECT edge.* FROM pg_catalog.unnest($1) AS self (id), LATERAL (");
	for (int i = 0; i < (request->directed ? 1 : 2); i++)
		appendStringInfo(&sql, "%s%sSELECT %s, %s, %s, %s FROM %s WHERE %s%s", i ? " UNION ALL " : "",
						 each ? "(" : "", edge_end(request, &end[1 - i], id_type),
						 edge_end(request, &end[i], id_type), weight, relation, source_quote(request->edges),
						 each ? edge_end_is(request, &end[1 - i], id_type, "self.id")
							  : edge_end_is_any(request, &end[1 - i], id_type, "$1"),
						 each ? " LIMIT $2)" : "");
	appendStringInfoString(&sql, each ? ") AS edge" : " LIMIT $2");
	return source_prepare(sql.data, request->edges, lengthof(types), types);
}

SourcePlan *
neighbour_users_plan(const UpliftRequest *request, Oid id_type, const UpliftInputs *inputs)
{
	const char *id = source_column(request->users, request->user_column).quoted;
	const Oid ids_type = source_array_type(id_type);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s", id);
	uplift_inputs_select(&sql, inputs);
	appendStringInfo(&sql, " FROM %s WHERE %s %s ANY ($1)", source_quote(request->users), id,
					 source_equality(id_type));
	return source_prepare(sql.data, request->users, 1, &ids_type);
}

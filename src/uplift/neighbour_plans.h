/* The lookups of a user's surroundings, as prepared statements. */
#ifndef USERCLS_UPLIFT_NEIGHBOUR_PLANS_H
#define USERCLS_UPLIFT_NEIGHBOUR_PLANS_H

#include "server/source.h"
#include "uplift/inputs.h"
#include "uplift/relations.h"
#include "uplift/request.h"

/*
 * Of an array of ids and a limit, rows of id, neighbour, weight and relation: edges that end in one of the ids and, in an
 * undirected graph, those that begin in one. With `each` the limit is for every id and direction, otherwise for all rows,
 * which is faster: no plan node is started per id.
 */
extern SourcePlan *neighbour_edges_plan(const UpliftRequest *request, Oid id_type,
										const UpliftRelations *relations, bool each);

/* Of an array of ids, rows of id and what inputs are made of. */
extern SourcePlan *neighbour_users_plan(const UpliftRequest *request, Oid id_type,
										const UpliftInputs *inputs);

#endif

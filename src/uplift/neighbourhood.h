/*
 * What one user's score needs, by index lookups: the users within reach.
 *
 * A session keeps the prepared lookups of the models it used last.
 */
#ifndef USERCLS_UPLIFT_NEIGHBOURHOOD_H
#define USERCLS_UPLIFT_NEIGHBOURHOOD_H

#include "uplift/stored.h"

/* Edges read of one user in one direction, and for one score altogether: more are left out. */
#define NEIGHBOURS_MAX 1000
#define NEIGHBOURHOOD_EDGES_MAX 100000

typedef struct NeighbourLookup NeighbourLookup;

/* The lookups of a version; prepares them at first use, with a notice for an index that is missing. */
extern NeighbourLookup *neighbour_lookup(const Model *model, const UpliftModel *uplift);

extern Oid neighbour_id_type(const NeighbourLookup *lookup);
/* The sequence model that the model reads users by, too; NULL: none. */
extern const char *neighbour_behaviour(const NeighbourLookup *lookup);

extern const UpliftInputs *neighbour_inputs(const NeighbourLookup *lookup);

/*
 * Nodes by distance from the user, who is node 0. Edges say whom a node listens
 * to, so the list is of a directed graph. In the current memory context.
 */
typedef struct Neighbourhood
{
	size_t N;
	size_t within[UPLIFT_LAYERS_MAX + 1]; /* nodes at most that far away */
	float *feature;                       /* of N users, NaN = missing */
	Datum *id;                            /* N */
	size_t E;
	uint32_t *source, *target;
	float *weight;     /* NULL: all weigh the same, or there is no edge */
	uint8_t *relation; /* NULL: edges are all alike, or there is none */
} Neighbourhood;

/* NULL: there is no such user. */
extern Neighbourhood *neighbourhood_read(NeighbourLookup *lookup, Datum user, const UpliftNet *net);

#endif

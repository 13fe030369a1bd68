/*
 * The graph of users, from tables to plain arrays.
 *
 * Users become nodes 0, 1, 2, … in the order of their ids; edges become pairs
 * of numbers, an end that is no user GRAPH_UNKNOWN (uplift/pure/graph.h says what
 * becomes of such edges). Both tables are read once, as the invoker.
 */
#ifndef USERCLS_UPLIFT_GRAPHLOAD_H
#define USERCLS_UPLIFT_GRAPHLOAD_H

#include "uplift/pure/graph.h"
#include "server/source.h"
#include "uplift/arms.h"
#include "uplift/inputs.h"
#include "uplift/relations.h"
#include "uplift/request.h"

typedef enum GraphLoadExperiment
{
	LOAD_USERS,     /* features alone, without the edges */
	LOAD_FEATURES,  /* to score: treatment and outcome are not read */
	LOAD_EXPERIMENT /* to train or to evaluate */
} GraphLoadExperiment;

/* Belongs to the memory context of graph_load. */
typedef struct UserGraph
{
	size_t N, F;
	const UpliftInputs *inputs; /* what the F features are */
	Oid id_type;
	IdMap *ids;
	float *feature; /* N × F, NaN = missing */

	/* The experiment, or NULL. */
	const UpliftArms *arms;
	int8_t *arm;    /* N: 0 .. treatments, or UPLIFT_OUTSIDE */
	float *outcome; /* N: finite in the experiment */
	float *
		propensity; /* N: above 0 in the experiment, the chance of the user's own arm; NULL without such a column */
	size_t inside;            /* users in the experiment */
	size_t without_behaviour; /* users of whom it is not known */

	size_t E;
	size_t unknown;            /* edges with an end that is no user */
	uint32_t *source, *target; /* E: an edge lets its target listen to its source */
	float *weight;             /* E, or NULL */
	const UpliftRelations *relations;
	uint8_t *relation; /* E: RELATION_NONE for none of them; NULL where edges are all alike */

	size_t bytes; /* all of it */
	size_t peak;  /* and of what was there beside it while behaviour was read; 0: none was */
} UserGraph;

/* Some users, and the edges of some of these, as arrays of ids. More edges between the users may be read. */
typedef struct GraphPart
{
	Datum users, listeners;
} GraphPart;

/* What is read, and how strictly. */
typedef struct GraphLoad
{
	const UpliftRequest *from;
	const UpliftInputs *inputs;
	GraphLoadExperiment experiment;
	const UpliftArms *arms;           /* of LOAD_EXPERIMENT */
	const UpliftRelations *relations; /* unless LOAD_USERS */
	bool binary;                      /* outcomes other than 0 and 1 are an error */
	bool now;   /* behaviour up to the end of the data, to score; otherwise up to as_of */
	bool parts; /* a treatment or an outcome alone is kept, too; an outcome that is not known is NaN */
	bool whole; /* an error when row security would hide rows */
	const GraphPart *part; /* NULL: all of it */
	const char *what;      /* the work, in errors about memory: "training" */
} GraphLoad;

extern UserGraph *graph_load(const GraphLoad *load);

/* The weight of an edge: finite and not negative, or an error. */
extern float graphload_weight(const UpliftRequest *from, const SourceColumn *column, Datum value,
							  bool isnull);

/* The type of the user ids; domains are looked through. */
extern Oid graphload_id_type(const UpliftRequest *from);

/* What graphload_build needs to know of it. */
extern GraphSetup graphload_setup(const UserGraph *users, const UpliftRequest *from);

/* Build graph, carved by the caller for graphload_setup, cancellable; counts may be NULL. */
extern void graphload_build(Graph *graph, const UserGraph *users, const GraphSetup *setup,
							GraphCounts *counts);

#endif

/*
 * A mini-batch of an uplift training: some users and a sample of who surrounds them, as a graph of their own.
 *
 * The users come first, then those they listen to, then whom these listen to, L edges away; whoever is at the rim
 * listens to itself alone. Of a user's neighbours at most `fanout` are kept, drawn without replacement, each with a
 * weight that grew by neighbours / kept: so sums, and a user against its neighbours in a softmax, are right on
 * average. Degrees are those of the whole graph. (Hamilton, Ying and Leskovec 2017 draw likewise.) Of several relations
 * each is drawn from alone, and fewer of each, since what is around a user grows with all of them.
 *
 * The same users and the same generator give the same batch.
 */
#ifndef USERCLS_UPLIFT_PURE_SAMPLE_H
#define USERCLS_UPLIFT_PURE_SAMPLE_H

#include "uplift/pure/graph.h"
#include "nn/rng.h"

/* Users of a batch, at most and at least: one that draws more neighbours takes too long for one step. */
#define UPLIFT_BATCH_MAX 1024
#define UPLIFT_BATCH_MIN 64

/* Flat. */
typedef struct UpliftSampleSetup
{
	size_t layers;
	size_t users;     /* of a batch, at most */
	size_t fanout;    /* of each relation */
	size_t nodes;     /* that a batch can come to */
	GraphSetup graph; /* of a batch */
} UpliftSampleSetup;

/* users: of a batch, at most; the setup may have fewer. */
extern UpliftSampleSetup upliftsample_setup(size_t layers, size_t users, const GraphSetup *whole);

/* What changes lies in the block, but for graph.N, which is only right where upliftsample_draw was called. */
typedef struct UpliftSample
{
	UpliftSampleSetup setup;
	Graph graph;
	uint32_t *node;  /* setup.nodes: their numbers in the whole graph */
	uint32_t *place; /* of each node of the whole graph in the batch, or GRAPH_UNKNOWN */
} UpliftSample;

extern void upliftsample_carve(UpliftSample *sample, Arena *arena, const UpliftSampleSetup *setup, size_t N);

/* Before the first draw. */
extern void upliftsample_start(UpliftSample *sample, size_t N);

/* A batch of n different users, at most setup.users. */
extern void upliftsample_draw(UpliftSample *sample, const Graph *whole, const uint32_t *user, size_t n,
							  Rng *rng);

#endif

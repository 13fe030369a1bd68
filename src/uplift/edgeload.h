/* The edges of a graph, from their table to plain arrays. */
#ifndef USERCLS_UPLIFT_EDGELOAD_H
#define USERCLS_UPLIFT_EDGELOAD_H

#include "uplift/graphload.h"

/* Fills what users has of edges. */
extern void edges_load(UserGraph *users, const GraphLoad *load);

#endif

/* Neighbours of each node, side by side: what graph kernels read. */
#ifndef USERCLS_UPLIFT_PURE_ADJACENCY_H
#define USERCLS_UPLIFT_PURE_ADJACENCY_H

#include <stddef.h>
#include <stdint.h>

/* One direction: neighbours of node i are node[start[i]] .. node[start[i + 1] - 1], with one relation i itself among them. */
typedef struct Adjacency
{
	size_t *start;     /* N + 1 */
	uint32_t *node;    /* ascending within a row */
	float *log_weight; /* beside node; NULL when all weights are 1 */
} Adjacency;

#endif

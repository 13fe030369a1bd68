/* What a layer hears of all relations becomes m, and the gradient goes back. */
#ifndef USERCLS_UPLIFT_PURE_PARTS_H
#define USERCLS_UPLIFT_PURE_PARTS_H

#include <stddef.h>

#include "nn/real.h"

/* What a layer hears: its parts, of which some may be NULL. */
typedef struct Parts
{
	const real *restrict att; /* n × R × H */
	const real *restrict sum, *restrict gain;
	const real *restrict degree, *restrict weight;
	const real *restrict own; /* n × H */
	const real *restrict bias;
	size_t R, H;
} Parts;

/* m (n × H) = tanh of the sum of the parts that there are, over all relations. */
extern void parts_sum(real *restrict m, const Parts *parts, size_t n);

/* dm becomes the gradient before m = tanh(...), which all parts share; the bias is one of them. */
extern void parts_backward(real *restrict dm, real *restrict dbias, const real *restrict m, size_t n,
						   size_t H);

#endif

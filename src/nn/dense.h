/* A linear layer with PyTorch's shapes: y (B × O) = x (B × I) · wᵀ + b, w is O × I. */
#ifndef USERCLS_NN_DENSE_H
#define USERCLS_NN_DENSE_H

#include <stddef.h>

#include "nn/real.h"

extern void dense_forward(real *y, const real *x, const real *w, const real *b, size_t B, size_t I, size_t O);

/* dx may be NULL. */
extern void dense_backward(real *dx, real *dw, real *db, const real *dy, const real *x, const real *w,
						   size_t B, size_t I, size_t O);

#endif

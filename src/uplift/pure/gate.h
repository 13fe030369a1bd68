/*
 * The gated depth of a graph network: a memory over layers (GeniePath, Liu et al. 2019).
 *
 *   [i | f | o | c] = m Wᵀ + b;  C = σ(f) ⊙ C_before + σ(i) ⊙ tanh(c);  h = σ(o) ⊙ tanh(C)
 *
 * for n rows: m, h and C are n × H, W is 4H × H, and gate (n × 4H) keeps the activated gates for the backward pass.
 */
#ifndef USERCLS_UPLIFT_PURE_GATE_H
#define USERCLS_UPLIFT_PURE_GATE_H

#include <stddef.h>

#include "nn/real.h"

/* before is NULL at the first layer (zeros); memory may be the same array. */
extern void gate_forward(real *h, real *memory, real *gate, const real *m, const real *before, const real *w,
						 const real *b, size_t n, size_t H);

/*
 * gate is overwritten with its own gradient before activation. dm and dbefore (NULL with before) are overwritten,
 * not added to; dbefore may be memory. dmemory: what flows in from the next layer, NULL for nothing.
 */
extern void gate_backward(real *dm, real *dbefore, real *dw, real *db, real *gate, const real *dh,
						  const real *dmemory, const real *memory, const real *before, const real *m,
						  const real *w, size_t n, size_t H);

#endif

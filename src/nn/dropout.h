/*
 * Dropout (Srivastava et al. 2014), inverted: what is kept is scaled by 1 / (1 - p) while training, so that scoring
 * needs no factor.
 */
#ifndef USERCLS_NN_DROPOUT_H
#define USERCLS_NN_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"
#include "nn/rng.h"

/* x in place; keep (n): 1 where the value was kept, 0 where it was dropped, for backward. */
extern void dropout_forward(real *x, uint8_t *keep, Rng *rng, double p, size_t n);
extern void dropout_backward(real *dx, const uint8_t *keep, double p, size_t n);

/*
 * n factors, each 0 with probability p and otherwise 1 / (1 - p): drawn once for all steps of a sequence, so that
 * whole channels are dropped (Tompson et al. 2015). Neighbouring steps say nearly the same: one that is left out
 * alone would hardly be missed.
 */
extern void dropout_draw(real *factor, Rng *rng, double p, size_t n);

/*
 * x *= factor, for the output of a relu. Its backward is that of the relu times 1 / (1 - p): nothing flows where x is 0,
 * and a dropped channel is 0.
 */
extern void dropout_apply(real *x, const real *factor, size_t n);

#endif

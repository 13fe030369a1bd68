/* Dropout (Srivastava et al. 2014), inverted: what is kept is scaled by 1 / (1 - p), so scoring does nothing.
 */
#ifndef USERCLS_NN_DROPOUT_H
#define USERCLS_NN_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"
#include "nn/rng.h"

/* x in place; keep (n) tells backward what was kept. */
extern void dropout_forward(real *x, uint8_t *keep, Rng *rng, double p, size_t n);
extern void dropout_backward(real *dx, const uint8_t *keep, double p, size_t n);

/*
 * Whole channels of a sequence (Tompson et al. 2015): neighbouring steps say nearly the same, so that a step left
 * out alone is hardly missed. factor (n) becomes 0 or 1 / (1 - p), once for all steps.
 */
extern void dropout_draw(real *factor, Rng *rng, double p, size_t n);

/* x *= factor, for relu's output: where a channel is dropped it is 0, which is all that backward has to know. */
extern void dropout_apply(real *x, const real *factor, size_t n);

#endif

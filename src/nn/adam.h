/*
 * AdamW (Loshchilov and Hutter 2019), in PyTorch's form, and what goes with it.
 */
#ifndef USERCLS_NN_ADAM_H
#define USERCLS_NN_ADAM_H

#include <stddef.h>

#include "nn/real.h"

typedef struct AdamStep
{
	double learning_rate;
	double weight_decay;   /* decoupled: w shrinks by learning_rate · weight_decay */
	double gradient_scale; /* what dw is multiplied by: from adam_clip */
	size_t step;           /* 1-based */
} AdamStep;

/* One step on n weights; m and v start at zero. */
extern void adam_update(real *w, real *m, real *v, const real *dw, const AdamStep *step, size_t n);

/* Σ x² in a fixed order. */
extern double adam_square_norm(const real *x, size_t n);

/* The factor that keeps a gradient of this norm within limit; limit 0 is no limit. */
extern double adam_clip(double norm, double limit);

/*
 * The learning rate at step (0-based) of `steps`: rises linearly over the first `warmup` steps, then stays,
 * or falls along half a cosine to a hundredth (Loshchilov and Hutter 2017).
 */
extern double adam_schedule(double learning_rate, size_t step, size_t warmup, size_t steps, int cosine);

#endif

/*
 * AdamW:
 *
 *   g = gradient_scale · dw
 *   m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²
 *   w = (1 - rate · decay) w - rate / (1 - β1^step) · m / (sqrt(v / (1 - β2^step)) + ε)
 */
#include "nn/adam.h"

#include <math.h>

#define BETA1 0.9
#define BETA2 0.999
#define EPSILON 1e-8

USERCLS_CLONES void
adam_update(real *restrict w, real *restrict m, real *restrict v, const real *restrict dw,
			const AdamStep *restrict step, size_t n)
{
	const double correct1 = 1.0 - pow(BETA1, (double) step->step);
	const double correct2 = 1.0 - pow(BETA2, (double) step->step);
	const real scale = (real) step->gradient_scale;
	const real keep = (real) (1.0 - step->learning_rate * step->weight_decay);
	const real rate = (real) (step->learning_rate / correct1);
	const real root = (real) (1.0 / sqrt(correct2));
	const real b1 = (real) BETA1;
	const real b2 = (real) BETA2;
	const real epsilon = (real) EPSILON;

	for (size_t i = 0; i < n; i++)
	{
		const real g = scale * dw[i];

		m[i] = b1 * m[i] + (1 - b1) * g;
		v[i] = b2 * v[i] + (1 - b2) * g * g;
#ifdef USERCLS_DOUBLE
		w[i] = keep * w[i] - rate * m[i] / (sqrt(v[i]) * root + epsilon);
#else
		w[i] = keep * w[i] - rate * m[i] / (sqrtf(v[i]) * root + epsilon);
#endif
	}
}

/* Eight partial sums, added up in one order: the same bits whatever the vector unit is. */
USERCLS_CLONES double
adam_square_norm(const real *x, size_t n)
{
	double part[8] = {0};

	for (; n >= 8; n -= 8, x += 8)
		for (size_t i = 0; i < 8; i++)
			part[i] += (double) x[i] * (double) x[i];
	for (size_t i = 0; i < n; i++)
		part[i] += (double) x[i] * (double) x[i];
	return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

double
adam_clip(double norm, double limit)
{
	return limit > 0 && norm > limit ? limit / norm : 1.0;
}

double
adam_schedule(double learning_rate, size_t step, size_t warmup, size_t steps, int cosine)
{
	if (step < warmup)
		return learning_rate * (double) (step + 1) / (double) warmup;
	if (!cosine || steps <= warmup)
		return learning_rate;

	const double passed = (double) (step - warmup) / (double) (steps - warmup);

	return learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + cos(3.141592653589793 * passed)));
}

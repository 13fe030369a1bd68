#include "nn/dropout.h"

USERCLS_CLONES static void
scale_kept(real *restrict x, const uint8_t *restrict keep, real scale, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= (real) keep[i] * scale;
}

void
dropout_forward(real *x, uint8_t *keep, Rng *rng, double p, size_t n)
{
	const uint64_t below = (uint64_t) (p * 65536.0);

	/* Each draw of 64 bits decides four values: sixteen bits are enough for a probability. */
	for (size_t i = 0; i < n; i += 4)
	{
		uint64_t bits = rng_next(rng);

		for (size_t j = i; j < n && j < i + 4; j++, bits >>= 16)
			keep[j] = (bits & 0xffff) >= below;
	}
	scale_kept(x, keep, (real) (1.0 / (1.0 - p)), n);
}

void
dropout_backward(real *dx, const uint8_t *keep, double p, size_t n)
{
	scale_kept(dx, keep, (real) (1.0 / (1.0 - p)), n);
}

void
dropout_draw(real *factor, Rng *rng, double p, size_t n)
{
	const real scale = (real) (1.0 / (1.0 - p));

	for (size_t i = 0; i < n; i++)
		factor[i] = rng_uniform(rng) >= p ? scale : 0;
}

USERCLS_CLONES void
dropout_apply(real *restrict x, const real *restrict factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= factor[i];
}

/* Attention without edges: a node listens to itself alone, and a softmax over one neighbour is 1. There is one relation. */
#include "uplift/pure/gat.h"

/* The factor by which dropout multiplies what row i says to itself: that of the self-loop in gat_forward(). */
static inline real
own_factor(const Gat *gat, size_t i, size_t k)
{
	const uint32_t node = (uint32_t) i;

	if (!(gat->drop > 0))
		return 1;
	return drop_factor(drop_hash(drop_hash(drop_hash(gat->key + node) + node) + (uint32_t) k), gat->drop);
}

USERCLS_CLONES void
gat_alone(real *att, real *sum, const Gat *gat, size_t from, size_t n)
{
	const size_t H = gat->H;
	const size_t A = H / gat->K;

	for (size_t r = 0; r < n; r++)
	{
		const real *value = gat->pair + (from + r) * 2 * H + H;

		for (size_t k = 0; gat->attend && k < gat->K; k++)
		{
			const real factor = own_factor(gat, from + r, k);

			for (size_t c = k * A; c < (k + 1) * A; c++)
				att[r * H + c] = factor * value[c];
		}
		for (size_t c = 0; gat->sum && c < H; c++)
			sum[r * H + c] = *gat->sum_scale * value[c];
	}
}

USERCLS_CLONES void
gat_alone_backward(real *dv, const Gat *gat, size_t from, size_t n)
{
	const size_t H = gat->H;
	const size_t A = H / gat->K;

	for (size_t r = 0; r < n; r++)
	{
		const real *datt = gat->own + (from + r) * gat->own_stride + H;

		for (size_t k = 0; k < gat->K; k++)
		{
			const real factor = gat->attend ? own_factor(gat, from + r, k) : 0;

			for (size_t c = k * A; c < (k + 1) * A; c++)
				dv[r * H + c] = factor * datt[c];
		}
		for (size_t c = 0; gat->sum && c < H; c++)
			dv[r * H + c] += *gat->sum_scale * gat->gain[c] * datt[c];
	}
}

#include "uplift/pure/parts.h"

#include <string.h>

#include "nn/act.h"

/* row += factor ⊙ x. Pointers are arguments, since the compiler does not vectorise over those of a struct. */
static inline __attribute__((always_inline)) void
add_product(real *restrict row, const real *restrict factor, const real *restrict x, size_t H)
{
	for (size_t c = 0; c < H; c++)
		row[c] += factor[c] * x[c];
}

static inline __attribute__((always_inline)) void
add_scaled(real *restrict row, real scale, const real *restrict x, size_t H)
{
	for (size_t c = 0; c < H; c++)
		row[c] += scale * x[c];
}

static inline __attribute__((always_inline)) void
add_bias_tanh(real *restrict row, const real *restrict bias, size_t H)
{
	for (size_t c = 0; c < H; c++)
		row[c] = act_tanh(row[c] + bias[c]);
}

/* A loop for each part: one loop that asks which there are does not vectorise. */
USERCLS_CLONES void
parts_sum(real *restrict m, const Parts *parts, size_t n)
{
	const size_t H = parts->H;
	const size_t R = parts->R;

	for (size_t i = 0; i < n; i++)
	{
		real *row = m + i * H;

		if (parts->att)
			memcpy(row, parts->att + i * R * H, H * sizeof(real));
		else
			memset(row, 0, H * sizeof(real));
		for (size_t r = 0; r < R; r++)
		{
			const size_t at = i * R + r;

			if (parts->att && r > 0)
				add_scaled(row, 1, parts->att + at * H, H);
			if (parts->sum)
				add_product(row, parts->gain + r * H, parts->sum + at * H, H);
			if (parts->degree)
				add_scaled(row, parts->degree[at], parts->weight + r * H, H);
		}
		if (parts->own)
			add_scaled(row, 1, parts->own + i * H, H);
		add_bias_tanh(row, parts->bias, H);
	}
}

USERCLS_CLONES void
parts_backward(real *restrict dm, real *restrict dbias, const real *restrict m, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++)
		for (size_t c = 0; c < H; c++)
		{
			const size_t i = r * H + c;

			dm[i] *= 1 - m[i] * m[i];
			dbias[c] += dm[i];
		}
}

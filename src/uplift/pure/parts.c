#include "uplift/pure/parts.h"

#include <string.h>

#include "nn/act.h"

/* Add to a row what it hears by row i of the parts, of a relation that comes r-th. */
static inline void
add_relation(real *restrict row, const Parts *parts, size_t i, size_t r)
{
	const size_t H = parts->H;

	for (size_t c = 0; parts->sum && c < H; c++)
		row[c] += parts->gain[r * H + c] * parts->sum[i * H + c];
	for (size_t c = 0; parts->degree && c < H; c++)
		row[c] += parts->degree[i] * parts->weight[r * H + c];
}

/* A loop for each part: one loop that asks which there are does not vectorise. */
USERCLS_CLONES void
parts_sum(real *restrict m, const Parts *parts, size_t n)
{
	const size_t H = parts->H;
	const size_t R = parts->R;

	for (size_t i = 0; i < n; i++)
	{
		real *restrict row = m + i * H;

		if (parts->att)
			memcpy(row, parts->att + i * R * H, H * sizeof(real));
		else
			memset(row, 0, H * sizeof(real));
		add_relation(row, parts, i * R, 0);
		for (size_t r = 1; r < R; r++)
		{
			for (size_t c = 0; parts->att && c < H; c++)
				row[c] += parts->att[(i * R + r) * H + c];
			add_relation(row, parts, i * R + r, r);
		}
		for (size_t c = 0; parts->own && c < H; c++)
			row[c] += parts->own[i * H + c];
		for (size_t c = 0; c < H; c++)
			row[c] = act_tanh(row[c] + parts->bias[c]);
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

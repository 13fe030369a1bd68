#include "nn/pool.h"

#include <string.h>

#include "nn/act.h"

void
pool_carve(Pool *pool, Arena *arena, size_t rows, size_t B)
{
	pool->first = ARENA_TAKE(arena, size_t, B);
	pool->best = pool->kind == POOLING_MAX ? ARENA_TAKE(arena, uint32_t, B * pool->D) : NULL;
	pool->share = pool->kind == POOLING_ATTENTION ? ARENA_TAKE(arena, real, rows) : NULL;
	pool->sum = pool->kind == POOLING_ATTENTION ? ARENA_TAKE(arena, real, B) : NULL;
}

/* Where y has what pooling `last` takes of sequence b: two pieces of a row. */
static size_t
last_row(const Pool *pool, const Steps *steps, size_t b, bool reverse)
{
	return steps->row[reverse ? pool->first[b] : steps->T - 1] + b;
}

static void
last_forward(Pool *pool, real *out, const real *y, const Steps *steps)
{
	const size_t D = pool->D;
	const size_t half = pool->forward;

	for (size_t b = 0; b < steps->B; b++)
	{
		memcpy(out + b * D, y + last_row(pool, steps, b, false) * D, half * sizeof(real));
		memcpy(out + b * D + half, y + last_row(pool, steps, b, true) * D + half, (D - half) * sizeof(real));
	}
}

static void
last_backward(Pool *pool, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pool->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			dy[last_row(pool, steps, b, j >= pool->forward) * D + j] += dout[b * D + j];
}

static void
mean_forward(Pool *pool, real *out, const real *y, const Steps *steps)
{
	const size_t D = pool->D;

	memset(out, 0, steps->B * D * sizeof(real));
	for (size_t t = 0; t < steps->T; t++)
		for (size_t i = 0; i < steps_active(steps, t) * D; i++)
			out[i] += y[steps->row[t] * D + i];
	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			out[b * D + j] /= (real) (steps->T - pool->first[b]);
}

static void
mean_backward(Pool *pool, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pool->D;

	for (size_t b = 0; b < steps->B; b++)
	{
		const real share = 1 / (real) (steps->T - pool->first[b]);

		for (size_t t = pool->first[b]; t < steps->T; t++)
			for (size_t j = 0; j < D; j++)
				dy[(steps->row[t] + b) * D + j] += share * dout[b * D + j];
	}
}

static void
max_forward(Pool *pool, real *out, const real *y, const Steps *steps)
{
	const size_t D = pool->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const real *v = y + (steps->row[t] + b) * D;

			for (size_t j = 0; j < D; j++)
				if (t == pool->first[b] || v[j] > out[b * D + j])
				{
					out[b * D + j] = v[j];
					pool->best[b * D + j] = (uint32_t) t;
				}
		}
}

static void
max_backward(Pool *pool, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pool->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			dy[(steps->row[pool->best[b * D + j]] + b) * D + j] += dout[b * D + j];
}

static real
dot(const real *a, const real *b, size_t n)
{
	real sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static void
attention_forward(Pool *pool, real *out, const real *y, const real *w, const Steps *steps)
{
	const size_t D = pool->D;

	memset(out, 0, steps->B * D * sizeof(real));
	for (size_t b = 0; b < steps->B; b++)
	{
		real most = 0;
		real sum = 0;

		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pool->share[r] = dot(y + r * D, w, D);
			if (t == pool->first[b] || pool->share[r] > most)
				most = pool->share[r];
		}
		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pool->share[r] = act_exp(pool->share[r] - most);
			sum += pool->share[r];
		}
		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pool->share[r] /= sum;
			for (size_t j = 0; j < D; j++)
				out[b * D + j] += pool->share[r] * y[r * D + j];
		}
	}
}

static void
attention_backward(Pool *pool, real *dy, real *dw, const real *dout, const real *y, const real *w,
				   const Steps *steps)
{
	const size_t D = pool->D;

	for (size_t b = 0; b < steps->B; b++)
	{
		real mean = 0;

		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			mean += pool->share[r] * dot(dout + b * D, y + r * D, D);
		}
		for (size_t t = pool->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;
			const real ds = pool->share[r] * (dot(dout + b * D, y + r * D, D) - mean);

			for (size_t j = 0; j < D; j++)
			{
				dy[r * D + j] += pool->share[r] * dout[b * D + j] + ds * w[j];
				dw[j] += ds * y[r * D + j];
			}
		}
	}
}

void
pool_forward(Pool *pool, real *out, const real *y, const real *w, const Steps *steps)
{
	for (size_t t = 0, b = 0; t < steps->T; t++)
		for (; b < steps_active(steps, t); b++)
			pool->first[b] = t;

	switch ((Pooling) pool->kind)
	{
		case POOLING_LAST:
			last_forward(pool, out, y, steps);
			return;
		case POOLING_MEAN:
			mean_forward(pool, out, y, steps);
			return;
		case POOLING_MAX:
			max_forward(pool, out, y, steps);
			return;
		case POOLING_ATTENTION:
			attention_forward(pool, out, y, w, steps);
			return;
	}
}

void
pool_backward(Pool *pool, real *dy, real *dw, const real *dout, const real *y, const real *w,
			  const Steps *steps)
{
	switch ((Pooling) pool->kind)
	{
		case POOLING_LAST:
			last_backward(pool, dy, dout, steps);
			return;
		case POOLING_MEAN:
			mean_backward(pool, dy, dout, steps);
			return;
		case POOLING_MAX:
			max_backward(pool, dy, dout, steps);
			return;
		case POOLING_ATTENTION:
			attention_backward(pool, dy, dw, dout, y, w, steps);
			return;
	}
}

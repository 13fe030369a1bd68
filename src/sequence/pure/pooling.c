/*
 * One vector of D numbers for each sequence b, over its own steps first[b] .. T - 1:
 *
 *   last: y at the last step, and of a reverse direction at the first one;  mean: Σ y / steps;  max: the largest y
 *   attention: share = softmax over the steps of y · w;  Σ share y
 */
#include "sequence/pure/pooling.h"

#include <string.h>

#include "nn/act.h"

void
pooling_carve(Pooling *pooling, Arena *arena, size_t rows, size_t B)
{
	pooling->first = ARENA_TAKE(arena, size_t, B);
	pooling->best = pooling->kind == POOLING_MAX ? ARENA_TAKE(arena, uint32_t, B * pooling->D) : NULL;
	pooling->share = pooling->kind == POOLING_ATTENTION ? ARENA_TAKE(arena, real, rows) : NULL;
	pooling->sum = pooling->kind == POOLING_ATTENTION ? ARENA_TAKE(arena, real, B) : NULL;
}

/*
 * The row of y that pooling `last` takes of sequence b: the last step; for the columns of a reverse direction the
 * first.
 */
static size_t
last_row(const Pooling *pooling, const Steps *steps, size_t b, bool reverse)
{
	return steps->row[reverse ? pooling->first[b] : steps->T - 1] + b;
}

static void
last_forward(Pooling *pooling, real *out, const real *y, const Steps *steps)
{
	const size_t D = pooling->D;
	const size_t half = pooling->forward;

	for (size_t b = 0; b < steps->B; b++)
	{
		memcpy(out + b * D, y + last_row(pooling, steps, b, false) * D, half * sizeof(real));
		memcpy(out + b * D + half, y + last_row(pooling, steps, b, true) * D + half,
			   (D - half) * sizeof(real));
	}
}

static void
last_backward(Pooling *pooling, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pooling->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			dy[last_row(pooling, steps, b, j >= pooling->forward) * D + j] += dout[b * D + j];
}

static void
mean_forward(Pooling *pooling, real *out, const real *y, const Steps *steps)
{
	const size_t D = pooling->D;

	memset(out, 0, steps->B * D * sizeof(real));
	for (size_t t = 0; t < steps->T; t++)
		for (size_t i = 0; i < steps_active(steps, t) * D; i++)
			out[i] += y[steps->row[t] * D + i];
	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			out[b * D + j] /= (real) (steps->T - pooling->first[b]);
}

static void
mean_backward(Pooling *pooling, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pooling->D;

	for (size_t b = 0; b < steps->B; b++)
	{
		const real share = 1 / (real) (steps->T - pooling->first[b]);

		for (size_t t = pooling->first[b]; t < steps->T; t++)
			for (size_t j = 0; j < D; j++)
				dy[(steps->row[t] + b) * D + j] += share * dout[b * D + j];
	}
}

static void
max_forward(Pooling *pooling, real *out, const real *y, const Steps *steps)
{
	const size_t D = pooling->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const real *v = y + (steps->row[t] + b) * D;

			for (size_t j = 0; j < D; j++)
				if (t == pooling->first[b] || v[j] > out[b * D + j])
				{
					out[b * D + j] = v[j];
					pooling->best[b * D + j] = (uint32_t) t;
				}
		}
}

static void
max_backward(Pooling *pooling, real *dy, const real *dout, const Steps *steps)
{
	const size_t D = pooling->D;

	for (size_t b = 0; b < steps->B; b++)
		for (size_t j = 0; j < D; j++)
			dy[(steps->row[pooling->best[b * D + j]] + b) * D + j] += dout[b * D + j];
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
attention_forward(Pooling *pooling, real *out, const real *y, const real *w, const Steps *steps)
{
	const size_t D = pooling->D;

	memset(out, 0, steps->B * D * sizeof(real));
	for (size_t b = 0; b < steps->B; b++)
	{
		real most = 0;
		real sum = 0;

		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pooling->share[r] = dot(y + r * D, w, D);
			if (t == pooling->first[b] || pooling->share[r] > most)
				most = pooling->share[r];
		}
		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pooling->share[r] = act_exp(pooling->share[r] - most);
			sum += pooling->share[r];
		}
		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			pooling->share[r] /= sum;
			for (size_t j = 0; j < D; j++)
				out[b * D + j] += pooling->share[r] * y[r * D + j];
		}
	}
}

static void
attention_backward(Pooling *pooling, real *dy, real *dw, const real *dout, const real *y, const real *w,
				   const Steps *steps)
{
	const size_t D = pooling->D;

	for (size_t b = 0; b < steps->B; b++)
	{
		real mean = 0;

		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;

			mean += pooling->share[r] * dot(dout + b * D, y + r * D, D);
		}
		for (size_t t = pooling->first[b]; t < steps->T; t++)
		{
			const size_t r = steps->row[t] + b;
			const real ds = pooling->share[r] * (dot(dout + b * D, y + r * D, D) - mean);

			for (size_t j = 0; j < D; j++)
			{
				dy[r * D + j] += pooling->share[r] * dout[b * D + j] + ds * w[j];
				dw[j] += ds * y[r * D + j];
			}
		}
	}
}

void
pooling_forward(Pooling *pooling, real *out, const real *y, const real *w, const Steps *steps)
{
	for (size_t t = 0, b = 0; t < steps->T; t++)
		for (; b < steps_active(steps, t); b++)
			pooling->first[b] = t;

	switch ((PoolingKind) pooling->kind)
	{
		case POOLING_LAST:
			last_forward(pooling, out, y, steps);
			return;
		case POOLING_MEAN:
			mean_forward(pooling, out, y, steps);
			return;
		case POOLING_MAX:
			max_forward(pooling, out, y, steps);
			return;
		case POOLING_ATTENTION:
			attention_forward(pooling, out, y, w, steps);
			return;
	}
}

void
pooling_backward(Pooling *pooling, real *dy, real *dw, const real *dout, const real *y, const real *w,
				 const Steps *steps)
{
	switch ((PoolingKind) pooling->kind)
	{
		case POOLING_LAST:
			last_backward(pooling, dy, dout, steps);
			return;
		case POOLING_MEAN:
			mean_backward(pooling, dy, dout, steps);
			return;
		case POOLING_MAX:
			max_backward(pooling, dy, dout, steps);
			return;
		case POOLING_ATTENTION:
			attention_backward(pooling, dy, dw, dout, y, w, steps);
			return;
	}
}

/*
 * Batch normalisation of the needed rows of a chunk:
 *
 *   training: mean, var = those of the chunk's needed rows;  otherwise the stored ones, folded into the convolution
 *   hat = (x - mean) / sd;  y = gain hat + shift
 *   backward: dgain += Σ dy hat;  dshift += Σ dy;  dx = gain / sd (dy - mean of dy - hat · mean of dy hat)
 *
 * The gradients of the stored mean and var take what the chunk had: the training averages them
 * (sequence_follow_measure).
 */
#include "sequence/pure/norm.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-5 /* PyTorch's */

void
norm_carve_weights(Norm *norm, Arena *arena)
{
	real **const packed[] = {&norm->gain,    &norm->shift, &norm->mean,
							 &norm->inverse, &norm->scale, &norm->offset};

	for (size_t i = 0; norm->H && i < sizeof(packed) / sizeof(packed[0]); i++)
		*packed[i] = ARENA_TAKE(arena, real, norm->H);
}

void
norm_carve_work(Norm *norm, Arena *arena, size_t rows, bool training)
{
	real **const chunk[] = {&norm->chunk_mean,  &norm->chunk_var,   &norm->chunk_inverse,
							&norm->chunk_scale, &norm->step_sum[0], &norm->step_sum[1]};

	norm->hat = NULL;
	if (norm->H == 0 || !training)
		return;
	norm->hat = ARENA_TAKE(arena, real, rows * norm->H);
	for (size_t i = 0; i < sizeof(chunk) / sizeof(chunk[0]); i++)
		*chunk[i] = ARENA_TAKE(arena, real, norm->H);
	for (int i = 0; i < 2; i++)
		norm->sum[i] = ARENA_TAKE(arena, double, norm->H);
}

static real
inverse_of(double variance)
{
	return (real) (1.0 / sqrt(variance + EPSILON));
}

void
norm_pack(Norm *norm, const NormTensors *tensors)
{
	const size_t H = norm->H;

	if (H == 0)
		return;
	memcpy(norm->gain, tensors->gain, H * sizeof(real));
	memcpy(norm->shift, tensors->shift, H * sizeof(real));
	memcpy(norm->mean, tensors->mean, H * sizeof(real));
	for (size_t j = 0; j < H; j++)
	{
		norm->inverse[j] = inverse_of((double) tensors->var[j]);
		norm->scale[j] = norm->gain[j] * norm->inverse[j];
		norm->offset[j] = norm->shift[j] - norm->mean[j] * norm->scale[j];
	}
}

USERCLS_CLONES static void
add_step(real *restrict sum, real *restrict product, const real *a, const real *b, size_t n, size_t H)
{
	memset(sum, 0, H * sizeof(real));
	memset(product, 0, H * sizeof(real));
	for (size_t r = 0; r < n; r++, a += H, b += H)
		for (size_t j = 0; j < H; j++)
		{
			sum[j] += a[j];
			product[j] += a[j] * b[j];
		}
}

/* norm->sum = Σ a and Σ a b over the needed rows, added up step by step; returns the number of rows. */
static double
add_up(Norm *norm, const real *a, const real *b, const uint8_t *need, const Steps *steps)
{
	const size_t H = norm->H;
	size_t rows = 0;

	for (int i = 0; i < 2; i++)
		memset(norm->sum[i], 0, H * sizeof(double));
	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t at = steps->row[t] * H;

		if (!need[t])
			continue;
		add_step(norm->step_sum[0], norm->step_sum[1], a + at, b + at, steps_active(steps, t), H);
		rows += steps_active(steps, t);
		for (int i = 0; i < 2; i++)
			for (size_t j = 0; j < H; j++)
				norm->sum[i][j] += (double) norm->step_sum[i][j];
	}
	return (double) rows;
}

USERCLS_CLONES static void
centre_rows(real *restrict hat, const real *restrict y, const real *restrict mean, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++, y += H, hat += H)
		for (size_t j = 0; j < H; j++)
			hat[j] = y[j] - mean[j];
}

USERCLS_CLONES static void
finish_rows(real *restrict y, real *restrict hat, const real *restrict inverse, const real *restrict gain,
			const real *restrict shift, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++, y += H, hat += H)
		for (size_t j = 0; j < H; j++)
		{
			hat[j] *= inverse[j];
			y[j] = gain[j] * hat[j] + shift[j];
		}
}

static void
centre(Norm *norm, const real *y, const real *mean, const uint8_t *need, const Steps *steps)
{
	const size_t H = norm->H;

	for (size_t t = 0; t < steps->T; t++)
		if (need[t])
			centre_rows(norm->hat + steps->row[t] * H, y + steps->row[t] * H, mean, steps_active(steps, t),
						H);
}

/* The chunk's mean, variance, 1 / sd and gain / sd; leaves hat = x - mean. */
static void
measure_chunk(Norm *norm, const real *y, const uint8_t *need, const Steps *steps)
{
	const size_t H = norm->H;
	const double n = add_up(norm, y, y, need, steps);

	for (size_t j = 0; j < H; j++)
		norm->chunk_mean[j] = (real) (norm->sum[0][j] / n);
	centre(norm, y, norm->chunk_mean, need, steps);
	add_up(norm, norm->hat, norm->hat, need, steps);
	for (size_t j = 0; j < H; j++)
	{
		norm->chunk_var[j] = (real) (norm->sum[1][j] / n);
		norm->chunk_inverse[j] = inverse_of(norm->sum[1][j] / n);
		norm->chunk_scale[j] = norm->gain[j] * norm->chunk_inverse[j];
	}
}

void
norm_forward(Norm *norm, real *y, const uint8_t *need, const Steps *steps, bool batch)
{
	const size_t H = norm->H;

	if (batch)
		measure_chunk(norm, y, need, steps);
	else
		centre(norm, y, norm->mean, need, steps);
	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t at = steps->row[t] * H;

		if (need[t])
			finish_rows(y + at, norm->hat + at, batch ? norm->chunk_inverse : norm->inverse, norm->gain,
						norm->shift, steps_active(steps, t), H);
	}
}

USERCLS_CLONES static void
backward_rows(real *restrict dy, const real *restrict hat, const real *restrict scale,
			  const real *restrict mean, const real *restrict slope, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++, dy += H, hat += H)
		for (size_t j = 0; j < H; j++)
			dy[j] = scale[j] * (dy[j] - mean[j] - hat[j] * slope[j]);
}

/* By stored statistics, which do not depend on x, both means are 0. */
void
norm_backward(Norm *norm, const NormTensors *d, real *dy, const uint8_t *need, const Steps *steps, bool batch)
{
	const size_t H = norm->H;
	const double n = add_up(norm, dy, norm->hat, need, steps);
	real *mean = norm->step_sum[0];
	real *slope = norm->step_sum[1];

	for (size_t j = 0; j < H; j++)
	{
		d->shift[j] += (real) norm->sum[0][j];
		d->gain[j] += (real) norm->sum[1][j];
		mean[j] = batch ? (real) (norm->sum[0][j] / n) : 0;
		slope[j] = batch ? (real) (norm->sum[1][j] / n) : 0;
		if (!batch)
			continue;
		d->mean[j] += norm->chunk_mean[j];
		d->var[j] += norm->chunk_var[j];
	}
	for (size_t t = 0; t < steps->T; t++)
		if (need[t])
			backward_rows(dy + steps->row[t] * H, norm->hat + steps->row[t] * H,
						  batch ? norm->chunk_scale : norm->scale, mean, slope, steps_active(steps, t), H);
}

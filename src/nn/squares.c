/*
 * Cholesky's factor of the products of columns and target, a row of it after the other:
 *
 *   foreach column j before i:  L[i, j] = (S[i, j] - L[i, ..] · L[j, ..]) / L[j, j]
 *   L[i, i] = sqrt(S[i, i] - L[i, ..] · L[i, ..]), or 0 where next to nothing remains: the column is left out
 *   the target's row is L⁻¹ Xᵀ y;  weights = L⁻ᵀ of it
 */
#include "nn/squares.h"

#include <math.h>
#include <string.h>

#include "nn/blas.h"

#define ROWS 64 /* are multiplied together */

/* The share of its square that a column must add to those before it: less is rounding. */
#define ADDS 1e-9

void
squares_carve(Squares *fit, Arena *arena, size_t P)
{
	*fit = (Squares){.P = P};
	fit->root = (double *) arena_take(arena, P + 1, (P + 1) * sizeof(double));
	fit->row = (double *) arena_take(arena, ROWS, (P + 1) * sizeof(double));
	fit->weight = ARENA_TAKE(arena, double, P);
}

void
squares_begin(Squares *fit)
{
	const size_t width = fit->P + 1;

	memset(fit->root, 0, width * width * sizeof(double));
	fit->waiting = fit->rows = fit->kept = fit->at = 0;
}

static void
multiply(Squares *fit)
{
	blas_products(fit->root, fit->row, fit->waiting, fit->P + 1);
	fit->waiting = 0;
}

double *
squares_row(Squares *fit)
{
	if (fit->waiting == ROWS)
		multiply(fit);
	fit->rows++;
	return fit->row + fit->waiting++ * (fit->P + 1);
}

static void
factor_row(Squares *fit, size_t i)
{
	const size_t width = fit->P + 1;
	double *row = fit->root + i * width;

	for (size_t j = 0; j < i; j++)
	{
		const double *other = fit->root + j * width;

		row[j] = other[j] > 0 ? (row[j] - blas_dot(row, other, j)) / other[j] : 0;
	}

	const double rest = row[i] - blas_dot(row, row, i);

	row[i] = rest > ADDS * row[i] ? sqrt(rest) : 0;
	fit->kept += i < fit->P && row[i] > 0;
}

static void
find_weights(Squares *fit)
{
	const size_t width = fit->P + 1;
	const double *target = fit->root + fit->P * width;

	memcpy(fit->weight, target, fit->P * sizeof(double));
	for (size_t i = fit->P; i-- > 0;)
	{
		const double *row = fit->root + i * width;

		fit->weight[i] = row[i] > 0 ? fit->weight[i] / row[i] : 0;
		for (size_t j = 0; j < i; j++)
			fit->weight[j] -= fit->weight[i] * row[j];
	}
}

bool
squares_step(Squares *fit)
{
	if (fit->at == 0)
		multiply(fit);
	factor_row(fit, fit->at++);
	if (fit->at <= fit->P)
		return true;
	find_weights(fit);
	return false;
}

bool
squares_left_out(const Squares *fit, size_t column)
{
	return !(fit->root[column * (fit->P + 1) + column] > 0);
}

/* Columns e of L⁻¹ one after the other, in the rows of out; then their products. */
void
squares_inverse(double *out, const Squares *fit, size_t E)
{
	const size_t width = fit->P + 1, first = fit->P - E;

	memset(out, 0, E * E * sizeof(double));
	for (size_t e = 0; e < E; e++)
		for (size_t i = e; i < E && !squares_left_out(fit, first + e); i++)
		{
			const double *row = fit->root + (first + i) * width + first;

			if (row[i] > 0)
				out[e * E + i] = ((i == e) - blas_dot(row + e, out + e * E + e, i - e)) / row[i];
		}
	for (size_t a = 0; a < E; a++)
		for (size_t b = a; b < E; b++)
			out[a * E + b] = blas_dot(out + a * E + b, out + b * E + b, E - b);
	for (size_t a = 0; a < E; a++)
		for (size_t b = 0; b < a; b++)
			out[a * E + b] = out[b * E + a];
}

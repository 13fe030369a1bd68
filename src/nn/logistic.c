/*
 * way = -H g by the two loops over the last pairs (dw, dg);  go along it, half as far while the loss does not fall
 * enough;  keep the pair of this step when the loss bends upwards along it;  until the loss falls by less than ENOUGH.
 */
#include "nn/logistic.h"

#include <math.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/loss.h"

#define ENOUGH 1e-5 /* a smaller fall of the loss, as a share of it, ends the fit */
#define STEPS_MAX 100
#define HALVINGS_MAX 20
#define SUFFICIENT 1e-4 /* of the fall that the slope promises (Armijo) */

static size_t
weights_of(const Logistic *fit)
{
	return fit->C * (fit->S + 1);
}

void
logistic_carve(Logistic *fit, Arena *arena, size_t N, size_t S, size_t C)
{
	const size_t P = C * (S + 1);

	*fit = (Logistic){.room = N, .S = S, .C = C};
	fit->x = (real *) arena_take(arena, N, (S + 1) * sizeof(real));
	fit->label = ARENA_TAKE(arena, int32_t, N);
	fit->score = (real *) arena_take(arena, N, C * sizeof(real));
	fit->dscore = (real *) arena_take(arena, N, C * sizeof(real));
	fit->w = ARENA_TAKE(arena, real, P);
	fit->next = ARENA_TAKE(arena, real, P);
	fit->dnext = ARENA_TAKE(arena, real, P);
	fit->g = ARENA_TAKE(arena, double, P);
	fit->g_next = ARENA_TAKE(arena, double, P);
	fit->way = ARENA_TAKE(arena, double, P);
	fit->dw = ARENA_TAKE(arena, double, LOGISTIC_MEMORY *P);
	fit->dg = ARENA_TAKE(arena, double, LOGISTIC_MEMORY *P);
}

void
logistic_score(real *score, const Logistic *fit, const real *x, size_t n)
{
	blas_nt(score, fit->C, x, fit->S + 1, fit->w, fit->S + 1, n, fit->C, fit->S + 1, BLAS_SET);
}

/* What is to be made least, and its gradient g, at w. */
static double
value_at(double *g, Logistic *fit, const real *w)
{
	const size_t S1 = fit->S + 1, P = weights_of(fit);
	const double n = (double) fit->N;
	double squares = 0;

	blas_nt(fit->score, fit->C, fit->x, S1, w, S1, fit->N, fit->C, S1, BLAS_SET);
	memset(fit->dscore, 0, fit->N * fit->C * sizeof(real));

	const double loss = loss_cross_entropy(fit->dscore, fit->score, fit->label, NULL, 1, fit->N, fit->C);

	blas_tn(fit->dnext, S1, fit->dscore, fit->C, fit->x, S1, fit->C, S1, fit->N, BLAS_SET);
	for (size_t i = 0; i < P; i++)
	{
		const double own = i % S1 < fit->S ? (double) w[i] : 0;

		squares += own * own;
		g[i] = ((double) fit->dnext[i] + fit->penalty * own) / n;
	}
	return (loss + fit->penalty / 2 * squares) / n;
}

void
logistic_begin(Logistic *fit, size_t N)
{
	fit->N = N;
	for (size_t c = 0; c < fit->C; c++)
	{
		real *w = fit->w + c * (fit->S + 1);
		double n = 0.5; /* a class without rows is not impossible */

		for (size_t i = 0; i < N; i++)
			n += fit->label[i] == (int32_t) c;
		memset(w, 0, fit->S * sizeof(real));
		w[fit->S] = (real) log(n / (double) N);
	}
}

void
logistic_restart(Logistic *fit, double penalty)
{
	fit->penalty = penalty;
	fit->pairs = fit->steps = 0;
	fit->loss = value_at(fit->g, fit, fit->w);
}

/* fit->way = -H g, where H is what the last pairs say of the curvature. */
static void
choose_way(Logistic *fit)
{
	const size_t P = weights_of(fit);
	const int known = fit->pairs < LOGISTIC_MEMORY ? fit->pairs : LOGISTIC_MEMORY;
	double *way = fit->way, along[LOGISTIC_MEMORY];
	double scale = 1 / fmax(sqrt(blas_dot(fit->g, fit->g, P)), 1e-12);

	for (size_t i = 0; i < P; i++)
		way[i] = -fit->g[i];
	for (int k = fit->pairs - 1; k >= fit->pairs - known; k--)
	{
		const int p = k % LOGISTIC_MEMORY;
		const double *dg = fit->dg + (size_t) p * P;

		along[p] = blas_dot(fit->dw + (size_t) p * P, way, P) / fit->curvature[p];
		for (size_t i = 0; i < P; i++)
			way[i] -= along[p] * dg[i];
		if (k == fit->pairs - 1)
			scale = fit->curvature[p] / blas_dot(dg, dg, P);
	}
	for (size_t i = 0; i < P; i++)
		way[i] *= scale;
	for (int k = fit->pairs - known; k < fit->pairs; k++)
	{
		const int p = k % LOGISTIC_MEMORY;
		const double back = blas_dot(fit->dg + (size_t) p * P, way, P) / fit->curvature[p];

		for (size_t i = 0; i < P; i++)
			way[i] += (along[p] - back) * fit->dw[(size_t) p * P + i];
	}
}

/* Keeps the pair of a step to next when the loss bends upwards along it. */
static void
keep_pair(Logistic *fit)
{
	const size_t P = weights_of(fit);
	const int p = fit->pairs % LOGISTIC_MEMORY;
	double *dw = fit->dw + (size_t) p * P, *dg = fit->dg + (size_t) p * P;

	for (size_t i = 0; i < P; i++)
	{
		dw[i] = (double) fit->next[i] - (double) fit->w[i];
		dg[i] = fit->g_next[i] - fit->g[i];
	}
	fit->curvature[p] = blas_dot(dw, dg, P);
	if (fit->curvature[p] > 1e-12 * blas_dot(dw, dw, P))
		fit->pairs++;
}

bool
logistic_step(Logistic *fit)
{
	const size_t P = weights_of(fit);
	double length = 1, value = INFINITY;

	choose_way(fit);

	const double slope = blas_dot(fit->way, fit->g, P);

	for (int k = 0; k < HALVINGS_MAX && !(value <= fit->loss + SUFFICIENT * length * slope); k++)
	{
		length = k == 0 ? 1 : length / 2;
		for (size_t i = 0; i < P; i++)
			fit->next[i] = fit->w[i] + (real) (length * fit->way[i]);
		value = value_at(fit->g_next, fit, fit->next);
	}
	if (!(value < fit->loss))
		return false;
	keep_pair(fit);
	memcpy(fit->w, fit->next, P * sizeof(real));
	memcpy(fit->g, fit->g_next, P * sizeof(double));

	const double fall = fit->loss - value;

	fit->loss = value;
	return ++fit->steps < STEPS_MAX && fall > ENOUGH * value;
}

#include "nn/loss.h"

#include <math.h>

/* Subtracted from all scores before exp(), so that the largest exponential is 1. */
static real
largest(const real *v, size_t n)
{
	real most = v[0];

	for (size_t i = 1; i < n; i++)
		if (v[i] > most)
			most = v[i];
	return most;
}

/* Σ exp(s - most). */
static double
exp_sum(const real *s, real most, size_t C)
{
	double sum = 0;

	for (size_t j = 0; j < C; j++)
		sum += exp((double) (s[j] - most));
	return sum;
}

void
softmax(real *p, const real *score, size_t C)
{
	const real most = largest(score, C);
	const double sum = exp_sum(score, most, C);

	for (size_t j = 0; j < C; j++)
		p[j] = (real) (exp((double) (score[j] - most)) / sum);
}

double
loss_cross_entropy(real *dscore, const real *score, const int32_t *label, const real *weight, real share,
				   size_t B, size_t C)
{
	double total = 0;

	for (size_t b = 0; b < B; b++)
	{
		const real *s = score + b * C;
		const size_t y = (size_t) label[b];
		const double w = weight ? (double) weight[y] : 1.0;
		const real most = largest(s, C);
		const double sum = exp_sum(s, most, C);

		total += w * (log(sum) - (double) (s[y] - most));
		for (size_t j = 0; dscore && j < C; j++)
			dscore[b * C + j] += (real) (w * (double) share * (exp((double) (s[j] - most)) / sum - (j == y)));
	}
	return total;
}

/*
 * With F[k] = P(class <= k) and d[k] = F[k] - [label <= k] the loss is Σ d[k]², and its gradient in score j
 * p[j] (Σ over k >= j of 2 d[k] - Σ over all k of 2 d[k] F[k]).
 */
static double
ranked_row(real *dscore, const real *s, size_t y, double weight, size_t C)
{
	const real most = largest(s, C);
	const double sum = exp_sum(s, most, C);
	double F = 0, loss = 0, behind = 0, mean = 0;

	for (size_t k = 0; k + 1 < C; k++)
	{
		F += exp((double) (s[k] - most)) / sum;
		loss += (F - (k >= y)) * (F - (k >= y));
		behind += 2 * (F - (k >= y));
		mean += 2 * (F - (k >= y)) * F;
	}
	F = 0;
	for (size_t j = 0; dscore && j < C; j++)
	{
		const double p = exp((double) (s[j] - most)) / sum;

		dscore[j] += (real) (weight * p * (behind - mean));
		F += p;
		behind -= j + 1 < C ? 2 * (F - (j >= y)) : 0;
	}
	return loss;
}

double
loss_ranked(real *dscore, const real *score, const int32_t *label, const real *weight, real share, size_t B,
			size_t C)
{
	double total = 0;

	for (size_t b = 0; b < B; b++)
	{
		const size_t y = (size_t) label[b];
		const double w = weight ? (double) weight[y] : 1.0;

		total += w * ranked_row(dscore ? dscore + b * C : NULL, score + b * C, y, w * (double) share, C);
	}
	return total;
}

double
loss_square(real *dscore, const real *score, const real *target, real share, size_t B)
{
	double total = 0;

	for (size_t b = 0; b < B; b++)
	{
		const real d = score[b] - target[b];

		total += (double) d * (double) d;
		if (dscore)
			dscore[b] += 2 * share * d;
	}
	return total;
}

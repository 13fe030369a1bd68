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

void
softmax(real *p, const real *score, size_t C)
{
	const real most = largest(score, C);
	double sum = 0;

	for (size_t j = 0; j < C; j++)
		sum += exp((double) (score[j] - most));
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
		double sum = 0;

		for (size_t j = 0; j < C; j++)
			sum += exp((double) (s[j] - most));
		total += w * (log(sum) - (double) (s[y] - most));
		for (size_t j = 0; dscore && j < C; j++)
			dscore[b * C + j] += (real) (w * (double) share * (exp((double) (s[j] - most)) / sum - (j == y)));
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

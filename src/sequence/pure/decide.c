/*
 * foreach sweep, foreach class but the most probable one do
 *   try factors from e^-2 to e^6;  keep the one of the largest expected macro-F1
 *
 * Expected, for as many rows as there are: 2 Σ p(c) over the rows that are answered c / (Σ p(c) + their number), mean
 * over the classes. A count of the labels would say the same with more chance in it.
 */
#include "sequence/pure/decide.h"

#include <math.h>
#include <string.h>

#define SWEEPS 3
#define LEAST (-2.0) /* logarithms of the factors */
#define MOST 6.0
#define STEP 0.125

#define ROWS_MAX 20000 /* more say no more of C numbers */

static double
expected_macro_f1(const real *weight, const real *prob, size_t n, size_t C, double *scratch)
{
	double *hit = scratch, *answered = scratch + C, *all = scratch + 2 * C, sum = 0;

	memset(scratch, 0, 3 * C * sizeof(*scratch));
	for (size_t i = 0, stride = (n + ROWS_MAX - 1) / ROWS_MAX; i < n; i += stride)
	{
		const real *p = prob + i * C;
		size_t best = 0;

		for (size_t c = 0; c < C; c++)
		{
			all[c] += (double) p[c];
			if (p[c] * weight[c] > p[best] * weight[best])
				best = c;
		}
		hit[best] += (double) p[best];
		answered[best]++;
	}
	for (size_t c = 0; c < C; c++)
		sum += 2 * hit[c] / fmax(all[c] + answered[c], 1e-12);
	return sum / (double) C;
}

static size_t
most_probable(const real *prob, size_t n, size_t C, double *sum)
{
	size_t best = 0;

	memset(sum, 0, C * sizeof(*sum));
	for (size_t i = 0; i < n * C; i++)
		sum[i % C] += (double) prob[i];
	for (size_t c = 1; c < C; c++)
		if (sum[c] > sum[best])
			best = c;
	return best;
}

static void
improve_class(real *weight, size_t c, const real *prob, size_t n, size_t C, double *scratch)
{
	real best = weight[c];
	double most = expected_macro_f1(weight, prob, n, C, scratch);

	for (double log_weight = LEAST; log_weight <= MOST; log_weight += STEP)
	{
		weight[c] = (real) exp(log_weight);

		const double f1 = expected_macro_f1(weight, prob, n, C, scratch);

		if (f1 > most)
		{
			most = f1;
			best = weight[c];
		}
	}
	weight[c] = best;
}

void
decide_macro_f1(real *weight, const real *prob, size_t n, size_t C, double *scratch)
{
	const size_t fixed = most_probable(prob, n, C, scratch);

	for (size_t c = 0; c < C; c++)
		weight[c] = 1;
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (size_t c = 0; c < C; c++)
			if (c != fixed)
				improve_class(weight, c, prob, n, C, scratch);
}

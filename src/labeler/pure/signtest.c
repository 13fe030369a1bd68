#include "labeler/pure/signtest.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define EXACT_MAX 30

SignScore
sign_score(const double *value, const double *slack, size_t n)
{
	SignScore score = {0, 0};

	for (size_t i = 1; i < n; i++)
	{
		const int change = sign_change(value[i - 1], value[i], slack[i - 1] + slack[i]);

		score.rises += change > 0;
		score.falls += change < 0;
	}
	return score;
}

static double
standard_deviation(SignScore score)
{
	return sqrt((double) (score.rises + score.falls + 2) / 3.0);
}

double
sign_z(SignScore score)
{
	return (double) (score.rises - score.falls) / standard_deviation(score);
}

/*
 * P(at most k rises) in a random order of n values, n up to EXACT_MAX:
 *
 *   p(n, k) = ((k + 1) p(n - 1, k) + (n - k) p(n - 1, k - 1)) / n;  P = p(n, 0) + ... + p(n, k)
 *
 * The n-th value goes to one of n places: k + 1 of them keep k rises, n - k make k of k - 1. All terms are positive, so
 * that nothing cancels.
 */
static double
eulerian_tail(long n, long k)
{
	static double tail[EXACT_MAX + 1][EXACT_MAX + 1];
	static bool known = false;

	if (!known)
	{
		double p[EXACT_MAX + 1] = {1.0}; /* of k rises among one value */

		for (long m = 1; m <= EXACT_MAX; m++)
		{
			for (long i = m - 1; m > 1 && i >= 0; i--)
				p[i] = ((double) (i + 1) * p[i] + (i > 0 ? (double) (m - i) * p[i - 1] : 0.0)) / (double) m;

			double sum = 0.0;

			for (long i = 0; i < m; i++)
				tail[m][i] = sum += p[i];
		}
		known = true;
	}
	return tail[n][k];
}

double
sign_p(SignScore score)
{
	const long n = score.rises + score.falls + 1;
	const long fewer = score.rises < score.falls ? score.rises : score.falls;

	if (score.rises == score.falls)
		return 1.0;
	if (n > EXACT_MAX)
		return erfc((fabs((double) (score.rises - score.falls)) - 1.0) / standard_deviation(score) /
					sqrt(2.0));
	return 2.0 * eulerian_tail(n, fewer);
}

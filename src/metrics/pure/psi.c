#include "metrics/pure/psi.h"

#include <math.h>

#define LEAST_SHARE 1e-4

void
drift_cuts(double *cut, const double *sorted, size_t n)
{
	for (size_t i = 1; i < DRIFT_BINS; i++)
		cut[i - 1] = sorted[(n - 1) * i / DRIFT_BINS];
}

size_t
drift_bin(const double *cut, double value)
{
	size_t bin = 0;

	while (bin < DRIFT_BINS - 1 && value > cut[bin])
		bin++;
	return bin;
}

double
drift_psi(const double *expected, const double *actual, size_t bins)
{
	double expected_sum = 0;
	double actual_sum = 0;
	double psi = 0;

	for (size_t i = 0; i < bins; i++)
	{
		expected_sum += expected[i];
		actual_sum += actual[i];
	}
	if (expected_sum == 0 || actual_sum == 0)
		return NAN;
	for (size_t i = 0; i < bins; i++)
	{
		const double e = fmax(expected[i] / expected_sum, LEAST_SHARE);
		const double a = fmax(actual[i] / actual_sum, LEAST_SHARE);

		psi += (a - e) * log(a / e);
	}
	return psi;
}

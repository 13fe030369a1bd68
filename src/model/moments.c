#include "model/moments.h"

#include <math.h>

void
moments_merge(Moments *into, const Moments *from)
{
	if (from->n == 0)
		return;

	const double n = into->n + from->n;
	const double d = from->mean - into->mean;

	into->mean += d * from->n / n;
	into->m2 += from->m2 + d * d * into->n * from->n / n;
	into->n = n;
}

Moments
moments_of(const float *value, size_t n, size_t stride)
{
	Moments s = {0};

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i * stride]))
		{
			s.n++;
			s.mean += (double) value[i * stride];
		}
	s.mean = s.n > 0 ? s.mean / s.n : 0;
	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i * stride]))
			s.m2 += ((double) value[i * stride] - s.mean) * ((double) value[i * stride] - s.mean);
	return s;
}

real
moments_scale(const Moments *moments)
{
	const real scale = moments->n > 0 ? (real) sqrt(moments->m2 / moments->n) : 0;

	return scale > 0 && isfinite(scale) ? scale : 1;
}

#include "postgres.h"

#include "sequence/conformal.h"

#include <float.h>
#include <math.h>

#include "registry/metadata.h"
#include "server/errors.h"
#include "server/memory.h"

static int
compare_falling(const void *a, const void *b)
{
	const real x = *(const real *) a, y = *(const real *) b;

	return (x < y) - (x > y);
}

Conformal *
conformal_measure(const real *prob, const int32_t *label, size_t n, size_t C)
{
	Conformal *conformal = palloc(sizeof(*conformal));
	const size_t m = Min(n, CONFORMAL_MAX);
	real *own = memory_array(n, sizeof(*own));

	for (size_t i = 0; i < n; i++)
		own[i] = prob[i * C + (size_t) label[i]];
	qsort(own, n, sizeof(*own), compare_falling);
	conformal->n = (int) m;
	for (size_t j = 1; j <= m; j++)
		conformal->least[j - 1] = own[((n + 1) * j + m) / (m + 1) - 1];
	pfree(own);
	return conformal;
}

real
conformal_least(const Conformal *conformal, double coverage)
{
	/* A coverage such as 0.9 is no binary fraction: what is a whole number but for rounding is one. */
	const int number = (int) ceil(coverage * (conformal->n + 1) - 1e-9);

	return number > conformal->n ? 0 : conformal->least[Max(number, 1) - 1];
}

CodecEntry
conformal_encode(const Conformal *conformal)
{
	double number[CONFORMAL_MAX];

	for (int i = 0; i < conformal->n; i++)
		number[i] = (double) conformal->least[i];
	return (CodecEntry){"conformal", metadata_from_numbers(number, conformal->n, FLT_DECIMAL_DIG)};
}

/* false: it is not between 0 and the one before. */
static bool
take_number(real *least, double number, real before)
{
	*least = (real) number;
	return *least >= 0 && *least <= before;
}

Conformal *
conformal_decode(const Codec *codec, const char *name, int32 version)
{
	int n, good = 0;
	const double *number = metadata_numbers(&n, codec, "conformal");

	if (!number)
		return NULL;

	Conformal *conformal = palloc(sizeof(*conformal));

	while (good < Min(n, CONFORMAL_MAX) &&
		   take_number(&conformal->least[good], number[good], good > 0 ? conformal->least[good - 1] : 1))
		good++;
	if (good < n || n <= 0)
		report_weights(
			status_make(STATUS_DAMAGED, 0,
						psprintf("up to %d falling probabilities as metadata \"conformal\"", CONFORMAL_MAX)),
			name, version);
	conformal->n = n;
	return conformal;
}

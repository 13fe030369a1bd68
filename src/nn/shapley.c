#include "nn/shapley.h"

#include "nn/rng.h"

#define SEED 19

void
shapley_order(uint32_t *order, size_t n, size_t number)
{
	Rng rng = rng_seed(SEED, number / 2);

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t) i;
	rng_shuffle(&rng, order, n);
	for (size_t i = 0; number % 2 == 1 && i < n / 2; i++)
	{
		const uint32_t kept = order[i];

		order[i] = order[n - 1 - i];
		order[n - 1 - i] = kept;
	}
}

size_t
shapley_orders(size_t n, size_t values)
{
	const size_t orders = n > 2 ? values / (n - 1) / 2 * 2 : 2;

	return orders < 2 ? 2 : orders < SHAPLEY_ORDERS_MAX ? orders : SHAPLEY_ORDERS_MAX;
}

void
shapley_add(double *share, const uint32_t *order, const double *value, size_t n, size_t orders)
{
	for (size_t k = 0; k < n; k++)
		share[order[k]] += (value[k + 1] - value[k]) / (double) orders;
}

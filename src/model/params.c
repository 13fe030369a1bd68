#include "model/params.h"

#include <assert.h>
#include <string.h>

size_t
params_add(ParamTable *table, const char *name, ParamInit init, double scale, int dims, size_t d0, size_t d1,
		   size_t d2)
{
	assert(table->count < PARAM_COUNT_MAX);
	assert(strlen(name) < PARAM_NAME_MAX);
	assert(dims >= 1 && dims <= PARAM_DIMS_MAX);

	Tensor *p = &table->param[table->count++];
	const size_t dim[PARAM_DIMS_MAX] = {d0, d1, d2};

	*p = (Tensor){
		.dims = dims, .size = 1, .offset = table->total, .init = init, .scale = scale, .decay = dims > 1};
	strcpy(p->name, name);
	for (int i = 0; i < dims; i++)
	{
		p->dim[i] = dim[i];
		p->size *= dim[i];
	}
	table->total += p->size;
	return p->offset;
}

const Tensor *
params_find(const ParamTable *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->param[i].name, name) == 0)
			return &table->param[i];
	return NULL;
}

bool
params_same(const ParamTable *a, const ParamTable *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->param[i].name, b->param[i].name) != 0 ||
			memcmp(a->param[i].dim, b->param[i].dim, sizeof(a->param[i].dim)) != 0)
			return false;
	return true;
}

void
params_init(real *w, const ParamTable *table, Rng *rng)
{
	for (size_t i = 0; i < table->count; i++)
	{
		const Tensor *p = &table->param[i];

		for (size_t j = 0; j < p->size; j++)
			w[p->offset + j] =
				(real) (p->init == INIT_CONSTANT ? p->scale : p->scale * (2.0 * rng_uniform(rng) - 1.0));
	}
}

#include "model/ensemble.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "ensemble."

/* A network's tensors, behind those that are there. */
static void
append(ParamTable *table, const ParamTable *network, int member)
{
	assert(table->count + network->count <= PARAM_COUNT_MAX);
	for (size_t i = 0; i < network->count; i++)
	{
		Tensor *p = &table->param[table->count++];
		const int n = snprintf(p->name, sizeof(p->name), PREFIX "%d.%s", member, network->param[i].name);

		assert(n > 0 && (size_t) n < sizeof(p->name));
		(void) n;
		memcpy((char *) p + sizeof(p->name), (const char *) &network->param[i] + sizeof(p->name),
			   sizeof(*p) - sizeof(p->name));
		p->offset += table->total;
	}
	table->total += network->total;
}

Status
ensemble_params(ParamTable *table, const ParamTable *network, int networks)
{
	*table = *network;
	if (networks <= 1)
		return STATUS_FINE;
	if (network->count > PARAM_COUNT_MAX / (size_t) networks)
		return status_make(STATUS_BAD_VALUE, 0, "ensemble");
	*table = (ParamTable){0};
	for (int i = 0; i < networks; i++)
		append(table, network, i);
	return STATUS_FINE;
}

const char *
ensemble_tensor(const char *name)
{
	const char *dot = strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? strchr(name + strlen(PREFIX), '.') : NULL;

	return dot ? dot + 1 : name;
}

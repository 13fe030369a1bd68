/* An ensemble: the tensors of several networks in one table. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sequence/pure/net.h"

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

void
seqmodel_params(ParamTable *table, const SequenceConfig *config, size_t F, size_t C)
{
	ParamTable network;

	if (config->ensemble <= 1)
	{
		seqnet_params(table, config, F, C);
		return;
	}
	seqnet_params(&network, config, F, C);
	*table = (ParamTable){0};
	for (int i = 0; i < config->ensemble; i++)
		append(table, &network, i);
}

const char *
seqmodel_tensor(const char *name)
{
	const char *dot = strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? strchr(name + strlen(PREFIX), '.') : NULL;

	return dot ? dot + 1 : name;
}

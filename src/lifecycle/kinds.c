/* The kinds of models: the one place that has them all. */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "server/errors.h"
#include "sequence/stored.h"
#include "uplift/stored.h"

static const ModelKind *const kinds[] = {&sequence_kind, &uplift_kind};

static const char *
names_of_all(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(kinds); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? " | " : "", kinds[i]->name);
	return names.data;
}

const ModelKind *
model_kind(const char *name)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	error_out_of_range("kind", name, names_of_all());
}

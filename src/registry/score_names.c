#include "postgres.h"

#include "registry/score_names.h"

#include "mb/pg_wchar.h"

static char *
plain_name(const char *prefix, const char *text, int length_max)
{
	char *name = psprintf("%s_%s", prefix, text);

	for (char *c = name; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
		else if (!IS_HIGHBIT_SET(*c) && !(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9'))
			*c = '_';
	name[pg_mbcliplen(name, (int) strlen(name), length_max)] = '\0';
	return name;
}

const char *
score_column_name(const ScoreColumn *before, int n, const char *prefix, const char *text)
{
	char *name = plain_name(prefix, text, NAMEDATALEN - 1);

	for (int number = 2;; number++)
	{
		int i = 0;

		while (i < n && strcmp(before[i].name, name) != 0)
			i++;
		if (i == n)
			return name;
		name = psprintf("%s_%d", plain_name(prefix, text, NAMEDATALEN - 8), number);
	}
}

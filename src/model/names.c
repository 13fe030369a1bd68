#include "model/names.h"

#include <string.h>

#include "model/json.h"

bool
names_next(const char *text, size_t *at, char *out, size_t cap)
{
	JsonReader json = {.text = text, .size = strlen(text), .at = *at};
	const bool first = *at == 0;

	if (first)
		json_expect(&json, '[');
	if (json_accept(&json, ']'))
	{
		if (!json_end(&json))
			*at = NAMES_DAMAGED;
		return false;
	}
	if (!first)
		json_expect(&json, ',');
	if (!json_string(&json, out, cap, NULL))
	{
		*at = NAMES_DAMAGED;
		return false;
	}
	*at = json.at;
	return true;
}

size_t
names_write(char *out, const char *const *names, size_t n)
{
	size_t used = 0;

	json_write_raw(out, &used, "[");
	for (size_t i = 0; i < n; i++)
	{
		json_write_raw(out, &used, i > 0 ? "," : "");
		json_write_string(out, &used, names[i]);
	}
	json_write_raw(out, &used, "]");
	if (out != NULL)
		out[used] = '\0';
	return used + 1;
}

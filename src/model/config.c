#include "model/config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set the option's member; value is within its range, and an integer where the member is one. */
static void
option_store(void *config, const Option *option, double value)
{
	char *member = (char *) config + option->offset;

	switch (option->kind)
	{
		case OPTION_INT:
		case OPTION_CHOICE:
			*(int *) member = (int) value;
			break;
		case OPTION_REAL:
			*(double *) member = value;
			break;
		case OPTION_BOOL:
			*(bool *) member = value != 0;
			break;
	}
}

/* The text as a number within the option's range, an integer for OPTION_INT; false: it is not. */
static bool
parse_number(double *value, const Option *option, const char *text)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*value) && *value >= option->min &&
		   *value <= option->max && (option->kind != OPTION_INT || *value == floor(*value));
}

static bool
parse_bool(double *value, const char *text)
{
	*value = strcmp(text, "true") == 0;
	return *value || strcmp(text, "false") == 0;
}

static bool
parse_choice(double *value, const Option *option, const char *text)
{
	for (int i = 0; option->choices[i]; i++)
		if (strcmp(option->choices[i], text) == 0)
		{
			*value = i;
			return true;
		}
	return false;
}

static bool
option_parse(double *value, const Option *option, const char *text)
{
	switch (option->kind)
	{
		case OPTION_INT:
		case OPTION_REAL:
			return parse_number(value, option, text);
		case OPTION_BOOL:
			return parse_bool(value, text);
		case OPTION_CHOICE:
			return parse_choice(value, option, text);
	}
	return false;
}

void
config_defaults(void *config, const Option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		option_store(config, &options[i], options[i].fallback);
}

const Option *
config_find(const Option *options, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

Status
config_set(void *config, const Option *options, size_t n, const char *name, const char *text)
{
	const Option *option = config_find(options, n, name);
	double value;

	if (!option)
		return status_make(STATUS_UNKNOWN_OPTION, 0, name);
	if (!option_parse(&value, option, text))
		return status_make(STATUS_BAD_VALUE, 0, name);
	option_store(config, option, value);
	return STATUS_FINE;
}

size_t
config_text(char *out, size_t cap, const void *config, const Option *option)
{
	const char *member = (const char *) config + option->offset;

	switch (option->kind)
	{
		case OPTION_INT:
			return (size_t) snprintf(out, cap, "%d", *(const int *) member);
		case OPTION_BOOL:
			return (size_t) snprintf(out, cap, "%s", *(const bool *) member ? "true" : "false");
		case OPTION_CHOICE:
			return (size_t) snprintf(out, cap, "%s", option->choices[*(const int *) member]);
		case OPTION_REAL:
			break;
	}

	/* 17 digits always read back to the same double; most values need no more than 15. */
	const double value = *(const double *) member;
	char text[CONFIG_TEXT_MAX];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	return (size_t) snprintf(out, cap, "%s", text);
}

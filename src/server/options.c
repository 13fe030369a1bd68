#include "postgres.h"

#include "server/options.h"

#include "utils/builtins.h"

#include "server/errors.h"
#include "server/jsonbuild.h"

const char *
choices_text(const char *const *choices)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; choices[i]; i++)
		appendStringInfo(&text, "%s%s", i ? " | " : "", choices[i]);
	return text.data;
}

const char *
option_range(const Option *option)
{
	switch (option->kind)
	{
		case OPTION_BOOL:
			return "true | false";
		case OPTION_CHOICE:
			return choices_text(option->choices);
		default:
			return psprintf("%.15g to %.15g", option->min, option->max);
	}
}

const char *
option_type(const Option *option)
{
	static const char *const types[] = {[OPTION_INT] = "integer",
										[OPTION_REAL] = "number",
										[OPTION_BOOL] = "boolean",
										[OPTION_CHOICE] = "text"};

	return types[option->kind];
}

static void
option_set(void *config, const Option *options, size_t n, const char *name, const char *value,
		   const char *argument)
{
	const Status status = config_set(config, options, n, name, value);

	if (status.code == STATUS_UNKNOWN_OPTION)
	{
		const char **names = palloc(n * sizeof(*names));

		for (size_t i = 0; i < n; i++)
			names[i] = options[i].name;
		error_unknown_option(argument, name, names, (int) n);
	}
	if (status.code == STATUS_BAD_VALUE)
	{
		const Option *option = config_find(options, n, name);
		const bool number = option->kind == OPTION_INT || option->kind == OPTION_REAL;

		error_out_of_range(name, value,
						   number ? psprintf("%s %s from %s", option->kind == OPTION_INT ? "an" : "a",
											 option_type(option), option_range(option))
								  : option_range(option));
	}
	report_status(status);
}

void
options_from_jsonb(void *config, const Option *options, size_t n, const Jsonb *given, const char *argument)
{
	JsonbIterator *it = NULL;
	JsonbValue value;
	const char *name;

	jsonb_expect_object(given, argument);
	while (jsonb_next_member(&it, given, &name, &value))
		option_set(config, options, n, name, jsonb_scalar_text(&value), argument);
}

Jsonb *
options_to_jsonb(const void *config, const Option *options, size_t n)
{
	JsonbBuild build;

	jsonb_begin(&build);
	for (size_t i = 0; i < n; i++)
	{
		char text[CONFIG_TEXT_MAX];

		config_text(text, sizeof(text), config, &options[i]);
		if (options[i].kind == OPTION_CHOICE)
			jsonb_put_text(&build, options[i].name,
						   pstrdup(text)); /* the build keeps the pointer until jsonb_end() */
		else if (options[i].kind == OPTION_BOOL)
			jsonb_put_bool(&build, options[i].name, strcmp(text, "true") == 0);
		else
			jsonb_put_number(&build, options[i].name, text);
	}
	return jsonb_end(&build);
}

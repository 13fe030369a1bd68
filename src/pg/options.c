#include "postgres.h"

#include "pg/options.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "model/seqnet.h"
#include "model/uplift.h"
#include "pg/errors.h"
#include "pg/jsonbuild.h"

/* What an option takes, in words: "1 to 4096", "last | mean". */
static const char *
option_range(const Option *option)
{
	StringInfoData text;

	initStringInfo(&text);
	switch (option->kind)
	{
		case OPTION_INT:
		case OPTION_REAL:
			appendStringInfo(&text, "%.15g to %.15g", option->min, option->max);
			break;
		case OPTION_BOOL:
			appendStringInfoString(&text, "true | false");
			break;
		case OPTION_CHOICE:
			for (int i = 0; option->choices[i]; i++)
				appendStringInfo(&text, "%s%s", i ? " | " : "", option->choices[i]);
			break;
	}
	return text.data;
}

static const char *
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
			jsonb_put_text(&build, options[i].name, pstrdup(text)); /* read at the end */
		else if (options[i].kind == OPTION_BOOL)
			jsonb_put_bool(&build, options[i].name, strcmp(text, "true") == 0);
		else
			jsonb_put_number(&build, options[i].name, text);
	}
	return jsonb_end(&build);
}

typedef struct OptionTable
{
	const char *kind;
	const Option *options;
	const size_t *n;
} OptionTable;

static const OptionTable *
kind_options(const char *kind)
{
	static const OptionTable tables[] = {
		{"sequence", sequence_options, &sequence_option_count},
		{"uplift", uplift_options, &uplift_option_count},
	};

	for (int i = 0; i < (int) lengthof(tables); i++)
		if (strcmp(tables[i].kind, kind) == 0)
			return &tables[i];
	error_out_of_range("kind", kind, "sequence | uplift");
}

PG_FUNCTION_INFO_V1(usercls_hyperparameters);

Datum
usercls_hyperparameters(PG_FUNCTION_ARGS)
{
	const char *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const OptionTable *table = kind_options(kind);

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < *table->n; i++)
	{
		const Option *option = &table->options[i];
		union
		{
			double align;
			char bytes[1024];
		} config;
		char fallback[CONFIG_TEXT_MAX];
		Datum value[5];
		bool null[5] = {false};

		/* Any struct that has the member at its place shows the default. */
		Assert(option->offset + sizeof(double) <= sizeof(config));
		config_defaults(&config, option, 1);
		config_text(fallback, sizeof(fallback), &config, option);
		value[0] = CStringGetTextDatum(option->name);
		value[1] = CStringGetTextDatum(option_type(option));
		value[2] = CStringGetTextDatum(fallback);
		value[3] = CStringGetTextDatum(option_range(option));
		value[4] = CStringGetTextDatum(option->help);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
	}
	return (Datum) 0;
}

/* hyperparameters(): the options of a kind of model, with their defaults and ranges. */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "registry/model_kind.h"
#include "server/options.h"

PG_FUNCTION_INFO_V1(usercls_hyperparameters);

Datum
usercls_hyperparameters(PG_FUNCTION_ARGS)
{
	const ModelKind *kind = model_kind(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < *kind->option_count; i++)
	{
		const Option *option = &kind->options[i];
		union
		{
			double align;
			char bytes[1024];
		} config;
		char fallback[CONFIG_TEXT_MAX];
		Datum value[5];
		bool null[5] = {false};

		/* Any memory that is large enough can take the option's member at its offset, to be printed from there. */
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

#include "postgres.h"

#include "pg/uplift_source.h"

#include "fmgr.h"
#include "utils/lsyscache.h"

#include "pg/errors.h"
#include "pg/jsonbuild.h"
#include "pg/options.h"
#include "pg/request.h"
#include "pg/source.h"
#include "pg/train.h"

/* -- Arguments ------------------------------------------------------------ */

#define ROLES 4

/* What features are not: any of these by default, the first three even when they are named. */
static void
roles_of(ColumnRole *role, const UpliftSource *source)
{
	role[0] = (ColumnRole){source->user_column, "the user id"};
	role[1] = (ColumnRole){source->treatment_column, "the treatment"};
	role[2] = (ColumnRole){source->outcome_column, "the outcome"};
	role[3] = (ColumnRole){source->propensity_column, "the propensity"};
}

static void
check_features(const UpliftSource *source)
{
	ColumnRole role[ROLES];

	roles_of(role, source);
	request_check_features(source->feature, source->F, role, ROLES - 1);
}

/* named NULL: every number of the users table that has no other role. */
static void
read_features(UpliftSource *source, ArrayType *named)
{
	ColumnRole role[ROLES];

	roles_of(role, source);
	source->feature = named ? request_features(&source->F, named)
							: request_default_features(&source->F, source->users, role, ROLES);
	for (int f = 0; f < source->F; f++)
		source_column(source->users, source->feature[f]);
	check_features(source);
}

static void
read_config(UpliftConfig *config, const Jsonb *hyperparams)
{
	config_defaults(config, uplift_options, uplift_option_count);
	options_from_jsonb(config, uplift_options, uplift_option_count, hyperparams, "hyperparams");
	if (uplift_config_check(config).code != STATUS_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("heads must divide hidden_size"),
				 errdetail("%d heads cannot share %d hidden units.", config->heads, config->hidden_size),
				 errhint("Pass a hidden_size that is a multiple of heads.")));
}

static char *
optional_name(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : pstrdup(NameStr(*PG_GETARG_NAME(arg)));
}

UpliftSource *
uplift_source_from_args(FunctionCallInfo fcinfo)
{
	UpliftSource *source = palloc0(sizeof(*source));

	for (int arg = 1; arg <= 2; arg++)
		if (PG_ARGISNULL(arg))
			error_null_argument(arg == 1 ? "users" : "edges");
	source->users = PG_GETARG_OID(1);
	source->edges = PG_GETARG_OID(2);
	source->user_column = train_name_arg(fcinfo, 3, "user_column");
	source->treatment_column = train_name_arg(fcinfo, 4, "treatment_column");
	source->outcome_column = train_name_arg(fcinfo, 5, "outcome_column");
	source->source_column = train_name_arg(fcinfo, 7, "source_column");
	source->target_column = train_name_arg(fcinfo, 8, "target_column");
	source->weight_column = optional_name(fcinfo, 9);
	source->directed = !PG_ARGISNULL(10) && PG_GETARG_BOOL(10);
	source->propensity_column = optional_name(fcinfo, 11);
	if (PG_ARGISNULL(12))
		error_null_argument("validation");
	source->held_out_share = request_validation(PG_GETARG_JSONB_P(12));
	if (PG_ARGISNULL(13))
		error_null_argument("hyperparams");
	read_config(&source->config, PG_GETARG_JSONB_P(13));
	if (PG_ARGISNULL(14))
		error_null_argument("seed");
	source->seed = PG_GETARG_INT64(14);
	source->warm_start = PG_ARGISNULL(15) ? 0 : PG_GETARG_INT32(15);

	source_quote(source->users);
	source_quote(source->edges);
	source_column(source->users, source->user_column);
	read_features(source, PG_ARGISNULL(6) ? NULL : PG_GETARG_ARRAYTYPE_P(6));
	if (source->F == 0 && !source->config.log_degree)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is nothing to learn from"),
						errdetail("There are no features, and log_degree is off."),
						errhint("Name numeric columns of \"%s\" in features.", get_rel_name(source->users))));
	return source;
}

/* -- Writing -------------------------------------------------------------- */

static void
put_table(JsonbBuild *build, const char *key, Oid table)
{
	jsonb_put_text(build, key, source_quote(table));
}

Jsonb *
uplift_source_write(const UpliftSource *source)
{
	JsonbBuild build;

	jsonb_begin(&build);
	put_table(&build, "users", source->users);
	put_table(&build, "edges", source->edges);
	jsonb_put_text(&build, "user_column", source->user_column);
	jsonb_put_text(&build, "treatment_column", source->treatment_column);
	jsonb_put_text(&build, "outcome_column", source->outcome_column);
	jsonb_put_text(&build, "propensity_column", source->propensity_column);
	jsonb_put_names(&build, "features", source->feature, source->F);
	jsonb_put_text(&build, "source_column", source->source_column);
	jsonb_put_text(&build, "target_column", source->target_column);
	jsonb_put_text(&build, "weight_column", source->weight_column);
	jsonb_put_bool(&build, "directed", source->directed);
	request_put_validation(&build, source->held_out_share);
	jsonb_put_jsonb(&build, "hyperparams",
					options_to_jsonb(&source->config, uplift_options, uplift_option_count));
	jsonb_put_int(&build, "seed", source->seed);
	if (source->warm_start)
		jsonb_put_int(&build, "warm_start", source->warm_start);
	return jsonb_end(&build);
}

/* -- Reading -------------------------------------------------------------- */

UpliftSource *
uplift_source_read(const Jsonb *stored)
{
	UpliftSource *source = palloc0(sizeof(*source));

	source->users = spec_table(stored, "users");
	source->edges = spec_table(stored, "edges");
	source->user_column = spec_need(stored, "user_column");
	source->treatment_column = spec_need(stored, "treatment_column");
	source->outcome_column = spec_need(stored, "outcome_column");
	source->propensity_column = spec_text(stored, "propensity_column");
	source->feature = spec_names(&source->F, stored, "features");
	check_features(source);
	source->source_column = spec_need(stored, "source_column");
	source->target_column = spec_need(stored, "target_column");
	source->weight_column = spec_text(stored, "weight_column");
	source->directed = spec_bool(stored, "directed");
	source->held_out_share = request_validation(spec_jsonb(stored, "validation"));
	read_config(&source->config, spec_jsonb(stored, "hyperparams"));
	source->seed = spec_int(stored, "seed");
	if (jsonb_member(stored, "warm_start"))
		source->warm_start = (int) spec_int(stored, "warm_start");
	return source;
}

UpliftSource *
uplift_source_of(const Model *model)
{
	return uplift_source_read(registry_spec(model));
}

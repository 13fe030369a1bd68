#include "postgres.h"

#include "uplift/request.h"

#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "server/arguments.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/once.h"
#include "server/options.h"
#include "server/request.h"
#include "server/source.h"
#include "uplift/inputs.h"
#include "uplift/relations.h"

/* -- Arguments ------------------------------------------------------------ */

#define ROLES 4

/* The columns that have another role: by default no feature is one of them, and a named one none of the first three. */
static void
roles_of(ColumnRole *role, const UpliftRequest *request)
{
	role[0] = (ColumnRole){request->user_column, "the user id"};
	role[1] = (ColumnRole){request->treatment_column, "the treatment"};
	role[2] = (ColumnRole){request->outcome_column, "the outcome"};
	role[3] = (ColumnRole){request->propensity_column, "the propensity"};
}

static void
check_features(const UpliftRequest *request)
{
	ColumnRole role[ROLES];

	roles_of(role, request);
	request_check_features(request->feature, request->F, role, ROLES - 1, "features");
}

/* named NULL: every number of the users table that has no other role, and texts and enums of few values. */
static void
read_features(UpliftRequest *request, ArrayType *named)
{
	ColumnRole role[ROLES];

	roles_of(role, request);
	if (named)
		request->feature = request_features(&request->F, named);
	else
		uplift_default_features(request, role, ROLES);
	for (int f = 0; f < request->F; f++)
		source_column(request->users, request->feature[f]);
	check_features(request);
}

/* Without edges nobody has neighbours, and no column of an edge is read. */
static void
check_edges(const UpliftRequest *request)
{
	if (OidIsValid(request->edges))
	{
		source_quote(request->edges);
		if (request->relation_column)
			uplift_relation_column(request);
		return;
	}
	if (request->relation_column)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there are no edges to tell apart"),
						errdetail("edges is null, and relation_column is \"%s\".", request->relation_column),
						errhint("Pass the table of edges, or leave out relation_column.")));
	if (request->weight_column)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there are no edges to weigh"),
						errdetail("edges is null, and weight_column is \"%s\".", request->weight_column),
						errhint("Pass the table of edges, or leave out weight_column.")));
}

static void
read_config(UpliftConfig *config, const Jsonb *hyperparams)
{
	config_defaults(config, uplift_options, uplift_option_count);
	options_from_jsonb(config, uplift_options, uplift_option_count, hyperparams, "hyperparams");

	const Status status = uplift_config_check(config);

	if (status.code != STATUS_SUCCESS && strcmp(status.what, "outcome") == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("this estimator does not learn from numbers"),
			 errdetail("outcome is \"number\", and what the estimator learns of a user depends on whether "
					   "the user responded."),
			 errhint("Pass \"estimator\": \"two_head\" or \"class_transform\" in hyperparams.")));
	if (status.code != STATUS_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("heads must divide hidden_size"),
				 errdetail("%d heads cannot share %d hidden units.", config->heads, config->hidden_size),
				 errhint("Pass a hidden_size that is a multiple of heads.")));
}

/* Arguments of train_uplift(). */
enum
{
	ARG_MODEL,
	ARG_USERS,
	ARG_EDGES,
	ARG_USER_COLUMN,
	ARG_TREATMENT_COLUMN,
	ARG_OUTCOME_COLUMN,
	ARG_FEATURES,
	ARG_SOURCE_COLUMN,
	ARG_TARGET_COLUMN,
	ARG_WEIGHT_COLUMN,
	ARG_DIRECTED,
	ARG_PROPENSITY_COLUMN,
	ARG_VALIDATION,
	ARG_HYPERPARAMS,
	ARG_SEED,
	ARG_WARM_START,
	ARG_PROMOTE,
	ARG_DRY_RUN,
	ARG_COMMENT,
	ARG_CONTROL,
	ARG_BEHAVIOUR,
	ARG_AS_OF,
	ARG_RELATION_COLUMN
};

UpliftRequest *
uplift_request_from_args(TrainRun *run, FunctionCallInfo fcinfo)
{
	UpliftRequest *request = palloc0(sizeof(*request));

	*run = (TrainRun){.name = arg_text(fcinfo, ARG_MODEL, "model"),
					  .promote = arg_text(fcinfo, ARG_PROMOTE, "promote"),
					  .dry_run = arg_bool(fcinfo, ARG_DRY_RUN),
					  .comment = arg_text_or_null(fcinfo, ARG_COMMENT)};
	if (!run->dry_run)
		refuse_second_call(fcinfo);
	request->users = arg_table(fcinfo, ARG_USERS, "users");
	request->edges = arg_table_or_none(fcinfo, ARG_EDGES);
	request->user_column = arg_name(fcinfo, ARG_USER_COLUMN, "user_column");
	request->treatment_column = arg_name(fcinfo, ARG_TREATMENT_COLUMN, "treatment_column");
	request->control = arg_text_or_null(fcinfo, ARG_CONTROL);
	request->outcome_column = arg_name(fcinfo, ARG_OUTCOME_COLUMN, "outcome_column");
	request->source_column = arg_name(fcinfo, ARG_SOURCE_COLUMN, "source_column");
	request->target_column = arg_name(fcinfo, ARG_TARGET_COLUMN, "target_column");
	request->weight_column = arg_name_or_null(fcinfo, ARG_WEIGHT_COLUMN);
	request->relation_column = arg_name_or_null(fcinfo, ARG_RELATION_COLUMN);
	request->behaviour = arg_text_or_null(fcinfo, ARG_BEHAVIOUR);
	request->has_as_of = !PG_ARGISNULL(ARG_AS_OF);
	request->as_of = request->has_as_of ? PG_GETARG_TIMESTAMPTZ(ARG_AS_OF) : 0;
	request->directed = arg_bool(fcinfo, ARG_DIRECTED);
	request->propensity_column = arg_name_or_null(fcinfo, ARG_PROPENSITY_COLUMN);
	request->held_out_share =
		request_validation(arg_jsonb(fcinfo, ARG_VALIDATION, "validation"), false).share;
	read_config(&request->config, arg_jsonb(fcinfo, ARG_HYPERPARAMS, "hyperparams"));
	request->seed = arg_bigint(fcinfo, ARG_SEED, "seed");
	request->warm_start = arg_int_or(fcinfo, ARG_WARM_START, 0);

	source_quote(request->users);
	check_edges(request);
	source_column(request->users, request->user_column);
	read_features(request, PG_ARGISNULL(ARG_FEATURES) ? NULL : PG_GETARG_ARRAYTYPE_P(ARG_FEATURES));
	if (request->F == 0 && !request->behaviour && !(request->config.log_degree && OidIsValid(request->edges)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is nothing to learn from"),
				 errdetail("There are no features, and %s.",
						   OidIsValid(request->edges) ? "log_degree is off" : "no edges"),
				 errhint("Name numeric columns of \"%s\" in features.", get_rel_name(request->users))));
	return request;
}

/* -- Writing -------------------------------------------------------------- */

static void
put_table(JsonbBuild *build, const char *key, Oid table)
{
	jsonb_put_text(build, key, source_quote(table));
}

Jsonb *
uplift_request_write(const UpliftRequest *request)
{
	JsonbBuild build;

	jsonb_begin(&build);
	put_table(&build, "users", request->users);
	if (OidIsValid(request->edges))
		put_table(&build, "edges", request->edges);
	jsonb_put_text(&build, "user_column", request->user_column);
	jsonb_put_text(&build, "treatment_column", request->treatment_column);
	jsonb_put_text(&build, "control", request->control);
	jsonb_put_text(&build, "outcome_column", request->outcome_column);
	jsonb_put_text(&build, "propensity_column", request->propensity_column);
	jsonb_put_names(&build, "features", request->feature, request->F);
	jsonb_put_text(&build, "source_column", request->source_column);
	jsonb_put_text(&build, "target_column", request->target_column);
	jsonb_put_text(&build, "weight_column", request->weight_column);
	jsonb_put_text(&build, "relation_column", request->relation_column);
	jsonb_put_bool(&build, "directed", request->directed);
	request_put_validation(&build, &(Validation){.share = request->held_out_share});
	jsonb_put_jsonb(&build, "hyperparams",
					options_to_jsonb(&request->config, uplift_options, uplift_option_count));
	jsonb_put_int(&build, "seed", request->seed);
	split_put(&build, &request->split);
	if (request->warm_start)
		jsonb_put_int(&build, "warm_start", request->warm_start);
	if (request->behaviour)
	{
		jsonb_put_text(&build, "behaviour", request->behaviour);
		jsonb_put_int(&build, "behaviour_version", request->behaviour_version);
		jsonb_put_text(&build, "behaviour_digest", request->behaviour_digest);
		jsonb_put_text(&build, "as_of", request->has_as_of ? jsonb_time_text(request->as_of) : NULL);
	}
	return jsonb_end(&build);
}

/* -- Reading -------------------------------------------------------------- */

static void
read_behaviour(UpliftRequest *request, const Jsonb *stored)
{
	const char *as_of = spec_text(stored, "as_of");

	request->behaviour = spec_text(stored, "behaviour");
	if (!request->behaviour)
		return;
	request->behaviour_version = (int32) spec_int(stored, "behaviour_version");
	request->behaviour_digest = spec_need(stored, "behaviour_digest");
	request->has_as_of = as_of != NULL;
	request->as_of = as_of ? jsonb_time(as_of) : 0;
}

UpliftRequest *
uplift_request_read(const Jsonb *stored)
{
	UpliftRequest *request = palloc0(sizeof(*request));

	request->users = spec_table(stored, "users");
	request->edges = jsonb_member(stored, "edges") ? spec_table(stored, "edges") : InvalidOid;
	request->user_column = spec_need(stored, "user_column");
	request->treatment_column = spec_need(stored, "treatment_column");
	request->control = spec_text(stored, "control");
	request->outcome_column = spec_need(stored, "outcome_column");
	request->propensity_column = spec_text(stored, "propensity_column");
	request->feature = spec_names(&request->F, stored, "features");
	check_features(request);
	request->source_column = spec_need(stored, "source_column");
	request->target_column = spec_need(stored, "target_column");
	request->weight_column = spec_text(stored, "weight_column");
	request->relation_column = spec_text(stored, "relation_column");
	request->directed = spec_bool(stored, "directed");
	request->held_out_share = request_validation(spec_jsonb(stored, "validation"), false).share;
	read_config(&request->config, spec_jsonb(stored, "hyperparams"));
	request->seed = spec_int(stored, "seed");
	request->split = spec_split(stored);
	if (jsonb_member(stored, "warm_start"))
		request->warm_start = (int) spec_int(stored, "warm_start");
	read_behaviour(request, stored);
	return request;
}

UpliftRequest *
uplift_request_of(const Model *model)
{
	return uplift_request_read(registry_spec(model));
}

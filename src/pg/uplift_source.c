#include "postgres.h"

#include "pg/uplift_source.h"

#include "access/relation.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "pg/errors.h"
#include "pg/jsonbuild.h"
#include "pg/options.h"
#include "pg/source.h"

/* -- Arguments ------------------------------------------------------------ */

static bool
has_role(const UpliftSource *source, const char *column)
{
	const char *const role[] = {source->user_column, source->treatment_column, source->outcome_column,
								source->propensity_column};

	for (size_t i = 0; i < lengthof(role); i++)
		if (role[i] && strcmp(role[i], column) == 0)
			return true;
	return false;
}

void
uplift_source_features(UpliftSource *source)
{
	Relation relation = relation_open(source->users, AccessShareLock);
	TupleDesc columns = RelationGetDescr(relation);

	source->feature = palloc(sizeof(char *) * Max(columns->natts, 1));
	source->F = 0;
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped && source_is_number(getBaseType(column->atttypid)) &&
			!has_role(source, NameStr(column->attname)))
			source->feature[source->F++] = pstrdup(NameStr(column->attname));
	}
	relation_close(relation, AccessShareLock);
}

typedef struct Validation
{
	int method;
	double share;
} Validation;

static const char *const validation_methods[] = {"random", "none", NULL};

static const Option validation_options[] = {
	{"method", OPTION_CHOICE, offsetof(Validation, method), 0, 0, 0, validation_methods,
	 "how users are held out"},
	{"share", OPTION_REAL, offsetof(Validation, share), 0.2, 0.0, 0.9, NULL,
	 "share of the users that is held out"},
};

void
uplift_source_validation(UpliftSource *source, const Jsonb *given)
{
	Validation validation;

	config_defaults(&validation, validation_options, lengthof(validation_options));
	options_from_jsonb(&validation, validation_options, lengthof(validation_options), given, "validation");
	source->held_out_share = validation.method == 0 ? validation.share : 0.0;
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
	JsonbBuild validation, build;

	jsonb_begin(&validation);
	jsonb_put_text(&validation, "method", "random");
	jsonb_put_float(&validation, "share", source->held_out_share);

	jsonb_begin(&build);
	put_table(&build, "users", source->users);
	put_table(&build, "edges", source->edges);
	jsonb_put_text(&build, "user_column", source->user_column);
	jsonb_put_text(&build, "treatment_column", source->treatment_column);
	jsonb_put_text(&build, "outcome_column", source->outcome_column);
	jsonb_put_text(&build, "propensity_column", source->propensity_column);
	jsonb_put_names(&build, "features", (const char *const *) source->feature, source->F);
	jsonb_put_text(&build, "source_column", source->source_column);
	jsonb_put_text(&build, "target_column", source->target_column);
	jsonb_put_text(&build, "weight_column", source->weight_column);
	jsonb_put_bool(&build, "directed", source->directed);
	jsonb_put_jsonb(&build, "validation", jsonb_end(&validation));
	jsonb_put_jsonb(&build, "hyperparams",
					options_to_jsonb(&source->config, uplift_options, uplift_option_count));
	jsonb_put_int(&build, "seed", source->seed);
	if (source->warm_start)
		jsonb_put_int(&build, "warm_start", source->warm_start);
	return jsonb_end(&build);
}

/* -- Reading -------------------------------------------------------------- */

static JsonbValue *
member(const Jsonb *stored, const char *key, enum jbvType type)
{
	JsonbValue *value = jsonb_member(stored, key);

	if (!value || value->type != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the model's training spec has no \"%s\"", key),
				 errhint("Train it again with usercls.train_uplift().")));
	return value;
}

static char *
read_text(const Jsonb *stored, const char *key)
{
	const JsonbValue *value = member(stored, key, jbvString);

	return pnstrdup(value->val.string.val, value->val.string.len);
}

static char *
read_optional(const Jsonb *stored, const char *key)
{
	return jsonb_member(stored, key) ? read_text(stored, key) : NULL;
}

static int64
read_int(const Jsonb *stored, const char *key)
{
	const JsonbValue *value = member(stored, key, jbvNumeric);

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

static Jsonb *
read_object(const Jsonb *stored, const char *key)
{
	return JsonbValueToJsonb(member(stored, key, jbvBinary));
}

static Oid
read_table(const Jsonb *stored, const char *key)
{
	char *name = read_text(stored, key);

	return DatumGetObjectId(DirectFunctionCall1(regclassin, CStringGetDatum(name)));
}

static void
read_features(UpliftSource *source, const Jsonb *stored)
{
	JsonbContainer *array = member(stored, "features", jbvBinary)->val.binary.data;

	if (!JsonContainerIsArray(array))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("\"features\" of the training spec is not a list"),
				 errhint("Train the model again with usercls.train_uplift().")));
	source->F = (int) JsonContainerSize(array);
	source->feature = palloc(sizeof(char *) * Max(source->F, 1));
	for (int i = 0; i < source->F; i++)
	{
		const JsonbValue *name = getIthJsonbValueFromContainer(array, (uint32) i);

		if (name->type != jbvString)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("feature %d of the training spec has no name", i + 1),
							errhint("Train the model again with usercls.train_uplift().")));
		source->feature[i] = pnstrdup(name->val.string.val, name->val.string.len);
	}
}

UpliftSource *
uplift_source_read(const Jsonb *stored)
{
	UpliftSource *source = palloc0(sizeof(*source));

	source->users = read_table(stored, "users");
	source->edges = read_table(stored, "edges");
	source->user_column = read_text(stored, "user_column");
	source->treatment_column = read_text(stored, "treatment_column");
	source->outcome_column = read_text(stored, "outcome_column");
	source->propensity_column = read_optional(stored, "propensity_column");
	read_features(source, stored);
	source->source_column = read_text(stored, "source_column");
	source->target_column = read_text(stored, "target_column");
	source->weight_column = read_optional(stored, "weight_column");
	source->directed = member(stored, "directed", jbvBool)->val.boolean;
	uplift_source_validation(source, read_object(stored, "validation"));
	config_defaults(&source->config, uplift_options, uplift_option_count);
	options_from_jsonb(&source->config, uplift_options, uplift_option_count,
					   read_object(stored, "hyperparams"), "hyperparams");
	report_status(uplift_config_check(&source->config));
	source->seed = read_int(stored, "seed");
	if (jsonb_member(stored, "warm_start"))
		source->warm_start = (int) read_int(stored, "warm_start");
	return source;
}

UpliftSource *
uplift_source_of(const Model *model)
{
	return uplift_source_read(registry_spec(model));
}

#include "postgres.h"

#include "server/request.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "server/errors.h"
#include "server/options.h"
#include "server/source.h"

/* ---- users held out ---- */

enum
{
	METHOD_USER,
	METHOD_TIME,
	METHOD_NONE
};

typedef struct ValidationOptions
{
	int method;
	double share;
} ValidationOptions;

static const char *const methods[] = {
	[METHOD_USER] = "user", [METHOD_TIME] = "time", [METHOD_NONE] = "none", NULL};

static const Option validation_options[] = {
	/* clang-format off */
	OPTION_ROW(ValidationOptions, CHOICE, method, METHOD_USER, 0, 0, methods, "How users are held out.")
	OPTION_ROW(ValidationOptions, REAL, share, 0.2, 0, 0.9, NULL, "Share of the users, or cutoffs, that is held out.")
	/* clang-format on */
};

Validation
request_validation(const Jsonb *given, bool times)
{
	ValidationOptions options;

	config_defaults(&options, validation_options, lengthof(validation_options));
	options_from_jsonb(&options, validation_options, lengthof(validation_options), given, "validation");
	if (options.method == METHOD_TIME && !times)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("validation by time needs several cutoffs"),
				 errdetail("It holds out the newest cutoffs, and learns from those before."),
				 errhint("Pass cutoffs to train_sequence(), or {\"method\": \"user\"}.")));
	if (options.method == METHOD_NONE || options.share == 0)
		return (Validation){0};
	return (Validation){.share = options.share, .by_time = options.method == METHOD_TIME};
}

void
request_put_validation(JsonbBuild *build, const Validation *validation)
{
	const ValidationOptions options = {.method = validation->by_time     ? METHOD_TIME
												 : validation->share > 0 ? METHOD_USER
																		 : METHOD_NONE,
									   .share = validation->share};

	jsonb_put_jsonb(build, "validation",
					options_to_jsonb(&options, validation_options, lengthof(validation_options)));
}

/* ---- features ---- */

const char **
request_features(int *n, ArrayType *features)
{
	Datum *value;
	bool *null;

	const bool names = ARR_ELEMTYPE(features) == NAMEOID;

	deconstruct_array(features, ARR_ELEMTYPE(features), names ? NAMEDATALEN : -1, false,
					  names ? TYPALIGN_CHAR : TYPALIGN_INT, &value, &null, n);

	const char **name = palloc(sizeof(char *) * (size_t) Max(*n, 1));

	for (int i = 0; i < *n; i++)
	{
		if (null[i])
			error_null_argument("an element of features");
		name[i] = names ? pstrdup(NameStr(*DatumGetName(value[i]))) : TextDatumGetCString(value[i]);
	}
	return name;
}

/* The role of a column; NULL: it has none. */
static const char *
role_of(const char *column, const ColumnRole *roles, int n)
{
	for (int i = 0; i < n; i++)
		if (roles[i].column && strcmp(roles[i].column, column) == 0)
			return roles[i].role;
	return NULL;
}

const char **
request_default_columns(int *n, Oid relation, bool (*will_do)(Oid type), const ColumnRole *roles, int n_roles)
{
	Relation opened = relation_open(relation, AccessShareLock);
	const TupleDesc columns = RelationGetDescr(opened);
	const char **name = palloc(sizeof(char *) * (size_t) Max(columns->natts, 1));

	*n = 0;
	for (int i = 0; i < columns->natts; i++)
	{
		const FormData_pg_attribute *column = TupleDescAttr(columns, i);

		if (!column->attisdropped && will_do(getBaseType(column->atttypid)) &&
			!role_of(NameStr(column->attname), roles, n_roles))
			name[(*n)++] = pstrdup(NameStr(column->attname));
	}
	relation_close(opened, AccessShareLock);
	return name;
}

void
request_check_features(const char *const *features, int n, const ColumnRole *roles, int n_roles,
					   const char *argument)
{
	for (int i = 0; i < n; i++)
	{
		const char *role = role_of(features[i], roles, n_roles);

		if (role)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("column \"%s\" cannot be one of the %s", features[i], argument),
							errdetail("It is %s, which a model must not read.", role),
							errhint("Leave it out of %s.", argument)));
		for (int j = 0; j < i; j++)
			if (strcmp(features[i], features[j]) == 0)
				ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
								errmsg("column \"%s\" is in %s twice", features[i], argument),
								errdetail("It is element %d and element %d.", j + 1, i + 1),
								errhint("Name each column once.")));
	}
}

/* ---- the spec ---- */

/* what: "a number"; NULL: there is nothing under the key */
static void
error_spec(const char *key, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the model's training spec has no \"%s\"", key),
					what ? errdetail("What stands there is not %s.", what) : 0,
					errhint("Train the model again, or import it with the spec of its training.")));
}

static JsonbValue *
member_of(const Jsonb *spec, const char *key, enum jbvType type, const char *what)
{
	JsonbValue *value = jsonb_member(spec, key);

	if (!value || value->type != type)
		error_spec(key, value ? what : NULL);
	return value;
}

const char *
spec_text(const Jsonb *spec, const char *key)
{
	return jsonb_member(spec, key) ? spec_need(spec, key) : NULL;
}

const char *
spec_need(const Jsonb *spec, const char *key)
{
	return jsonb_scalar_text(member_of(spec, key, jbvString, "a string"));
}

int64
spec_int(const Jsonb *spec, const char *key)
{
	const JsonbValue *value = member_of(spec, key, jbvNumeric, "a number");

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

bool
spec_bool(const Jsonb *spec, const char *key)
{
	return member_of(spec, key, jbvBool, "true or false")->val.boolean;
}

Jsonb *
spec_jsonb(const Jsonb *spec, const char *key)
{
	JsonbValue *value = jsonb_member(spec, key);

	if (!value)
		error_spec(key, NULL);
	return JsonbValueToJsonb(value);
}

Oid
spec_table(const Jsonb *spec, const char *key)
{
	const char *name = spec_need(spec, key);
	const Oid relation = source_find(name, NoLock);

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation %s does not exist", name),
				 errdetail("The model's training spec names it as \"%s\".", key),
				 errhint("Make it again, with the columns that it had, or train the model on another.")));
	return relation;
}

const char **
spec_names(int *n, const Jsonb *spec, const char *key)
{
	JsonbContainer *array = member_of(spec, key, jbvBinary, "an array")->val.binary.data;

	if (!JsonContainerIsArray(array))
		error_spec(key, "an array");
	*n = (int) JsonContainerSize(array);

	const char **name = palloc(sizeof(char *) * (size_t) Max(*n, 1));

	for (int i = 0; i < *n; i++)
	{
		const JsonbValue *value = getIthJsonbValueFromContainer(array, (uint32) i);

		if (value->type != jbvString)
			error_spec(key, "an array of names");
		name[i] = pnstrdup(value->val.string.val, value->val.string.len);
	}
	return name;
}

Split
spec_split(const Jsonb *spec)
{
	Split split;

	if (!split_of_spec(&split, spec))
	{
		const Validation validation = request_validation(spec_jsonb(spec, "validation"), true);

		/* When it was by time, it does not say from when on. */
		split = (Split){.seed = spec_int(spec, "seed"), .share = validation.by_time ? 0 : validation.share};
	}
	return split;
}

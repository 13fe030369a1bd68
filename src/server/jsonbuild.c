#include "postgres.h"

#include "server/jsonbuild.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

const char *
jsonb_scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return value->val.boolean ? "true" : "false";
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNull:
			return "null";
		default:
			return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) ? "[...]"
																							: "{...}";
	}
}

void
jsonb_expect_object(const Jsonb *given, const char *argument)
{
	if (!JB_ROOT_IS_OBJECT(given))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a JSON object", argument),
			 errdetail("It is %s.", JsonbToCString(NULL, (JsonbContainer *) &given->root, VARSIZE(given)))));
}

bool
jsonb_next_member(JsonbIterator **it, const Jsonb *object, const char **key, JsonbValue *value)
{
	JsonbValue token;

	if (!*it)
	{
		*it = JsonbIteratorInit((JsonbContainer *) &object->root);
		JsonbIteratorNext(it, &token, true);
	}
	if (JsonbIteratorNext(it, &token, true) != WJB_KEY)
		return false;
	*key = pnstrdup(token.val.string.val, token.val.string.len);
	JsonbIteratorNext(it, value, true);
	return true;
}

JsonbValue *
jsonb_member(const Jsonb *object, const char *key)
{
	JsonbValue *value = NULL;

	if (JB_ROOT_IS_OBJECT(object)) /* the search takes anything for one */
		value = getKeyJsonValueFromContainer((JsonbContainer *) &object->root, key, (int) strlen(key), NULL);
	return value && value->type != jbvNull ? value : NULL;
}

void
jsonb_begin(JsonbBuild *build)
{
	*build = NULL;
	pushJsonbValue(build, WJB_BEGIN_OBJECT, NULL);
}

static JsonbValue
text_value(const char *text)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = (char *) text;
	value.val.string.len = (int) strlen(text);
	return value;
}

static void
put(JsonbBuild *build, const char *key, JsonbValue value)
{
	JsonbValue name = text_value(key);

	pushJsonbValue(build, WJB_KEY, &name);
	pushJsonbValue(build, WJB_VALUE, &value);
}

void
jsonb_put_text(JsonbBuild *build, const char *key, const char *value)
{
	put(build, key, value ? text_value(pstrdup(value)) : (JsonbValue){.type = jbvNull});
}

void
jsonb_put_names(JsonbBuild *build, const char *key, const char *const *names, int n)
{
	JsonbValue name = text_value(key);

	pushJsonbValue(build, WJB_KEY, &name);
	pushJsonbValue(build, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < n; i++)
	{
		JsonbValue element = text_value(names[i]);

		pushJsonbValue(build, WJB_ELEM, &element);
	}
	pushJsonbValue(build, WJB_END_ARRAY, NULL);
}

void
jsonb_put_number(JsonbBuild *build, const char *key, const char *value)
{
	JsonbValue number = {.type = jbvNumeric};

	number.val.numeric = DatumGetNumeric(DirectFunctionCall3(
		numeric_in, CStringGetDatum(value), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	put(build, key, number);
}

void
jsonb_put_int(JsonbBuild *build, const char *key, int64 value)
{
	JsonbValue number = {.type = jbvNumeric};

	number.val.numeric = int64_to_numeric(value);
	put(build, key, number);
}

void
jsonb_put_float(JsonbBuild *build, const char *key, double value)
{
	if (isfinite(value))
		jsonb_put_number(build, key, psprintf("%.15g", value));
	else
		put(build, key, (JsonbValue){.type = jbvNull});
}

void
jsonb_put_bool(JsonbBuild *build, const char *key, bool value)
{
	JsonbValue boolean = {.type = jbvBool};

	boolean.val.boolean = value;
	put(build, key, boolean);
}

void
jsonb_put_jsonb(JsonbBuild *build, const char *key, const Jsonb *value)
{
	JsonbValue nested = {.type = jbvBinary};

	if (!value)
	{
		put(build, key, (JsonbValue){.type = jbvNull});
		return;
	}
	if (JB_ROOT_IS_SCALAR(value))
	{
		JsonbExtractScalar((JsonbContainer *) &value->root, &nested);
		put(build, key, nested);
		return;
	}
	nested.val.binary.data = (JsonbContainer *) &value->root;
	nested.val.binary.len = (int) VARSIZE_ANY_EXHDR(value);
	put(build, key, nested);
}

Jsonb *
jsonb_end(JsonbBuild *build)
{
	return JsonbValueToJsonb(pushJsonbValue(build, WJB_END_OBJECT, NULL));
}

char *
jsonb_time_text(TimestampTz time)
{
	return JsonEncodeDateTime(NULL, TimestampTzGetDatum(time), TIMESTAMPTZOID, NULL);
}

TimestampTz
jsonb_time(const char *text)
{
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

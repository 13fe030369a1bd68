/* Looking into models, and letting them in: model_info, model_tensors, import_model. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "model/codec.h"
#include "model/names.h"
#include "pg/errors.h"
#include "pg/jsonbuild.h"
#include "pg/registry_table.h"

PG_FUNCTION_INFO_V1(usercls_import_model);
PG_FUNCTION_INFO_V1(usercls_model_info);
PG_FUNCTION_INFO_V1(usercls_model_tensors);
PG_FUNCTION_INFO_V1(usercls_weights_tensors);

static char *
to_server(const char *utf8)
{
	return pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8);
}

static Model *
shown_argument(FunctionCallInfo fcinfo, ModelRight right)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model must not be null")));

	const bool any = PG_ARGISNULL(1);

	return registry_shown(text_to_cstring(PG_GETARG_TEXT_PP(0)), any, any ? 0 : PG_GETARG_INT32(1), right);
}

/* ---- model_info ---- */

Datum
usercls_model_info(PG_FUNCTION_ARGS)
{
	const Model *model = shown_argument(fcinfo, RIGHT_SCORE);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RegistryAccess access;
	Statement info = {0};

	InitMaterializedSRF(fcinfo, 0);
	registry_enter(&access);
	statement_add_bigint(&info, model->model_id);
	statement_add_int(&info, model->version);

	const uint64 rows = statement_read(
		&info,
		"SELECT i.property, i.value FROM usercls.model m"
		" JOIN usercls.model_version v ON v.model_id = m.model_id"
		" CROSS JOIN LATERAL ("
		" SELECT 1::bigint, 0::bigint, 'model', m.name"
		" UNION ALL SELECT 2, 0, 'version', v.version::text"
		" UNION ALL SELECT 3, 0, 'kind', m.kind"
		" UNION ALL SELECT 4, 0, 'architecture', v.architecture"
		" UNION ALL SELECT 5, f.n, 'feature ' || f.n, f.name FROM unnest(v.features) WITH ORDINALITY f(name, "
		"n)"
		" UNION ALL SELECT 6, c.n, 'class ' || c.n, c.name FROM unnest(v.classes) WITH ORDINALITY c(name, n)"
		" UNION ALL SELECT 7, row_number() OVER (ORDER BY h.key COLLATE \"C\"), h.key, h.value"
		"  FROM jsonb_each_text(v.hyperparams) h"
		" UNION ALL SELECT 8, 0, 'held-out ' || v.metric, v.value::text WHERE v.metric IS NOT NULL"
		" UNION ALL SELECT 9, 0, 'baseline ' || v.metric, v.baseline::text WHERE v.metric IS NOT NULL"
		" UNION ALL SELECT 10, 0, 'sha256', encode(v.sha256, 'hex')"
		" UNION ALL SELECT 11, 0, 'comment', v.comment WHERE v.comment IS NOT NULL"
		") AS i(part, place, property, value)"
		" WHERE m.model_id = $1 AND v.version = $2 ORDER BY i.part, i.place");

	for (uint64 i = 0; i < rows; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	registry_leave(&access);
	return (Datum) 0;
}

/* ---- model_tensors ---- */

typedef struct Moments
{
	double mean, deviation, minimum, maximum;
} Moments;

static Moments
moments(const float *w, size_t n)
{
	Moments m = {0, 0, get_float8_infinity(), -get_float8_infinity()};
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
	{
		sum += w[i];
		m.minimum = Min(m.minimum, w[i]);
		m.maximum = Max(m.maximum, w[i]);
	}
	m.mean = sum / (double) n;
	for (size_t i = 0; i < n; i++)
		squares += (w[i] - m.mean) * (w[i] - m.mean);
	m.deviation = sqrt(squares / (double) n);
	return m;
}

static Datum
shape_array(const CodecTensor *tensor)
{
	Datum d[PARAM_DIMS_MAX];

	for (int i = 0; i < tensor->dims; i++)
		d[i] = Int32GetDatum((int32) tensor->dim[i]);
	return PointerGetDatum(construct_array(d, tensor->dims, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static void
put_tensors(FunctionCallInfo fcinfo, const bytea *weights, const char *model, int32 version)
{
	static const char *const type_names[] = {
		[CODEC_F32] = "F32", [CODEC_F64] = "F64", [CODEC_F16] = "F16", [CODEC_BF16] = "BF16"};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Codec *codec = palloc(sizeof(Codec));

	InitMaterializedSRF(fcinfo, 0);
	report_weights(codec_open(codec, VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights)), model, version);
	for (size_t i = 0; i < codec->count; i++)
	{
		const CodecTensor *tensor = &codec->tensor[i];
		Datum values[9];
		bool nulls[9] = {false};
		float *w = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(float) * tensor->size + 1);

		CHECK_FOR_INTERRUPTS();
		report_weights(codec_read_tensor(codec, tensor, w), model, version);
		values[0] = CStringGetTextDatum(to_server(tensor->name));
		values[1] = CStringGetTextDatum(type_names[tensor->type]);
		values[2] = shape_array(tensor);
		values[3] = Int64GetDatum((int64) tensor->size);
		values[4] = Int64GetDatum((int64) (codec->data + tensor->begin));
		if (tensor->size > 0)
		{
			const Moments m = moments(w, tensor->size);

			values[5] = Float8GetDatum(m.mean);
			values[6] = Float8GetDatum(m.deviation);
			values[7] = Float8GetDatum(m.minimum);
			values[8] = Float8GetDatum(m.maximum);
		}
		else
			memset(nulls + 5, true, 4);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(w);
	}
}

Datum
usercls_model_tensors(PG_FUNCTION_ARGS)
{
	const Model *model = shown_argument(fcinfo, RIGHT_TRAIN);

	put_tensors(fcinfo, registry_weights(model), model->name, model->version);
	return (Datum) 0;
}

Datum
usercls_weights_tensors(PG_FUNCTION_ARGS)
{
	put_tensors(fcinfo, PG_GETARG_BYTEA_PP(0), NULL, 0);
	return (Datum) 0;
}

/* ---- import_model ---- */

/* The metadata value, in UTF-8; NULL when the key is not there. */
static char *
metadata_text(const Codec *codec, const char *key)
{
	const size_t size = codec_metadata_size(codec, key);
	char *text = palloc(size + 1);

	return codec_metadata(codec, key, text, size) ? text : NULL;
}

static char *
required_metadata(const Codec *codec, const char *key)
{
	char *text = metadata_text(codec, key);

	if (text == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("weights do not say their \"%s\"", key),
						errdetail("The __metadata__ of the safetensors file has no such key."),
						errhint("Write it with the metadata argument of safetensors.torch.save_file().")));
	return text;
}

static const char *const *
metadata_names(const Codec *codec, const char *key, int *n)
{
	const char *list = required_metadata(codec, key);
	const size_t room = strlen(list) + 1;
	const char **names = palloc(sizeof(char *) * room);
	char *name = palloc(room);
	size_t at = 0;

	*n = 0;
	while (names_next(list, &at, name, room))
		names[(*n)++] = pstrdup(to_server(name));
	if (at == NAMES_DAMAGED)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("weights do not say their \"%s\"", key),
				 errdetail("The value is %s.", to_server(list)), errhint("Write a JSON array of strings.")));
	return names;
}

static void
check_kind(const char *kind)
{
	if (strcmp(kind, "sequence") != 0 && strcmp(kind, "uplift") != 0)
		error_out_of_range("kind", kind, "sequence or uplift");
}

Datum
usercls_import_model(PG_FUNCTION_ARGS)
{
	static const char *const required[] = {"model", "weights", "promote"};

	for (int i = 0; i < lengthof(required); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", required[i])));

	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bytea *weights = PG_GETARG_BYTEA_PP(1);
	const char *promote = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Codec *codec = palloc(sizeof(Codec));
	Model *model = registry_find_or_new(name, RIGHT_TRAIN);
	JsonbBuild hyperparams;
	char *reason;

	registry_check_promote(promote);
	report_weights(codec_open(codec, VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights)), NULL, 0);

	const char *kind = to_server(required_metadata(codec, "kind"));
	VersionRecord record = {
		.architecture = to_server(required_metadata(codec, "architecture")),
		.weights = weights,
		.value = get_float8_nan(),
		.baseline = get_float8_nan(),
		.as_of = DT_NOBEGIN,
		.comment = PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3)),
		.spec = PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4),
	};

	record.features = metadata_names(codec, "features", &record.n_features);
	record.classes = metadata_names(codec, "classes", &record.n_classes);
	jsonb_begin(&hyperparams);
	for (size_t i = 0; i < codec->entries; i++)
	{
		static const char *const others[] = {"usercls",  "kind",    "architecture",
											 "features", "classes", "format"};
		const char *key = codec->entry[i].key;
		bool is_option = true;

		for (int j = 0; j < lengthof(others); j++)
			is_option = is_option && strcmp(key, others[j]) != 0;
		if (is_option)
			jsonb_put_text(&hyperparams, to_server(key), to_server(metadata_text(codec, key)));
	}
	record.hyperparams = jsonb_end(&hyperparams);
	check_kind(kind);

	if (model == NULL)
		model = registry_make(name, kind);
	else if (strcmp(model->kind, kind) != 0)
		error_wrong_kind(name, model->kind, kind);

	const int32 version = registry_store(model, 0, &record);

	registry_gate(model, version, promote, "metric", true, get_float8_nan(), get_float8_nan(), &reason);
	PG_RETURN_INT32(version);
}

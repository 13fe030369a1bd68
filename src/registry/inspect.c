/* Looking into models: model_info() and model_tensors(). */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "server/errors.h"
#include "server/memory.h"
#include "registry/metadata.h"
#include "registry/tables.h"

PG_FUNCTION_INFO_V1(usercls_model_info);
PG_FUNCTION_INFO_V1(usercls_model_tensors);
PG_FUNCTION_INFO_V1(usercls_weights_tensors);

/* ---- model_info ---- */

Datum
usercls_model_info(PG_FUNCTION_ARGS)
{
	const Model *model = registry_shown(fcinfo, RIGHT_MONITOR);
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
		" UNION ALL SELECT 5, a.n + 100000, 'attribute ' || a.n, a.name FROM jsonb_array_elements_text("
		"  CASE jsonb_typeof(v.spec -> 'attributes') WHEN 'array' THEN v.spec -> 'attributes' ELSE '[]' END)"
		"  WITH ORDINALITY a(name, n)"
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

typedef struct TensorSummary
{
	double mean, deviation, minimum, maximum;
} TensorSummary;

static TensorSummary
summarise(const float *w, size_t n)
{
	TensorSummary m = {0, 0, get_float8_infinity(), -get_float8_infinity()};
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
		float *w = memory_array(tensor->size, sizeof(float));

		CHECK_FOR_INTERRUPTS();
		report_weights(codec_read_tensor(codec, tensor, w), model, version);
		values[0] = CStringGetTextDatum(metadata_to_text(tensor->name));
		values[1] = CStringGetTextDatum(type_names[tensor->type]);
		values[2] = shape_array(tensor);
		values[3] = Int64GetDatum((int64) tensor->size);
		values[4] = Int64GetDatum((int64) (codec->data + tensor->begin));
		if (tensor->size > 0)
		{
			const TensorSummary m = summarise(w, tensor->size);

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
	const Model *model = registry_shown(fcinfo, RIGHT_TRAIN);

	put_tensors(fcinfo, registry_weights(model), model->name, model->version);
	return (Datum) 0;
}

Datum
usercls_weights_tensors(PG_FUNCTION_ARGS)
{
	put_tensors(fcinfo, PG_GETARG_BYTEA_PP(0), NULL, 0);
	return (Datum) 0;
}

/* import_model(): a safetensors file from anywhere becomes a version, once its kind has read it. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "registry/metadata.h"
#include "registry/tables.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/options.h"
#include "server/transaction.h"

PG_FUNCTION_INFO_V1(usercls_import_model);

enum
{
	ARG_MODEL,
	ARG_WEIGHTS,
	ARG_PROMOTE,
	ARG_COMMENT,
	ARG_SPEC
};

/* An error: the file's metadata lacks the key, or has something else there than a model must say. */
static void
metadata_missing(const Codec *codec, const char *key)
{
	const char *value = metadata_text(codec, key);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("weights do not say their \"%s\"", key),
			 value ? errdetail("The value is %s, not a JSON array of strings.", value)
				   : errdetail("The __metadata__ of the safetensors file has no such key."),
			 errhint("Write it with the metadata argument of safetensors.torch.save_file().")));
}

static char *
required_text(const Codec *codec, const char *key)
{
	char *text = metadata_text(codec, key);

	if (text == NULL)
		metadata_missing(codec, key);
	return text;
}

static const char *const *
required_names(int *n, const Codec *codec, const char *key)
{
	char **names = metadata_names(n, codec, key);

	if (names == NULL)
		metadata_missing(codec, key);
	return (const char *const *) names;
}

/* Decode the file as a scorer does, which checks every byte of it; returns its hyperparameters. */
static Jsonb *
check_weights(const ModelKind *kind, const bytea *weights)
{
	const void *model = kind->decode(VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights), NULL, 0);

	return options_to_jsonb(kind->config(model), kind->options, *kind->option_count);
}

Datum
usercls_import_model(PG_FUNCTION_ARGS)
{
	const char *name = arg_text(fcinfo, ARG_MODEL, "model");

	arg_require(fcinfo, ARG_WEIGHTS, "weights");

	bytea *weights = PG_GETARG_BYTEA_PP(ARG_WEIGHTS);
	const char *promote = arg_text(fcinfo, ARG_PROMOTE, "promote");
	Codec *codec = palloc(sizeof(Codec));
	Model *model = registry_find_or_new(name, RIGHT_TRAIN);
	char *reason;

	registry_check_promote(promote);
	if (!PG_ARGISNULL(ARG_SPEC))
		jsonb_expect_object(PG_GETARG_JSONB_P(ARG_SPEC), "spec");
	report_weights(codec_open(codec, VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights)), NULL, 0);

	const ModelKind *kind = model_kind(required_text(codec, "kind"));
	VersionRecord record = {
		.architecture = required_text(codec, "architecture"),
		.weights = weights,
		.value = get_float8_nan(),
		.baseline = get_float8_nan(),
		.as_of = DT_NOBEGIN,
		.comment = arg_text_or_null(fcinfo, ARG_COMMENT),
		.spec = PG_ARGISNULL(ARG_SPEC) ? NULL : PG_GETARG_JSONB_P(ARG_SPEC),
	};

	record.features = required_names(&record.n_features, codec, "features");
	if (codec_metadata_size(codec, "classes") > 0) /* uplift models have none */
		record.classes = required_names(&record.n_classes, codec, "classes");
	record.hyperparams = check_weights(kind, weights);

	if (model == NULL)
		model = registry_make(name, kind);
	else if (model->kind != kind)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("model \"%s\" is of kind %s", name, model->kind->name),
						errdetail("The weights are of kind %s.", kind->name),
						errhint("Import them under another name.")));

	const int32 version = registry_store(model, 0, &record);

	const bool promoted = registry_gate(
		model, version, promote, &(Comparison){.obstacle = "an imported version is not measured"}, &reason);

	if (!promoted && strcmp(promote, "if_better") == 0)
		ereport(NOTICE,
				(errmsg("version %d of model \"%s\" is not promoted", version, name),
				 errdetail_internal("%s", reason),
				 errhint("Compare them with usercls.evaluate(), and promote it with usercls.promote().")));

	transaction_pending(psprintf("version %d of model \"%s\" is %s", version, name,
								 promoted ? "stored and promoted" : "stored"));
	PG_RETURN_INT32(version);
}

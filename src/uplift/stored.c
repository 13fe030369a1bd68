#include "postgres.h"

#include "uplift/stored.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/memory.h"
#include "registry/metadata.h"
#include "work/runner.h"

/* -- Stored bytes --------------------------------------------------------- */

/* The key of UpliftModel.average_effect in the metadata. */
#define AVERAGE_EFFECT "average_effect"

/* Raises for a file whose metadata does not say what we need. */
static void
metadata_fail(const Codec *codec, const char *key, const char *model, int32 version)
{
	report_weights(status_make(STATUS_DAMAGED, 8, psprintf("metadata key %s", key)), model, version);
	pg_unreachable();
}

/* An option that is not in the file keeps its default. */
static UpliftConfig
metadata_config(const Codec *codec, const char *model, int32 version)
{
	UpliftConfig config;

	config_defaults(&config, uplift_options, uplift_option_count);
	for (size_t i = 0; i < uplift_option_count; i++)
	{
		const char *text = metadata_text(codec, uplift_options[i].name);

		if (text)
			report_weights(
				config_set(&config, uplift_options, uplift_option_count, uplift_options[i].name, text), model,
				version);
	}
	report_weights(uplift_config_check(&config), model, version);
	return config;
}

static double
metadata_effect(const Codec *codec, const char *model, int32 version)
{
	const char *text = metadata_text(codec, AVERAGE_EFFECT);
	char *end = NULL;
	const double effect = text ? strtod(text, &end) : 0;

	if (text && (end == text || *end != '\0' || !isfinite(effect)))
		metadata_fail(codec, AVERAGE_EFFECT, model, version);
	return effect;
}

/* Numbers that the network divides by. */
static void
check_positive(const Codec *codec, const ParamTable *params, const real *w, const char *model, int32 version)
{
	static const char *const divisors[] = {"input.scale", "graph.degree_mean", "outcome.scale", "propensity"};

	for (int d = 0; d < lengthof(divisors); d++)
	{
		const Tensor *p = params_find(params, divisors[d]);

		for (size_t i = 0; p && i < p->size; i++)
			if (!(w[p->offset + i] > 0))
				report_weights(status_make(STATUS_DAMAGED, codec->data + codec_find(codec, p->name)->begin,
										   psprintf("numbers above 0 in tensor \"%s\"", p->name)),
							   model, version);
	}
}

void *
uplift_model_decode(const void *bytes, size_t size, const char *name, int32 version)
{
	UpliftModel *model = palloc0(sizeof(*model));
	Codec *codec = palloc(sizeof(*codec));
	ParamTable *params = palloc0(sizeof(*params));
	int F;

	report_weights(codec_open(codec, bytes, size), name, version);

	metadata_check_kind(codec, &uplift_kind, name, version);

	const UpliftConfig config = metadata_config(codec, name, version);

	model->average_effect = metadata_effect(codec, name, version);
	model->feature = metadata_names(&F, codec, "features");
	if (model->feature == NULL)
		metadata_fail(codec, "features", name, version);
	uplift_net(&model->net, &config, (size_t) F, 1);
	uplift_params(params, &config, (size_t) F, 1);
	report_weights(codec_check(codec, params), name, version);
	model->w = palloc(sizeof(real) * model->net.total);
	report_weights(codec_read(codec, params, model->w), name, version);
	check_positive(codec, params, model->w, name, version);
	pfree(params);
	pfree(codec);
	return model;
}

bytea *
uplift_model_encode(const UpliftModel *model, const ParamTable *params)
{
	const UpliftNet *net = &model->net;
	CodecEntry *entry = palloc(sizeof(*entry) * (uplift_option_count + 5));
	size_t n = 0;

	entry[n++] = (CodecEntry){"usercls", "1"};
	entry[n++] = (CodecEntry){"kind", uplift_kind.name};
	entry[n++] = (CodecEntry){"architecture", "graph_attention"};
	entry[n++] =
		(CodecEntry){"features", metadata_from_names((const char *const *) model->feature, (int) net->F)};
	entry[n++] = (CodecEntry){AVERAGE_EFFECT, psprintf("%.17g", model->average_effect)};
	for (size_t i = 0; i < uplift_option_count; i++)
	{
		char *text = palloc(CONFIG_TEXT_MAX);

		config_text(text, CONFIG_TEXT_MAX, &net->config, &uplift_options[i]);
		entry[n++] = (CodecEntry){uplift_options[i].name, text};
	}

	const size_t size = codec_write(NULL, 0, params, model->w, entry, n);

	if (size > MaxAllocSize - VARHDRSZ)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("model is too large to store"),
						errdetail("Its weights take %zu bytes; a value of the table takes at most %zu.", size,
								  (size_t) MaxAllocSize - VARHDRSZ),
						errhint("Train with a smaller hidden_size, or fewer features.")));

	bytea *file = palloc(size + VARHDRSZ);

	SET_VARSIZE(file, size + VARHDRSZ);
	if (codec_write(VARDATA(file), size, params, model->w, entry, n) != size)
		elog(ERROR, "weights did not fit the file that was measured for them");
	return file;
}

/* -- Scores --------------------------------------------------------------- */

static void
score_carve(void *task, Arena *arena, const void *setup, int workers)
{
	upliftscore_carve(task, arena, setup, workers);
}

static const RunnerKind runner_uplift_score = {.worker = "usercls_uplift_scoring_worker",
											   .task_size = sizeof(UpliftScoreTask),
											   .carve = score_carve,
											   .next = upliftscore_next,
											   .run = upliftscore_run};

extern PGDLLEXPORT void usercls_uplift_scoring_worker(dsm_segment *segment, shm_toc *toc);

void
usercls_uplift_scoring_worker(dsm_segment *segment, shm_toc *toc)
{
	runner_work(&runner_uplift_score, segment, toc);
}

UpliftScore *
uplift_of_users(const UpliftModel *model, const UserGraph *users, const UpliftRequest *from,
				GraphCounts *counts)
{
	const UpliftScoreSetup setup = {.config = model->net.config,
									.graph = graphload_setup(users, from),
									.F = users->F,
									.own_weights = true};
	UpliftScore *score = memory_array(users->N, sizeof(*score));

	memory_check(users->bytes + sizeof(*score) * users->N + runner_measure(&runner_uplift_score, &setup),
				 "scoring");

	Runner *runner = runner_start(&runner_uplift_score, &setup, sizeof(setup), "scoring");
	UpliftScoreTask *task = runner_task(runner);

	graphload_build(&task->graph, users, &setup.graph, counts);
	memcpy(task->feature, users->feature, sizeof(float) * users->N * users->F);
	memcpy(task->weights, model->w, sizeof(real) * model->net.total);
	runner_run(runner, NULL);
	for (size_t i = 0; i < users->N; i++)
		score[i] = upliftscore_get(task, i, 1);
	runner_end(runner);
	return score;
}

/* -- Decisions and segments ------------------------------------------------ */

static double
amount_arg(FunctionCallInfo fcinfo, int arg, const char *name, double otherwise)
{
	const double value = PG_ARGISNULL(arg) ? otherwise : PG_GETARG_FLOAT8(arg);

	if (!(value >= 0.0) || isinf(value))
		error_out_of_range(name, psprintf("%g", value), "0 or more");
	return value;
}

UpliftDecision
uplift_decision_by_average(const UpliftModel *model)
{
	return (UpliftDecision){.value = 1.0, .cost = Max(model->average_effect, 0.0)};
}

UpliftDecision
uplift_decision(FunctionCallInfo fcinfo, int arg_value, int arg_cost, const UpliftModel *model)
{
	if (PG_ARGISNULL(arg_value) && PG_ARGISNULL(arg_cost))
		return uplift_decision_by_average(model);
	return (UpliftDecision){.value = amount_arg(fcinfo, arg_value, "value", 1.0),
							.cost = amount_arg(fcinfo, arg_cost, "cost", 0.0)};
}

static const char *const segment_names[] = {[SEGMENT_PERSUADABLE] = "persuadable",
											[SEGMENT_SURE_THING] = "sure_thing",
											[SEGMENT_LOST_CAUSE] = "lost_cause",
											[SEGMENT_SLEEPING_DOG] = "sleeping_dog"};

void
uplift_put_score(Datum *value, bool *isnull, const UpliftScore *score, bool treated)
{
	const UpliftSegment segment = uplift_segment(score, treated);

	if (!isfinite(score->uplift))
		error_score_overflow();
	value[0] = Float8GetDatum(score->p_first);
	value[1] = Float8GetDatum(score->p_second);
	value[2] = Float8GetDatum(score->uplift);
	isnull[0] = isnan(score->p_first);
	isnull[1] = isnan(score->p_second);
	isnull[2] = false;
	isnull[3] = segment == SEGMENT_NONE;
	value[3] = isnull[3] ? (Datum) 0 : CStringGetTextDatum(segment_names[segment]);
}

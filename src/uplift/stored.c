#include "postgres.h"

#include "uplift/stored.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/memory.h"
#include "registry/metadata.h"
#include "work/runner.h"

/* -- Stored bytes --------------------------------------------------------- */

/* Keys of the metadata: UpliftModel.average_effect; the names of the arms, where the treatment column has names; those of
 * the relations, where the model tells edges apart. */
#define AVERAGE_EFFECT "average_effect"
#define CONTROL "control"
#define TREATMENTS "treatments"
#define RELATIONS "relations"

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

/* A file without names is of an experiment that says yes or no. */
static const UpliftArms *
metadata_arms(const Codec *codec, const UpliftConfig *config, const char *model, int32 version)
{
	const char *control = metadata_text(codec, CONTROL);
	UpliftArms *arms = palloc0(sizeof(*arms));
	int n;

	if (!control)
		return uplift_arms_yes_no();

	char **treatment = metadata_names(&n, codec, TREATMENTS);

	if (treatment == NULL || n < 1 || n > UPLIFT_TREATMENTS_MAX || !uplift_tells_apart(config, (size_t) n))
		metadata_fail(codec, TREATMENTS, model, version);
	*arms = (UpliftArms){
		.named = true, .treatments = (size_t) n, .name = palloc(sizeof(char *) * ((size_t) n + 1))};
	arms->name[0] = control;
	for (int k = 0; k < n; k++)
		arms->name[1 + k] = treatment[k];
	return arms;
}

/* Whether the network divides by the numbers of a tensor. */
static bool
is_divisor(const Tensor *p)
{
	static const char *const divisors[] = {"input.scale", "graph.degree_mean", "outcome.scale", "propensity"};

	for (int d = 0; d < lengthof(divisors); d++)
		if (strcmp(ensemble_tensor(p->name), divisors[d]) == 0)
			return true;
	return false;
}

static void
check_positive(const Codec *codec, const ParamTable *params, const real *w, const char *model, int32 version)
{
	for (const Tensor *p = params->param; p < params->param + params->count; p++)
		for (size_t i = 0; is_divisor(p) && i < p->size; i++)
			if (!(w[p->offset + i] > 0))
				report_weights(status_make(STATUS_DAMAGED, codec->data + codec_find(codec, p->name)->begin,
										   psprintf("numbers above 0 in tensor \"%s\"", p->name)),
							   model, version);
}

/* A file without names is of a graph whose edges are all alike. */
static const UpliftRelations *
metadata_relations(const Codec *codec, const char *model, int32 version)
{
	UpliftRelations *relations = palloc0(sizeof(*relations));
	int n;

	if (!metadata_text(codec, RELATIONS))
		return relations;
	relations->name = (const char **) metadata_names(&n, codec, RELATIONS);
	if (relations->name == NULL || n < 1 || n > UPLIFT_RELATIONS_MAX)
		metadata_fail(codec, RELATIONS, model, version);
	relations->n = (size_t) n;
	return relations;
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
	model->arms = metadata_arms(codec, &config, name, version);
	model->relations = metadata_relations(codec, name, version);

	const UpliftShape shape = {(size_t) F, model->arms->treatments, model->relations->n};

	uplift_net(&model->net, &config, &shape);
	report_weights(upliftmodel_params(params, &config, &shape), name, version);
	report_weights(codec_check(codec, params), name, version);
	model->w = memory_array(params->total, sizeof(real));
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
	CodecEntry *entry = palloc(sizeof(*entry) * (uplift_option_count + 8));
	size_t n = 0;

	entry[n++] = (CodecEntry){"usercls", "1"};
	entry[n++] = (CodecEntry){"kind", uplift_kind.name};
	entry[n++] = (CodecEntry){"architecture", "graph_attention"};
	entry[n++] =
		(CodecEntry){"features", metadata_from_names((const char *const *) model->feature, (int) net->F)};
	entry[n++] = (CodecEntry){AVERAGE_EFFECT, psprintf("%.17g", model->average_effect)};
	if (model->arms->named)
	{
		entry[n++] = (CodecEntry){CONTROL, metadata_from_text(model->arms->name[0])};
		entry[n++] = (CodecEntry){TREATMENTS,
								  metadata_from_names(model->arms->name + 1, (int) model->arms->treatments)};
	}
	if (model->relations->n > 0)
		entry[n++] =
			(CodecEntry){RELATIONS, metadata_from_names(model->relations->name, (int) model->relations->n)};
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
	const size_t treatments = model->net.treatments;
	const UpliftScoreSetup setup = {.config = model->net.config,
									.graph = graphload_setup(users, from),
									.F = users->F,
									.treatments = treatments,
									.own_weights = true};
	UpliftScore *score = memory_array(users->N, treatments * sizeof(*score));

	memory_check(users->bytes + treatments * sizeof(*score) * users->N +
					 runner_measure(&runner_uplift_score, &setup),
				 "scoring");

	Runner *runner = runner_start(&runner_uplift_score, &setup, sizeof(setup), "scoring");
	UpliftScoreTask *task = runner_task(runner);

	graphload_build(&task->graph, users, &setup.graph, counts);
	memcpy(task->feature, users->feature, sizeof(float) * users->N * users->F);
	memcpy(task->weights, model->w, sizeof(real) * model->net.networks * model->net.total);
	runner_run(runner, NULL);
	for (size_t i = 0; i < users->N; i++)
	{
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		for (size_t k = 0; k < treatments; k++)
			score[i * treatments + k] = upliftscore_get(task, i, 1 + k);
	}
	runner_end(runner);
	return score;
}

#include "postgres.h"

#include "sequence/stored.h"

#include "sequence/request.h"

#include <float.h>
#include <math.h>

#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/memory.h"
#include "registry/metadata.h"
#include "server/options.h"

/* Periods that a file may speak of. */
#define FORECAST_PERIODS_MAX 1000000

/* Steps a scorer has room for at first. */
#define STEPS_ROOM 64

/* The list of names under key: n of them. An error when there is none. */
static char **
required_names(int *n, const Codec *codec, const char *key, const char *model, int32 version)
{
	char **names = metadata_names(n, codec, key);

	if (names == NULL || *n == 0)
		report_weights(status_make(STATUS_DAMAGED, 0, psprintf("a list of names as metadata \"%s\"", key)),
					   model, version);
	return names;
}

static void
read_config(SequenceConfig *config, const Codec *codec, const char *model, int32 version)
{
	const char *architecture = metadata_text(codec, "architecture");

	config_defaults(config, sequence_options, sequence_option_count);
	/* A file from elsewhere, or of old, need not speak of these. */
	config->normalization = NORMALIZATION_NONE;
	config->inputs = INPUTS_VALUES;
	config->summary_size = 0;
	config->bins = false;
	config->baseline = false;
	config->architecture = architecture ? sequence_architecture(architecture) : -1;
	if (config->architecture < 0)
		report_weights(
			status_make(STATUS_DAMAGED, 0,
						psprintf("metadata \"architecture\" %s", choices_text(sequence_architectures))),
			model, version);
	for (size_t i = 0; i < sequence_option_count; i++)
	{
		const char *value = metadata_text(codec, sequence_options[i].name);

		if (value)
			report_weights(
				config_set(config, sequence_options, sequence_option_count, sequence_options[i].name, value),
				model, version);
	}
	report_weights(sequence_config_check(config), model, version);
}

/* A whole number from least to most under key; 0 when there is none. */
static int
number_of(const Codec *codec, const char *key, int least, int most, const char *model, int32 version)
{
	const char *text = metadata_text(codec, key);
	char *end;

	if (!text)
		return 0;

	const long value = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < least || value > most)
		report_weights(
			status_make(STATUS_DAMAGED, 0,
						psprintf("a whole number from %d to %d as metadata \"%s\"", least, most, key)),
			model, version);
	return (int) value;
}

static int
decision_of(const Codec *codec, const char *model, int32 version)
{
	const char *text = metadata_text(codec, "decision");

	for (int i = 0; text && sequence_decisions[i]; i++)
		if (strcmp(sequence_decisions[i], text) == 0)
			return i;
	if (text)
		report_weights(status_make(STATUS_DAMAGED, 0, "metadata \"decision\" largest, balanced or macro_f1"),
					   model, version);
	return DECISION_LARGEST;
}

/* What is no option: what the model forecasts, for F features. */
static void
read_forecast(SequenceConfig *config, const Codec *codec, int F, const char *model, int32 version)
{
	config->window_periods = number_of(codec, "window_periods", 0, FORECAST_PERIODS_MAX, model, version);
	config->horizon_periods = number_of(codec, "horizon_periods", 0, FORECAST_PERIODS_MAX, model, version);
	config->trend_feature = number_of(codec, "trend_feature", 0, F, model, version);
	config->decision = decision_of(codec, model, version);
}

/* C numbers under key; false: there are none. */
static bool
read_numbers(double *number, const Codec *codec, const char *key, int C, const char *model, int32 version)
{
	int n;
	const double *found = metadata_numbers(&n, codec, key);

	if (!found)
		return false;
	for (int i = 0; i < n; i++)
		if (isnan(found[i]))
			n = -1;
	if (n != C || C > RANGES_MAX)
		report_weights(
			status_make(STATUS_DAMAGED, 0, psprintf("as many numbers as classes as metadata \"%s\"", key)),
			model, version);
	memcpy(number, found, sizeof(double) * (size_t) C);
	return true;
}

/* What the classes say of a number; NULL: they are no ranges of one. */
static NumberRanges *
read_ranges(const Codec *codec, int C, const char *model, int32 version)
{
	NumberRanges *ranges = palloc0(sizeof(*ranges));

	ranges->n = C;
	if (read_numbers(ranges->high, codec, "range_high", C, model, version) &&
		read_numbers(ranges->low, codec, "range_low", C, model, version) &&
		read_numbers(ranges->mean, codec, "range_mean", C, model, version))
		return ranges;
	return NULL;
}

/* Factors to choose the class by, of an ensemble their means: see SequenceDecision. */
static real *
decision_weights(const SequenceModel *model)
{
	real *weight = palloc0(sizeof(real) * (size_t) model->C);
	int networks = 0;

	for (size_t i = 0; i < model->params->count; i++)
	{
		const Tensor *p = &model->params->param[i];

		if (strcmp(ensemble_tensor(p->name), "decision.weight") != 0)
			continue;
		networks++;
		for (int c = 0; c < model->C; c++)
			weight[c] += model->w[p->offset + (size_t) c];
	}
	for (int c = 0; c < model->C; c++)
		weight[c] = networks > 0 ? weight[c] / (real) networks : 1;
	return weight;
}

int
sequence_model_class(const SequenceModel *model, const real *prob)
{
	int best = 0;

	for (int c = 1; c < model->C; c++)
		if (prob[c] * model->decision[c] > prob[best] * model->decision[best])
			best = c;
	return best;
}

/* What the network divides by. */
static void
check_positive(const Codec *codec, const SequenceModel *model, const char *tensor, const char *name,
			   int32 version)
{
	for (size_t i = 0; i < model->params->count; i++)
	{
		const Tensor *p = &model->params->param[i];

		for (size_t j = 0; strcmp(ensemble_tensor(p->name), tensor) == 0 && j < p->size; j++)
			if (!(model->w[p->offset + j] > 0))
				report_weights(status_make(STATUS_DAMAGED, codec->data + codec_find(codec, p->name)->begin,
										   psprintf("numbers above 0 in tensor \"%s\"", p->name)),
							   name, version);
	}
}

/* What the network takes the root of. */
static void
check_variances(const Codec *codec, const SequenceModel *model, const char *name, int32 version)
{
	for (size_t i = 0; i < model->params->count; i++)
	{
		const Tensor *p = &model->params->param[i];

		if (!p->running || strstr(p->name, "running_var") == NULL)
			continue;
		for (size_t j = 0; j < p->size; j++)
			if (!(model->w[p->offset + j] >= 0))
				report_weights(status_make(STATUS_DAMAGED, codec->data + codec_find(codec, p->name)->begin,
										   psprintf("numbers from 0 in tensor \"%s\"", p->name)),
							   name, version);
	}
}

void
sequence_check_finite(const real *prob, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(prob[i]))
			error_score_overflow();
}

void *
sequence_model_decode(const void *bytes, size_t size, const char *name, int32 version)
{
	SequenceModel *model = palloc0(sizeof(*model));
	Codec *codec = palloc(sizeof(*codec));

	model->context = CurrentMemoryContext;
	report_weights(codec_open(codec, bytes, size), name, version);

	metadata_check_kind(codec, &sequence_kind, name, version);
	read_config(&model->config, codec, name, version);
	model->features = required_names(&model->F, codec, "features", name, version);
	read_forecast(&model->config, codec, model->F, name, version);
	model->classes = required_names(&model->C, codec, "classes", name, version);
	model->ranges = read_ranges(codec, model->C, name, version);
	model->class_text = palloc(sizeof(Datum) * (size_t) model->C);
	for (int c = 0; c < model->C; c++)
		model->class_text[c] = CStringGetTextDatum(model->classes[c]);

	model->attributes = attributes_decode(codec, name, version);
	model->config.attributes = attributes_shapes(&model->attributes);
	model->params = palloc0(sizeof(*model->params));
	report_weights(seqmodel_params(model->params, &model->config, (size_t) model->F, (size_t) model->C), name,
				   version);
	report_weights(codec_check(codec, model->params), name, version);
	model->w = memory_array(model->params->total, sizeof(real));
	report_weights(codec_read(codec, model->params, model->w), name, version);
	check_positive(codec, model, "input.scale", name, version);
	if (model->config.inputs == INPUTS_CHANGES)
		check_positive(codec, model, "input.change", name, version);
	if (model->config.decision != DECISION_LARGEST)
		check_positive(codec, model, "decision.weight", name, version);
	check_positive(codec, model, "calibration.temperature", name, version);
	check_variances(codec, model, name, version);
	model->decision = decision_weights(model);
	model->typical = typical_decode(codec, model, name, version);
	model->conformal = conformal_decode(codec, name, version);
	pfree(codec);
	return model;
}

/* what: "features" */
static void
check_names(const char *what, const char *const *of_weights, size_t n, const char *const *of_spec, size_t m)
{
	size_t i = 0;

	while (i < n && i < m && strcmp(of_weights[i], of_spec[i]) == 0)
		i++;
	if (i == n && i == m)
		return;
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("training spec does not fit the weights"),
					i < n && i < m
						? errdetail("Number %zu of the %s is \"%s\" in the weights and \"%s\" in the spec.",
									i + 1, what, of_weights[i], of_spec[i])
						: errdetail("The weights read %zu %s, the spec names %zu.", n, what, m),
					errhint("Import the weights with the spec of the training that made them.")));
}

void
sequence_model_check_spec(const SequenceModel *model, const SequenceReading *reading)
{
	const char *attribute[ATTRIBUTES_MAX];

	for (int a = 0; a < model->attributes.n; a++)
		attribute[a] = model->attributes.of[a].name;
	check_names("features", (const char *const *) model->features, (size_t) model->F, reading->features,
				(size_t) reading->F);
	check_names("attributes", attribute, (size_t) model->attributes.n, reading->attributes,
				(size_t) reading->A);
}

void
sequence_model_no_attributes(const SequenceModel *model, const char *hint)
{
	if (model->attributes.n == 0)
		return;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("model reads attributes of the user"),
					errdetail("It has learned %d of them, the first one \"%s\".", model->attributes.n,
							  model->attributes.of[0].name),
					errhint("%s", hint)));
}

int
sequence_model_class_named(const SequenceModel *model, const char *name)
{
	const char *const *classes = (const char *const *) model->classes;

	for (int c = 0; c < model->C; c++)
		if (strcmp(classes[c], name) == 0)
			return c;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model has no class \"%s\"", name),
			 errhint_nearest(nearest_name(name, classes, model->C), "usercls.predict() shows the classes.")));
}

/* In the current memory context; *block is what to free. */
static SequenceScorer *
scorer_make(void **block, const SequenceModel *model, size_t max_steps, size_t n, const char *what)
{
	Arena arena = arena_measure();

	seqscorer_carve(&arena, &model->config, (size_t) model->F, (size_t) model->C, max_steps, n);
	if (arena.overflow)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("sequence is too long"),
				 errdetail("Its %zu periods take more memory than the machine can address.", max_steps),
				 errhint("Pass the last periods alone.")));
	if (what)
		memory_check(arena.used, what);
	*block = memory_array(arena.used + ARENA_ALIGNMENT, 1);
	arena = arena_over(arena_align(*block), arena.used);

	SequenceScorer *scorer =
		seqscorer_carve(&arena, &model->config, (size_t) model->F, (size_t) model->C, max_steps, n);

	seqscorer_load(scorer, model->w);
	return scorer;
}

SequenceScorer *
sequence_model_scorer(SequenceModel *model, size_t steps)
{
	if (model->scorer && steps <= model->max_steps)
		return model->scorer;

	const MemoryContext old = MemoryContextSwitchTo(model->context);

	if (model->block)
		pfree(model->block);
	model->block = NULL;
	model->scorer = NULL;
	model->max_steps = Max(STEPS_ROOM, pg_nextpower2_size_t(steps));
	model->scorer = scorer_make(&model->block, model, model->max_steps, 1,
								model->max_steps > STEPS_ROOM ? "scoring" : NULL);
	MemoryContextSwitchTo(old);
	return model->scorer;
}

SequenceScorer *
sequence_model_batch(const SequenceModel *model, size_t max_steps, size_t n, const char *what)
{
	void *block;

	return scorer_make(&block, model, max_steps, n, what);
}

static CodecEntry
range_entry(const char *key, const double *number, int n)
{
	return (CodecEntry){key, metadata_from_numbers(number, n, DBL_DECIMAL_DIG)};
}

bytea *
sequence_model_encode(const SequenceFile *file, const ParamTable *params, const real *w)
{
	const SequenceConfig *config = file->config;
	const SequenceReading *reading = file->reading;
	CodecEntry *entry =
		palloc(sizeof(*entry) * (sequence_option_count + 14 + ATTRIBUTE_ENTRIES_MAX + TYPICAL_ENTRIES));
	size_t n = 0;

	entry[n++] = (CodecEntry){"usercls", "1"};
	entry[n++] = (CodecEntry){"kind", sequence_kind.name};
	entry[n++] = (CodecEntry){"architecture", sequence_architectures[config->architecture]};
	entry[n++] = (CodecEntry){"features", metadata_from_names(reading->features, reading->F)};
	entry[n++] = (CodecEntry){"classes", metadata_from_names(file->classes, file->C)};
	entry[n++] = (CodecEntry){"period", sequence_period_text(&reading->period)};
	entry[n++] = (CodecEntry){"window_periods", psprintf("%d", reading->window_periods)};
	entry[n++] = (CodecEntry){"horizon_periods", psprintf("%d", config->horizon_periods)};
	entry[n++] = (CodecEntry){"trend_feature", psprintf("%d", config->trend_feature)};
	entry[n++] = (CodecEntry){"decision", sequence_decisions[config->decision]};
	for (size_t i = 0; i < sequence_option_count; i++)
	{
		char *text = palloc(CONFIG_TEXT_MAX);

		config_text(text, CONFIG_TEXT_MAX, config, &sequence_options[i]);
		entry[n++] = (CodecEntry){sequence_options[i].name, text};
	}

	n += (size_t) attributes_encode(entry + n, file->attributes);
	n += (size_t) typical_encode(entry + n, file->typical, reading->F, file->attributes->n);
	if (file->conformal)
		entry[n++] = conformal_encode(file->conformal);
	if (file->ranges)
	{
		entry[n++] = range_entry("range_low", file->ranges->low, file->ranges->n);
		entry[n++] = range_entry("range_high", file->ranges->high, file->ranges->n);
		entry[n++] = range_entry("range_mean", file->ranges->mean, file->ranges->n);
	}

	const size_t size = codec_write(NULL, 0, params, w, entry, n);
	bytea *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	codec_write(VARDATA(bytes), size, params, w, entry, n);
	return bytes;
}

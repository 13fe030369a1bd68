/*
 * Trainings of networks on the same users:
 *
 *   of 'auto', foreach candidate within the budget: its log-loss;  the least one is trained, or an earlier one
 *     that is no worse but by chance
 *   foreach network of an ensemble: a training with a seed and a held-out part of its own
 *
 * The users that the version is measured on are held out of all of them. What a network of an ensemble, or of a
 * cross-validation, holds out besides is a part of the others: by the hash of their ids, so that all sequences of a user
 * are in the same part.
 */
#include "postgres.h"

#include "sequence/networks.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/notices.h"
#include "model/moments.h"
#include "sequence/pure/calibrate.h"
#include "sequence/score.h"
#include "server/options.h"

/* Fewer held-out sequences say less than a cross-validation, of so many parts. */
#define FEW_HELD_OUT 400
#define FOLDS 5

/* Standard errors by which a later candidate has to be better than an earlier one: few parts say little of chance. */
#define SURE 2.0

/* Users of the held-out ones that an ensemble's temperature is fitted to, at most. */
#define CALIBRATED_MAX 5000

/* Operations of training a second of CPU does, about: of networks, and of features of a minirocket (positions and biases). */
#define NETWORK_RATE 1.5e10
#define FEATURE_RATE 2e10

/* Which users a training holds out of those that it may learn from. */
typedef struct Part
{
	size_t of, which; /* of so many parts this one; of 0: the held-out users of the version */
	bool
		measures; /* the next part is held out, and the network measured on this one, which chose nothing of it */
} Part;

/* ---- The runner of one ---- */

static void
carve(void *task, Arena *arena, const void *setup, int workers pg_attribute_unused())
{
	seqtrain_carve(task, arena, setup);
	((SequenceTask *) task)->net.steps.interrupt = &InterruptPending;
}

static void
carve_work(void *task, Arena *arena)
{
	seqtrain_carve_work(task, arena);
}

static const RunnerKind runner_sequence = {.worker = "usercls_sequence_training_worker",
										   .task_size = sizeof(SequenceTask),
										   .carve = carve,
										   .carve_work = carve_work,
										   .next = seqtrain_next,
										   .run = seqtrain_run,
										   .gives_up = seqtrain_gives_up,
										   .report = seqtrain_report,
										   .stop = seqtrain_stop};

extern PGDLLEXPORT void usercls_sequence_training_worker(dsm_segment *segment, shm_toc *toc);

void
usercls_sequence_training_worker(dsm_segment *segment, shm_toc *toc)
{
	runner_work(&runner_sequence, segment, toc);
}

/* Bits of the hash that have nothing to do with who is held out of the version. */
static uint64
part_hash(uint64 hash, uint64 seed)
{
	hash = (hash ^ seed * UINT64CONST(0x9e3779b97f4a7c15)) * UINT64CONST(0xff51afd7ed558ccd);
	return (hash ^ hash >> 33) * UINT64CONST(0xc4ceb9fe1a85ec53) >> 16;
}

static size_t
part_of(const NetworksTraining *training, size_t i, size_t parts)
{
	return part_hash(training->users->hash[i], (uint64) training->request->seed) % parts;
}

/* A class that nobody is left to learn from gets its first sequence back. */
static void
keep_classes(SequenceData *data, const NetworksTraining *training)
{
	const SequenceUsers *users = training->users;
	bool *learned = palloc0(sizeof(*learned) * (size_t) users->C);

	for (size_t i = training->held_out; i < users->N; i++)
		if (data->label[i] >= 0 && !data->held_out[i])
			learned[data->label[i]] = true;
	for (size_t i = training->held_out; i < users->N; i++)
		if (users->label[i] >= 0 && !learned[users->label[i]])
		{
			learned[users->label[i]] = true;
			data->label[i] = users->label[i];
			data->held_out[i] = false;
		}
	pfree(learned);
}

static void
fill(SequenceTask *task, const NetworksTraining *training, Part part)
{
	const SequenceUsers *users = training->users;
	SequenceData *data = &task->data;

	sequence_fill(users, data->start, data->value);
	attribute_coder_fill(data->attribute, training->coder, 0, users->N);
	memcpy(data->label, users->label, sizeof(int32_t) * users->N);
	memcpy(data->class_weight, training->weight, sizeof(double) * (size_t) users->C);
	for (size_t i = 0; i < users->N; i++)
		data->held_out[i] = i < training->held_out;
	if (part.of == 0)
		return;
	for (size_t i = 0; i < users->N; i++)
	{
		const size_t in = i < training->held_out ? part.of : part_of(training, i, part.of);

		if (in == part.of || (part.measures && in == part.which))
			data->label[i] = -1; /* nobody's */
		data->held_out[i] = in == (part.measures ? (part.which + 1) % part.of : part.which);
	}
	keep_classes(data, training);
}

/* The log-loss on the part that a network is measured on, in place of that on the one it held out. */
static void
measure_part(SequenceResult *result, const SequenceTask *task, const NetworksTraining *training, Part part)
{
	const size_t N = training->users->N, C = task->setup.C;
	SequenceModel model = {.config = task->setup.config, .F = (int) task->setup.F, .C = (int) C};
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "usercls part", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(own);
	real *prob = memory_array(N * C, sizeof(real));
	double sum = 0, n = 0;

	model.config.ensemble = 1;
	model.w = memory_array(task->params.total, sizeof(real));
	memcpy(model.w, seqtrain_weights(task), sizeof(real) * task->params.total);
	sequence_probabilities(prob,
						   sequence_model_batch(&model, training->users->longest, SEQUENCE_BATCH, "training"),
						   &task->set, N, C);
	for (size_t i = training->held_out; i < N; i++)
		if (task->data.label[i] < 0)
		{
			sum -= log(fmax((double) prob[i * C + (size_t) training->users->label[i]], 1e-30));
			n++;
		}
	result->N_held_out = (size_t) n;
	result->valid_loss = n > 0 ? sum / n : 0;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
}

/* What one network came to; w NULL: that is all that is asked for, otherwise its weights are written there. */
static SequenceResult
train_one(real *w, const NetworksTraining *training, SequenceSetup setup, Part part, size_t network)
{
	setup.seed += network;

	Runner *runner = runner_start(&runner_sequence, &setup, sizeof(setup), "training");
	SequenceTask *task = runner_task(runner);
	const size_t total = task->params.total;

	if (setup.warm_start)
		memcpy(task->data.initial, training->warm->w + network * total, sizeof(real) * total);
	fill(task, training, part);
	train_run(training->run, runner, w ? Max(setup.config.ensemble, 1) - (int) network : 1,
			  task->setup.config.max_epochs, SEQUENCE_METRIC);
	if (w)
		memcpy(w, seqtrain_weights(task), sizeof(real) * total);

	SequenceResult result = *seqtrain_result(task);

	if (part.measures)
		measure_part(&result, task, training, part);
	runner_end(runner);
	return result;
}

/* ---- Candidates ---- */

bool
networks_candidate(SequenceConfig *config, const SequenceRequest *request, int architecture)
{
	const SequenceConfig known = request->config;

	*config = known;
	config_defaults(config, sequence_options, sequence_option_count);
	config->architecture = architecture;
	options_from_jsonb(config, sequence_options, sequence_option_count, request->hyperparams, "hyperparams");
	config->bins = known.bins;
	return sequence_config_check(config).code == STATUS_SUCCESS;
}

typedef struct Candidate
{
	SequenceConfig config;
	double seconds; /* of CPU, about */
	double loss;    /* NAN: left out */
	double part[FOLDS];
} Candidate;

/* The order in which they are tried; the first one in any case. */
static const int candidates[] = {SEQUENCE_MINIROCKET, SEQUENCE_GRU, SEQUENCE_TCN};
#define CANDIDATES lengthof(candidates)

static double
estimate(const SequenceSetup *setup)
{
	SequenceTask *task = palloc(sizeof(*task));
	Arena arena = arena_measure();

	seqtrain_carve(task, &arena, setup);

	const double steps = (double) setup->steps, weights = (double) task->params.total;
	const double seconds =
		setup->config.architecture == SEQUENCE_MINIROCKET
			? steps * (double) task->net.D * (2 + task->setup.config.max_epochs) / FEATURE_RATE
			: 6 * weights * steps * task->setup.config.max_epochs / NETWORK_RATE;

	pfree(task);
	return seconds;
}

/* How often a candidate is trained, and with which parts. */
static size_t
folds_of(const NetworksTraining *training)
{
	return training->held_out < FEW_HELD_OUT ? FOLDS : 1;
}

static Candidate
candidate_make(const NetworksTraining *training, int architecture)
{
	Candidate c = {.config = training->request->config, .loss = NAN};
	SequenceSetup setup = training->setup;

	if (!networks_candidate(&c.config, training->request, architecture))
		return c;
	setup.config = c.config;
	c.seconds = estimate(&setup) * (double) folds_of(training);
	return c;
}

/* The log-losses of the parts, and of all. */
static void
measure_candidate(Candidate *candidate, const NetworksTraining *training)
{
	const size_t folds = folds_of(training);
	SequenceSetup setup = training->setup;
	double sum = 0, n = 0;

	setup.config = candidate->config;
	for (size_t fold = 0; fold < folds; fold++)
	{
		const Part part = {.of = folds > 1 ? folds : 0, .which = fold, .measures = folds > 1};
		const SequenceResult result = train_one(NULL, training, setup, part, 0);

		candidate->part[fold] = result.valid_loss;
		sum += (double) result.N_held_out * result.valid_loss;
		n += (double) result.N_held_out;
	}
	candidate->loss = n > 0 ? sum / n : NAN;
}

/* Whether one is better than the other by more than chance: by the differences of the parts; of one part, at all. */
static bool
is_better(const Candidate *one, const Candidate *other, size_t parts)
{
	Moments gain = {0};

	for (size_t i = 0; i < parts; i++)
		moments_merge(&gain, &(Moments){1, other->part[i] - one->part[i], 0});
	return gain.mean > (parts > 1 ? SURE * sqrt(gain.m2 / (double) (parts * (parts - 1))) : 0);
}

static Jsonb *
candidates_jsonb(const Candidate *c, size_t folds)
{
	JsonbBuild build;

	jsonb_begin(&build);
	jsonb_put_int(&build, "folds", (int64) folds);
	for (size_t i = 0; i < CANDIDATES; i++)
		jsonb_put_float(&build, sequence_architectures[candidates[i]], c[i].loss);
	return jsonb_end(&build);
}

static void
notice_chosen(const Candidate *c, size_t best, const NetworksTraining *training)
{
	StringInfoData list;

	initStringInfo(&list);
	for (size_t i = 0; i < CANDIDATES; i++)
	{
		const char *name = sequence_architectures[candidates[i]];

		if (isnan(c[i].loss))
			appendStringInfo(&list, "%s%s was left out (about %.0f s)", i ? "; " : "", name, c[i].seconds);
		else
			appendStringInfo(&list, "%s%s %.4g", i ? "; " : "", name, c[i].loss);
	}
	notice_send(NOTICE, psprintf("architecture %s was chosen", sequence_architectures[candidates[best]]),
				psprintf("Log-loss on %s: %s. The budget is %g s of CPU.",
						 folds_of(training) > 1 ? psprintf("%d parts, each held out in turn", FOLDS)
												: "the held-out users",
						 list.data, training->request->config.auto_seconds),
				"Pass an architecture, or another auto_seconds in hyperparams, to choose otherwise.");
}

/* The candidate of the least loss becomes the request's; of two that are alike the one that was tried first. */
static Jsonb *
choose(NetworksTraining *training)
{
	Candidate c[CANDIDATES];
	double left = training->request->config.auto_seconds;
	size_t best = CANDIDATES;

	for (size_t i = 0; i < CANDIDATES; i++)
	{
		c[i] = candidate_make(training, candidates[i]);
		if (c[i].seconds == 0 || (c[i].seconds > left && best < CANDIDATES))
			continue;
		left -= c[i].seconds;
		measure_candidate(&c[i], training);
		if (best == CANDIDATES || is_better(&c[i], &c[best], folds_of(training)))
			best = i;
	}
	training->request->config = c[best].config;
	training->setup.config = c[best].config;
	notice_chosen(c, best, training);
	return candidates_jsonb(c, folds_of(training));
}

/* ---- The temperature of an ensemble ---- */

/* Held-out sequences that it is fitted to. */
static size_t
calibrated(const NetworksTraining *training)
{
	return Min(training->held_out, CALIBRATED_MAX);
}

/* Bytes that it takes when the networks are trained. */
static size_t
calibration_memory(const NetworksTraining *training)
{
	const SequenceSetup *setup = &training->setup;
	const size_t networks = (size_t) setup->config.ensemble;
	const size_t numbers = setup->longest * setup->F + (size_t) training->attributes->n + networks * setup->C;

	return networks > 1 ? calibrated(training) * numbers * sizeof(real) : 0;
}

static void
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* What each network says of the first n sequences: networks × n × C. */
static real *
probabilities_of_each(const NetworksTraining *training, const TrainedNetworks *trained, size_t networks,
					  size_t n)
{
	const SequenceUsers *users = training->users;
	const size_t C = training->setup.C, F = training->setup.F;
	size_t *start = memory_array(n + 1, sizeof(size_t));
	float *value = memory_array(n * users->longest * F, sizeof(float));
	float *attribute = memory_array(n * (size_t) training->attributes->n, sizeof(float));
	real *prob = memory_array(networks * n * C, sizeof(real));
	SequenceModel one = {.config = training->setup.config, .F = (int) F, .C = (int) C, .w = trained->w};
	const SequenceSet set = {.N = n, .F = F, .start = start, .value = value, .attribute = attribute};

	sequence_fill_part(users, 0, n, start, value);
	attribute_coder_fill(attribute, training->coder, 0, n);
	one.config.ensemble = 1;

	SequenceScorer *scorer = sequence_model_batch(&one, users->longest, SEQUENCE_BATCH, "training");

	for (size_t i = 0; i < networks; i++)
	{
		seqscorer_load(scorer, trained->w + i * (trained->params->total / networks));
		sequence_probabilities(prob + i * n * C, scorer, &set, n, C);
	}
	return prob;
}

/* Each network's temperature by the factor at which their mean is right, on the users that the version holds out. */
static void
calibrate(TrainedNetworks *trained, const NetworksTraining *training, size_t networks)
{
	const size_t n = calibrated(training);
	MemoryContext own =
		AllocSetContextCreate(CurrentMemoryContext, "usercls ensemble", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(own);
	const real factor =
		(real) calibrate_mean(&(CalibratedMean){.prob = probabilities_of_each(training, trained, networks, n),
												.K = networks,
												.n = n,
												.C = training->setup.C,
												.label = training->users->label,
												.pause = check_interrupts});

	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
	for (size_t p = 0; p < trained->params->count; p++)
	{
		const Tensor *tensor = &trained->params->param[p];

		if (strcmp(ensemble_tensor(tensor->name), "calibration.temperature") == 0)
			trained->w[tensor->offset] *= factor;
	}
	trained->temperature *= factor;
}

/* ---- All of them ---- */

size_t
networks_memory(const NetworksTraining *training)
{
	const SequenceConfig *config = &training->request->config;
	const bool chooses = training->request->automatic && !training->warm;
	SequenceSetup setup = training->setup;
	size_t most = chooses ? 0 : runner_measure(&runner_sequence, &setup);
	ParamTable *params = palloc(sizeof(*params));

	for (size_t i = 0; chooses && i < CANDIDATES; i++)
		if (networks_candidate(&setup.config, training->request, candidates[i]))
			most = Max(most, runner_measure(&runner_sequence, &setup));
	most += chooses ? setup.N * setup.C * sizeof(real) : 0; /* probabilities of measure_part() */
	most = Max(most, calibration_memory(training));
	report_ensemble(seqmodel_params(params, config, setup.F, setup.C));
	most += config->ensemble > 1 ? params->total * sizeof(real) : 0;
	pfree(params);
	return most;
}

/* As many parts as give each the share that is held out of the version. */
static Part
ensemble_part(const NetworksTraining *training, size_t network)
{
	const double share = training->request->validation.share;
	const size_t parts = share > 0 ? (size_t) Max(2, rint(1 / share)) : 0;

	if (training->setup.config.ensemble <= 1 || parts == 0)
		return (Part){0};
	return (Part){.of = parts, .which = network % parts};
}

TrainedNetworks
networks_train(NetworksTraining *training)
{
	TrainedNetworks trained = {.params = palloc(sizeof(ParamTable))};
	const SequenceSetup *setup = &training->setup;

	training->coder = attribute_coder(training->users, training->attributes);
	if (training->request->automatic && !training->warm)
		trained.candidates = choose(training);
	report_ensemble(seqmodel_params(trained.params, &setup->config, setup->F, setup->C));
	trained.w = memory_array(trained.params->total, sizeof(real));

	const size_t networks = (size_t) Max(setup->config.ensemble, 1);

	for (size_t i = 0; i < networks; i++)
	{
		const int before = training->run->epochs;
		const SequenceResult result = train_one(trained.w + i * (trained.params->total / networks), training,
												*setup, ensemble_part(training, i), i);

		if (i > 0)
			continue;
		trained.best_epoch = result.report.best_epoch > 0 ? before + result.report.best_epoch : 0;
		trained.temperature = result.temperature;
	}
	if (networks > 1 && training->held_out > 0)
		calibrate(&trained, training, networks);
	return trained;
}

/*
 * Models as rows: who may do what with which model, and where its weights are.
 *
 * Nobody but their owner may touch the tables usercls.model, model_version, model_source,
 * deployment, training_run, training_log and model_acl. Lookups go
 * straight to the index under the active snapshot, as those of the catalogs do;
 * writes run as the owner of the tables. Rights are checked in registry_find()
 * alone (and, for the views, in the SQL function usercls_private.model_right() over the same
 * code): all other functions take what it returned.
 *
 * Rights are ordered. The owner, members of the owner's role, and whoever may
 * write usercls.model_acl (superusers, the database's owner) have RIGHT_ADMIN.
 *   monitor  see its description, versions, deployments, training log and rights
 *   score    also use the model
 *   train    also read weights and training spec, add versions, promote and roll back
 *   admin    also grant, drop, prune, and say what the model reads
 * A right is a role's by its OID: a role keeps it when it is renamed, and a later role of its name has nothing.
 */
#ifndef USERCLS_REGISTRY_REGISTRY_H
#define USERCLS_REGISTRY_REGISTRY_H

#include "datatype/timestamp.h"
#include "nodes/primnodes.h"
#include "utils/jsonb.h"

#include "model/job.h"
#include "registry/model_kind.h"

typedef enum ModelRight
{
	RIGHT_NONE,    /* to such a role the model does not exist */
	RIGHT_MONITOR, /* of a role of the server, pg_monitor or pg_read_all_data: not granted */
	RIGHT_SCORE,
	RIGHT_TRAIN,
	RIGHT_ADMIN
} ModelRight;

#define MODEL_DIGEST 32

/* A model, as found; version 0 when none was asked for. In the current memory context. */
typedef struct Model
{
	int64 model_id;
	char *name;
	const ModelKind *kind;
	Oid owner;        /* a role; InvalidOid or one that is gone: it has none */
	ModelRight right; /* of the current user */
	int32 promoted;   /* version, 0: none */
	int32 newest;     /* number of the newest version, 0: none yet */
	int32 version;
	uint8 digest[MODEL_DIGEST]; /* SHA-256 of the version's weights: equal digests, equal models */
} Model;

/* The right of any role on a model of that owner. */
extern ModelRight registry_right_of(Oid user, int64 model_id, Oid owner);

/* Find a model for the current user, or raise: unknown (also when he has no right at all), or right too low.
 */
extern Model *registry_find(const char *name, ModelRight right);

/* The same, but NULL when there is no such model at all (training may make it); a model the user may not see
 * is "taken". */
extern Model *registry_find_or_new(const char *name, ModelRight right);

/* An error where logical replication fills the registry: whatever changes models calls this before long work. */
extern void registry_refuse_copy(void);

/* Find the version that answers for the model now (this statement's snapshot), or raise "not promoted". */
extern Model *registry_promoted(const char *name, const ModelKind *kind /* NULL: any */, ModelRight right);

/* Raise unless the model is of the kind. */
extern void registry_check_kind(const Model *model, const ModelKind *kind);

/* Find one version, promoted or not, or raise. */
extern Model *registry_version(const char *name, int32 version, ModelRight right);

/* Whether it has that version. */
extern bool registry_has_version(const Model *model, int32 version);

/* The weights of model->version, detoasted, in the current memory context. */
extern bytea *registry_weights(const Model *model);

/*
 * The training spec of model->version, as it was stored; an error where it was imported without one, and where it
 * names sources that the current user may not read through the model: see registry/sources.h. Whoever may score may
 * run what it says, with his own rights on the tables it names; showing it takes RIGHT_TRAIN.
 */
extern Jsonb *registry_spec(const Model *model);

/* The same without a look at the sources: for who reads none of them. NULL: it was imported without a spec. */
extern Jsonb *registry_spec_if_any(const Model *model);

/* Whether a training or evaluation of model->version reads up to a time. */
extern bool registry_is_dated(const Model *model);

/* Up to when the training of model->version read; DT_NOBEGIN: it has no such time. */
extern TimestampTz registry_as_of(const Model *model);

/* What a training has to say about the version it stores. NULL pointers and NaN numbers are stored as NULL.
 */
typedef struct VersionRecord
{
	const char *architecture;
	bytea *weights; /* a safetensors file */
	const char *const *features;
	int n_features;
	const char *const *classes;
	int n_classes;
	Jsonb *hyperparams;
	int64 seed;
	const char *metric; /* name of the held-out metric that decides, its value, and that of the baseline */
	double value;
	double baseline;
	Jsonb *metrics;    /* all held-out metrics: {"macro_f1": 0.81, ...} */
	TimestampTz as_of; /* DT_NOBEGIN: does not apply */
	Jsonb *spec;       /* every argument of the training function: retrain() repeats it */
	int64 rows_train;
	int64 rows_held_out;
	int best_epoch;
	int epochs;
	int64 memory;   /* bytes */
	double seconds; /* that the training took */
	const char *comment;
} VersionRecord;

/*
 * Start a training run: makes the model when it is new (owned by the current user), and returns the run's id.
 * *model may be NULL (from registry_find_or_new) and is then filled in. On a run that fails, nothing is left
 * when the caller never committed; otherwise the run and its log stay, without a version.
 */
extern int64 registry_run_start(Model **model, const char *name, const ModelKind *kind, TimestampTz started);

/* An epoch was complete at that time: a row of training_log. */
extern void registry_log(int64 run_id, const TrainReport *report, const char *metric, TimestampTz at);

/*
 * Store a version and return its number: one more than any before it. Locks the model until the transaction
 * ends, so that concurrent trainings get different numbers. run_id 0: not from a run (an import).
 */
extern int32 registry_store(Model *model, int64 run_id, const VersionRecord *record);

/* Let a version answer for the model. Raises when there is no such version, and when it waits for approval. */
extern void registry_promote(Model *model, int32 version, const char *reason);

/* A new version and the promoted one on the same held-out users, as the caller measured them. */
typedef struct Comparison
{
	const char *metric;
	bool smaller_is_better;
	double value, incumbent;
	const char *users; /* " on 41 of 60 held-out users"; NULL: on all of them */

	/* Why it is decided without measuring, as a clause: "nobody is held out"; NULL: it is not. */
	const char *obstacle;
	bool promote_anyway; /* then */

	/* In what it is not surely better than a rule that needs no model; NULL: it is, or that was not measured. */
	const char *rule;
} Comparison;

/*
 * The promotion gate of training functions: promote is 'if_better', 'always' or 'never'. Decides under the model's
 * lock. Returns whether it promoted; *reason says why (palloc'd).
 */
extern bool registry_gate(Model *model, int32 version, const char *promote, const Comparison *comparison,
						  char **reason);

/* What became of a finished run, and what it had to say. */
extern void registry_run_decide(int64 run_id, bool promoted, const char *reason, const char *const *notices,
								int n_notices);

/* A run ended with an error, and what it had to say until then. */
extern void registry_run_fail(int64 run_id, const char *error, const char *const *notices, int n_notices);

/* Raise unless promote is one of the gate's words: for callers that have long work before them. */
extern void registry_check_promote(const char *promote);

/* SHA-256 of weights, MODEL_DIGEST bytes. */
extern void registry_digest(uint8 *digest, const bytea *weights);

/*
 * Remove all but the newest versions, the promoted one, and the one that answered before it, and of the trainings
 * and deployments all but the newest: registry/prune.c has the rules. 0: keep all. Returns how many versions went.
 */
extern int registry_prune(Model *model, int versions, int history);

/* Of the trainings alone. */
extern void registry_prune_runs(int64 model_id, int history);

/* What one session at a time does. */
typedef enum ModelWork
{
	WORK_RETRAIN, /* of a model, by its number */
	WORK_REFRESH, /* of a table of scores, by its OID: whoever may score, but not write it, holds nobody up */
	WORK_CREATE   /* of a table, by its schema and a hash of its name */
} ModelWork;

/*
 * A lock that outlives transactions (a procedure commits) and ends with the session. false when another
 * session has it. Release it also on error.
 */
extern bool registry_work_lock(int64 id, ModelWork work);
extern void registry_work_unlock(int64 id, ModelWork work);

/*
 * The relation of that name; InvalidOid when there is none, and then the caller may create it: others who ask wait until
 * his transaction ends, and find the table.
 */
extern Oid registry_find_or_create(const RangeVar *name);

/*
 * Run SQL as the owner of the registry, with a safe search_path: between the two, SPI may write the tables.
 * An error in between restores both. Connects to SPI itself.
 */
typedef struct RegistryAccess
{
	Oid user;
	int sec_context;
	int guc_level;
} RegistryAccess;

extern void registry_enter(RegistryAccess *access);
extern void registry_leave(RegistryAccess *access);

#endif

/*
 * What trainings of every kind have in common: the log of epochs, storing and
 * promoting the version, and the train_result that is answered.
 *
 *   train_begin(&run, &sequence_kind);    rights, progress, clock
 *   ... read, check, fill ...
 *   train_run(&run, runner, 1, max_epochs, "macro_f1");
 *   ... measure on the held-out users ...
 *   train_end(&run, &outcome);
 *   PG_RETURN_DATUM(train_result(fcinfo, &run, &outcome));
 *
 * retrain() makes the TrainRun itself, with `commits`, and calls kind->train: everything from train_begin to train_end
 * happens there. It begins by itself, to be on record before it looks for the tables; what begins again is no error.
 */
#ifndef USERCLS_WORK_TRAIN_H
#define USERCLS_WORK_TRAIN_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

#include "registry/registry.h"
#include "server/majors.h"
#include "server/split.h"
#include "work/runner.h"

/* An epoch that is complete. */
typedef struct LoggedEpoch
{
	TrainReport report;
	TimestampTz at;
} LoggedEpoch;

typedef struct TrainRun
{
	/* What the caller of the training asked for. */
	const char *name;
	const char *promote; /* 'if_better', 'always' or 'never' */
	bool dry_run;
	const char *comment;  /* or NULL */
	bool commits;         /* after each epoch: from a procedure outside a transaction block */
	TimestampTz deadline; /* end there, keeping the best epoch; the first is completed in any case; 0: none */

	/* By spec only. */
	bool has_as_of; /* otherwise the latest possible */
	TimestampTz as_of;
	int32 warm_start; /* version to begin at when its tensors fit; 0: none */

	/* What train_begin() finds. */
	const ModelKind *kind;
	Model *model; /* NULL: training makes it */
	TimestampTz started;

	/* The log. Without commits it is written at the end: nothing may be written while workers run. */
	MemoryContext context; /* outlives commits */
	int64 run_id;          /* 0: not started */
	const char *metric;
	LoggedEpoch *log;
	int epochs, room;
	int epochs_before; /* of the networks before the one that is trained: epochs of all are counted through */

	/* What train_end() did, and what the training said. */
	const char *const *notices;
	int n_notices;
	int32 version; /* 0: a dry run */
	bool promoted;
	char *reason;
} TrainRun;

typedef struct TrainOutcome
{
	VersionRecord record;    /* seconds, epochs and comment are filled in by train_end() */
	int64 users;             /* of whom these rows are; 0: each row is a user */
	int cutoffs;             /* moments that they were read up to; 0: there are none */
	bool counts_activity;    /* active and silent are known */
	int64 active;            /* users with a row in the window */
	int64 silent;            /* users whose rows all come before it */
	Jsonb *classes;          /* users of each class or arm: {"stable": 812, ...} */
	Jsonb *drawn;            /* sequences of each class that an epoch learns from; NULL: not known */
	const char **attributes; /* columns of the table of users that it reads */
	int n_attributes;
	const char **telling; /* features and attributes that alone tell the answer */
	int n_telling;
	Comparison comparison; /* with the promoted version */
} TrainOutcome;

/* The promoted version, to compare with. */
typedef struct TrainIncumbent
{
	int32 version;
	const void *model;   /* decoded */
	const Jsonb *spec;   /* NULL: it was imported without one that says whom it learned from */
	const char *waiting; /* what it reads or runs without approval; NULL: nothing */
	Split split;         /* whom it may be measured on, unless spec is NULL */
} TrainIncumbent;

/* Two versions are compared on so many users at least. */
#define COMPARED_MIN 10

/* Errors for a wrong promote, a model of another kind, and one the user may not train. */
extern void train_begin(TrainRun *run, const ModelKind *kind);

/* A stored version of the model, decoded, in the session's cache until the current memory context goes. */
extern const void *train_stored(const TrainRun *run, int32 version);

/* Its weights cannot be the first ones of this training; why: a sentence. */
extern void error_warm_start(const TrainRun *run, int32 version, const char *why) pg_attribute_noreturn();

/* The split of the version that the training goes on from; NULL: 0 for none, or one that does not know its split. */
extern const Split *train_begun_split(const TrainRun *run, int32 version);

/*
 * runner_run with the log, progress, commits and deadline of this run. networks: how many there still are to train, this
 * one and those after it, of max_epochs each.
 */
extern void train_run(TrainRun *run, Runner *runner, int networks, int max_epochs, const char *metric);

/*
 * The promoted version, to be compared with on held-out users. NULL: there is none, or the comparison is decided without
 * measuring, as outcome->comparison says then.
 */
extern const TrainIncumbent *train_incumbent(const TrainRun *run, TrainOutcome *outcome);

/* Whether the incumbent may be measured on a user, whose id has this hash, as he was at a moment. */
extern bool train_measures(const TrainIncumbent *incumbent, uint64 hash, TimestampTz at);

/* Note on whom the two are compared: n of `held_out` users. False: too few, as the comparison says then. */
extern bool train_compares(TrainOutcome *outcome, const TrainIncumbent *incumbent, size_t n, size_t held_out);

/*
 * A feature alone tells the answer: warn, and name it in the result and in the stored spec. what: "feature", or
 * "attribute"; answer: "label"; detail: a sentence with the figure.
 */
extern void train_tells(TrainOutcome *outcome, const char *what, const char *feature, const char *answer,
						const char *detail);

/* Store the version, write the log, promote. Nothing for a dry run. */
extern void train_end(TrainRun *run, TrainOutcome *outcome);

/* usercls.train_result of the function that was called. */
extern Datum train_result(FunctionCallInfo fcinfo, const TrainRun *run, const TrainOutcome *outcome);

#endif

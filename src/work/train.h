/*
 * What trainings of every kind have in common: the log of epochs, storing and
 * promoting the version, and the train_result that is answered.
 *
 *   train_begin(&run, &sequence_kind);    rights, progress, clock
 *   ... read, check, fill ...
 *   train_run(&run, runner, max_epochs, "macro_f1");
 *   ... measure on the held-out users ...
 *   train_end(&run, &outcome);
 *   PG_RETURN_DATUM(train_result(fcinfo, &run, &outcome));
 *
 * retrain() makes the TrainRun itself, with `commits`, and calls kind->train:
 * everything from train_begin to train_end happens there.
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

	/* What train_end() did. */
	int32 version; /* 0: a dry run */
	bool promoted;
	char *reason;
} TrainRun;

typedef struct TrainOutcome
{
	VersionRecord record;  /* elapsed, epochs and comment are filled in by train_end() */
	Jsonb *classes;        /* users of each class or arm: {"stable": 812, ...} */
	bool larger_is_better; /* of record.metric */
	double incumbent; /* that metric of the promoted version on the same users; NaN: none to compare with */
} TrainOutcome;

/* In a procedure outside a transaction block: commit, and go on in the next transaction. */
extern void train_commit(void);

/* Errors for a wrong promote, a model of another kind, and one the user may not train. */
extern void train_begin(TrainRun *run, const ModelKind *kind);

/* A stored version of the model, decoded, in the session's cache until the current memory context goes. */
extern const void *train_stored(const TrainRun *run, int32 version);

/* Its weights cannot be the first ones of this training; why: a sentence. */
extern void error_warm_start(const TrainRun *run, int32 version, const char *why) pg_attribute_noreturn();

/* The split of the version that the training goes on from; NULL: 0 for none, or one that does not know its split. */
extern const Split *train_begun_split(const TrainRun *run, int32 version);

/* runner_run with the log, progress, commits and deadline of this run. */
extern void train_run(TrainRun *run, Runner *runner, int max_epochs, const char *metric);

/* The promoted version, to compare with; 0: there is none, or it is not the one any more that it was at the beginning. */
extern int32 train_incumbent(const TrainRun *run);

/* Store the version, write the log, promote. Nothing for a dry run. */
extern void train_end(TrainRun *run, TrainOutcome *outcome);

/* usercls.train_result of the function that was called. */
extern Datum train_result(FunctionCallInfo fcinfo, const TrainRun *run, const TrainOutcome *outcome);

/* Arguments of training functions, which are not strict. */
extern char *train_text_arg(FunctionCallInfo fcinfo, int arg, const char *name); /* NULL is an error */
extern char *train_name_arg(FunctionCallInfo fcinfo, int arg,
							const char *name); /* of type name; NULL is an error */

#endif

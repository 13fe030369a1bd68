/*
 * Everything that was asked for when a sequence model was trained: from SQL
 * arguments, to the stored spec and back.
 */
#ifndef USERCLS_SEQUENCE_REQUEST_H
#define USERCLS_SEQUENCE_REQUEST_H

#include "fmgr.h"
#include "utils/jsonb.h"

#include "sequence/pure/train.h"
#include "sequence/users.h"
#include "work/train.h"

typedef struct SequenceRequest
{
	SequenceReading reading;
	bool has_as_of; /* otherwise the latest possible */
	TimestampTz as_of;
	SequenceConfig config;
	Jsonb *class_weights; /* checked against the classes once these are known */
	SequenceCutoffs cutoffs;
	Validation validation;
	Split split;        /* who they are: of a stored training; for a new one the training makes it */
	bool automatic;     /* architecture => 'auto': config has that of the candidate at hand */
	Jsonb *hyperparams; /* as given */
	int64 seed;
	int32 warm_start; /* version; 0: none */
} SequenceRequest;

/* The arguments from `source` on, in the order of train_sequence. */
extern void sequence_request_from_args(TrainRun *run, SequenceRequest *request, FunctionCallInfo fcinfo);

/* What versions are compared by. The label is the most probable class, which no metric of labels serves as well. */
#define SEQUENCE_METRIC "log_loss"

extern Jsonb *sequence_request_to_spec(const SequenceRequest *request);
extern void sequence_request_from_spec(SequenceRequest *request, const Jsonb *spec);

/* Which time and which users a stored training reads, alone: no table has to exist for it. */
extern void sequence_spec_window(SequenceReading *reading, const Jsonb *spec);

/* How classes are balanced, and the weight of each for BALANCE_GIVEN. Errors name the argument. */
extern ClassBalance sequence_class_balance(double *weight, const SequenceRequest *request,
										   const char *const *classes, int C);

/* The period in the form P7D, which reads back whatever the session's settings. */
extern char *sequence_period_text(const Interval *period);

/* The argument time_zone; an error when there is no such zone. */
extern const char *sequence_time_zone(const char *name);

/* An error unless so many periods are possible; name: of the argument. */
extern void sequence_check_periods(const char *name, int value, int min);

#endif

/*
 * Samples: what a version of a model answered for users of whom the truth is known; and the metrics of a sample.
 *
 * Without a source these are the users that the training held out: its spec says
 * who they are (server/split.h), so the same ones are found again.
 * With a source they are all users in it, and it is up to the caller that none
 * of them was trained on.
 */
#ifndef USERCLS_METRICS_SAMPLE_H
#define USERCLS_METRICS_SAMPLE_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "metrics/pure/metrics.h"
#include "metrics/pure/upliftmetrics.h"
#include "server/majors.h"
#include "registry/registry.h"

/* The leading arguments of evaluate() and its relatives. */
typedef struct EvaluateCall
{
	const Model *model;
	Oid source;     /* InvalidOid: the users held out of the model's own source */
	Oid edges;      /* InvalidOid: the model's own */
	bool has_as_of; /* sequence models: otherwise as trained, or the latest possible in another source */
	bool learned;   /* of the model's own source those, too, whom the training learned from */
	TimestampTz as_of;
} EvaluateCall;

/* Where a function has the arguments of an EvaluateCall; 0: it has none such. The model is always argument 0. */
typedef struct EvaluateArguments
{
	int source, edges, as_of, version;
} EvaluateArguments;

/* kind: what the model must be of; NULL: any */
extern EvaluateCall evaluate_call(FunctionCallInfo fcinfo, const ModelKind *kind, EvaluateArguments at);

/* Whose the rows of a sample are. */
typedef struct SampleUsers
{
	size_t n;
	Oid id_type;
	const Datum *id;
	const TimestampTz *cutoff; /* up to which the row was read; NULL: the users have no times */
	const uint8 *held_out;     /* 0: learned from; NULL: nobody knows, of a source that the caller names */
} SampleUsers;

typedef struct ClassSample
{
	SampleUsers rows;
	ClassScores scores;   /* every label is known */
	ClassScores answers;  /* the same users; the class that the model answers has the highest value */
	const char **classes; /* C */
	const uint32_t *user; /* of each row its user, from 0 on; NULL: each row is a user */
	size_t users;
	size_t population; /* users at the newest cutoff, of the sample and of those that were learned from */

	/* Users of the sample and, after them, those that the rules without a model learn from. */
	size_t all;
	int32_t *labels;
	int32_t
		*carried; /* class of the trend of the window that is read, -1: none; NULL: labels are no trends */

	/* Where the classes are ranges of a number: the number of each of `all`, and what was forecast of the sample; NULL. */
	const double *number;
	const double *mean, *median, *low, *high;
} ClassSample;

/* A row of predictions() for each row of a sample. */
typedef struct Predictions
{
	SampleUsers rows;
	const ClassSample *classes; /* the same rows; NULL: the model answers no class */
	const double *outcome; /* measured: of an experiment, or the number whose ranges are the classes; NULL */

	/* Of an experiment, otherwise NULL. */
	size_t treatments;
	const char *const *arm_name; /* treatments + 1, the control first */
	const uint8_t *arm;          /* that each user was in */
	const double *uplift;        /* n × treatments */
} Predictions;

/* An error: the relation has nobody to evaluate on; detail is a sentence that says why. */
extern void error_nobody(Oid relation, const char *detail) pg_attribute_noreturn();

/* An error: without a source there is nobody to evaluate on, since the training held out nobody. */
extern void error_nobody_held_out(const Model *model) pg_attribute_noreturn();

/* A row of evaluate(). */
typedef struct MetricRow
{
	char *name;
	double value;
	double low, high; /* NaN: not known */
	double baseline;  /* NaN: none */
	bool
		centred; /* replicates are higher by the noise of drawing, of which each has as much as the sample: their mean is the value */
	size_t n;    /* users that it is measured on; 0: all rows of the set */
	double error; /* its standard error, where that is known without replicates; 0: it is not */
} MetricRow;

/* The metrics of a sample, and what they are for a bootstrap replicate of it. */
typedef struct MetricSet
{
	int rows;
	MetricRow *row;
	size_t n;           /* rows */
	const uint32 *user; /* of each row its user, from 0 on: users are drawn; NULL: each row is a user */
	size_t users;
	void (*measure)(double *value, void *state, const uint32 *weight);
	void *state;
} MetricSet;

/* How many users or rows a row of the set is measured on. */
static inline size_t
metric_row_n(const MetricSet *set, const MetricRow *row)
{
	return row->n > 0 ? row->n : set->n;
}

extern MetricSet *class_set(const ClassSample *sample);
extern MetricSet *number_set(const ClassSample *sample); /* of a number */

/*
 * The arms of an experiment are apart in one feature by smd standard deviations; chance stays below bound. All features together
 * tell the arm by auc, with its standard error.
 */
typedef struct ArmsApart
{
	double smd, bound;
	double auc, error;
} ArmsApart;

/* An experiment: of each treatment its users and those of the control, ranked by the uplift of that treatment. */
typedef struct UpliftTrial
{
	size_t users;
	size_t treatments;
	const char *const *name; /* of the treatments */
	UpliftScores *of;        /* treatments */
	uint32 **user;           /* of each ranked row its user, from 0 on */
} UpliftTrial;

/* Of n users: the arm that each was in, 0 for the control, its outcome, and uplift (n × treatments). */
extern UpliftTrial *uplift_trial_make(const double *uplift, const double *outcome, const uint8 *arm, size_t n,
									  size_t treatments, const char *const *name);

/* Qini, the mean of all treatments. */
extern double uplift_trial_qini(const UpliftTrial *trial);

/* apart: how far the arms are apart. NULL: no such rows. */
extern MetricSet *uplift_set(const UpliftTrial *trial, const ArmsApart *apart);

/* The metrics of n rows of a sample, whose users are numbered from 0 on; without the rules that need no model. */
extern MetricSet *predictions_set(const Predictions *from, const uint32 *row, size_t n, const uint32 *user,
								  size_t users);

/* A row of calibration(): users of whom about the same was predicted. */
typedef struct CalibrationBin
{
	const char *class; /* whose probability it is; NULL: that of the most probable one, or an uplift */
	const char *arm;   /* of an experiment: the treatment; NULL: of a model that answers classes */
	int number;
	double low, high;
	double n;
	double predicted, observed;
	double standard_error; /* of observed; NaN: not known */
} CalibrationBin;

/* The bins of calibration(), in the current memory context; *n: how many. by_class: of each class, not of the most probable one. */
extern CalibrationBin *class_calibration(int *n, const ClassSample *sample, bool by_class);
extern CalibrationBin *uplift_calibration(int *n, const UpliftTrial *trial);

/* n rows of F features, NaN = missing: steps of sequences, or users. */
typedef struct Observed
{
	const float *value;
	size_t n, F;
} Observed;

/* The features that a model reads: as they were when it was trained, and as they are. */
typedef struct Observations
{
	Observed then, now;
	const char *const *name;
	const bool *category;      /* F: values are numbers of categories; NULL: none is */
	struct Observations *more; /* NULL: that is all */
} Observations;

#endif

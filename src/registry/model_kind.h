/*
 * A kind of model: what everybody else may ask of it.
 *
 * A capability defines one ModelKind (sequence_kind, uplift_kind), and kinds.c
 * has the table of them. Whatever is done with models of any kind goes through
 * here, model->kind->train(&run, spec): nobody compares the names of kinds.
 */
#ifndef USERCLS_REGISTRY_MODEL_KIND_H
#define USERCLS_REGISTRY_MODEL_KIND_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "model/config.h"

struct Model;
struct TrainRun;
struct EvaluateCall;
struct MetricSet;
struct CalibrationBin;
struct Predictions;
struct Observations;
struct ChangedSince;
struct ChangedScores;
struct Importance;
struct ImportanceRequest;

/* A column of a table of scores that comes from the model. */
typedef struct ScoreColumn
{
	const char *name; /* to be quoted */
	Oid type;         /* text, float8, bigint or boolean */
	const char *
		from; /* expression over a row, s, of ModelKind.scores; $3: the threshold, or null; $4: how many reasons */
	const char *
		rank_by; /* it is the place by this column among all users, the highest first; NULL: it is the row's own */
	const char *rank_within; /* among those alone who have the same text in this column; NULL: among all */
	const char *comment;
	bool required; /* what a table of scores is known by; others are added where they are missing */
} ScoreColumn;

/* Which users matter. */
typedef struct ScoreChoice
{
	const char *class; /* whose probability is the score; NULL: none was given */
	bool marks;        /* users whose score is at least the threshold */
	double threshold;
	int reasons; /* how many reasons of the score a user has, where he is marked, or nobody is; 0: there is no column for them */
} ScoreChoice;

#define SCORE_REASONS_MAX 20

/* The column that says who is marked, and the one that says by how much: every kind has them. */
#define SCORE_MARKED "marked"
#define SCORE_SCORE "score"

/* The column of reasons, where it was asked for. */
#define SCORE_REASONS "reasons"
#define SCORE_REASONS_COMMENT "why the score is what it is: one reason a line, the largest contribution first"

typedef struct ModelKind
{
	const char *name; /* as it is stored, and as users write it */

	/* The hyperparameters, and where a decoded model has its own. */
	const Option *options;
	const size_t *option_count;
	const void *(*config)(const void *model);

	/*
	 * Make the form that scores of the bytes of a safetensors file, in the current memory context; raises when they
	 * are damaged. model NULL: the bytes came by value.
	 */
	void *(*decode)(const void *bytes, size_t size, const char *model, int32 version);

	/* Train what the spec of a version says on today's data: everything from train_begin() to train_end(). */
	void (*train)(struct TrainRun *run, const Jsonb *spec);

	/* The keys of a spec that name a table or view, NULL after the last. NB: the view usercls.sources lists them all. */
	const char *const *sources;

	/* The keys of a spec that hold SQL expressions, one or an array of them. NB: as above. */
	const char *const *expressions;

	/* Why models of this kind have no as_of: a sentence. NULL: they have. */
	const char *timeless;

	/* Whether a training by that spec reads up to a time all the same; NULL: none does. */
	bool (*dated)(const Jsonb *spec);

	/* Scores of all users of a version's own tables. */
	const char *scores; /* FROM of a query: $1 the model, $2 as_of; %s is the type of user ids */
	const char *
		reasons; /* the same with a column of reasons: $3 the threshold, $4 how many, $5 the class; NULL: as without */

	/*
	 * The same columns of the users whose scores rows may have changed that came in since (server/changed.h); what depends
	 * on all users is of these alone. NULL: they are so many that to score all is faster.
	 */
	struct ChangedScores *(*changed)(const struct Model *model, const struct ChangedSince *since, Oid id_type,
									 const ScoreChoice *choice);

	/* The columns of a table of scores, in the current memory context; returns how many. Errors of the choice. */
	int (*score_columns)(const ScoreColumn **column, const struct Model *model, const ScoreChoice *choice);
	Oid (*id_type)(const Jsonb *spec); /* of user ids */

	/*
	 * How the comments begin of columns that a version or a refresh may be without, NULL after the last: in a table of
	 * scores such a column is then made null.
	 */
	const char *const *optional_columns;

	/*
	 * metrics/sample.h: users of whom the truth is known, one by one; the metrics on them; bins, and how many; what
	 * they lose without a feature (metrics/importance.h); features then and now.
	 */
	struct Predictions *(*predictions)(const struct EvaluateCall *call);
	struct MetricSet *(*metrics)(const struct EvaluateCall *call);
	struct CalibrationBin *(*calibration)(int *n, const struct EvaluateCall *call, bool by_class);
	struct Importance *(*importance)(const struct EvaluateCall *call,
									 const struct ImportanceRequest *request);
	void (*observe)(struct Observations *features, const struct EvaluateCall *call);

	/* For hints: how such a model is used, and what scores the rows of a query. */
	const char *usage;
	const char *scores_rows;
} ModelKind;

/* The kind of that name; an error that lists them all when there is none. */
extern const ModelKind *model_kind(const char *name);

#endif

#include "postgres.h"

#include "sequence/score_columns.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"

#include "server/errors.h"
#include "registry/modelcache.h"
#include "registry/score_names.h"
#include "sequence/stored.h"

/* A row of a table has no room for more numbers. */
#define PROBABILITY_COLUMNS_MAX 800

/* Comments of columns that only some models have: of classes, and of a number. */
#define CLASS_COMMENT "probability of class "
#define MEAN_COMMENT "mean of the number that is forecast"
#define LOW_COMMENT "one in ten is below"
#define HIGH_COMMENT "one in ten is above"

const char *const sequence_optional_columns[] = {CLASS_COMMENT, MEAN_COMMENT,          LOW_COMMENT,
												 HIGH_COMMENT,  SCORE_REASONS_COMMENT, NULL};

void
sequence_check_choice(const Model *version, const ScoreChoice *choice)
{
	const SequenceModel *model = modelcache_get(version, CurrentMemoryContext);

	if (choice->class)
		(void) sequence_model_class_named(model, choice->class);
	if (choice->marks && !choice->class)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("threshold is given without class"),
						errdetail("The threshold is compared with the probability of one class."),
						errhint("Pass the class that matters: class => '%s'.", model->classes[0])));
	if (choice->marks && !(choice->threshold >= 0 && choice->threshold <= 1))
		error_out_of_range("threshold", psprintf("%g", choice->threshold), "a probability from 0 to 1");
}

/* The mean of a number as SQL over the probabilities of a row s. */
static const char *
mean_sql(const NumberRanges *ranges)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int k = 0; k < ranges->n; k++)
		appendStringInfo(&sql, "%s(s.probabilities[%d] OPERATOR(pg_catalog.*) (%.17g)::pg_catalog.float8)",
						 k > 0 ? " OPERATOR(pg_catalog.+) " : "", k + 1, ranges->mean[k]);
	return psprintf("(%s)", sql.data);
}

/* Of a model that answers a number; returns how many. */
static int
number_columns(ScoreColumn *column, const NumberRanges *ranges)
{
	column[0] =
		(ScoreColumn){.name = "mean", .type = FLOAT8OID, .from = mean_sql(ranges), .comment = MEAN_COMMENT};
	column[1] = (ScoreColumn){.name = "low",
							  .type = FLOAT8OID,
							  .from = "(usercls.forecast($1, s.probabilities)).low",
							  .comment = LOW_COMMENT};
	column[2] = (ScoreColumn){.name = "high",
							  .type = FLOAT8OID,
							  .from = "(usercls.forecast($1, s.probabilities)).high",
							  .comment = HIGH_COMMENT};
	return 3;
}

int
sequence_score_columns(const ScoreColumn **columns, const Model *version, const ScoreChoice *choice)
{
	const SequenceModel *model = modelcache_get(version, CurrentMemoryContext);
	const int probabilities = model->C <= PROBABILITY_COLUMNS_MAX && !model->ranges ? model->C : 0;
	ScoreColumn *column = palloc(sizeof(*column) * (size_t) (probabilities + 9));
	const char *score = "NULL::pg_catalog.float8";
	const char *rank = "s.rank";
	int n = 0;

	sequence_check_choice(version, choice);
	if (choice->class)
	{
		score = psprintf("s.probabilities[%d]", sequence_model_class_named(model, choice->class) + 1);
		rank = psprintf("pg_catalog.rank() OVER (ORDER BY %s DESC)", score);
	}
	else if (model->ranges)
	{
		score = mean_sql(model->ranges);
		rank = psprintf("pg_catalog.rank() OVER (ORDER BY %s DESC)", score);
	}
	column[n++] = (ScoreColumn){.name = "label",
								.type = TEXTOID,
								.from = "s.label",
								.comment = "class that the model gives the user",
								.required = true};
	column[n++] = (ScoreColumn){.name = "probability",
								.type = FLOAT8OID,
								.from = "s.probability",
								.comment = "probability of that class",
								.required = true};
	for (int c = 0; c < probabilities; c++)
	{
		column[n] = (ScoreColumn){.name = score_column_name(column, n, "p", model->classes[c]),
								  .type = FLOAT8OID,
								  .from = psprintf("s.probabilities[%d]", c + 1),
								  .comment = psprintf(CLASS_COMMENT "%s", model->classes[c])};
		n++;
	}
	if (model->ranges)
		n += number_columns(column + n, model->ranges);
	column[n++] = (ScoreColumn){
		.name = SCORE_SCORE,
		.type = FLOAT8OID,
		.from = score,
		.comment =
			model->ranges ? MEAN_COMMENT : "probability of the class that matters; null: none was given"};
	column[n++] = (ScoreColumn){
		.name = "rank",
		.type = INT8OID,
		.from = rank,
		.rank_by = choice->class || model->ranges ? SCORE_SCORE : "probability",
		.rank_within = choice->class || model->ranges ? NULL : "label",
		.comment = "place by score, from 1; without a class that matters, by probability within the label"};
	column[n++] = (ScoreColumn){.name = SCORE_MARKED,
								.type = BOOLOID,
								.from = psprintf("%s OPERATOR(pg_catalog.>=) $3", score),
								.comment = "score is at least the threshold; null: none was given"};
	if (choice->reasons > 0)
		column[n++] = (ScoreColumn){.name = SCORE_REASONS,
									.type = TEXTOID,
									.from = "s." SCORE_REASONS,
									.comment = SCORE_REASONS_COMMENT};
	*columns = column;
	return n;
}

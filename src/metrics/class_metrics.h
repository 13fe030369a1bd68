/*
 * How well the classes of users are told, by a model or by a rule that needs none.
 */
#ifndef USERCLS_METRICS_CLASS_METRICS_H
#define USERCLS_METRICS_CLASS_METRICS_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "metrics/pure/metrics.h"

typedef struct ClassMetrics
{
	double accuracy;
	double macro_f1;
	double log_loss;
	double ece;   /* expected calibration error */
	double *loss; /* n: of each user, whose mean is log_loss; NULL: not kept */
	double *auc;  /* C: of each class against the others; NaN where it is not defined; NULL: not measured */
} ClassMetrics;

/*
 * prob[n × C] with each class's probability times its decision factor: the class that a model answers has the highest
 * value (see sequence_model_class()). In the current memory context.
 */
extern real *class_decisions(const real *prob, const real *decision, size_t n, size_t C);

/* All metrics but the AUCs. answers: the same users with the values of class_decisions(); matrix: C × C, to work in. */
extern ClassMetrics class_measure(const ClassScores *scores, const ClassScores *answers, double *matrix);

/* One class against the others: the users by falling probability of that class. */
typedef struct ClassRanking
{
	double *score;
	uint8_t *label;
	uint32_t *row; /* of scores */
} ClassRanking;

/* In the current memory context. */
extern void class_rank(ClassRanking *ranking, const ClassScores *scores, size_t c);
extern void class_rank_free(ClassRanking *ranking);

/* weight: of the users, as in scores, NULL: 1 each; scratch: n to work in, NULL without weights. */
extern double class_auc(const ClassRanking *ranking, const uint32_t *weight, uint32_t *scratch, size_t n);

/* All metrics of n users. decision: factors of the probabilities to choose the class by; NULL: all alike. */
extern ClassMetrics class_metrics(const real *prob, const int32_t *label, const real *decision, size_t n,
								  size_t C);

/*
 * By how many standard errors of its mean the log_loss of the first is lower than that of the other, of the same n
 * rows; 0 when they do not differ. user: of each row, those of one side by side; NULL: each row is a user. Both with the
 * losses of rows.
 */
extern double class_gain(const ClassMetrics *metrics, const ClassMetrics *other, const uint32_t *user,
						 size_t n);

/*
 * Metrics of rules that need no model, learned from users learn .. n - 1 and measured on users 0 .. learn - 1. The rule
 * "majority": everybody has the most frequent class; the probabilities are the shares of the classes.
 */
extern ClassMetrics majority_metrics(const int32_t *label, size_t learn, size_t n, size_t C);

/*
 * The rule "carried forward": the class of user i is carried[i], the one of his trend today; -1: that is none of the
 * classes. The probabilities are the shares of the classes among the users with the same carried class.
 */
extern ClassMetrics carried_metrics(const int32_t *label, const int32_t *carried, size_t learn, size_t n,
									size_t C);

/* {"accuracy": …, "macro_f1": …, "log_loss": …, "ece": …, "auc": {"stable": …}} */
extern Jsonb *class_metrics_jsonb(const ClassMetrics *metrics, const char *const *classes, int C);

#endif

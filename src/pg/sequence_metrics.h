/*
 * How well a network does on users whose labels are known, beside rules that need no network.
 */
#ifndef USERCLS_PG_SEQUENCE_METRICS_H
#define USERCLS_PG_SEQUENCE_METRICS_H

#include "utils/jsonb.h"

#include "model/dataset.h"
#include "nn/real.h"
#include "pg/sequence_model.h"

typedef struct ClassMetrics
{
	double accuracy;
	double macro_f1;
	double log_loss;
	double ece;  /* expected calibration error */
	double *auc; /* C: of each class against the others; NaN where it is not defined */
} ClassMetrics;

/* Probabilities of n sequences from the first on: prob[n × C]. Interruptible. */
extern void sequence_score(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n, size_t C);

/* What scorer of sequence_score() to make: this many at a time. */
#define SEQUENCE_BATCH 64

/* decision: factors of the probabilities to choose the class by (SequenceModel); NULL: all alike. */
extern ClassMetrics class_metrics(const real *prob, const int32_t *label, const real *decision, size_t n,
								  size_t C);

/*
 * Rules that need no network, learned from the users from `learn` on and measured on those before. Majority:
 * everybody is what most are; its probabilities are the shares of the classes.
 */
extern ClassMetrics majority_metrics(const int32_t *label, size_t learn, size_t n, size_t C);

/*
 * Everybody stays what he is: carried[i], -1 being none of the classes. Its probabilities are the shares of
 * the classes among those who were the same.
 */
extern ClassMetrics carried_metrics(const int32_t *label, const int32_t *carried, size_t learn, size_t n,
									size_t C);

/* {"accuracy": …, "macro_f1": …, "log_loss": …, "ece": …, "auc": {"stable": …}} */
extern Jsonb *class_metrics_jsonb(const ClassMetrics *metrics, const char *const *classes, int C);

#endif

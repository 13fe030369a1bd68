#include "postgres.h"

#include "pg/sequence_metrics.h"

#include <math.h>

#include "miscadmin.h"

#include "nn/metrics.h"
#include "pg/jsonbuild.h"
#include "pg/memory.h"
#include "pg/ranked.h"

void
sequence_score(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n, size_t C)
{
	/* Where a cancel has to wait, a run that gave up would begin anew for ever. */
	const bool cancellable = INTERRUPTS_CAN_BE_PROCESSED();

	seqscorer_watch(scorer, cancellable ? &InterruptPending : NULL);
	for (size_t i = 0; i < n; i += SEQUENCE_BATCH)
	{
		/* Many steps of a large network take long: then a run gives up, and begins anew if nothing came of
		 * it. */
		do
		{
			CHECK_FOR_INTERRUPTS();
			seqscorer_run(scorer, prob + i * C, set, i, Min(SEQUENCE_BATCH, n - i));
		} while (cancellable && InterruptPending);
		sequence_check_finite(prob + i * C, C * Min(SEQUENCE_BATCH, n - i));
	}
}

static double
class_auc(const real *prob, const int32_t *label, size_t n, size_t C, size_t c)
{
	double *score = memory_array(n, sizeof(*score));
	uint8_t *is_c = memory_array(n, sizeof(*is_c));

	for (size_t i = 0; i < n; i++)
	{
		score[i] = (double) prob[i * C + c];
		is_c[i] = label[i] == (int32_t) c;
	}

	const BinaryScores set = ranked_binary(score, is_c, n);
	const double auc = metric_auc(&set);

	pfree((void *) set.score);
	pfree((void *) set.label);
	pfree(score);
	pfree(is_c);
	return auc;
}

static void
count_answers(double *matrix, const ClassScores *set, const real *decision)
{
	if (!decision)
	{
		metric_confusion(matrix, set);
		return;
	}

	real *weighted = memory_array(set->n * set->C, sizeof(real));
	ClassScores answers = *set;

	for (size_t i = 0; i < set->n * set->C; i++)
		weighted[i] = set->prob[i] * decision[i % set->C];
	answers.prob = weighted;
	metric_confusion(matrix, &answers);
	pfree(weighted);
}

ClassMetrics
class_metrics(const real *prob, const int32_t *label, const real *decision, size_t n, size_t C)
{
	const ClassScores set = {.prob = prob, .label = label, .n = n, .C = C};
	ConfidenceBin bin[CONFIDENCE_BINS] = {{0}};
	double *matrix = palloc0(sizeof(double) * C * C);
	ClassMetrics metrics = {.auc = palloc(sizeof(double) * C)};

	count_answers(matrix, &set, decision);
	metric_confidence(bin, &set, CONFIDENCE_BINS);
	metrics.accuracy = metric_accuracy(matrix, C);
	metrics.macro_f1 = metric_macro_f1(matrix, C);
	metrics.log_loss = metric_log_loss(&set);
	metrics.ece = metric_ece(bin, CONFIDENCE_BINS);
	for (size_t c = 0; c < C; c++)
	{
		CHECK_FOR_INTERRUPTS();
		metrics.auc[c] = class_auc(prob, label, n, C, c);
	}
	return metrics;
}

/*
 * Of the users before `learn`: the shares of the classes among the others of the same group, 0 .. groups - 1.
 * Each class counts once more than it occurs, so that no share is 0.
 */
static ClassMetrics
share_metrics(const int32_t *label, const int32_t *group, size_t groups, size_t learn, size_t n, size_t C)
{
	double *count = palloc(sizeof(double) * groups * C);
	real *prob = memory_array(learn * C, sizeof(real));

	for (size_t i = 0; i < groups * C; i++)
		count[i] = 1;
	for (size_t i = learn; i < n; i++)
		count[(size_t) group[i] * C + (size_t) label[i]]++;
	for (size_t i = 0; i < learn; i++)
	{
		const double *of = count + (size_t) group[i] * C;
		double sum = 0;

		for (size_t c = 0; c < C; c++)
			sum += of[c];
		for (size_t c = 0; c < C; c++)
			prob[i * C + c] = (real) (of[c] / sum);
	}

	const ClassMetrics metrics = class_metrics(prob, label, NULL, learn, C);

	pfree(prob);
	return metrics;
}

ClassMetrics
majority_metrics(const int32_t *label, size_t learn, size_t n, size_t C)
{
	int32_t *group = memory_array(n, sizeof(*group));

	memset(group, 0, n * sizeof(*group));
	return share_metrics(label, group, 1, learn, n, C);
}

ClassMetrics
carried_metrics(const int32_t *label, const int32_t *carried, size_t learn, size_t n, size_t C)
{
	int32_t *group = memory_array(n, sizeof(*group));
	double *matrix = palloc0(sizeof(double) * (C + 1) * (C + 1));

	/* Who is of none of the classes is a group of his own, and a prediction that is always wrong. */
	for (size_t i = 0; i < n; i++)
		group[i] = carried[i] < 0 ? (int32_t) C : carried[i];
	for (size_t i = 0; i < learn; i++)
		matrix[(size_t) label[i] * (C + 1) + (size_t) group[i]]++;

	ClassMetrics metrics = share_metrics(label, group, C + 1, learn, n, C);

	metrics.accuracy = metric_accuracy(matrix, C + 1);
	metrics.macro_f1 = metric_macro_f1(matrix, C + 1);
	return metrics;
}

Jsonb *
class_metrics_jsonb(const ClassMetrics *metrics, const char *const *classes, int C)
{
	JsonbBuild build, auc;

	jsonb_begin(&auc);
	for (int c = 0; c < C; c++)
		jsonb_put_float(&auc, classes[c], metrics->auc[c]);
	jsonb_begin(&build);
	jsonb_put_float(&build, "accuracy", metrics->accuracy);
	jsonb_put_float(&build, "macro_f1", metrics->macro_f1);
	jsonb_put_float(&build, "log_loss", metrics->log_loss);
	jsonb_put_float(&build, "ece", metrics->ece);
	jsonb_put_jsonb(&build, "auc", jsonb_end(&auc));
	return jsonb_end(&build);
}

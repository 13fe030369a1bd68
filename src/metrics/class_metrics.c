#include "postgres.h"

#include "metrics/class_metrics.h"

#include <math.h>

#include "miscadmin.h"

#include "metrics/pure/rank.h"
#include "server/jsonbuild.h"
#include "server/memory.h"

real *
class_decisions(const real *prob, const real *decision, size_t n, size_t C)
{
	real *weighted = memory_array(n * C, sizeof(real));

	for (size_t i = 0; i < n * C; i++)
		weighted[i] = prob[i] * decision[i % C];
	return weighted;
}

ClassMetrics
class_measure(const ClassScores *scores, const ClassScores *answers, double *matrix)
{
	ConfidenceBin bin[CONFIDENCE_BINS];

	metric_confusion(matrix, answers);
	metric_confidence(bin, scores, CONFIDENCE_BINS);
	return (ClassMetrics){.accuracy = metric_accuracy(matrix, scores->C),
						  .macro_f1 = metric_macro_f1(matrix, scores->C),
						  .log_loss = metric_log_loss(scores),
						  .ece = metric_ece(bin, CONFIDENCE_BINS)};
}

/* -- One class against the others ----------------------------------------- */

void
class_rank(ClassRanking *ranking, const ClassScores *scores, size_t c)
{
	const size_t n = scores->n;
	double *probability = memory_array(n, sizeof(double));
	RankItem *scratch = memory_array(2 * n, sizeof(RankItem));

	*ranking = (ClassRanking){memory_array(n, sizeof(double)), memory_array(n, sizeof(uint8_t)),
							  memory_array(n, sizeof(uint32_t))};
	for (size_t i = 0; i < n; i++)
		probability[i] = scores->prob[i * scores->C + c];
	rank_descending(ranking->row, scratch, probability, n);
	for (size_t i = 0; i < n; i++)
	{
		ranking->score[i] = probability[ranking->row[i]];
		ranking->label[i] = scores->label[ranking->row[i]] == (int32_t) c;
	}
	pfree(scratch);
	pfree(probability);
}

void
class_rank_free(ClassRanking *ranking)
{
	pfree(ranking->score);
	pfree(ranking->label);
	pfree(ranking->row);
}

double
class_auc(const ClassRanking *ranking, const uint32_t *weight, uint32_t *scratch, size_t n)
{
	BinaryScores set = {ranking->score, ranking->label, NULL, n};

	if (weight)
	{
		for (size_t i = 0; i < n; i++)
			scratch[i] = weight[ranking->row[i]];
		set.weight = scratch;
	}
	return metric_auc(&set);
}

/* -- All metrics at once -------------------------------------------------- */

/* What each user adds to log_loss. */
static double *
row_losses(const ClassScores *scores)
{
	double *loss = memory_array(scores->n, sizeof(double));

	for (size_t i = 0; i < scores->n; i++)
		loss[i] = metric_surprise((double) scores->prob[i * scores->C + (size_t) scores->label[i]]);
	return loss;
}

double
class_gain(const ClassMetrics *metrics, const ClassMetrics *other, const uint32_t *user, size_t n)
{
	double *residual = memory_array(n, sizeof(double));
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += (other->loss[i] - metrics->loss[i]) / (double) n;
	for (size_t i = 0; i < n; i++)
		residual[i] = other->loss[i] - metrics->loss[i] - mean;

	size_t users;
	const double error = metric_mean_error(&users, residual, user, n);

	pfree(residual);
	return error > 0 ? mean / error : 0;
}

ClassMetrics
class_metrics(const real *prob, const int32_t *label, const real *decision, size_t n, size_t C)
{
	const ClassScores scores = {.prob = prob, .label = label, .n = n, .C = C};
	ClassScores answers = scores;
	real *weighted = decision ? class_decisions(prob, decision, n, C) : NULL;

	if (weighted)
		answers.prob = weighted;

	ClassMetrics metrics = class_measure(&scores, &answers, memory_array(C * C, sizeof(double)));

	if (weighted)
		pfree(weighted);
	metrics.loss = row_losses(&scores);
	metrics.auc = palloc(sizeof(double) * C);
	for (size_t c = 0; c < C; c++)
	{
		ClassRanking ranking;

		CHECK_FOR_INTERRUPTS();
		class_rank(&ranking, &scores, c);
		metrics.auc[c] = class_auc(&ranking, NULL, NULL, n);
		class_rank_free(&ranking);
	}
	return metrics;
}

/* -- Rules that need no model --------------------------------------------- */

/*
 * Metrics of a rule: a user's probabilities are the shares of the classes within his group (0 .. groups - 1). The
 * shares are counted over users learn .. n - 1, each class once more than it occurs so that none is 0; users 0 ..
 * learn - 1 are measured.
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

	/* Users whose carried-forward class is unknown form group C; no label equals C, so they always count as wrong. */
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

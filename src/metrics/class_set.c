#include "postgres.h"

#include "metrics/sample.h"

#include <math.h>

#include "miscadmin.h"

#include "metrics/pure/rank.h"
#include "metrics/class_metrics.h"
#include "server/memory.h"

/* The first rows of the set; the AUCs of the classes follow them. */
enum
{
	ACCURACY,
	MACRO_F1,
	LOG_LOSS,
	ECE,
	FIRST_AUC
};

typedef struct ClassState
{
	const ClassSample *sample;
	ClassRanking *ranking; /* C */
	uint32_t *weight;      /* n, in the order of a ranking */
	double *matrix;        /* C × C */
} ClassState;

static void
measure(double *value, void *arg, const uint32 *weight)
{
	ClassState *state = arg;
	ClassScores scores = state->sample->scores;
	ClassScores answers = state->sample->answers;

	scores.weight = answers.weight = weight;

	const ClassMetrics metrics = class_measure(&scores, &answers, state->matrix);

	value[ACCURACY] = metrics.accuracy;
	value[MACRO_F1] = metrics.macro_f1;
	value[LOG_LOSS] = metrics.log_loss;
	value[ECE] = metrics.ece;
	for (size_t c = 0; c < scores.C; c++)
	{
		CHECK_FOR_INTERRUPTS();
		value[FIRST_AUC + c] = class_auc(&state->ranking[c], weight, state->weight, scores.n);
	}
}

/* The baseline of each row: the better of the rules that need no model (metrics/class_metrics.h). */
static void
baselines(MetricRow *row, const ClassSample *sample)
{
	const size_t n = sample->scores.n;
	const size_t C = sample->scores.C;
	const ClassMetrics majority = majority_metrics(sample->labels, n, sample->all, C);

	row[ACCURACY].baseline = majority.accuracy;
	row[MACRO_F1].baseline = majority.macro_f1;
	row[LOG_LOSS].baseline = majority.log_loss;
	if (sample->carried)
	{
		const ClassMetrics carried = carried_metrics(sample->labels, sample->carried, n, sample->all, C);

		row[ACCURACY].baseline = Max(majority.accuracy, carried.accuracy);
		row[MACRO_F1].baseline = Max(majority.macro_f1, carried.macro_f1);
		row[LOG_LOSS].baseline = Min(majority.log_loss, carried.log_loss);
	}
}

MetricSet *
class_set(const ClassSample *sample)
{
	static const char *const names[] = {
		[ACCURACY] = "accuracy", [MACRO_F1] = "macro_f1", [LOG_LOSS] = "log_loss", [ECE] = "ece"};
	const ClassScores *scores = &sample->scores;
	const size_t C = scores->C;
	const size_t a_class = sizeof(double) + sizeof(uint8_t) + sizeof(uint32_t);

	memory_check(scores->n * (C * (a_class + 2 * sizeof(real)) + 2 * sizeof(RankItem) + sizeof(double)),
				 "evaluation");

	ClassState *state = palloc(sizeof(*state));
	MetricSet *set = palloc(sizeof(*set));

	*state = (ClassState){.sample = sample,
						  .ranking = palloc(C * sizeof(ClassRanking)),
						  .weight = memory_array(scores->n, sizeof(uint32_t)),
						  .matrix = memory_array(C * C, sizeof(double))};
	*set = (MetricSet){.rows = FIRST_AUC + (int) C,
					   .row = palloc((FIRST_AUC + C) * sizeof(MetricRow)),
					   .n = scores->n,
					   .user = sample->user,
					   .users = sample->users,
					   .measure = measure,
					   .state = state};
	for (size_t c = 0; c < C; c++)
	{
		CHECK_FOR_INTERRUPTS();
		class_rank(&state->ranking[c], scores, c);
		set->row[FIRST_AUC + c] =
			(MetricRow){.name = psprintf("auc(%s)", sample->classes[c]), .baseline = 0.5};
	}
	for (int i = 0; i < FIRST_AUC; i++)
		set->row[i] = (MetricRow){.name = pstrdup(names[i]), .baseline = NAN};
	set->row[ECE].centred = true;
	baselines(set->row, sample);
	return set;
}

/* -- calibration() ---------------------------------------------------------- */

/* Of the observed share in a bin by class c. */
static double
bin_error(const ClassSample *sample, const ConfidenceBin *bin, size_t number, size_t c)
{
	double *residual = memory_array(sample->scores.n, sizeof(double));
	uint32_t *user = memory_array(sample->scores.n, sizeof(uint32_t));
	const size_t rows =
		metric_confidence_residuals(residual, user, bin, number, &sample->scores, c, sample->user);
	size_t users;
	const double error = metric_mean_error(&users, residual, user, rows);

	CHECK_FOR_INTERRUPTS();
	pfree(residual);
	pfree(user);
	return users > 1 ? error * sqrt((double) users / (double) (users - 1)) : NAN;
}

/* The bins by class c that have rows, behind the n before; returns how many there are then. */
static int
put_bins(CalibrationBin *out, int n, const ConfidenceBin *bin, const ClassSample *sample, size_t c)
{
	for (int i = 0; i < CONFIDENCE_BINS; i++)
	{
		const double rows = bin[i].count;

		if (rows > 0)
			out[n++] = (CalibrationBin){
				.class = c == LIKELIEST_CLASS ? NULL : sample->classes[c],
				.number = i + 1,
				.low = (double) i / CONFIDENCE_BINS,
				.high = (i + 1.0) / CONFIDENCE_BINS,
				.n = rows,
				.predicted = bin[i].confidence / rows,
				.observed = bin[i].correct / rows,
				.standard_error = bin_error(sample, &bin[i], (size_t) i, c),
			};
	}
	return n;
}

CalibrationBin *
class_calibration(int *n, const ClassSample *sample, bool by_class)
{
	const size_t groups = by_class ? sample->scores.C : 1;
	CalibrationBin *out = palloc(sizeof(*out) * groups * CONFIDENCE_BINS);
	ConfidenceBin bin[CONFIDENCE_BINS];

	*n = 0;
	if (!by_class)
	{
		metric_confidence(bin, &sample->scores, CONFIDENCE_BINS);
		*n = put_bins(out, 0, bin, sample, LIKELIEST_CLASS);
		return out;
	}
	for (size_t c = 0; c < groups; c++)
	{
		CHECK_FOR_INTERRUPTS();
		metric_class_confidence(bin, &sample->scores, c, CONFIDENCE_BINS);
		*n = put_bins(out, *n, bin, sample, c);
	}
	return out;
}

/* The metrics of a model that answers a number. */
#include "postgres.h"

#include "metrics/sample.h"

#include <math.h>

#include "metrics/class_metrics.h"
#include "server/memory.h"

enum
{
	MEAN_ABSOLUTE_ERROR,
	ROOT_MEAN_SQUARE_ERROR,
	COVERAGE,
	LOG_LOSS,
	ROWS
};

/* The sums of a sample, or of a replicate of it. */
static void
measure(double *value, void *arg, const uint32 *weight)
{
	const ClassSample *sample = arg;
	ClassScores scores = sample->scores;
	double n = 0, absolute = 0, square = 0, covered = 0;

	for (size_t i = 0; i < scores.n; i++)
	{
		const double w = weight ? weight[i] : 1;
		const double y = sample->number[i];

		n += w;
		absolute += w * fabs(y - sample->median[i]);
		square += w * (y - sample->mean[i]) * (y - sample->mean[i]);
		covered += y >= sample->low[i] && y <= sample->high[i] ? w : 0;
	}
	scores.weight = weight;
	value[MEAN_ABSOLUTE_ERROR] = absolute / n;
	value[ROOT_MEAN_SQUARE_ERROR] = sqrt(square / n);
	value[COVERAGE] = covered / n;
	value[LOG_LOSS] = metric_log_loss(&scores);
}

static int
compare_numbers(const void *a, const void *b)
{
	const double x = *(const double *) a;
	const double y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* Rules without a model say the same of everybody: the median, and the mean, of whom they learn from. */
static void
baselines(MetricRow *row, const ClassSample *sample)
{
	const size_t n = sample->scores.n;
	const size_t learned = sample->all - n;
	double *sorted = memory_array(learned, sizeof(double));
	double mean = 0, absolute = 0, square = 0;

	memcpy(sorted, sample->number + n, learned * sizeof(double));
	qsort(sorted, learned, sizeof(double), compare_numbers);
	for (size_t i = 0; i < learned; i++)
		mean += (sorted[i] - mean) / (double) (i + 1);

	const double median = learned > 0 ? 0.5 * (sorted[(learned - 1) / 2] + sorted[learned / 2]) : NAN;

	for (size_t i = 0; i < n; i++)
	{
		absolute += fabs(sample->number[i] - median);
		square += (sample->number[i] - mean) * (sample->number[i] - mean);
	}
	row[MEAN_ABSOLUTE_ERROR].baseline = absolute / (double) n;
	row[ROOT_MEAN_SQUARE_ERROR].baseline = learned > 0 ? sqrt(square / (double) n) : NAN;
	row[LOG_LOSS].baseline = majority_metrics(sample->labels, n, sample->all, sample->scores.C).log_loss;
	pfree(sorted);
}

MetricSet *
number_set(const ClassSample *sample)
{
	static const char *const names[] = {[MEAN_ABSOLUTE_ERROR] = "mae",
										[ROOT_MEAN_SQUARE_ERROR] = "rmse",
										[COVERAGE] = "coverage(0.8)",
										[LOG_LOSS] = "log_loss"};
	MetricSet *set = palloc(sizeof(*set));

	*set = (MetricSet){.rows = ROWS,
					   .row = palloc(ROWS * sizeof(MetricRow)),
					   .n = sample->scores.n,
					   .user = sample->user,
					   .users = sample->users,
					   .measure = measure,
					   .state = (void *) sample};
	for (int i = 0; i < ROWS; i++)
		set->row[i] = (MetricRow){.name = pstrdup(names[i]), .baseline = NAN};
	baselines(set->row, sample);
	return set;
}

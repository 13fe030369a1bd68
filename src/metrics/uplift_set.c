#include "postgres.h"

#include "metrics/sample.h"

#include <math.h>

#include "miscadmin.h"

#define GROUPS 10

enum
{
	QINI,
	AUUC,
	FIRST_SHARE
};

static const double shares[] = {0.1, 0.2, 0.3};

enum
{
	MEAN_PREDICTED = FIRST_SHARE + lengthof(shares),
	MEAN_EFFECT,
	CALIBRATION_ERROR,
	LARGEST_SMD,
	ROWS
};

typedef struct UpliftSetState
{
	const UpliftScores *sample;
	bool apart; /* whether this is asked for: */
	double largest_smd;
} UpliftSetState;

/*
 * The root of the mean of (predicted - effect)² over ten groups of users by prediction, weighted by their sizes. What is
 * measured differs from a group's effect by noise, whose mean square is standard_error²: so much is taken off, and from
 * a replicate twice as much, since drawing adds the same again (Kumar, Liang and Ma 2019 do so for classes). 0 when nothing
 * is left. In every replicate the groups are of the same users; a group with less than two of an arm is left out.
 */
static double
calibration_error(const UpliftScores *scores)
{
	const double noises = scores->weight ? 2 : 1;
	double square = 0;
	double rows = 0;
	size_t first = 0;

	for (size_t i = 0; i < GROUPS; i++)
	{
		const size_t n = scores->n / GROUPS + (i < scores->n % GROUPS);
		const UpliftBin bin = uplift_group(scores, first, n);
		const double weight = bin.n[0] + bin.n[1];
		const double gap = bin.predicted - bin.effect;

		first += n;
		if (isnan(bin.standard_error))
			continue;
		square += weight * (gap * gap - noises * bin.standard_error * bin.standard_error);
		rows += weight;
	}
	return rows > 0 ? sqrt(Max(square, 0) / rows) : NAN;
}

static void
measure(double *value, void *arg, const uint32 *weight)
{
	const UpliftSetState *state = arg;
	UpliftScores scores = *state->sample;

	scores.weight = weight;
	value[QINI] = metric_qini(&scores, true);
	value[AUUC] = metric_auuc(&scores);
	CHECK_FOR_INTERRUPTS();
	for (size_t i = 0; i < lengthof(shares); i++)
		value[FIRST_SHARE + i] = metric_uplift_at(&scores, shares[i], UPLIFT_OVERALL, UPLIFT_TIES_SHARED);

	const UpliftBin all = uplift_group(&scores, 0, scores.n);

	value[MEAN_PREDICTED] = all.predicted;
	value[MEAN_EFFECT] = all.effect;
	CHECK_FOR_INTERRUPTS();
	value[CALIBRATION_ERROR] = calibration_error(&scores);

	/* A largest difference has no interval by resampling: every replicate adds noise to it. Its baseline says what chance is. */
	if (state->apart)
		value[LARGEST_SMD] = weight ? NAN : state->largest_smd;
}

MetricSet *
uplift_set(const UpliftScores *sample, const ArmsApart *apart)
{
	const UpliftBin all = uplift_group(sample, 0, sample->n);
	MetricSet *set = palloc(sizeof(*set));
	MetricRow *row = palloc0(ROWS * sizeof(MetricRow));
	UpliftSetState *state = palloc(sizeof(*state));

	row[QINI] = (MetricRow){.name = "qini"};
	row[AUUC] = (MetricRow){.name = "auuc"};
	for (size_t i = 0; i < lengthof(shares); i++)
		row[FIRST_SHARE + i] =
			(MetricRow){.name = psprintf("uplift_at(%g)", shares[i]), .baseline = all.effect};
	row[MEAN_PREDICTED] = (MetricRow){.name = "mean_predicted", .baseline = all.effect};
	row[MEAN_EFFECT] = (MetricRow){.name = "mean_effect", .baseline = NAN};
	row[CALIBRATION_ERROR] = (MetricRow){.name = "calibration_error", .baseline = NAN};
	if (apart)
		row[LARGEST_SMD] = (MetricRow){.name = "largest_smd", .baseline = apart->bound};
	*state = (UpliftSetState){
		.sample = sample, .apart = apart != NULL, .largest_smd = apart ? fabs(apart->smd) : NAN};
	*set = (MetricSet){
		.rows = apart ? ROWS : LARGEST_SMD, .row = row, .n = sample->n, .measure = measure, .state = state};
	return set;
}

CalibrationBin *
uplift_calibration(int *n, const UpliftScores *sample)
{
	CalibrationBin *out = palloc(sizeof(*out) * GROUPS);
	const int groups = (int) Min(GROUPS, sample->n);
	UpliftBin bin[GROUPS];

	uplift_by_bin(bin, sample, (size_t) groups);

	/* From the lowest prediction up, as for classes. */
	for (int i = 0; i < groups; i++)
	{
		const UpliftBin *group = &bin[groups - 1 - i];

		out[i] = (CalibrationBin){
			.number = i + 1,
			.low = group->lowest,
			.high = group->highest,
			.n = group->n[0] + group->n[1],
			.predicted = group->predicted,
			.observed = group->effect,
			.standard_error = group->standard_error,
		};
	}
	*n = groups;
	return out;
}

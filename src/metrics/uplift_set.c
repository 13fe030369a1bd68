#include "postgres.h"

#include "metrics/sample.h"

#include <math.h>

#include "miscadmin.h"

#include "server/memory.h"

#define GROUPS 10

/* Of each treatment. */
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
	ROWS
};

typedef struct Gaps
{
	double square, noise;     /* means: what is seen, and what noise adds to it */
	double of_noise, of_both; /* what square varies by, but for a common factor: noise², and noise × square */
} Gaps;

/* How far the arms are apart: behind the rows of all treatments. */
enum
{
	LARGEST_SMD,
	ARM_AUC,
	APART_ROWS
};

/* Before the rows of several treatments stands their mean Qini. */
typedef struct UpliftSetState
{
	const UpliftTrial *trial;
	Gaps *gaps;      /* of each treatment */
	bool asks_apart; /* whether this is asked for: */
	ArmsApart apart;
} UpliftSetState;

static int
rows_before(const UpliftTrial *trial)
{
	return trial->treatments > 1 ? 1 : 0;
}

/*
 * (predicted - measured effect)² over ten groups of users by prediction, the mean weighted by their sizes. What is measured
 * differs from a group's effect by noise, whose mean square is standard_error². In every replicate the groups are of the same
 * users; a group with less than two of an arm is left out.
 */
static Gaps
measure_gaps(const UpliftScores *scores)
{
	Gaps gaps = {0};
	double rows = 0;
	size_t first = 0;

	for (size_t i = 0; i < GROUPS; i++)
	{
		const size_t n = scores->n / GROUPS + (i < scores->n % GROUPS);
		const UpliftBin bin = uplift_group(scores, first, n);
		const double weight = bin.n[0] + bin.n[1];
		const double square = (bin.predicted - bin.effect) * (bin.predicted - bin.effect);
		const double noise = bin.standard_error * bin.standard_error;

		first += n;
		if (isnan(noise))
			continue;
		rows += weight;
		gaps.square += (square - gaps.square) * weight / rows;
		gaps.noise += (noise - gaps.noise) * weight / rows;
		gaps.of_noise += weight * weight * 2 * noise * noise;
		gaps.of_both += weight * weight * 4 * square * noise;
	}
	return rows > 0 ? gaps : (Gaps){NAN, NAN, NAN, NAN};
}

/*
 * The root of the mean of (predicted - effect)², 0 when there is no more than noise: that is taken off, as Kumar, Liang and
 * Ma (2019) do for classes. Drawing adds as much again, so from a replicate it is taken off twice; and what replicates vary
 * by has the noise of the sample in it, too: of_both + of_noise, where the truth has of_both - of_noise. They are drawn
 * together by that, at least to what they vary by when there is nothing but noise, a third.
 */
static double
calibration_error(const UpliftScores *scores, const Gaps *sample)
{
	const Gaps gaps = measure_gaps(scores);
	const double square = sample->square - sample->noise;
	const double varies = (sample->of_both - sample->of_noise) / (sample->of_both + sample->of_noise);
	const double moved = gaps.square - 2 * gaps.noise - square;

	if (isnan(gaps.square) || isnan(square))
		return NAN;
	if (!scores->weight)
		return sqrt(Max(gaps.square - gaps.noise, 0));
	return sqrt(Max(square + sqrt(Max(varies, 1.0 / 3)) * moved, 0));
}

static void
measure_treatment(double *value, const UpliftScores *scores, const Gaps *gaps)
{
	value[QINI] = metric_qini(scores, true);
	value[AUUC] = metric_auuc(scores);
	CHECK_FOR_INTERRUPTS();
	for (size_t i = 0; i < lengthof(shares); i++)
		value[FIRST_SHARE + i] = metric_uplift_at(scores, shares[i], UPLIFT_OVERALL, UPLIFT_TIES_SHARED);

	const UpliftBin all = uplift_group(scores, 0, scores->n);

	value[MEAN_PREDICTED] = all.predicted;
	value[MEAN_EFFECT] = all.effect;
	CHECK_FOR_INTERRUPTS();
	value[CALIBRATION_ERROR] = calibration_error(scores, gaps);
}

/* weight: of the ranked rows of all treatments, one after the other. */
static void
measure(double *value, void *arg, const uint32 *weight)
{
	const UpliftSetState *state = arg;
	const UpliftTrial *trial = state->trial;
	double *of = value + rows_before(trial);
	double qini = 0;

	for (size_t k = 0; k < trial->treatments; k++)
	{
		UpliftScores scores = trial->of[k];

		scores.weight = weight;
		measure_treatment(of, &scores, &state->gaps[k]);
		qini += of[QINI];
		of += ROWS;
		weight = weight ? weight + scores.n : NULL;
	}
	if (rows_before(trial))
		value[0] = qini / (double) trial->treatments;

	/*
	 * A largest difference has no interval by resampling: every replicate adds noise to it. Its baseline says what chance is.
	 * The AUC has an error of its own.
	 */
	if (!state->asks_apart)
		return;
	of[LARGEST_SMD] = weight ? NAN : fabs(state->apart.smd);
	of[ARM_AUC] = weight ? NAN : state->apart.auc;
}

double
uplift_trial_qini(const UpliftTrial *trial)
{
	double sum = 0;

	for (size_t k = 0; k < trial->treatments; k++)
		sum += metric_qini(&trial->of[k], true);
	return sum / (double) trial->treatments;
}

/* The name of a metric; of several treatments with that of the treatment: "qini(Mens E-Mail)". */
static char *
metric_name(const UpliftTrial *trial, size_t k, const char *metric, const char *argument)
{
	if (trial->treatments == 1)
		return argument ? psprintf("%s(%s)", metric, argument) : pstrdup(metric);
	return psprintf("%s(%s%s%s)", metric, argument ? argument : "", argument ? ", " : "", trial->name[k]);
}

static void
name_rows(MetricRow *row, const UpliftTrial *trial, size_t k)
{
	const UpliftScores *scores = &trial->of[k];
	const UpliftBin all = uplift_group(scores, 0, scores->n);

	row[QINI] = (MetricRow){.name = metric_name(trial, k, "qini", NULL)};
	row[AUUC] = (MetricRow){.name = metric_name(trial, k, "auuc", NULL)};
	for (size_t i = 0; i < lengthof(shares); i++)
		row[FIRST_SHARE + i] = (MetricRow){
			.name = metric_name(trial, k, "uplift_at", psprintf("%g", shares[i])), .baseline = all.effect};
	row[MEAN_PREDICTED] =
		(MetricRow){.name = metric_name(trial, k, "mean_predicted", NULL), .baseline = all.effect};
	row[MEAN_EFFECT] = (MetricRow){.name = metric_name(trial, k, "mean_effect", NULL), .baseline = NAN};
	row[CALIBRATION_ERROR] =
		(MetricRow){.name = metric_name(trial, k, "calibration_error", NULL), .baseline = NAN};
	for (int i = 0; i < ROWS; i++)
		row[i].n = scores->n;
}

static void
name_apart(MetricRow *row, const ArmsApart *apart, size_t users)
{
	row[LARGEST_SMD] = (MetricRow){.name = "largest_smd", .baseline = apart->bound, .n = users};
	row[ARM_AUC] = (MetricRow){.name = "arm_auc", .baseline = 0.5, .n = users, .error = apart->error};
}

/* The users of all ranked rows; returns how many rows there are. */
static size_t
join_users(uint32 **user, const UpliftTrial *trial)
{
	size_t n = 0;

	for (size_t k = 0; k < trial->treatments; k++)
		n += trial->of[k].n;
	*user = memory_array(n, sizeof(**user));
	n = 0;
	for (size_t k = 0; k < trial->treatments; k++)
	{
		memcpy(*user + n, trial->user[k], sizeof(**user) * trial->of[k].n);
		n += trial->of[k].n;
	}
	return n;
}

MetricSet *
uplift_set(const UpliftTrial *trial, const ArmsApart *apart)
{
	const int before = rows_before(trial);
	const int rows = before + ROWS * (int) trial->treatments + (apart ? APART_ROWS : 0);
	MetricSet *set = palloc0(sizeof(*set));
	MetricRow *row = palloc0((size_t) rows * sizeof(MetricRow));
	UpliftSetState *state = palloc(sizeof(*state));

	if (before)
		row[0] = (MetricRow){.name = "qini", .n = trial->users};
	for (size_t k = 0; k < trial->treatments; k++)
		name_rows(row + before + ROWS * (int) k, trial, k);
	if (apart)
		name_apart(row + rows - APART_ROWS, apart, trial->users);
	*state = (UpliftSetState){.trial = trial,
							  .gaps = palloc(sizeof(Gaps) * trial->treatments),
							  .asks_apart = apart != NULL,
							  .apart = apart ? *apart : (ArmsApart){0}};
	for (size_t k = 0; k < trial->treatments; k++)
		state->gaps[k] = measure_gaps(&trial->of[k]);
	*set = (MetricSet){.rows = rows, .row = row, .n = trial->users, .measure = measure, .state = state};

	/* A user of the control stands in the ranking of each treatment, and is drawn once for all. */
	if (before)
	{
		uint32 *user;

		set->n = join_users(&user, trial);
		set->user = user;
		set->users = trial->users;
	}
	return set;
}

static int
calibrate_treatment(CalibrationBin *out, const UpliftTrial *trial, size_t k)
{
	const UpliftScores *scores = &trial->of[k];
	const int groups = (int) Min(GROUPS, scores->n);
	UpliftBin bin[GROUPS];

	uplift_by_bin(bin, scores, (size_t) groups);

	/* From the lowest prediction up, as for classes. */
	for (int i = 0; i < groups; i++)
	{
		const UpliftBin *group = &bin[groups - 1 - i];

		out[i] = (CalibrationBin){
			.arm = trial->name[k],
			.number = i + 1,
			.low = group->lowest,
			.high = group->highest,
			.n = group->n[0] + group->n[1],
			.predicted = group->predicted,
			.observed = group->effect,
			.standard_error = group->standard_error,
		};
	}
	return groups;
}

CalibrationBin *
uplift_calibration(int *bins, const UpliftTrial *trial)
{
	CalibrationBin *out = palloc(sizeof(*out) * GROUPS * trial->treatments);

	*bins = 0;
	for (size_t k = 0; k < trial->treatments; k++)
		*bins += calibrate_treatment(out + *bins, trial, k);
	return out;
}

/*
 * AUC by one pass over the rows by falling score:
 *
 *   foreach tie of equal scores do
 *     won += zeros in the tie × (ones above it + ones in it / 2);  then count the tie to what is above
 *   auc = won / (zeros × ones)
 *
 * The other metrics are sums over rows, or over the confusion matrix.
 */
#include "metrics/pure/metrics.h"

#include <math.h>

static double
row_weight(const uint32_t *weight, size_t i)
{
	return weight ? (double) weight[i] : 1.0;
}

double
metric_auc(const BinaryScores *set)
{
	double above[2] = {0, 0}; /* rows by label with a higher score than the tie at hand */
	double won = 0;           /* pairs of a 1 and a 0 with the 1 above */

	for (size_t i = 0; i < set->n;)
	{
		const double score = set->score[i];
		double tied[2] = {0, 0};

		for (; i < set->n && set->score[i] == score; i++)
			tied[set->label[i]] += row_weight(set->weight, i);
		won += tied[0] * (above[1] + 0.5 * tied[1]);
		above[0] += tied[0];
		above[1] += tied[1];
	}
	return above[0] > 0 && above[1] > 0 ? won / (above[0] * above[1]) : NAN;
}

static double
ones_of(const BinaryScores *set)
{
	double ones = 0;

	for (size_t i = 0; i < set->n; i++)
		ones += set->label[i];
	return ones;
}

/* The AUC is a mean over the ones of the share of zeros below, and over the zeros of that of ones above: both vary. */
double
metric_auc_error(const BinaryScores *set)
{
	const double auc = metric_auc(set), ones = ones_of(set), zeros = (double) set->n - ones;
	double above[2] = {0, 0}, squares[2] = {0, 0};

	for (size_t i = 0; i < set->n;)
	{
		const double score = set->score[i];
		double tied[2] = {0, 0};

		for (; i < set->n && set->score[i] == score; i++)
			tied[set->label[i]]++;

		const double below = (zeros - above[0] - tied[0] / 2) / zeros - auc;
		const double higher = (above[1] + tied[1] / 2) / ones - auc;

		squares[1] += tied[1] * below * below;
		squares[0] += tied[0] * higher * higher;
		above[0] += tied[0];
		above[1] += tied[1];
	}
	return ones > 1 && zeros > 1 ? sqrt(squares[1] / (ones - 1) / ones + squares[0] / (zeros - 1) / zeros)
								 : NAN;
}

double
metric_average_precision(const BinaryScores *set)
{
	double above[2] = {0, 0}; /* rows by label with a score at or above the tie at hand */
	double sum = 0;           /* over the ones: the precision of their tie */

	for (size_t i = 0; i < set->n;)
	{
		const double score = set->score[i];
		const double ones = above[1];

		for (; i < set->n && set->score[i] == score; i++)
			above[set->label[i]] += row_weight(set->weight, i);
		if (above[1] > ones)
			sum += (above[1] - ones) * above[1] / (above[0] + above[1]);
	}
	return above[1] > 0 ? sum / above[1] : NAN;
}

double
metric_surprise(double p)
{
	return -log(fmin(fmax(p, 0x1p-52), 1.0 - 0x1p-52));
}

double
metric_log_loss(const ClassScores *set)
{
	double loss = 0;
	double rows = 0;

	for (size_t i = 0; i < set->n; i++)
	{
		const double weight = row_weight(set->weight, i);

		if (set->label[i] < 0 || weight == 0)
			continue;
		loss += weight * metric_surprise(set->prob[i * set->C + (size_t) set->label[i]]);
		rows += weight;
	}
	return rows > 0 ? loss / rows : NAN;
}

/* The first class of the highest value. */
static size_t
likeliest(const real *prob, size_t C)
{
	size_t best = 0;

	for (size_t c = 1; c < C; c++)
		if (prob[c] > prob[best])
			best = c;
	return best;
}

void
metric_confusion(double *matrix, const ClassScores *set)
{
	for (size_t i = 0; i < set->C * set->C; i++)
		matrix[i] = 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->label[i] >= 0)
			matrix[(size_t) set->label[i] * set->C + likeliest(set->prob + i * set->C, set->C)] +=
				row_weight(set->weight, i);
}

double
metric_accuracy(const double *matrix, size_t C)
{
	double right = 0;
	double rows = 0;

	for (size_t i = 0; i < C * C; i++)
	{
		rows += matrix[i];
		if (i / C == i % C)
			right += matrix[i];
	}
	return rows > 0 ? right / rows : NAN;
}

double
metric_macro_f1(const double *matrix, size_t C)
{
	double sum = 0;
	size_t classes = 0;

	for (size_t c = 0; c < C; c++)
	{
		double either = 0; /* 2 TP + FP + FN */

		for (size_t k = 0; k < C; k++)
			either += matrix[c * C + k] + matrix[k * C + c];
		if (either == 0)
			continue;
		sum += 2 * matrix[c * C + c] / either;
		classes++;
	}
	return classes > 0 ? sum / (double) classes : NAN;
}

/* The number of the bin of a probability. */
static size_t
bin_number(size_t bins, double probability)
{
	return (size_t) fmin(fmax(ceil(probability * (double) bins) - 1, 0), (double) (bins - 1));
}

static void
bin_add(ConfidenceBin *bin, size_t bins, const ClassScores *set, size_t i, size_t c)
{
	const double probability = set->prob[i * set->C + c];
	const double weight = row_weight(set->weight, i);
	ConfidenceBin *const b = bin + bin_number(bins, probability);

	b->count += weight;
	b->confidence += weight * probability;
	b->correct += c == (size_t) set->label[i] ? weight : 0;
}

void
metric_confidence(ConfidenceBin *bin, const ClassScores *set, size_t bins)
{
	for (size_t i = 0; i < bins; i++)
		bin[i] = (ConfidenceBin){0};
	for (size_t i = 0; i < set->n; i++)
		if (set->label[i] >= 0)
			bin_add(bin, bins, set, i, likeliest(set->prob + i * set->C, set->C));
}

void
metric_class_confidence(ConfidenceBin *bin, const ClassScores *set, size_t c, size_t bins)
{
	for (size_t i = 0; i < bins; i++)
		bin[i] = (ConfidenceBin){0};
	for (size_t i = 0; i < set->n; i++)
		if (set->label[i] >= 0)
			bin_add(bin, bins, set, i, c);
}

size_t
metric_confidence_residuals(double *residual, uint32_t *user_of, const ConfidenceBin *bin, size_t number,
							const ClassScores *set, size_t c, const uint32_t *user)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
	{
		if (set->label[i] < 0)
			continue;

		const size_t class = c == LIKELIEST_CLASS ? likeliest(set->prob + i * set->C, set->C) : c;

		if (bin_number(CONFIDENCE_BINS, set->prob[i * set->C + class]) != number)
			continue;
		user_of[n] = user ? user[i] : (uint32_t) i;
		residual[n++] = (class == (size_t) set->label[i] ? 1 : 0) - bin->correct / bin->count;
	}
	return n;
}

double
metric_mean_error(size_t *users, const double *residual, const uint32_t *user, size_t n)
{
	double square = 0, of_user = 0;

	*users = 0;
	for (size_t i = 0; i < n; i++)
	{
		of_user += residual[i];
		if (user && i + 1 < n && user[i + 1] == user[i])
			continue;
		square += of_user * of_user;
		of_user = 0;
		(*users)++;
	}
	return sqrt(square) / (double) n;
}

double
metric_ece(const ConfidenceBin *bin, size_t bins)
{
	double gap = 0;
	double rows = 0;

	for (size_t i = 0; i < bins; i++)
	{
		gap += fabs(bin[i].correct - bin[i].confidence);
		rows += bin[i].count;
	}
	return rows > 0 ? gap / rows : NAN;
}

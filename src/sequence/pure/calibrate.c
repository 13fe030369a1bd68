/*
 * The temperature t of the least Σ -log softmax((score + bias) / t)[label] + PRIOR (log t)², by golden section over
 * log t: 40 times cut the range, e^-3 to e^3 at first, on the side of the larger loss.
 */
#include "sequence/pure/calibrate.h"

#include <math.h>

#include "model/moments.h"

/* Rows that the temperature is fitted to, at most: enough for one parameter, and few enough for one item of a job. */
#define ROWS_MAX 20000

/* The weight of the prior, PRIOR · (log temperature)²: it counts about as much as so many rows. */
#define PRIOR 2.0

#define LOG_RANGE 3.0 /* of the temperature: e^-3 .. e^3 */
#define ITERATIONS 40

static double
loss_sum(const real *score, const real *bias, double temperature, const int32_t *label, size_t n,
		 size_t stride, size_t C)
{
	double total = 0;

	for (size_t i = 0; i < n; i += stride)
	{
		const real *s = score + i * C;
		double most = -INFINITY;
		double sum = 0;

		for (size_t j = 0; j < C; j++)
			most = fmax(most, ((double) s[j] + (double) bias[j]) / temperature);
		for (size_t j = 0; j < C; j++)
			sum += exp(((double) s[j] + (double) bias[j]) / temperature - most);
		total += log(sum) + most - ((double) s[label[i]] + (double) bias[label[i]]) / temperature;
	}
	return total;
}

double
calibrate_loss(const real *score, const real *bias, double temperature, const int32_t *label, size_t n,
			   size_t C)
{
	return loss_sum(score, bias, temperature, label, n, 1, C) / (double) n;
}

double
calibrate_gain(const real *score, const real *other, const real *bias, const int32_t *label, size_t n,
			   size_t C)
{
	Moments gain = {0};

	for (size_t i = 0; i < n; i++)
	{
		const double now = loss_sum(score + i * C, bias, 1, label + i, 1, 1, C);
		const double before = loss_sum(other + i * C, bias, 1, label + i, 1, 1, C);

		moments_merge(&gain, &(Moments){1, before - now, 0});
	}
	return gain.mean / fmax(sqrt(gain.m2) / (double) n, 1e-12);
}

typedef double (*LossAt)(const void *arg, double temperature);

/* The temperature of the least loss and PRIOR (log temperature)², by golden section over log temperature. */
static double
search(LossAt loss, const void *arg)
{
	const double golden = 0.6180339887498949;
	double low = -LOG_RANGE;
	double high = LOG_RANGE;

	for (int i = 0; i < ITERATIONS; i++)
	{
		const double left = high - golden * (high - low);
		const double right = low + golden * (high - low);

		if (loss(arg, exp(left)) + PRIOR * left * left <= loss(arg, exp(right)) + PRIOR * right * right)
			high = right;
		else
			low = left;
	}
	return exp((low + high) / 2);
}

static size_t
stride_of(size_t n)
{
	return (n + ROWS_MAX - 1) / ROWS_MAX;
}

typedef struct Scores
{
	const real *score, *bias;
	const int32_t *label;
	size_t n, C;
} Scores;

static double
scores_loss(const void *arg, double temperature)
{
	const Scores *of = arg;

	return loss_sum(of->score, of->bias, temperature, of->label, of->n, stride_of(of->n), of->C);
}

double
calibrate_temperature(const real *score, const real *bias, const int32_t *label, size_t n, size_t C)
{
	return n == 0 ? 1.0 : search(scores_loss, &(Scores){score, bias, label, n, C});
}

/* ---- Several networks ---- */

/* The share of the label when the probabilities are raised to a power and add up to 1 again. */
static double
powered(const real *prob, double power, int32_t label, size_t C)
{
	double sum = 0;

	for (size_t c = 0; c < C; c++)
		sum += pow((double) prob[c], power);
	return pow((double) prob[label], power) / sum;
}

/* softmax(score / (t f)) is softmax(score / t) to the power of 1 / f. */
static double
mean_loss(const void *arg, double factor)
{
	const CalibratedMean *of = arg;
	double total = 0;

	for (size_t i = 0; i < of->n; i += stride_of(of->n))
	{
		double share = 0;

		for (size_t k = 0; k < of->K; k++)
			share += powered(of->prob + (k * of->n + i) * of->C, 1 / factor, of->label[i], of->C);
		total -= log(fmax(share / (double) of->K, 1e-30));
	}
	if (of->pause)
		of->pause();
	return total;
}

double
calibrate_mean(const CalibratedMean *mean)
{
	return mean->n == 0 ? 1.0 : search(mean_loss, mean);
}

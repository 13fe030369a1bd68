#include "sequence/pure/input.h"

#include <math.h>

#include "sequence/pure/input_trend.h"

/* A spread below this share of that of all users is as good as none. */
#define SPREAD_FLOOR 0.02

#define BINNED_FEATURE 3 /* numbers of a feature that are read by bins */
#define LAST_STEPS 4     /* whose values a summary holds */
#define SUMMARY_FEATURE (9 + LAST_STEPS)

size_t
input_count(const SequenceConfig *config, size_t F)
{
	return F * ((config->inputs == INPUTS_CHANGES ? 5 : 1) + (config->mask ? 1 : 0));
}

size_t
summary_count(const SequenceConfig *config, size_t F)
{
	if (config->summary_size == 0)
		return 0;
	return F * SUMMARY_FEATURE + 1 + (config->trend_feature > 0 ? SUMMARY_TREND : 0);
}

static real
clamp(real v, real limit)
{
	if (!(v > -limit))
		return -limit;
	return v < limit ? v : limit;
}

/* What a period adds up to: 0 without a value. */
static real
period_sum(const InputSequence *s, size_t t, size_t f)
{
	const float v = s->value[t * s->F + f];

	return isnan(v) ? 0 : (real) v;
}

size_t
binned_count(const SequenceConfig *config, size_t F)
{
	return config->bins && config->attributes.n > 0 && config->summary_size > 0 ? F * BINNED_FEATURE : 0;
}

float
binned_number(const float *value, size_t steps, size_t F, size_t j)
{
	const InputSequence s = {.value = value, .steps = steps, .F = F};
	const size_t f = j / BINNED_FEATURE, back = j % BINNED_FEATURE;
	double sum = 0;

	if (back > steps)
		return 0;
	if (back > 0)
		return (float) period_sum(&s, steps - back, f);
	for (size_t t = 0; t < steps; t++)
		sum += (double) period_sum(&s, t, f);
	return (float) (sum / (double) steps);
}

void
input_measure_user(InputSequence *s)
{
	for (size_t f = 0; f < s->F; f++)
	{
		double mean = 0, square = 0;

		for (size_t t = 0; t < s->steps; t++)
			mean += (double) period_sum(s, t, f);
		mean /= (double) s->steps;
		for (size_t t = 0; t < s->steps; t++)
			square += ((double) period_sum(s, t, f) - mean) * ((double) period_sum(s, t, f) - mean);

		const double spread = sqrt(square / (double) s->steps) / (double) s->scale[f];

		s->own_mean[f] = (real) mean;
		s->own_spread[f] = s->scale[f] * (real) sqrt(spread * spread + SPREAD_FLOOR * SPREAD_FLOOR);
	}
}

real
input_own_value(const InputSequence *s, size_t t, size_t f)
{
	return clamp((period_sum(s, t, f) - s->own_mean[f]) / s->own_spread[f], INPUT_LIMIT);
}

static real
sign_of(real v)
{
	return (real) ((v > 0) - (v < 0));
}

/* From the period before; of the first step, there is none. */
static real
change_at(const InputSequence *s, size_t t, size_t f)
{
	return t == 0 ? 0 : period_sum(s, t, f) - period_sum(s, t - 1, f);
}

void
input_write(real *x, const InputSequence *s, size_t t, const SequenceConfig *config)
{
	const size_t F = s->F;
	size_t at = F;

	for (size_t f = 0; f < F; f++)
	{
		const float v = s->value[t * F + f];

		x[f] = isnan(v) ? 0 : clamp(((real) v - s->mean[f]) / s->scale[f], INPUT_LIMIT);
	}
	if (config->mask)
		for (size_t f = 0; f < F; f++)
			x[at++] = isnan(s->value[t * F + f]);
	if (config->inputs != INPUTS_CHANGES)
		return;
	for (size_t f = 0; f < F; f++)
	{
		const real change = change_at(s, t, f);

		x[at++] = input_own_value(s, t, f);
		x[at++] = clamp(change / s->change[f], INPUT_LIMIT);
		x[at++] = sign_of(change);
		x[at++] = period_sum(s, t, f) != 0;
	}
}

/* ---- The summary ---- */

/* Order 1 whatever the tail: as v near 0, as its logarithm far off. */
static real
squash(real v)
{
	return (real) asinh((double) v);
}

/* How the user's own values relate to time, and each to the one before: correlations. */
static void
summarise_course(real *slope, real *echo, const InputSequence *s, size_t f)
{
	const double middle = ((double) s->steps - 1) / 2;
	double time = 0, with_time = 0, square = 0, with_last = 0, last = 0;

	for (size_t t = 0; t < s->steps; t++)
	{
		const double v = (double) input_own_value(s, t, f), d = (double) t - middle;

		time += d * d;
		with_time += d * v;
		square += v * v;
		with_last += v * last;
		last = v;
	}
	*slope = (real) (with_time / sqrt(time * square + 1e-9));
	*echo = (real) (with_last / (square + 1e-9));
}

/* The mean of the user's own values over the last `steps` steps. */
static real
own_mean_of_last(const InputSequence *s, size_t f, size_t steps)
{
	double sum = 0;
	const size_t n = steps < s->steps ? steps : s->steps;

	for (size_t t = s->steps - n; t < s->steps; t++)
		sum += (double) input_own_value(s, t, f);
	return (real) (sum / (double) n);
}

static size_t
steps_since_activity(const InputSequence *s, size_t f)
{
	size_t t = s->steps;

	while (t > 0 && period_sum(s, t - 1, f) == 0)
		t--;
	return s->steps - t;
}

static size_t
active_steps(const InputSequence *s, size_t f)
{
	size_t n = 0;

	for (size_t t = 0; t < s->steps; t++)
		n += period_sum(s, t, f) != 0;
	return n;
}

static real *
summarise_feature(real *out, const InputSequence *s, size_t f)
{
	const real last = period_sum(s, s->steps - 1, f);

	*out++ = squash((s->own_mean[f] - s->mean[f]) / s->scale[f]);
	*out++ = (real) log((double) (s->own_spread[f] / s->scale[f]));
	*out++ = squash((last - s->mean[f]) / s->scale[f]);
	*out++ = (real) (log1p((double) steps_since_activity(s, f)) / 2);
	*out++ = 2 * (real) active_steps(s, f) / (real) s->steps - 1;
	summarise_course(out, out + 1, s, f);
	out += 2;
	*out++ = own_mean_of_last(s, f, s->steps / 4 + 1);
	*out++ = own_mean_of_last(s, f, s->steps / 2 + 1);
	for (size_t k = 1; k <= LAST_STEPS; k++)
		*out++ = s->steps >= k ? clamp(input_own_value(s, s->steps - k, f), 8) : 0;
	return out;
}

void
summary_write(real *out, const InputSequence *s, const SequenceConfig *config)
{
	const size_t window = config->window_periods > 0 ? (size_t) config->window_periods : s->steps;

	for (size_t f = 0; f < s->F; f++)
		out = summarise_feature(out, s, f);
	if (config->trend_feature > 0)
		out = summarise_trend(out, s, config);
	*out = 1 - (real) s->steps / (real) window;
}

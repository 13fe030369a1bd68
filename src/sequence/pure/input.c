#include "sequence/pure/input.h"

#include <math.h>

#include "labeler/pure/label.h"

/* Beyond it trend_label() speaks of a trend, where the score has the normal distribution. */
#define CRITICAL_Z 1.645

/* A spread below this share of that of all users is as good as none. */
#define SPREAD_FLOOR 0.02

#define LAST_STEPS 4 /* whose values a summary holds */
#define SUMMARY_FEATURE (9 + LAST_STEPS)
#define SUMMARY_TREND 11

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

/* Changes in the label's window that are known: between this many periods less one. */
static size_t
known_changes(const SequenceConfig *config)
{
	const int known = config->window_periods - config->horizon_periods - 1;

	return known > 0 ? (size_t) known : 0;
}

static size_t
net_limit(const SequenceConfig *config)
{
	const size_t known = known_changes(config);

	return known < BASELINE_NET_MAX ? known : BASELINE_NET_MAX;
}

size_t
baseline_rows(const SequenceConfig *config)
{
	if (!config->baseline)
		return 0;
	return config->trend_feature == 0 ? 1 : BASELINE_GROUPS * (2 * net_limit(config) + 1);
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

/* The value by the user's own mean and spread. */
static real
own_value(const InputSequence *s, size_t t, size_t f)
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

		x[at++] = own_value(s, t, f);
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
		const double v = (double) own_value(s, t, f), d = (double) t - middle;

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
		sum += (double) own_value(s, t, f);
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
		*out++ = s->steps >= k ? clamp(own_value(s, s->steps - k, f), 8) : 0;
	return out;
}

/* ---- What the labeler sees ---- */

typedef struct TrendState
{
	SignScore whole; /* of the window that is read: the label today */
	SignScore known; /* of the label's window, as far as it is read */
	SignScore late;  /* of the last quarter of the window that is read */
} TrendState;

static real
trend_value(const float *value, size_t t, size_t F, int f)
{
	const float v = value[t * F + (size_t) f];

	return isnan(v) ? 0 : (real) v;
}

static void
count_sign(SignScore *score, real change)
{
	score->rises += change > 0;
	score->falls += change < 0;
}

static size_t
late_changes(size_t window)
{
	return window / 4 + 1;
}

static TrendState
trend_state(const float *value, size_t steps, size_t F, const SequenceConfig *config)
{
	const size_t window = config->window_periods > 0 ? (size_t) config->window_periods : steps;
	const size_t horizon = (size_t) config->horizon_periods;
	TrendState state = {{0, 0}, {0, 0}, {0, 0}};
	const size_t skipped = steps > window ? steps - window : 0;
	const size_t begin = steps < window ? window - steps : 0; /* of the first step in the window */
	real before = 0;

	for (size_t t = skipped; t < steps; t++)
	{
		const real v = trend_value(value, t, F, config->trend_feature - 1);
		const size_t period = begin + t - skipped;

		if (period > 0)
			count_sign(&state.whole, v - before);
		if (period > horizon)
			count_sign(&state.known, v - before);
		if (period + late_changes(window) >= window)
			count_sign(&state.late, v - before);
		before = v;
	}
	return state;
}

/* 0, 1, 2: falls, neither, rises, whatever rule makes the label. */
static int
trend_group(SignScore score)
{
	const TrendLabel label = trend_label(score);

	return label < LABEL_STABLE ? 0 : label > LABEL_STABLE ? 2 : 1;
}

size_t
baseline_row(const float *value, size_t steps, size_t F, const SequenceConfig *config)
{
	if (config->trend_feature == 0)
		return 0;

	const TrendState state = trend_state(value, steps, F, config);
	const long limit = (long) net_limit(config);
	const long net = state.known.rises - state.known.falls;
	const size_t group = (size_t) trend_group(state.whole);

	return group * (size_t) (2 * limit + 1) + (size_t) ((net < -limit  ? -limit
														 : net > limit ? limit
																	   : net) +
														limit);
}

static real *
summarise_trend(real *out, const InputSequence *s, const SequenceConfig *config)
{
	const TrendState state = trend_state(s->value, s->steps, s->F, config);
	const double net = (double) (state.known.rises - state.known.falls);
	const double known = (double) (state.known.rises + state.known.falls);
	const double changes = (double) known_changes(config);
	const double left = (double) config->horizon_periods;

	/* Signs that the whole window will have, when as many of its changes are none as so far. */
	const double moving = changes > 0 ? known / changes : 1;
	const double critical = 1 + CRITICAL_Z * sqrt((known + left * moving + 2) / 3);
	const double reach = sqrt(left * moving + 1);

	*out++ = (real) sign_z(state.whole);
	*out++ = (real) sign_z(state.known);
	*out++ = (real) (net / 8);
	*out++ = (real) (2 * moving - 1);
	*out++ = (real) tanh((net - critical) / reach);
	*out++ = (real) tanh((net + critical) / reach);
	*out++ = (real) (fabs(net) / 8);

	/* Of a user who does not move any more the label is what is known already. */
	const double enough = 1 + CRITICAL_Z * sqrt((known + 2) / 3);
	const size_t window = config->window_periods > 0 ? (size_t) config->window_periods : s->steps;
	const double late = (double) (state.late.rises + state.late.falls);

	*out++ = (real) (trend_group(state.known) - 1);
	*out++ = (real) tanh(net - enough);
	*out++ = (real) tanh(net + enough);
	*out++ = (real) (2 * late / (double) late_changes(window) - 1);
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

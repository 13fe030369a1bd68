/*
 * What the labeler sees of a sequence: the difference-sign score of the window that is read, and of the label's window as
 * far as it is known; and what that makes of the label to come (sequence/pure/outlook.h).
 */
#include "sequence/pure/input_trend.h"

#include <math.h>

#include "labeler/pure/label.h"
#include "sequence/pure/outlook.h"
#include "sequence/pure/season.h"

/* Beyond it trend_label() speaks of a trend, where the score has the normal distribution. */
#define CRITICAL_Z 1.645

/* Added to probabilities before their logarithm: nothing is surer than this. */
#define CHANCE_LEAST 0.002

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
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
	return at_most(known_changes(config), BASELINE_NET_MAX);
}

size_t
baseline_rows(const SequenceConfig *config)
{
	if (!config->baseline)
		return 0;
	return config->trend_feature == 0 ? 1 : BASELINE_GROUPS * (2 * net_limit(config) + 1);
}

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
	const long net = sign_net(state.known);
	const size_t group = (size_t) trend_group(state.whole);

	return group * (size_t) (2 * limit + 1) + (size_t) ((net < -limit  ? -limit
														 : net > limit ? limit
																	   : net) +
														limit);
}

/* Where the last value is among the others of the window that is read. */
typedef struct LastRank
{
	double below, above; /* shares of the periods whose value is lower, and higher */
} LastRank;

static LastRank
last_rank(const InputSequence *s, size_t window, int f)
{
	const size_t skipped = s->steps > window ? s->steps - window : 0;
	const double before = s->steps < window ? (double) (window - s->steps) : 0; /* periods of the value 0 */
	const real last = trend_value(s->value, s->steps - 1, s->F, f);
	LastRank rank = {last > 0 ? before : 0, last < 0 ? before : 0};

	for (size_t t = skipped; t < s->steps; t++)
	{
		const real v = trend_value(s->value, t, s->F, f);

		rank.below += v < last;
		rank.above += v > last;
	}
	return (LastRank){rank.below / (double) window, rank.above / (double) window};
}

/* Of a window that began long ago this is its length. */
static size_t
window_of(const InputSequence *s, const SequenceConfig *config)
{
	return config->window_periods > 0 ? (size_t) config->window_periods : s->steps;
}

/* The score of what is known against what the whole window will need. */
static real *
summarise_score(real *out, const TrendState *state, const SequenceConfig *config)
{
	const double net = (double) sign_net(state->known);
	const double known = (double) (state->known.rises + state->known.falls);
	const double changes = (double) known_changes(config), left = (double) config->horizon_periods;

	/* Signs that the whole window will have, when as many of its changes are none as so far. */
	const double moving = changes > 0 ? known / changes : 1;
	const double critical = 1 + CRITICAL_Z * sqrt((known + left * moving + 2) / 3);
	const double reach = sqrt(left * moving + 1);

	*out++ = (real) sign_z(state->whole);
	*out++ = (real) sign_z(state->known);
	*out++ = (real) (net / 8);
	*out++ = (real) (2 * moving - 1);
	*out++ = (real) tanh((net - critical) / reach);
	*out++ = (real) tanh((net + critical) / reach);
	*out++ = (real) (fabs(net) / 8);
	return out;
}

/* Of a user who does not move any more the label is what is known already. */
static real *
summarise_rest(real *out, const TrendState *state, size_t window)
{
	const double net = (double) sign_net(state->known);
	const double known = (double) (state->known.rises + state->known.falls);
	const double late = (double) (state->late.rises + state->late.falls);
	const double enough = 1 + CRITICAL_Z * sqrt((known + 2) / 3);

	*out++ = (real) (trend_group(state->known) - 1);
	*out++ = (real) tanh(net - enough);
	*out++ = (real) tanh(net + enough);
	*out++ = (real) (2 * late / (double) late_changes(window) - 1);
	return out;
}

static real *
write_chances(real *out, Outlook chance)
{
	const double neither = fmax(1 - chance.rises - chance.falls, 0) + CHANCE_LEAST;

	*out++ = (real) (log((chance.falls + CHANCE_LEAST) / neither) / 2);
	*out++ = (real) (log((chance.rises + CHANCE_LEAST) / neither) / 2);
	return out;
}

static real *
write_outlook(real *out, const OutlookOf *of)
{
	return write_chances(out, outlook(of));
}

/* Of the changes of the window that is read, those that are not 0. */
static double
moving_share(const TrendState *state, size_t window)
{
	return ((double) (state->whole.rises + state->whole.falls) + 0.5) / (double) window;
}

/*
 * What the label will probably be: of values that come in any order, where a low one is followed by a rise, with as many
 * changes that are not 0 as in the whole window, and as in its last quarter; and of changes that go either way.
 */
static real *
summarise_outlooks(real *out, const TrendState *state, LastRank rank, size_t window,
				   const SequenceConfig *config)
{
	const size_t left = at_most((size_t) config->horizon_periods, window - 1);
	const double share = moving_share(state, window);
	const double late =
		((double) (state->late.rises + state->late.falls) + 0.5) / (double) (late_changes(window) + 1);
	const bool adjoins = (size_t) config->horizon_periods < window && rank.above + rank.below > 0;
	const double drift = adjoins ? (rank.above - rank.below) / (rank.above + rank.below) : 0;

	out =
		write_outlook(out, &(OutlookOf){state->known, left, share, drift, .each = 1.0 / 3, .first = 1.0 / 3});
	out =
		write_outlook(out, &(OutlookOf){state->known, left, late, drift, .each = 1.0 / 3, .first = 1.0 / 3});
	out = write_outlook(out, &(OutlookOf){state->known, left, share, .each = 1});
	*out++ = (real) drift;
	*out++ = (real) (rank.above - rank.below);
	return out;
}

/* ---- By the seasons ---- */

/* Courses of a smaller share than this one of the largest do not count. */
#define SHARE_LEAST 0.03

/* Of a net sign: nothing is surer than this. */
#define VARIANCE_LEAST 0.02

/* P(a change of that mean and spread is a rise). */
static double
rise_chance(double mean, double spread)
{
	return 0.5 * erfc(-mean / (spread * sqrt(2) + 1e-9));
}

/* Of the changes to come when the values go this course, from the last value on. */
static OutlookOf
course_outlook(const Course *course, double last, SignScore known, size_t left, double moving)
{
	double before = last, spread = course->spread, net = 0, variance = 0;

	for (size_t t = 1; t <= left; t++)
	{
		const double mean = course_at(course, (double) t);
		const double rises = rise_chance(mean - before, spread);

		net += 2 * rises - 1;
		variance += 4 * rises * (1 - rises) / (double) left;
		before = mean;
		spread = course->spread * sqrt(2);
	}
	return (OutlookOf){
		known, left, moving, moving * net, .each = variance / 3, .first = variance / 3 + VARIANCE_LEAST};
}

static double
largest_share(const Seasons *seasons)
{
	double largest = 0;

	for (size_t i = 0; i < seasons->n; i++)
		largest = fmax(largest, seasons->course[i].share);
	return largest;
}

/* The mean of what all courses say. */
static Outlook
season_outlook(const Seasons *seasons, double last, SignScore known, size_t left, double moving)
{
	const double least = SHARE_LEAST * largest_share(seasons);
	Outlook sum = {0, 0};
	double shares = 0;

	for (size_t i = 0; i < seasons->n; i++)
	{
		const Course *course = &seasons->course[i];

		if (course->share < least)
			continue;

		const OutlookOf of = course_outlook(course, last, known, left, moving);
		const Outlook chance = outlook(&of);

		shares += course->share;
		sum.falls += course->share * chance.falls;
		sum.rises += course->share * chance.rises;
	}
	return (Outlook){sum.falls / shares, sum.rises / shares};
}

/* The user's own values, large ones less far off, of the last steps; how many. */
static size_t
season_values(real *value, const InputSequence *s, size_t f)
{
	const size_t n = at_most(s->steps, SEASON_STEPS_MAX);

	for (size_t t = 0; t < n; t++)
		value[t] = (real) asinh((double) input_own_value(s, s->steps - n + t, f));
	return n;
}

/* What the label will probably be when the user's seasons go on; and whether he has any. */
static real *
summarise_seasons(real *out, const InputSequence *s, const TrendState *state, size_t window,
				  const SequenceConfig *config)
{
	const size_t left = at_most((size_t) config->horizon_periods, window - 1);
	real value[SEASON_STEPS_MAX];
	const size_t n = season_values(value, s, (size_t) config->trend_feature - 1);
	Seasons seasons;

	seasons_measure(&seasons, value, n);

	const Outlook chance =
		season_outlook(&seasons, (double) value[n - 1], state->known, left, moving_share(state, window));
	const double plain = seasons.course[0].share + (seasons.n > 1 ? seasons.course[1].share : 0);

	out = write_chances(out, chance);
	*out++ = (real) (1 - 2 * plain);
	return out;
}

real *
summarise_trend(real *out, const InputSequence *s, const SequenceConfig *config)
{
	const size_t window = window_of(s, config);
	const TrendState state = trend_state(s->value, s->steps, s->F, config);

	out = summarise_score(out, &state, config);
	out = summarise_rest(out, &state, window);
	out = summarise_outlooks(out, &state, last_rank(s, window, config->trend_feature - 1), window, config);
	return summarise_seasons(out, s, &state, window, config);
}

/*
 * A regression has p numbers beside the level, and explains a part of the n values' variation about their mean. By Zellner's
 * prior with g = n (Liang, Paulo, Molina, Clyde, Berger 2008: Mixtures of g priors for Bayesian variable selection,
 * section 2.1) these numbers are those of least squares times g / (1 + g), and its share of the average is in proportion to
 *
 *   prior · (1 + g)^((n - 1 - p) / 2) / (1 + g (1 - R²))^((n - 1) / 2)
 *
 * The k-th wave turns k / 2 times in the steps that are read. The level, the line and all waves together are taken to be
 * as probable before the values are seen.
 */
#include "sequence/pure/season.h"

#include <math.h>
#include <string.h>

/* A shorter series has a level and no more. */
#define STEPS_LEAST 6

/* Of waves whose cosine and sine are the same in the steps that are read, as a share of n². */
#define INDEPENDENT_LEAST 1e-3

#define PI 3.14159265358979323846

/* What is regressed: the values less their mean. */
typedef struct Regressed
{
	const real *value;
	size_t n;
	double mean, square; /* the sum of squares about the mean */
} Regressed;

/* Sums over the steps, of waves side by side: c and s are the cosine and the sine, x is the value less the mean. */
typedef struct Waves
{
	size_t n;
	float turn_c[SEASON_WAVES_MAX], turn_s[SEASON_WAVES_MAX]; /* of one step */
	float c[SEASON_WAVES_MAX], s[SEASON_WAVES_MAX];           /* at the step that is read */
	float sum_c[SEASON_WAVES_MAX], sum_s[SEASON_WAVES_MAX], sum_cc[SEASON_WAVES_MAX],
		sum_cs[SEASON_WAVES_MAX];
	float sum_xc[SEASON_WAVES_MAX], sum_xs[SEASON_WAVES_MAX];
} Waves;

/* The logarithm of the course's share, up to a constant of all courses, and the spread about it. */
static void
weigh(Course *course, double explained, double p, double prior, const Regressed *of)
{
	const double g = (double) of->n, free = (double) of->n - 1;
	const double left = 1 - fmin(explained / of->square, 1);

	course->share = log(prior * pow(1 + g, -0.5 * p)) - 0.5 * free * log1p(g * left);
	course->spread = sqrt(of->square * (1 + g * left) / (1 + g) / (free - p));
}

static Course
flat_course(const Regressed *of)
{
	Course course = {.level = of->mean};

	weigh(&course, 0, 0, 1, of);
	return course;
}

static Course
line_course(const Regressed *of)
{
	const double middle = ((double) of->n - 1) / 2, shrink = (double) of->n / (double) (of->n + 1);
	double tx = 0, tt = 0;

	for (size_t t = 0; t < of->n; t++)
	{
		tx += ((double) t - middle) * (double) of->value[t];
		tt += ((double) t - middle) * ((double) t - middle);
	}

	const double slope = shrink * tx / tt;
	Course course = {.level = of->mean + slope * middle, .slope = slope};

	weigh(&course, tx * tx / tt, 1, 1, of);
	return course;
}

/* ---- Waves ---- */

static void
waves_begin(Waves *waves, size_t n)
{
	const double c = cos(PI / (double) n), s = sin(PI / (double) n);
	double turn_c = c, turn_s = s;

	memset(waves, 0, sizeof(*waves));
	waves->n = n - 1 < SEASON_WAVES_MAX ? n - 1 : SEASON_WAVES_MAX;
	for (size_t k = 0; k < waves->n; k++)
	{
		const double next = turn_c * c - turn_s * s;

		waves->turn_c[k] = (float) turn_c;
		waves->turn_s[k] = (float) turn_s;
		waves->c[k] = 1;
		turn_s = turn_s * c + turn_c * s;
		turn_c = next;
	}
}

/* The value of a step; then one step back in time. */
USERCLS_CLONES static void
waves_read(Waves *waves, float x)
{
	for (size_t k = 0; k < waves->n; k++)
	{
		const float c = waves->c[k], s = waves->s[k];

		waves->sum_c[k] += c;
		waves->sum_s[k] += s;
		waves->sum_cc[k] += c * c;
		waves->sum_cs[k] += c * s;
		waves->sum_xc[k] += x * c;
		waves->sum_xs[k] += x * s;
		waves->c[k] = c * waves->turn_c[k] + s * waves->turn_s[k];
		waves->s[k] = s * waves->turn_c[k] - c * waves->turn_s[k];
	}
}

static Course
wave_course(const Waves *waves, size_t k, const Regressed *of)
{
	const double n = (double) of->n, shrink = n / (n + 1);
	const double c = (double) waves->sum_c[k] / n, s = (double) waves->sum_s[k] / n;
	const double cc = (double) waves->sum_cc[k] - n * c * c, ss = n - (double) waves->sum_cc[k] - n * s * s;
	const double cs = (double) waves->sum_cs[k] - n * c * s;
	const double xc = (double) waves->sum_xc[k], xs = (double) waves->sum_xs[k];
	const double determinant = cc * ss - cs * cs;

	if (!(determinant > INDEPENDENT_LEAST * n * n))
		return (Course){.share = -INFINITY};

	const double a = (ss * xc - cs * xs) / determinant, b = (cc * xs - cs * xc) / determinant;
	Course course = {.level = of->mean - shrink * (a * c + b * s),
					 .a = shrink * a,
					 .b = shrink * b,
					 .turn = PI * (double) (k + 1) / n};

	weigh(&course, fmax(a * xc + b * xs, 0), 2, 1 / (double) waves->n, of);
	return course;
}

static void
add_waves(Seasons *seasons, const Regressed *of)
{
	Waves waves;

	waves_begin(&waves, of->n);
	for (size_t t = of->n; t-- > 0;)
		waves_read(&waves, (float) ((double) of->value[t] - of->mean));
	for (size_t k = 0; k < waves.n; k++)
		seasons->course[seasons->n++] = wave_course(&waves, k, of);
}

/* ---- All of them ---- */

/* The courses' shares, which are logarithms until here, become numbers that sum to 1: a softmax. */
static void
make_shares(Seasons *seasons)
{
	double most = -INFINITY, sum = 0;

	for (size_t i = 0; i < seasons->n; i++)
		most = fmax(most, seasons->course[i].share);
	for (size_t i = 0; i < seasons->n; i++)
		sum += seasons->course[i].share = exp(seasons->course[i].share - most);
	for (size_t i = 0; i < seasons->n; i++)
		seasons->course[i].share /= sum;
}

static Regressed
regressed(const real *value, size_t n)
{
	Regressed of = {value, n, 0, 0};

	for (size_t t = 0; t < n; t++)
		of.mean += (double) value[t];
	of.mean /= (double) n; /* of one value over and over this is it, exactly */
	for (size_t t = 0; t < n; t++)
		of.square += ((double) value[t] - of.mean) * ((double) value[t] - of.mean);
	return of;
}

void
seasons_measure(Seasons *seasons, const real *value, size_t n)
{
	const Regressed of = regressed(value, n);

	seasons->n = 1;
	seasons->course[0] = (Course){.share = 1, .level = of.mean};
	if (n < STEPS_LEAST || !(of.square > 0))
		return;
	seasons->course[0] = flat_course(&of);
	seasons->course[1] = line_course(&of);
	seasons->n = 2;
	add_waves(seasons, &of);
	make_shares(seasons);
}

double
course_at(const Course *course, double t)
{
	double mean = course->level + course->slope * t;

	if (course->turn > 0)
		mean += course->a * cos(course->turn * t) + course->b * sin(course->turn * t);
	return mean;
}

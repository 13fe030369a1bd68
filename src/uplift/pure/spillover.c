/*
 * foreach user who counts: means of features and outcome
 * foreach user who counts: a row of least squares, [1, friends in the experiment, friends.., features, not known.., D, X | y]
 * factor, weights
 * foreach user who counts: e = y - row · weights;  foreach friend j: pull[j] += w e
 * foreach user j who was drawn: influence = inverse · [D e_j, D pull[j]], added up by group, squared
 */
#include "uplift/pure/spillover.h"

#include <math.h>
#include <string.h>

#define NODES 256 /* of a step */

/* Columns before the features. */
enum
{
	COLUMN_ONE,
	COLUMN_EXPECTED,
	COLUMN_HAS_FRIENDS,
	COLUMN_FRIENDS,
	COLUMN_LOG_FRIENDS,
	COLUMN_FEATURES
};

static size_t
controls_of(const SpilloverSample *sample)
{
	return COLUMN_FEATURES + 2 * sample->F;
}

void
spillover_carve(Spillover *s, Arena *arena, const SpilloverSample *sample)
{
	const size_t N = sample->N, K = sample->treatments, E = 2 * K;

	squares_carve(&s->fit, arena, controls_of(sample) + E);
	s->share = ARENA_TAKE(arena, double, K + 1);
	s->mean = ARENA_TAKE(arena, double, sample->F + 1);
	s->known = ARENA_TAKE(arena, size_t, sample->F);
	s->residual = ARENA_TAKE(arena, double, N);
	s->pull = ARENA_TAKE(arena, double, N);
	s->inverse = (double *) arena_take(arena, E, E * sizeof(double));
	s->influence = (double *) arena_take(arena, sample->together ? sample->groups : 1, E * sizeof(double));
	s->variance = ARENA_TAKE(arena, double, E);
}

static void
find_shares(double *share, const SpilloverSample *sample)
{
	size_t drawn = 0;

	memset(share, 0, (sample->treatments + 1) * sizeof(double));
	for (size_t i = 0; i < sample->N; i++)
		if (sample->arm[i] >= 0)
		{
			share[sample->arm[i]]++;
			drawn++;
		}
	for (size_t k = 0; k <= sample->treatments && drawn > 0; k++)
		share[k] /= (double) drawn;
}

void
spillover_begin(Spillover *s, const SpilloverSample *sample, bool others)
{
	s->from = sample;
	s->others = others;
	s->own = others ? 0 : sample->treatments;
	s->E = s->own + sample->treatments;
	s->fit.P = controls_of(sample) + s->E;
	s->users = s->exposed = s->at = 0;
	s->stage = 0;
	squares_begin(&s->fit);
	find_shares(s->share, sample);
	memset(s->mean, 0, (sample->F + 1) * sizeof(double));
	memset(s->known, 0, sample->F * sizeof(size_t));
	memset(s->residual, 0, sample->N * sizeof(double));
	memset(s->pull, 0, sample->N * sizeof(double));
	memset(s->variance, 0, s->E * sizeof(double));
	memset(s->influence, 0, (sample->together ? sample->groups : 1) * s->E * sizeof(double));
}

/* -- A user ---------------------------------------------------------------- */

static bool
counts(const Spillover *s, size_t i)
{
	return (s->from->arm[i] < 0) == s->others && !isnan(s->from->outcome[i]);
}

/* With chances that differ, everybody stands for as many: by the inverse of the chance of the arm, 1 on average. */
static double
weight_of(const Spillover *s, size_t i)
{
	const SpilloverSample *from = s->from;

	return from->chance && from->arm[i] >= 0 ? s->share[from->arm[i]] / (double) from->chance[i] : 1;
}

/* The chance that a user who was drawn had to get treatment k, from 0 on. */
static double
chance_of(const Spillover *s, size_t j, size_t k)
{
	const SpilloverSample *from = s->from;

	if (!from->chance)
		return s->share[k + 1];
	return from->arm[j] == 1 ? (double) from->chance[j] : 1 - (double) from->chance[j];
}

static double
edge_weight(const Adjacency *friends, size_t edge)
{
	return friends->log_weight ? exp((double) friends->log_weight[edge]) : 1;
}

/* What an edge's weight is divided by. */
static double
unit_of(const SpilloverSample *from, double all)
{
	return from->by_number || all == 0 ? 1 : all;
}

/* The columns of friends, and x: X of each treatment. */
static void
hear(double *row, double *x, const Spillover *s, size_t i)
{
	const SpilloverSample *from = s->from;
	const Adjacency *friends = from->friends;
	double all = 0, expected = 0;

	memset(x, 0, from->treatments * sizeof(double));
	for (size_t edge = friends->start[i]; edge < friends->start[i + 1]; edge++)
	{
		const size_t j = friends->node[edge];
		const double w = j == i ? 0 : edge_weight(friends, edge);

		all += w;
		for (size_t k = 0; k < from->treatments && from->arm[j] >= 0; k++)
		{
			const double chance = chance_of(s, j, k);

			expected += w * chance;
			x[k] += w * ((from->arm[j] == (int8_t) (k + 1)) - chance);
		}
	}
	for (size_t k = 0; k < from->treatments; k++)
		x[k] /= unit_of(from, all);
	row[COLUMN_EXPECTED] = expected / unit_of(from, all);
	row[COLUMN_HAS_FRIENDS] = all > 0;
	row[COLUMN_FRIENDS] = all;
	row[COLUMN_LOG_FRIENDS] = log1p(all);
}

static void
fill_features(double *row, const Spillover *s, size_t i)
{
	const size_t F = s->from->F;
	const float *feature = s->from->feature + i * F;

	for (size_t f = 0; f < F; f++)
	{
		row[f] = isnan(feature[f]) ? 0 : (double) feature[f] - s->mean[f];
		row[F + f] = isnan(feature[f]);
	}
}

/* All columns of a user, and the outcome. */
static void
fill_row(double *row, const Spillover *s, size_t i)
{
	const SpilloverSample *from = s->from;
	double *effect = row + controls_of(from);

	row[COLUMN_ONE] = 1;
	fill_features(row + COLUMN_FEATURES, s, i);
	for (size_t k = 0; k < s->own; k++)
		effect[k] = (from->arm[i] == (int8_t) (k + 1)) - s->share[k + 1];
	hear(row, effect + s->own, s, i);
	row[s->fit.P] = (double) from->outcome[i] - s->mean[from->F];
}

/* -- Stages ----------------------------------------------------------------- */

static void
add_means(Spillover *s, size_t i)
{
	const SpilloverSample *from = s->from;
	const float *feature = from->feature + i * from->F;

	if (!counts(s, i))
		return;
	s->users++;
	s->mean[from->F] += ((double) from->outcome[i] - s->mean[from->F]) / (double) s->users;
	for (size_t f = 0; f < from->F; f++)
		if (!isnan(feature[f]))
			s->mean[f] += ((double) feature[f] - s->mean[f]) / (double) ++s->known[f];
}

static void
add_row(Spillover *s, size_t i)
{
	if (!counts(s, i))
		return;

	double *row = squares_row(&s->fit);
	const double root = sqrt(weight_of(s, i));

	fill_row(row, s, i);
	s->exposed += row[COLUMN_EXPECTED] > 0;
	for (size_t c = 0; root != 1 && c <= s->fit.P; c++)
		row[c] *= root;
}

static void
add_residual(Spillover *s, size_t i)
{
	const Adjacency *friends = s->from->friends;

	if (!counts(s, i))
		return;

	double *row = s->fit.row;

	fill_row(row, s, i);

	double rest = row[s->fit.P];

	for (size_t c = 0; c < s->fit.P; c++)
		rest -= row[c] * s->fit.weight[c];
	s->residual[i] = rest * weight_of(s, i);

	const double heard = s->residual[i] / unit_of(s->from, row[COLUMN_FRIENDS]);

	for (size_t edge = friends->start[i]; edge < friends->start[i + 1]; edge++)
		if (friends->node[edge] != i)
			s->pull[friends->node[edge]] += heard * edge_weight(friends, edge);
}

/* to (E) += what the draw of user j moved the estimates by. */
static void
add_influence(double *to, const Spillover *s, size_t j)
{
	const SpilloverSample *from = s->from;

	for (size_t k = 0; k < from->treatments; k++)
	{
		const double got = from->arm[j] == (int8_t) (k + 1);
		const double own = (got - s->share[k + 1]) * s->residual[j];
		const double friends = (got - chance_of(s, j, k)) * s->pull[j];

		for (size_t e = 0; e < s->E; e++)
			to[e] +=
				s->inverse[e * s->E + s->own + k] * friends + (s->own ? s->inverse[e * s->E + k] * own : 0);
	}
}

static void
add_squares(double *variance, const double *influence, size_t E)
{
	for (size_t e = 0; e < E; e++)
		variance[e] += influence[e] * influence[e];
}

static void
add_draw(Spillover *s, size_t j)
{
	if (s->from->arm[j] < 0)
		return;
	if (s->from->together)
	{
		add_influence(s->influence + s->from->together[j] * s->E, s, j);
		return;
	}
	memset(s->influence, 0, s->E * sizeof(double));
	add_influence(s->influence, s, j);
	add_squares(s->variance, s->influence, s->E);
}

/* Residuals are smaller than errors, by what the columns took; and so is what groups differ by. */
static void
finish(Spillover *s)
{
	const SpilloverSample *from = s->from;
	const double free = (double) s->users - (double) s->fit.kept, G = (double) from->groups;
	double larger = free > 0 ? (double) s->users / free : NAN;

	for (size_t g = 0; from->together && g < from->groups; g++)
		add_squares(s->variance, s->influence + g * s->E, s->E);
	if (from->together)
		larger *= G > 1 ? G / (G - 1) : NAN;
	for (size_t e = 0; e < s->E; e++)
		s->variance[e] *= larger;
}

enum
{
	STAGE_MEANS,
	STAGE_ROWS,
	STAGE_FACTOR,
	STAGE_RESIDUALS,
	STAGE_DRAWS,
	STAGE_DONE
};

/* A stage that walks over all users: NODES of them; false: it has been over all. */
static bool
walk(Spillover *s, void (*visit)(Spillover *, size_t))
{
	for (size_t end = s->at + NODES; s->at < end && s->at < s->from->N; s->at++)
		visit(s, s->at);
	return s->at < s->from->N;
}

static bool
factor(Spillover *s)
{
	if (squares_step(&s->fit))
		return true;
	squares_inverse(s->inverse, &s->fit, s->E);
	return false;
}

bool
spillover_step(Spillover *s)
{
	static void (*const visit[])(Spillover *, size_t) = {[STAGE_MEANS] = add_means,
														 [STAGE_ROWS] = add_row,
														 [STAGE_RESIDUALS] = add_residual,
														 [STAGE_DRAWS] = add_draw};

	if (s->stage == STAGE_FACTOR ? factor(s) : walk(s, visit[s->stage]))
		return true;
	s->at = 0;
	if (++s->stage < STAGE_DONE)
		return true;
	finish(s);
	return false;
}

/* -- Answers ---------------------------------------------------------------- */

static SpilloverEffect
effect_at(const Spillover *s, size_t e, size_t users)
{
	const size_t column = controls_of(s->from) + e;

	if (squares_left_out(&s->fit, column) || isnan(s->variance[e]))
		return (SpilloverEffect){NAN, NAN, users};
	return (SpilloverEffect){s->fit.weight[column], sqrt(s->variance[e]), users};
}

SpilloverEffect
spillover_own(const Spillover *s, size_t k)
{
	return effect_at(s, k, s->users);
}

SpilloverEffect
spillover_of_friends(const Spillover *s, size_t k)
{
	return effect_at(s, s->own + k, s->exposed);
}

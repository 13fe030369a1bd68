/*
 *   parts = [others, chosen], or both halves;  a part is a sample of at most USERS_MAX users
 *   foreach part to judge do
 *     fit a logistic regression of the arm on the other part's features, standardised, missing ones with a 1 of their own
 *     foreach arm do auc = P(a user of the arm has higher odds of it than one of another arm), error by DeLong (1988)
 *   mean over the parts;  the arm whose mean is furthest above 0.5, in errors
 */
#include "postgres.h"

#include "uplift/arm_auc.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "metrics/pure/metrics.h"
#include "metrics/pure/rank.h"
#include "nn/logistic.h"
#include "server/memory.h"
#include "uplift/pure/gat.h"
#include "uplift/pure/train.h"

#define USERS_MAX 20000
#define REALS_MAX ((size_t) 1 << 21) /* inputs of a part, about: of many features fewer users */
#define USERS_MIN 200
#define ARM_MIN 10         /* users of an arm in a part, or nothing is measured */
#define PENALTY 1.0        /* on the squares of weights, in users */
#define USERS_A_LOOK 65536 /* between two looks for an interrupt: some milliseconds */
#define BLOCK 256          /* users that are scored together */
#define LEVEL 0.001        /* chance that random treatment passes the bound */
#define FAR 8              /* values further out, in standard deviations, count as this far */
#define NAMED 0.5          /* of the largest weight: features with less are not named */

typedef struct Part
{
	size_t n;
	uint32 *node;
	size_t of_arm[UPLIFT_TREATMENTS_MAX + 1];
} Part;

/* What the regression reads of a user: F values, then a 1 for each missing one of the features that are sometimes missing. */
typedef struct Regression
{
	const UserGraph *users;
	Logistic fit;
	double *mean, *scale; /* F */
	int *mask;            /* F: number of the input that says it is missing; -1: never is */
} Regression;

/* What two parts say of each arm. */
typedef struct Judged
{
	int parts;
	double auc[UPLIFT_TREATMENTS_MAX + 1]; /* sums over the parts */
	double variance[UPLIFT_TREATMENTS_MAX + 1];
	double *weight; /* arms × 2F, sums over the parts: of each feature's value and of its being missing */
} Judged;

/* -- Parts ----------------------------------------------------------------- */

static double
draw(size_t i, uint32 what)
{
	return drop_hash(drop_hash((uint32) i) + what) * 0x1p-32;
}

/* The least chance of each arm: those who had a higher one are drawn as rarely. */
static void
least_chances(double *least, const UserGraph *users)
{
	for (size_t arm = 0; arm <= users->arms->treatments; arm++)
		least[arm] = 1;
	for (size_t i = 0; users->propensity && i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE)
			least[users->arm[i]] = Min(least[users->arm[i]], (double) users->propensity[i]);
}

/* 0 or 1: the part that a user is in; -1: none. */
static int
part_of(const UserGraph *users, const uint8_t *chosen, const double *least, size_t i)
{
	if (i % USERS_A_LOOK == 0)
		CHECK_FOR_INTERRUPTS();
	if (users->arm[i] == UPLIFT_OUTSIDE)
		return -1;
	if (users->propensity && draw(i, 1) * users->propensity[i] > least[users->arm[i]])
		return -1;
	return chosen ? chosen[i] != 0 : draw(i, 2) < 0.5;
}

/* Both parts: of all that are in one every so many-th user. */
static void
parts_take(Part *part, const UserGraph *users, const uint8_t *chosen, size_t most)
{
	double least[UPLIFT_TREATMENTS_MAX + 1];
	size_t all[2] = {0}, seen[2] = {0};

	least_chances(least, users);
	for (int pass = 0; pass < 2; pass++)
	{
		for (size_t i = 0; i < users->N; i++)
		{
			const int p = part_of(users, chosen, least, i);

			if (p < 0)
				continue;
			if (pass == 0)
				all[p]++;
			else if (seen[p]++ % (1 + all[p] / most) == 0)
			{
				part[p].node[part[p].n++] = (uint32) i;
				part[p].of_arm[users->arm[i]]++;
			}
		}
		CHECK_FOR_INTERRUPTS();
		for (int p = 0; pass == 0 && p < 2; p++)
			part[p] = (Part){.node = memory_array(Min(all[p], most) + 1, sizeof(uint32))};
	}
}

/* Whether the experiment has users of both kinds. */
static bool
divides(const UserGraph *users, const uint8_t *chosen)
{
	bool is[2] = {false, false};

	for (size_t i = 0; chosen && i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE)
			is[chosen[i] != 0] = true;
	return is[0] && is[1];
}

static bool
enough(const Part *part, size_t arms)
{
	for (size_t arm = 0; arm < arms; arm++)
		if (part->of_arm[arm] < ARM_MIN)
			return false;
	return true;
}

/* -- The regression -------------------------------------------------------- */

static const float *
features_of(const UserGraph *users, const Part *part, size_t r)
{
	return users->feature + (size_t) part->node[r] * users->F;
}

/* Mean and scale of each feature in the part; returns the number of inputs. */
static size_t
standardise(Regression *regression, const Part *part)
{
	const UserGraph *users = regression->users;
	size_t inputs = users->F;

	for (size_t f = 0; f < users->F; f++)
	{
		double known = 0, sum = 0, square = 0;

		for (size_t r = 0; r < part->n; r++)
			if (!isnan(features_of(users, part, r)[f]))
			{
				known++;
				sum += features_of(users, part, r)[f];
			}
		regression->mean[f] = known > 0 ? sum / known : 0;
		for (size_t r = 0; r < part->n; r++)
			if (!isnan(features_of(users, part, r)[f]))
				square += pow(features_of(users, part, r)[f] - regression->mean[f], 2);
		regression->scale[f] = square > 0 ? sqrt(square / known) : 1;
		regression->mask[f] = known < (double) part->n ? (int) inputs++ : -1;
		CHECK_FOR_INTERRUPTS();
	}
	return inputs;
}

static void
fill(real *x, const Regression *regression, const Part *part, size_t r)
{
	const size_t F = regression->users->F, S = regression->fit.S;
	const float *feature = features_of(regression->users, part, r);

	for (size_t f = 0; f < F; f++)
	{
		const bool missing = isnan(feature[f]);
		const double z = missing ? 0 : (feature[f] - regression->mean[f]) / regression->scale[f];

		x[f] = (real) Max(Min(z, FAR), -FAR);
		if (regression->mask[f] >= 0)
			x[regression->mask[f]] = missing;
	}
	x[S] = 1;
}

/* In the current memory context. */
static Regression
regression_fit(const UserGraph *users, const Part *part)
{
	Regression regression = {.users = users,
							 .mean = memory_array(users->F, sizeof(double)),
							 .scale = memory_array(users->F, sizeof(double)),
							 .mask = memory_array(users->F, sizeof(int))};
	const size_t S = standardise(&regression, part), C = users->arms->treatments + 1;
	Logistic *fit = &regression.fit;
	Arena arena = arena_measure();

	logistic_carve(fit, &arena, part->n, S, C);

	const size_t bytes = arena.used + ARENA_ALIGNMENT;

	arena = arena_over(arena_align(memory_array(bytes, 1)), bytes - ARENA_ALIGNMENT);
	logistic_carve(fit, &arena, part->n, S, C);
	for (size_t r = 0; r < part->n; r++)
	{
		fill(fit->x + r * (S + 1), &regression, part, r);
		fit->label[r] = users->arm[part->node[r]];
	}
	logistic_begin(fit, part->n);
	logistic_restart(fit, PENALTY);
	while (logistic_step(fit))
		CHECK_FOR_INTERRUPTS();
	return regression;
}

/* The logarithm of the odds of an arm, but for what is the same for all users. */
static double
log_odds(const real *score, size_t arm, size_t C)
{
	double highest = -INFINITY, sum = 0;

	for (size_t c = 0; c < C; c++)
		if (c != arm)
			highest = Max(highest, (double) score[c]);
	for (size_t c = 0; c < C; c++)
		sum += c == arm ? 0 : exp(score[c] - highest);
	return score[arm] - highest - log(sum);
}

/* -- Judging --------------------------------------------------------------- */

static void
judge_arm(Judged *judged, const UserGraph *users, const Part *part, const real *score, size_t arm)
{
	const size_t C = users->arms->treatments + 1;
	double *odds = memory_array(part->n, sizeof(*odds)), *ranked = memory_array(part->n, sizeof(*ranked));
	uint8_t *label = memory_array(part->n, 1);
	uint32_t *order = memory_array(part->n, sizeof(*order));
	RankItem *item = memory_array(part->n, 2 * sizeof(*item));

	for (size_t r = 0; r < part->n; r++)
		odds[r] = log_odds(score + r * C, arm, C);
	rank_descending(order, item, odds, part->n);
	for (size_t r = 0; r < part->n; r++)
	{
		ranked[r] = odds[order[r]];
		label[r] = users->arm[part->node[order[r]]] == (int8_t) arm;
	}

	const BinaryScores set = {.score = ranked, .label = label, .n = part->n};
	const double error = metric_auc_error(&set);

	judged->auc[arm] += metric_auc(&set);
	judged->variance[arm] += error * error;
	pfree(odds);
	pfree(ranked);
	pfree(label);
	pfree(order);
	pfree(item);
}

/* How much more each input says for an arm than for the others. */
static void
add_weights(Judged *judged, const Regression *regression)
{
	const Logistic *fit = &regression->fit;
	const size_t F = regression->users->F, C = fit->C, width = fit->S + 1;

	for (size_t k = 0; k < 2 * F; k++)
	{
		const int input = k < F ? (int) k : regression->mask[k - F];
		double mean = 0;

		for (size_t c = 0; input >= 0 && c < C; c++)
			mean += fit->w[c * width + (size_t) input] / (double) C;
		for (size_t c = 0; input >= 0 && c < C; c++)
			judged->weight[c * 2 * F + k] += fit->w[c * width + (size_t) input] - mean;
	}
}

/* What a regression says of each user of a part: n × C scores. */
static real *
scores_of(const Regression *regression, const Part *part)
{
	const size_t C = regression->fit.C, width = regression->fit.S + 1;
	real *score = memory_array(part->n, C * sizeof(*score));
	real *x = memory_array(BLOCK, width * sizeof(*x));

	for (size_t from = 0; from < part->n; from += BLOCK)
	{
		const size_t n = Min(BLOCK, part->n - from);

		CHECK_FOR_INTERRUPTS();
		for (size_t r = 0; r < n; r++)
			fill(x + r * width, regression, part, from + r);
		logistic_score(score + from * C, &regression->fit, x, n);
	}
	return score;
}

/* Judge a part by a fit on the other. */
static void
judge(Judged *judged, const UserGraph *users, const Part *learned, const Part *part)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls arms", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(context);
	const Regression regression = regression_fit(users, learned);
	const real *score = scores_of(&regression, part);
	const size_t C = regression.fit.C;

	for (size_t arm = C > 2 ? 0 : 1; arm < C; arm++)
		judge_arm(judged, users, part, score, arm);
	add_weights(judged, &regression);
	judged->parts++;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* -- The answer ------------------------------------------------------------ */

/* The larger weight of a feature for the arm: of its values, or of where it is missing. */
static double
weight_of(const ArmAuc *answer, const Judged *judged, size_t f, size_t F)
{
	const double *weight = judged->weight + answer->arm * 2 * F;

	return Max(fabs(weight[f]), fabs(weight[F + f]));
}

static void
name_features(ArmAuc *answer, const Judged *judged, size_t F)
{
	double before = INFINITY, largest = 0;

	for (size_t f = 0; f < F; f++)
		largest = Max(largest, weight_of(answer, judged, f, F));
	while (answer->features < ARM_AUC_FEATURES)
	{
		double weight = 0;

		for (size_t f = 0; f < F; f++)
		{
			const double of = weight_of(answer, judged, f, F);

			if (of < before && of > weight && of >= NAMED * largest)
			{
				weight = of;
				answer->feature[answer->features] = f;
			}
		}
		if (weight == 0)
			return;
		before = weight;
		answer->features++;
	}
}

static ArmAuc
answer_of(const Judged *judged, size_t C, size_t F)
{
	const double arms = C > 2 ? (double) C : 1, parts = judged->parts;
	ArmAuc answer = {.auc = NAN, .error = NAN, .bound = NAN};
	double furthest = -INFINITY;

	for (size_t arm = C > 2 ? 0 : 1; arm < C; arm++)
	{
		const double auc = judged->auc[arm] / parts, error = sqrt(judged->variance[arm]) / parts;
		const double far = error > 0 ? (auc - 0.5) / error : auc > 0.5 ? DBL_MAX : 0;

		if (!(far > furthest))
			continue;
		furthest = far;
		answer.arm = arm;
		answer.auc = auc;
		answer.error = error;

		/* P(a normal number is above z) < exp(-z² / 2): a bound for each of the arms together. */
		answer.bound = 0.5 + sqrt(2 * log(arms / LEVEL)) * error;
	}
	name_features(&answer, judged, F);
	return answer;
}

ArmAuc
uplift_arm_auc(const UserGraph *users, const uint8_t *chosen)
{
	const size_t C = users->arms->treatments + 1;
	const size_t most = Max(USERS_MIN, Min(USERS_MAX, REALS_MAX / (users->F + 1)));
	Judged judged = {.weight = memory_array(C * 2 * Max(users->F, 1), sizeof(double))};
	ArmAuc answer = {.auc = NAN, .error = NAN, .bound = NAN};
	Part part[2];

	memset(judged.weight, 0, C * 2 * users->F * sizeof(double));
	if (!divides(users, chosen))
		chosen = NULL;
	parts_take(part, users, chosen, most);
	if (users->F > 0 && enough(&part[0], C) && enough(&part[1], C))
	{
		judge(&judged, users, &part[0], &part[1]);
		if (!chosen)
			judge(&judged, users, &part[1], &part[0]);
		answer = answer_of(&judged, C, users->F);
	}
	pfree(part[0].node);
	pfree(part[1].node);
	pfree(judged.weight);
	return answer;
}

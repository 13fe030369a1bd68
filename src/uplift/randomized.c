/*
 * Is it an experiment?
 *
 * The difference of means is a sum over users, and each user's term has the mean 0 when the treatment is random:
 *
 *   p_i = propensity of the arm of user i, or the arm's share;  d_i = x_i - mean(x)
 *   difference of arm a = sum_i (arm_i = a ? 1 / p_i : -1 / (p_i (arms - 1))) d_i / n
 *   variance V = sum_i d_i² (1 / p(a) + sum of 1 / (p(b) (arms - 1)²) over all other arms b);  a term is at most M
 *
 * Without propensities the second line is exactly the mean of the arm less the mean of the others' means. Of several arms
 * only the chance of a user's own one is known, and V is estimated by the squares of the terms. By Bernstein's
 * inequality P(|sum| > t) <= 2 exp(-t² / (2 (V + M t / 3))), whatever the distribution of the feature: a z test alone is
 * wrong about rare values in a small arm. The level is shared by all comparisons (Bonferroni).
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "server/notices.h"
#include "uplift/arm_auc.h"
#include "uplift/pure/train.h"
#include "uplift/randomized.h"

#define LEVEL 0.001
#define NAMED_MAX 8

/* The users that are compared in one feature: its values, or whether they are missing. */
typedef struct Compared
{
	const UserGraph *users;
	const uint8_t *chosen;
	size_t f;
	bool missing;
	double n, mean;
	double share[UPLIFT_TREATMENTS_MAX + 1]; /* of each arm */
} Compared;

/* Users between two looks for an interrupt: some milliseconds. */
#define USERS_A_LOOK 65536

/* The user's value, NaN when the user does not count. */
static double
value_of(const Compared *compared, size_t i)
{
	const UserGraph *users = compared->users;

	if (i % USERS_A_LOOK == 0)
		CHECK_FOR_INTERRUPTS();

	const float x = users->feature[i * users->F + compared->f];

	if (users->arm[i] == UPLIFT_OUTSIDE || (compared->chosen && !compared->chosen[i]))
		return NAN;
	return compared->missing ? isnan(x) : (double) x;
}

static Compared
compared_make(const UserGraph *users, const uint8_t *chosen, size_t f, bool missing)
{
	Compared compared = {.users = users, .chosen = chosen, .f = f, .missing = missing};
	double sum = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		const double x = value_of(&compared, i);

		if (isnan(x))
			continue;
		compared.n++;
		compared.share[users->arm[i]]++;
		sum += x;
	}
	for (size_t arm = 0; arm <= users->arms->treatments; arm++)
		compared.share[arm] /= Max(compared.n, 1);
	compared.mean = sum / Max(compared.n, 1);
	return compared;
}

/* Is a further out than b? */
static bool
further(const ArmDifference *a, const ArmDifference *b)
{
	return fabs(a->smd) * b->bound > fabs(b->smd) * a->bound || (a->bound > 0 && b->bound <= 0);
}

/* Sums over the users: of d, and by arm of d / p. */
typedef struct Sums
{
	double squares;                        /* of d */
	double variance, largest;              /* V and M of two arms */
	double sum[UPLIFT_TREATMENTS_MAX + 1]; /* of d / p */
	double square[UPLIFT_TREATMENTS_MAX + 1], most[UPLIFT_TREATMENTS_MAX + 1];
} Sums;

static void
sums_add(Sums *sums, const Compared *compared)
{
	const UserGraph *users = compared->users;

	for (size_t i = 0; i < users->N; i++)
	{
		const double d = value_of(compared, i) - compared->mean;

		if (isnan(d))
			continue;

		const int8_t arm = users->arm[i];
		const double own = users->propensity ? (double) users->propensity[i] : compared->share[arm];

		sums->squares += d * d;
		sums->variance += d * d / (own * (1 - own));
		sums->largest = fmax(sums->largest, fabs(d) / fmin(own, 1 - own));
		sums->sum[arm] += d / own;
		sums->square[arm] += d * d / (own * own);
		sums->most[arm] = fmax(sums->most[arm], fabs(d) / own);
	}
}

/* V and M for an arm against the others. */
static double
contrast_variance(const Compared *compared, const Sums *sums, size_t arm)
{
	const UserGraph *users = compared->users;
	const double others = (double) users->arms->treatments;
	double variance = 0;

	if (users->arms->treatments == 1)
		return sums->variance;
	for (size_t b = 0; b <= users->arms->treatments; b++)
		variance += (users->propensity ? sums->square[b] : sums->squares / compared->share[b]) /
					(b == arm ? 1 : others * others);
	return variance;
}

static double
contrast_largest(const Compared *compared, const Sums *sums, size_t arm)
{
	const size_t others = compared->users->arms->treatments;
	double largest = 0;

	if (others == 1)
		return sums->largest;
	for (size_t b = 0; b <= others; b++)
		largest = fmax(largest, sums->most[b] / (b == arm ? 1 : (double) others));
	return largest;
}

static ArmDifference
contrast(const Compared *compared, const Sums *sums, size_t arm)
{
	const UserGraph *users = compared->users;
	const double others = (double) users->arms->treatments;
	const double contrasts = others > 1 ? others + 1 : 1;
	const double level = log(2 * (2 * (double) users->F * contrasts) / LEVEL);
	const double variance = contrast_variance(compared, sums, arm);
	const double tail = level * contrast_largest(compared, sums, arm) / 3;
	const double n = compared->n;
	const double deviation = sqrt(sums->squares / n);
	double sum = sums->sum[arm];

	for (size_t b = 0; b <= users->arms->treatments; b++)
		sum -= b == arm ? 0 : sums->sum[b] / others;
	return (ArmDifference){.smd = sum / n / deviation,
						   .bound = (tail + sqrt(tail * tail + 2 * level * variance)) / n / deviation,
						   .missing = compared->missing,
						   .arm = arm};
}

static ArmDifference
difference(const Compared *compared)
{
	const size_t treatments = compared->users->arms->treatments;
	ArmDifference furthest = {.missing = compared->missing};
	Sums sums = {0};

	for (size_t arm = 0; arm <= treatments; arm++)
		if (compared->share[arm] <= 0)
			return furthest;
	sums_add(&sums, compared);

	/* A constant differs from its mean by rounding alone. */
	if (sqrt(sums.squares / compared->n) <= 1e-9 * fabs(compared->mean))
		return furthest;
	for (size_t arm = treatments > 1 ? 0 : 1; arm <= treatments; arm++)
	{
		const ArmDifference by = contrast(compared, &sums, arm);

		if (further(&by, &furthest))
			furthest = by;
	}
	return furthest;
}

ArmDifference
uplift_arm_difference(const UserGraph *users, const uint8_t *chosen, size_t f)
{
	const Compared values = compared_make(users, chosen, f, false);
	const Compared missing = compared_make(users, chosen, f, true);
	const ArmDifference by_value = difference(&values);
	const ArmDifference by_missing = difference(&missing);

	return further(&by_missing, &by_value) ? by_missing : by_value;
}

ArmsApart
uplift_arms_apart(const UserGraph *users, const uint8_t *chosen)
{
	ArmDifference furthest = {0};

	for (size_t f = 0; f < users->F; f++)
	{
		const ArmDifference by = uplift_arm_difference(users, chosen, f);

		if (further(&by, &furthest))
			furthest = by;
	}

	const ArmAuc told = uplift_arm_auc(users, chosen);
	const bool varies = furthest.bound > 0;

	return (ArmsApart){.smd = varies ? furthest.smd : NAN,
					   .bound = varies ? furthest.bound : NAN,
					   .auc = told.auc,
					   .error = told.error};
}

/* -- At training ---------------------------------------------------------- */

static bool
told_already(const TrainOutcome *outcome, const char *feature)
{
	for (int i = 0; i < outcome->n_telling; i++)
		if (strcmp(outcome->telling[i], feature) == 0)
			return true;
	return false;
}

static void
name_feature(StringInfo list, const UserGraph *users, size_t f, const ArmDifference *by)
{
	appendStringInfo(list, "%s\"%s\" (%s%+.2f", list->len ? ", " : "", users->inputs->name[f],
					 by->missing ? "missing: " : "", by->smd);
	if (users->arms->treatments > 1)
		appendStringInfo(list, " in %s", quote_literal_cstr(users->arms->name[by->arm]));
	appendStringInfoChar(list, ')');
}

static const char *
warn_hint(const UserGraph *users)
{
	return users->propensity
			   ? "Propensities must be right given all that both treatment and outcome depend on: estimate "
				 "them with these features, too. Leave out features that are known only after the treatment."
			   : "Leave out features that are known only after the treatment. If the treatment was not "
				 "random, "
				 "pass each user's chance of it as propensity_column.";
}

static void
warn(const char *list, const UserGraph *users)
{
	const bool weighted = users->propensity != NULL;
	const bool several = users->arms->treatments > 1;
	const char *who = several ? "users of different arms" : "treated and untreated users";

	notice_send(
		WARNING,
		weighted ? psprintf("weighted by their propensities, %s differ by more than chance", who)
				 : psprintf("%s differ by more than chance", who),
		psprintf("By %s in standard deviations: %s. Random treatment gives this in fewer than 1 of 1000 "
				 "experiments.",
				 several ? "arm less all others" : "treated less untreated", list),
		warn_hint(users));
}

/* That no feature alone shows it: all of them together tell the arm. */
static void
warn_together(const TrainOutcome *outcome, const UserGraph *users, const ArmAuc *told)
{
	StringInfoData list;

	if (!(told->auc > told->bound) || told_already(outcome, users->inputs->name[told->feature[0]]))
		return;
	initStringInfo(&list);
	for (size_t k = 0; k < told->features; k++)
		appendStringInfo(&list, "%s\"%s\"", k ? ", " : "", users->inputs->name[told->feature[k]]);
	notice_send(
		WARNING, psprintf("features together tell the arm: %s", list.data),
		psprintf("Among users whom it has not seen, a logistic regression tells %s from all others with an "
				 "AUC of %.3f (%.3f to %.3f), most by these features. Random treatment gives 0.5.",
				 users->arms->named ? quote_literal_cstr(users->arms->name[told->arm]) : "the treated",
				 told->auc, told->auc - 1.96 * told->error, told->auc + 1.96 * told->error),
		warn_hint(users));
	pfree(list.data);
}

void
uplift_check_randomized(const TrainOutcome *outcome, const UserGraph *users)
{
	StringInfoData list;
	int found = 0;

	initStringInfo(&list);
	for (size_t f = 0; f < users->F; f++)
	{
		const ArmDifference by = uplift_arm_difference(users, NULL, f);

		if (fabs(by.smd) <= by.bound || told_already(outcome, users->inputs->name[f]))
			continue;
		if (found++ < NAMED_MAX)
			name_feature(&list, users, f, &by);
	}
	if (found > NAMED_MAX)
		appendStringInfo(&list, " and %d more", found - NAMED_MAX);
	if (found)
		warn(list.data, users);
	else
	{
		const ArmAuc told = uplift_arm_auc(users, NULL);

		warn_together(outcome, users, &told);
	}
	pfree(list.data);
}

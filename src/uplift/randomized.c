/*
 * Is it an experiment?
 *
 * The difference of means is a sum over users, and each user's term has the mean 0 when the treatment is random:
 *
 *   p_i = propensity of user i, or the share of the treated;  d_i = x_i - mean(x)
 *   difference = sum_i ((treated_i ? 1 / p_i : -1 / (1 - p_i)) d_i) / n
 *   variance V = sum_i d_i² / (p_i (1 - p_i));  a term is at most M
 *
 * Without propensities the first line is exactly the mean of the treated less the mean of the others. By Bernstein's
 * inequality P(|sum| > t) <= 2 exp(-t² / (2 (V + M t / 3))), whatever the distribution of the feature: a z test alone is
 * wrong about rare values in a small arm. The level is shared by all comparisons (Bonferroni).
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "server/notices.h"
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
	double n, treated, mean;
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
		compared.treated += users->arm[i];
		sum += x;
	}
	compared.mean = sum / Max(compared.n, 1);
	return compared;
}

static ArmDifference
difference(const Compared *compared)
{
	const UserGraph *users = compared->users;
	const double share = compared->treated / Max(compared->n, 1);
	const double level = log(2 * (2 * (double) users->F) / LEVEL);
	double squares = 0, sum = 0, variance = 0, largest = 0;

	if (share <= 0 || share >= 1)
		return (ArmDifference){.missing = compared->missing};
	for (size_t i = 0; i < users->N; i++)
	{
		const double d = value_of(compared, i) - compared->mean;
		const double own = users->propensity ? (double) users->propensity[i]
						   : users->arm[i]   ? share
											 : 1 - share;

		if (isnan(d))
			continue;
		squares += d * d;
		sum += (users->arm[i] ? d : -d) / own;
		variance += d * d / (own * (1 - own));
		largest = fmax(largest, fabs(d) / fmin(own, 1 - own));
	}

	/* A constant differs from its mean by rounding alone. */
	const double n = compared->n;
	const double deviation = sqrt(squares / n);
	const double tail = level * largest / 3;

	if (deviation <= 1e-9 * fabs(compared->mean))
		return (ArmDifference){.missing = compared->missing};
	return (ArmDifference){.smd = sum / n / deviation,
						   .bound = (tail + sqrt(tail * tail + 2 * level * variance)) / n / deviation,
						   .missing = compared->missing};
}

/* Is a further out than b? */
static bool
further(const ArmDifference *a, const ArmDifference *b)
{
	return fabs(a->smd) * b->bound > fabs(b->smd) * a->bound || (a->bound > 0 && b->bound <= 0);
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
	return furthest.bound > 0 ? (ArmsApart){.smd = furthest.smd, .bound = furthest.bound}
							  : (ArmsApart){.smd = NAN, .bound = NAN};
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
name_feature(StringInfo list, const char *feature, const ArmDifference *by)
{
	appendStringInfo(list, "%s\"%s\" (%s%+.2f)", list->len ? ", " : "", feature,
					 by->missing ? "missing: " : "", by->smd);
}

static void
warn(const char *list, bool weighted)
{
	notice_send(
		WARNING,
		weighted ? "weighted by their propensities, treated and untreated users differ by more than chance"
				 : "treated and untreated users differ by more than chance",
		psprintf("By treated less untreated in standard deviations: %s. Random treatment gives this in fewer "
				 "than 1 of 1000 experiments.",
				 list),
		weighted
			? "Propensities must be right given all that both treatment and outcome depend on: estimate "
			  "them with these features, too. Leave out features that are known only after the treatment."
			: "Leave out features that are known only after the treatment. If the treatment was not random, "
			  "pass each user's chance of it as propensity_column.");
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
			name_feature(&list, users->inputs->name[f], &by);
	}
	if (found > NAMED_MAX)
		appendStringInfo(&list, " and %d more", found - NAMED_MAX);
	if (found)
		warn(list.data, users->propensity != NULL);
	pfree(list.data);
}

/*
 * P(rises) = Σ_j Binomial(j; left, moving) · P(net of what is known + that of j moves ≥ critical(moves known + j))
 *
 * The second factor is normal, corrected for a net sign that moves in steps of 2. Where many changes are left, j is its
 * mean.
 */
#include "sequence/pure/outlook.h"

#include <math.h>

/* Critical scores that are kept, and from where on they are searched for near the normal distribution's. */
#define CRITICAL_KNOWN 128

/* Below the critical z of the level that makes a label, with the correction for steps of 2. */
#define CRITICAL_Z_LEAST 1.6

/* Never quite sure: a user who has not moved so far may. */
#define MOVING_LEAST 0.002

#define SUM_MAX 64 /* changes; of more the power below may vanish */

static long
find_critical(long moves)
{
	const double least = moves < CRITICAL_KNOWN ? 0 : CRITICAL_Z_LEAST * sqrt((double) (moves + 2) / 3);
	long net = 2 * (long) (least / 2) + (moves % 2 ? 1 : 2);

	while (net <= moves && trend_label((SignScore){(moves + net) / 2, (moves - net) / 2}) == LABEL_STABLE)
		net += 2;
	return net;
}

long
outlook_critical(long moves)
{
	static long known[CRITICAL_KNOWN]; /* 0: not yet */

	if (moves >= CRITICAL_KNOWN)
		return find_critical(moves);
	if (known[moves] == 0)
		known[moves] = find_critical(moves);
	return known[moves];
}

/* P(a normal number is at least `least`). */
static double
normal_from(double least, double mean, double variance)
{
	return 0.5 * erfc((least - mean) / sqrt(2 * variance));
}

/* When j of the changes that are left are not 0. */
static Outlook
outlook_of_moves(const OutlookOf *of, size_t j)
{
	const double net = (double) sign_net(of->known);
	const double critical = (double) outlook_critical(of->known.rises + of->known.falls + (long) j);
	const double variance = of->first + of->each * (double) j;

	if (j == 0)
		return (Outlook){.falls = -net >= critical, .rises = net >= critical};
	return (Outlook){.falls = normal_from(critical - 1 + net, -of->drift, variance),
					 .rises = normal_from(critical - 1 - net, of->drift, variance)};
}

Outlook
outlook(const OutlookOf *of)
{
	const double p = fmin(fmax(of->moving, MOVING_LEAST), 1 - MOVING_LEAST);
	double chance = pow(1 - p, (double) of->left); /* of j moves */
	Outlook sum = {0, 0};

	if (of->left > SUM_MAX)
		return outlook_of_moves(of, (size_t) ((double) of->left * p + 0.5));
	for (size_t j = 0; j <= of->left; j++)
	{
		const Outlook then = outlook_of_moves(of, j);

		sum.falls += chance * then.falls;
		sum.rises += chance * then.rises;
		chance *= (double) (of->left - j) / (double) (j + 1) * p / (1 - p);
	}
	return sum;
}

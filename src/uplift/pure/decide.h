/*
 * Whom to give which treatment.
 *
 * A treatment is worth its cost where uplift × value is above it, and never where the uplift is not above 0. Without a
 * budget each user gets the treatment that gains most, uplift × value - cost. With one this is a knapsack of which each
 * user takes at most one treatment. It is filled greedily:
 *
 *   foreach user do
 *     treatments by price; keep those on the upper hull of (price, uplift × value) over (0, 0)
 *     steps along the hull, from none to the cheapest, from that to the next, ...: each has a value per price, which falls
 *   steps by falling value per price, as long as one is worth its cost: take it if the rest of the budget pays it
 *
 * Paid in fractions, the same order fills the knapsack best. So what is gained falls short of the best possible by less
 * than the gain of one step, the first that the rest did not pay (Sinha and Zoltners, 1979).
 */
#ifndef USERCLS_UPLIFT_PURE_DECIDE_H
#define USERCLS_UPLIFT_PURE_DECIDE_H

#include <stdint.h>

#include "metrics/pure/rank.h"
#include "nn/arena.h"
#include "uplift/pure/net.h"

typedef struct UpliftOffer
{
	double value; /* of one more response */
	double cost;  /* what that has to be worth */
	double price; /* what is taken from the budget */
} UpliftOffer;

typedef struct UpliftDecision
{
	size_t treatments;
	UpliftOffer offer[UPLIFT_TREATMENTS_MAX];
	double budget; /* infinity: as much as it takes */
} UpliftDecision;

/* What treating a user is worth, of that uplift, less what it costs. */
extern double uplift_gain(const UpliftOffer *offer, double uplift);

/* Whether that is worth its cost; never where it does harm. */
extern bool uplift_worth(const UpliftOffer *offer, double uplift);

/* The treatment to choose without a budget, from 1 on; 0: none. score: of each treatment. */
extern size_t uplift_choose(const UpliftDecision *decision, const UpliftScore *score);

/* Room to choose for n users with a budget. */
typedef struct UpliftAllotment
{
	uint32_t *user, *order; /* steps */
	uint8_t *from, *to;
	double *rate;
	RankItem *scratch;
	double spent;
	double shortfall; /* gain of the first step that the budget did not pay, 0 where it paid all */
} UpliftAllotment;

extern void uplift_allot_carve(UpliftAllotment *allotment, Arena *arena, size_t n, size_t treatments);

/* arm: n, the treatment of each user, from 1 on; 0: none. score: n × treatments. Among equal steps the first user comes first. */
extern void uplift_allot(uint8_t *arm, UpliftAllotment *allotment, const UpliftDecision *decision,
						 const UpliftScore *score, size_t n);

#endif

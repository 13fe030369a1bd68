#include "uplift/pure/decide.h"

#include <float.h>
#include <string.h>

double
uplift_gain(const UpliftOffer *offer, double uplift)
{
	return uplift * offer->value - offer->cost;
}

bool
uplift_worth(const UpliftOffer *offer, double uplift)
{
	return uplift > 0.0 && uplift * offer->value > offer->cost;
}

size_t
uplift_choose(const UpliftDecision *decision, const UpliftScore *score)
{
	size_t best = 0;

	for (size_t k = 0; k < decision->treatments; k++)
	{
		const UpliftOffer *offer = &decision->offer[k];

		if (uplift_worth(offer, score[k].uplift) &&
			(best == 0 || uplift_gain(offer, score[k].uplift) >
							  uplift_gain(&decision->offer[best - 1], score[best - 1].uplift)))
			best = k + 1;
	}
	return best;
}

void
uplift_allot_carve(UpliftAllotment *allotment, Arena *arena, size_t n, size_t treatments)
{
	*allotment = (UpliftAllotment){
		.user = (uint32_t *) arena_take(arena, n, treatments * sizeof(uint32_t)),
		.order = (uint32_t *) arena_take(arena, n, treatments * sizeof(uint32_t)),
		.from = (uint8_t *) arena_take(arena, n, treatments),
		.to = (uint8_t *) arena_take(arena, n, treatments),
		.rate = (double *) arena_take(arena, n, treatments * sizeof(double)),
		.scratch = (RankItem *) arena_take(arena, n, 2 * treatments * sizeof(RankItem)),
	};
}

/* -- Steps ------------------------------------------------------------------ */

/* A point (price, uplift × value) of a user's hull; treatment 0 is (0, 0). */
typedef struct Point
{
	uint8_t treatment;
	double price, cost, value;
} Point;

/* Value for price of the step to b; where both cost the same the step is free. */
static double
rate(const Point *a, const Point *b)
{
	return b->price > a->price ? (b->value - a->value) / (b->price - a->price) : DBL_MAX;
}

/* Treatments by rising price, equal ones by number. */
static void
by_price(uint8_t *order, const UpliftDecision *decision)
{
	for (size_t k = 0; k < decision->treatments; k++)
	{
		size_t at = k;

		for (; at > 0 && decision->offer[order[at - 1]].price > decision->offer[k].price; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t) k;
	}
}

/* The upper hull; returns how many points there are with (0, 0), the first. */
static size_t
hull_make(Point *hull, const UpliftDecision *decision, const uint8_t *order, const UpliftScore *score)
{
	size_t n = 1;

	hull[0] = (Point){0, 0, 0, 0};
	for (size_t i = 0; i < decision->treatments; i++)
	{
		const UpliftOffer *offer = &decision->offer[order[i]];
		const double uplift = score[order[i]].uplift;
		const Point point = {(uint8_t) (order[i] + 1), offer->price, offer->cost, uplift * offer->value};

		if (!(uplift > 0) || !(point.value > hull[n - 1].value))
			continue;
		while (n > 1 && rate(&hull[n - 2], &hull[n - 1]) <= rate(&hull[n - 2], &point))
			n--;
		hull[n++] = point;
	}
	return n;
}

/* Append the steps of a user that are worth their cost; returns how many steps there are then. */
static size_t
add_steps(UpliftAllotment *allotment, size_t steps, const Point *hull, size_t points, uint32_t user)
{
	for (size_t i = 1; i < points; i++)
	{
		if (!(hull[i].value - hull[i - 1].value > hull[i].cost - hull[i - 1].cost))
			break;
		allotment->user[steps] = user;
		allotment->from[steps] = hull[i - 1].treatment;
		allotment->to[steps] = hull[i].treatment;
		allotment->rate[steps++] = rate(&hull[i - 1], &hull[i]);
	}
	return steps;
}

/* -- The budget ------------------------------------------------------------- */

/* Prices are rounded, and so are their sums: 0.3 pays three times 0.1. */
#define BUDGET_ROUNDING 1e-10

static double
price_of(const UpliftDecision *decision, size_t treatment)
{
	return treatment > 0 ? decision->offer[treatment - 1].price : 0;
}

static double
gain_of(const UpliftDecision *decision, const UpliftScore *score, size_t treatment)
{
	return treatment > 0 ? uplift_gain(&decision->offer[treatment - 1], score[treatment - 1].uplift) : 0;
}

static void
take_step(uint8_t *arm, UpliftAllotment *allotment, double *budget, const UpliftDecision *decision,
		  const UpliftScore *score, size_t step)
{
	const uint32_t user = allotment->user[step];
	const size_t from = allotment->from[step], to = allotment->to[step];
	const double price = price_of(decision, to) - price_of(decision, from);

	/* A user of whom the step before was not paid stays where he is. */
	if (arm[user] != from)
		return;
	if (price <= *budget)
	{
		*budget -= price;
		allotment->spent += price;
		arm[user] = (uint8_t) to;
		return;
	}
	score += user * decision->treatments;
	if (allotment->shortfall == 0)
		allotment->shortfall = gain_of(decision, score, to) - gain_of(decision, score, from);
}

void
uplift_allot(uint8_t *arm, UpliftAllotment *allotment, const UpliftDecision *decision,
			 const UpliftScore *score, size_t n)
{
	uint8_t order[UPLIFT_TREATMENTS_MAX];
	Point hull[UPLIFT_TREATMENTS_MAX + 1];
	double budget = decision->budget * (1 + BUDGET_ROUNDING);
	size_t steps = 0;

	by_price(order, decision);
	memset(arm, 0, n);
	allotment->spent = allotment->shortfall = 0;

	/* Among equal rates rank_descending puts the later one first: so users go in from the last to the first. */
	for (size_t i = n; i-- > 0;)
	{
		const size_t points = hull_make(hull, decision, order, score + i * decision->treatments);

		steps = add_steps(allotment, steps, hull, points, (uint32_t) i);
	}
	rank_descending(allotment->order, allotment->scratch, allotment->rate, steps);
	for (size_t i = 0; i < steps; i++)
		take_step(arm, allotment, &budget, decision, score, allotment->order[i]);
}

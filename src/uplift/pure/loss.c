#include "uplift/pure/loss.h"

#include <math.h>

UpliftTerms
uplift_terms(const UpliftConfig *config, const UpliftUser *user, size_t treatments)
{
	const bool treated = user->arm > 0;
	const bool responded = user->outcome > 0.5;
	const double weight = user->share / user->chance;

	if (config->estimator == ESTIMATOR_CLASS_TRANSFORM)
		return (UpliftTerms){
			0, 1, {1}, {(treated ? user->outcome : -user->outcome) / user->chance}, .squares = true};

	/* The head of each arm learns its mean; the last head is that of the control. */
	if (config->outcome == OUTCOME_NUMBER)
		return (UpliftTerms){
			treated ? user->arm - 1 : treatments, 1, {weight}, {user->outcome}, .squares = true};

	/* The head of a treatment learns who responds, the last head who does not. */
	if (config->estimator == ESTIMATOR_TWO_HEAD)
		return (UpliftTerms){treated ? user->arm - 1 : treatments, 1, {weight}, {treated == responded}};

	/*
	 * three_losses, as published. {1} teaches head 0 only, {3} head 1 only; {1, 2} says yes to head 0 and no to head 1,
	 * {2, 3} the reverse.
	 */
	if (config->estimator == ESTIMATOR_THREE_LOSSES)
		return (UpliftTerms){0,
							 2,
							 {treated && !responded ? 0 : weight, !treated && responded ? 0 : weight},
							 {responded, !responded}};

	/*
	 * partial_label. Head 0 asks for class 1: of users who were treated and responded it is not known, all others say
	 * yes or no. Head 1 asks for class 3: not known of those who were not treated and did not respond.
	 */
	return (UpliftTerms){0,
						 2,
						 {treated && responded ? 0 : weight, !treated && !responded ? 0 : weight},
						 {!treated && responded, treated && !responded}};
}

/* The loss of one head's output z; slope gets its derivative. */
static double
head_loss(double *slope, double z, double target, bool squares)
{
	if (squares)
	{
		*slope = 2 * (z - target);
		return (z - target) * (z - target);
	}

	const double tail = exp(-fabs(z));

	*slope = (z >= 0 ? 1 : tail) / (1 + tail) - target;
	return fmax(z, 0) + log1p(tail) - z * target;
}

double
uplift_loss(real *dlogit, const real *logit, const UpliftTerms *terms, double share)
{
	double loss = 0;

	for (size_t h = 0; h < terms->n; h++)
	{
		double slope;

		loss +=
			terms->weight[h] * head_loss(&slope, logit[terms->first + h], terms->target[h], terms->squares);
		if (dlogit)
			dlogit[terms->first + h] = (real) (share * terms->weight[h] * slope);
	}
	return loss;
}

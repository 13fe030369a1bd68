#include "uplift/pure/loss.h"

#include <math.h>

UpliftTerms
uplift_terms(int estimator, const UpliftUser *user, size_t treatments)
{
	const bool treated = user->arm > 0;
	const bool responded = user->outcome > 0.5;
	const double weight = user->share / user->chance;

	if (estimator == ESTIMATOR_CLASS_TRANSFORM)
		return (UpliftTerms){0, 1, {1}, {(treated ? user->outcome : -user->outcome) / user->chance}};

	/* The head of a treatment learns who responds, the last head who does not. */
	if (estimator == ESTIMATOR_TWO_HEAD)
		return (UpliftTerms){treated ? user->arm - 1 : treatments, 1, {weight}, {treated == responded}};

	/*
	 * three_losses, as published. {1} teaches head 0 only, {3} head 1 only; {1, 2} says yes to head 0 and no to head 1,
	 * {2, 3} the reverse.
	 */
	if (estimator == ESTIMATOR_THREE_LOSSES)
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

double
uplift_loss(real *dlogit, const real *logit, const UpliftTerms *terms, int estimator, double share)
{
	if (estimator == ESTIMATOR_CLASS_TRANSFORM)
	{
		const double error = logit[0] - terms->target[0];

		if (dlogit)
			dlogit[0] = (real) (share * 2 * error);
		return error * error;
	}

	double loss = 0;

	for (size_t h = 0; h < terms->n; h++)
	{
		const double z = logit[terms->first + h];
		const double tail = exp(-fabs(z));

		loss += terms->weight[h] * (fmax(z, 0) + log1p(tail) - z * terms->target[h]);
		if (dlogit)
			dlogit[terms->first + h] =
				(real) (share * terms->weight[h] * ((z >= 0 ? 1 : tail) / (1 + tail) - terms->target[h]));
	}
	return loss;
}

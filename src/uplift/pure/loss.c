#include "uplift/pure/loss.h"

#include <math.h>

UpliftTerms
uplift_terms(int estimator, bool treated, double outcome, double propensity, double mean)
{
	if (estimator == ESTIMATOR_CLASS_TRANSFORM)
		return (UpliftTerms){{1, 0}, {outcome * (treated - propensity) / (propensity * (1 - propensity)), 0}};

	const double weight = treated ? mean / propensity : (1 - mean) / (1 - propensity);
	const bool responded = outcome > 0.5;

	if (estimator == ESTIMATOR_TWO_HEAD)
		return (UpliftTerms){{treated ? weight : 0, treated ? 0 : weight}, {responded, !responded}};

	/*
	 * three_losses, as published. {1} teaches head 0 only, {3} head 1 only; {1, 2} says yes to head 0 and no to head 1,
	 * {2, 3} the reverse.
	 */
	if (estimator == ESTIMATOR_THREE_LOSSES)
		return (UpliftTerms){{treated && !responded ? 0 : weight, !treated && responded ? 0 : weight},
							 {responded, !responded}};

	/*
	 * partial_label. Head 0 asks for class 1: of users who were treated and responded it is not known, all others say
	 * yes or no. Head 1 asks for class 3: not known of those who were not treated and did not respond.
	 */
	return (UpliftTerms){{treated && responded ? 0 : weight, !treated && !responded ? 0 : weight},
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

	for (int h = 0; h < 2; h++)
	{
		const double z = logit[h];
		const double tail = exp(-fabs(z));

		loss += terms->weight[h] * (fmax(z, 0) + log1p(tail) - z * terms->target[h]);
		if (dlogit)
			dlogit[h] =
				(real) (share * terms->weight[h] * ((z >= 0 ? 1 : tail) / (1 + tail) - terms->target[h]));
	}
	return loss;
}

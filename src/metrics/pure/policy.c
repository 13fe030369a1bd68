#include "metrics/pure/policy.h"

#include <math.h>

/* Mean outcome of each arm. */
static void
arm_means(double *mean, const PolicySample *sample)
{
	double weight[POLICY_TREATMENTS_MAX + 1] = {0};

	for (size_t arm = 0; arm <= sample->treatments; arm++)
		mean[arm] = 0;
	for (size_t i = 0; i < sample->n; i++)
	{
		mean[sample->arm[i]] += sample->outcome[i] / sample->chance[i];
		weight[sample->arm[i]] += 1 / sample->chance[i];
	}
	for (size_t arm = 0; arm <= sample->treatments; arm++)
		mean[arm] = weight[arm] > 0 ? mean[arm] / weight[arm] : NAN;
}

/* w_i(a) of a user and a treatment, from 1 on. */
static double
user_worth(const PolicySample *sample, const double *mean, size_t i, size_t treatment)
{
	const size_t arm = sample->arm[i];
	const double surprise = (sample->outcome[i] - mean[arm]) / sample->chance[i];
	const double seen = arm == treatment ? surprise : arm == 0 ? -surprise : 0;

	return sample->value[treatment - 1] * (mean[treatment] - mean[0] + seen) - sample->cost[treatment - 1];
}

static double
worth_for(const PolicySample *sample, const Policy *policy, const double *mean, size_t i)
{
	double worth = 0;

	if (policy->chosen)
		return policy->chosen[i] > 0 ? user_worth(sample, mean, i, policy->chosen[i]) : 0;
	for (size_t k = 0; k < sample->treatments; k++)
		if (policy->share[k] > 0)
			worth += policy->share[k] * user_worth(sample, mean, i, k + 1);
	return worth;
}

PolicyWorth
policy_worth(const PolicySample *sample, const Policy *policy, const Policy *less)
{
	double mean[POLICY_TREATMENTS_MAX + 1];
	double average = 0, square = 0; /* squared distances from the average: Welford's update */

	arm_means(mean, sample);
	for (size_t i = 0; i < sample->n; i++)
	{
		const double worth =
			worth_for(sample, policy, mean, i) - (less ? worth_for(sample, less, mean, i) : 0);
		const double step = worth - average;

		average += step / (double) (i + 1);
		square += step * (worth - average);
	}

	const double n = (double) sample->n;

	return (PolicyWorth){n > 0 ? average : NAN, n > 1 ? sqrt(square / (n - 1) / n) : NAN};
}

double
policy_treated(const PolicySample *sample, const Policy *policy)
{
	double treated = 0;

	for (size_t k = 0; policy->share && k < sample->treatments; k++)
		treated += policy->share[k];
	if (policy->share)
		return treated;
	for (size_t i = 0; i < sample->n; i++)
		treated += policy->chosen[i] > 0;
	return treated / (double) sample->n;
}

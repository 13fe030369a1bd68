/* Features that alone tell the arm or the outcome of a user: second names of them, or what is known only later. */
#include "postgres.h"

#include "miscadmin.h"

#include "metrics/telling.h"
#include "server/memory.h"
#include "uplift/pure/train.h"
#include "uplift/train_uplift.h"

#define USERS_MAX 20000

/* A sample of the experiment: every so many-th user. Outcomes other than 0 and 1 are cut at their mean. */
typedef struct Sample
{
	size_t n;
	size_t *node;
	int32_t *arm;
	int32_t *outcome;
} Sample;

static double
mean_outcome(const UserGraph *users)
{
	double sum = 0;

	for (size_t i = 0; i < users->N; i++)
		if (users->arm[i] != UPLIFT_OUTSIDE)
			sum += users->outcome[i];
	return sum / (double) Max(users->inside, 1);
}

static Sample
sample_take(const UserGraph *users)
{
	const size_t stride = 1 + users->inside / USERS_MAX;
	const size_t room = users->inside / stride + 1;
	const double mean = mean_outcome(users);
	Sample sample = {.node = memory_array(room, sizeof(*sample.node)),
					 .arm = memory_array(room, sizeof(*sample.arm)),
					 .outcome = memory_array(room, sizeof(*sample.outcome))};
	size_t seen = 0;

	for (size_t i = 0; i < users->N; i++)
	{
		if (users->arm[i] == UPLIFT_OUTSIDE || seen++ % stride != 0)
			continue;
		sample.node[sample.n] = i;
		sample.arm[sample.n] = users->arm[i];
		sample.outcome[sample.n++] = users->outcome[i] > mean;
	}
	return sample;
}

void
uplift_find_telling(TrainOutcome *outcome, const UserGraph *users)
{
	Sample sample = sample_take(users);
	const struct
	{
		const char *name, *told;
		const int32_t *group;
		size_t groups;
	} answer[] = {{"treatment",
				   users->arms->named ? "users of different arms are told apart"
									  : "treated and untreated users are told apart",
				   sample.arm, users->arms->treatments + 1},
				  {"outcome", "users who responded and those who did not are told apart", sample.outcome, 2}};
	Telling *telling = telling_make(Max(sample.n, 1));
	double *value = memory_array(sample.n, sizeof(*value));

	for (size_t f = 0; f < users->F; f++)
	{
		for (size_t i = 0; i < sample.n; i++)
			value[i] = (double) users->feature[sample.node[i] * users->F + f];
		for (size_t a = 0; a < lengthof(answer); a++)
		{
			CHECK_FOR_INTERRUPTS();

			const double auc = telling_auc(telling, value, answer[a].group, NULL, sample.n, answer[a].groups);

			if (auc > 0)
				train_tells(outcome, "feature", users->inputs->name[f], answer[a].name,
							psprintf("By it alone %s with an AUC of %.4f.", answer[a].told, auc));
		}
	}
	pfree(value);
	pfree(sample.node);
	pfree(sample.arm);
	pfree(sample.outcome);
}

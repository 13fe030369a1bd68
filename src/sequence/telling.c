/* Features of which a simple summary alone tells a user's class: copies of the label, or what is known only later. */
#include "postgres.h"

#include "sequence/train_sequence.h"

#include <math.h>

#include "miscadmin.h"

#include "metrics/telling.h"
#include "server/memory.h"

/* Users are in the order of the hashes of their ids: the first ones are a sample. */
#define USERS_MAX 20000
#define SUMMARIES_MAX 4000000
#define USERS_AT_ONCE 64

enum
{
	LAST,
	SUM,
	LOWEST,
	HIGHEST,
	SUMMARIES
};

static const char *const summary_names[] = {
	[LAST] = "last value", [SUM] = "sum", [LOWEST] = "lowest value", [HIGHEST] = "highest value"};

/* Of one channel of n steps; NaN where no step has a value. */
static void
summarize(double *summary, const float *value, size_t n, size_t F)
{
	for (int s = 0; s < SUMMARIES; s++)
		summary[s] = NAN;
	for (size_t t = 0; t < n; t++)
	{
		const double x = (double) value[t * F];

		if (isnan(x))
			continue;
		summary[LAST] = x;
		summary[SUM] = isnan(summary[SUM]) ? x : summary[SUM] + x;
		summary[LOWEST] = fmin(summary[LOWEST], x);
		summary[HIGHEST] = fmax(summary[HIGHEST], x);
	}
}

/* summary: [user][channel][SUMMARIES] of the first n users. */
static void
summarize_users(double *summary, const SequenceUsers *users, size_t n)
{
	const size_t F = users->F;
	float *value = memory_array(USERS_AT_ONCE * users->longest * F, sizeof(*value));
	size_t start[USERS_AT_ONCE + 1];

	for (size_t from = 0; from < n; from += USERS_AT_ONCE)
	{
		const size_t some = Min(USERS_AT_ONCE, n - from);

		CHECK_FOR_INTERRUPTS();
		sequence_fill_part(users, from, some, start, value);
		for (size_t i = 0; i < some; i++)
			for (size_t f = 0; f < F; f++)
				summarize(summary + ((from + i) * F + f) * SUMMARIES, value + start[i] * F + f,
						  start[i + 1] - start[i], F);
	}
	pfree(value);
}

void
sequence_find_telling(TrainOutcome *outcome, const SequenceReading *reading, const SequenceUsers *users)
{
	const size_t F = users->F;
	const size_t n = Min(users->N, Min(USERS_MAX, SUMMARIES_MAX / SUMMARIES / F));
	const size_t bytes = n * (F + 1) * SUMMARIES * sizeof(double);
	Telling *telling = telling_make(Max(n, 1));

	memory_check(users->memory + bytes, "training");

	double *summary = memory_array(n * F * SUMMARIES, sizeof(*summary));
	double *value = memory_array(n, sizeof(*value));

	summarize_users(summary, users, n);
	for (size_t f = 0; f < F; f++)
	{
		int best = LAST;
		double auc = 0;

		/* The trend of a column may well go on: that is what is learned. */
		if (reading->trend_of && strcmp(reading->features[f], reading->trend_of) == 0)
			continue;
		for (int s = 0; s < SUMMARIES; s++)
		{
			CHECK_FOR_INTERRUPTS();
			for (size_t i = 0; i < n; i++)
				value[i] = summary[(i * F + f) * SUMMARIES + (size_t) s];

			const double own = telling_auc(telling, value, users->label, n, (size_t) users->C);

			if (own > auc)
			{
				auc = own;
				best = s;
			}
		}
		if (auc > 0)
			train_tells(
				outcome, reading->features[f], "label",
				psprintf("By its %s alone users of a class are told from the others with an AUC of %.4f.",
						 summary_names[best], auc));
	}
	pfree(summary);
	pfree(value);
}

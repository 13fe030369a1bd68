/* Features of which a simple summary alone tells a user's class: copies of the label, or what is known only later. */
#include "postgres.h"

#include "sequence/train_sequence.h"

#include <math.h>

#include "miscadmin.h"

#include "metrics/telling.h"
#include "sequence/users_attributes.h"
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

/* Of the first n users: [user][channel][SUMMARIES]. */
typedef struct Summaries
{
	const SequenceUsers *users;
	size_t n;
	double *of;
	double *value; /* n: one summary of one channel, to work in */
	uint32 *user;  /* n: of each sequence its user */
	Telling *telling;
} Summaries;

static void
summarize_users(Summaries *summaries)
{
	const SequenceUsers *users = summaries->users;
	const size_t F = users->F;
	float *value = memory_array(USERS_AT_ONCE * users->longest * F, sizeof(*value));
	size_t start[USERS_AT_ONCE + 1];

	for (size_t from = 0; from < summaries->n; from += USERS_AT_ONCE)
	{
		const size_t some = Min(USERS_AT_ONCE, summaries->n - from);

		CHECK_FOR_INTERRUPTS();
		sequence_fill_part(users, from, some, start, value);
		for (size_t i = 0; i < some; i++)
			for (size_t f = 0; f < F; f++)
				summarize(summaries->of + ((from + i) * F + f) * SUMMARIES, value + start[i] * F + f,
						  start[i + 1] - start[i], F);
	}
	pfree(value);
}

static Summaries
summaries_make(const SequenceUsers *users)
{
	const size_t n = Min(users->N, Min(USERS_MAX, SUMMARIES_MAX / SUMMARIES / users->F));

	memory_check(users->memory + n * (users->F + 1) * SUMMARIES * sizeof(double), "training");

	Summaries summaries = {.users = users,
						   .n = n,
						   .of = memory_array(n * users->F * SUMMARIES, sizeof(double)),
						   .value = memory_array(n, sizeof(double)),
						   .user = memory_array(n, sizeof(uint32)),
						   .telling = telling_make(Max(n, 1))};

	sequence_count_users(summaries.user, users, 0, n);
	summarize_users(&summaries);
	return summaries;
}

/* The largest area by a summary of channel f, and which; 0: none tells a class. */
static double
channel_auc(int *which, const Summaries *summaries, size_t f)
{
	const SequenceUsers *users = summaries->users;
	double largest = 0;

	for (int s = 0; s < SUMMARIES; s++)
	{
		CHECK_FOR_INTERRUPTS();
		for (size_t i = 0; i < summaries->n; i++)
			summaries->value[i] = summaries->of[(i * users->F + f) * SUMMARIES + (size_t) s];

		const double auc = telling_auc(summaries->telling, summaries->value, users->label, summaries->user,
									   summaries->n, (size_t) users->C);

		if (auc > largest)
		{
			largest = auc;
			*which = s;
		}
	}
	return largest;
}

/* Texts of an attribute that are counted; one even where it is null for everybody, for NULL is counted with the first. */
static size_t
texts_of(const Summaries *summaries, int a)
{
	return Max(users_attribute_texts(summaries->users, a), 1);
}

/*
 * What a text says of a class: the share of the class among the users of the other half who have it, so that no user
 * says what he is himself. NaN where nobody there has it. seen: 2 × texts × 2, to count in.
 */
static void
shares_of_texts(double *value, int64 *seen, const Summaries *summaries, int a, int32 class)
{
	const SequenceUsers *users = summaries->users;
	const size_t texts = texts_of(summaries, a);

	memset(seen, 0, sizeof(int64) * 4 * texts);
	for (size_t i = 0; i < summaries->n; i++)
	{
		const double text = users_attribute(users, i, a);
		int64 *count = seen + 2 * ((users->hash[i] & 1) * texts + (isnan(text) ? 0 : (size_t) text));

		count[0] += !isnan(text);
		count[1] += !isnan(text) && users->label[i] == class;
	}
	for (size_t i = 0; i < summaries->n; i++)
	{
		const double text = users_attribute(users, i, a);
		const int64 *count = seen + 2 * ((~users->hash[i] & 1) * texts + (isnan(text) ? 0 : (size_t) text));

		value[i] = isnan(text) || count[0] == 0 ? NAN : (double) count[1] / (double) count[0];
	}
}

/* The largest area by an attribute; 0: it tells no class. */
static double
attribute_auc(const Summaries *summaries, int a)
{
	const SequenceUsers *users = summaries->users;
	const bool category = users_attribute_is_category(users, a);
	int64 *seen = category ? memory_array(4 * texts_of(summaries, a), sizeof(int64)) : NULL;
	double largest = 0;

	for (int32 class = 0; class < (category ? users->C : 1); class ++)
	{
		CHECK_FOR_INTERRUPTS();
		if (category)
			shares_of_texts(summaries->value, seen, summaries, a, class);
		for (size_t i = 0; !category && i < summaries->n; i++)
			summaries->value[i] = users_attribute(users, i, a);
		largest = fmax(largest, telling_auc(summaries->telling, summaries->value, users->label,
											summaries->user, summaries->n, (size_t) users->C));
	}
	if (seen)
		pfree(seen);
	return largest;
}

static void
find_telling_attributes(TrainOutcome *outcome, const SequenceReading *reading, const Summaries *summaries)
{
	for (int a = 0; a < reading->A; a++)
	{
		const double auc = attribute_auc(summaries, a);

		if (auc > 0)
			train_tells(
				outcome, "attribute", reading->attributes[a], "label",
				psprintf("By it alone users of a class are told from the others with an AUC of %.4f.", auc));
	}
}

void
sequence_find_telling(TrainOutcome *outcome, const SequenceReading *reading, const SequenceUsers *users)
{
	const Summaries summaries = summaries_make(users);

	for (size_t f = 0; f < users->F; f++)
	{
		int which = LAST;

		/* The trend of a column may well go on: that is what is learned. */
		if (reading->trend_of && strcmp(reading->features[f], reading->trend_of) == 0)
			continue;

		const double auc = channel_auc(&which, &summaries, f);

		if (auc > 0)
			train_tells(
				outcome, "feature", reading->features[f], "label",
				psprintf("By its %s alone users of a class are told from the others with an AUC of %.4f.",
						 summary_names[which], auc));
	}
	find_telling_attributes(outcome, reading, &summaries);
	pfree(summaries.of);
	pfree(summaries.value);
	pfree(summaries.user);
}

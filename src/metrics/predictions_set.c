/* The metrics of some rows of a sample: those of evaluate(), but for what is no figure of its answers. */
#include "postgres.h"

#include "metrics/sample.h"

#include "server/memory.h"

/* of[n][width]: the named rows of from. */
static void *
select_rows(const void *from, size_t width, const uint32 *row, size_t n)
{
	char *to;

	if (!from)
		return NULL;
	to = memory_array(n, width);
	for (size_t i = 0; i < n; i++)
		memcpy(to + i * width, (const char *) from + row[i] * width, width);
	return to;
}

static ClassSample *
select_classes(const ClassSample *from, const uint32 *row, size_t n)
{
	ClassSample *some = palloc(sizeof(*some));
	const size_t probabilities = from->scores.C * sizeof(real);

	*some = (ClassSample){.scores = from->scores, .classes = from->classes, .all = n};
	some->labels = select_rows(from->labels, sizeof(int32_t), row, n);
	some->scores.prob = select_rows(from->scores.prob, probabilities, row, n);
	some->scores.label = some->labels;
	some->scores.n = n;
	some->answers = some->scores;
	some->answers.prob = select_rows(from->answers.prob, probabilities, row, n);
	some->number = select_rows(from->number, sizeof(double), row, n);
	some->mean = select_rows(from->mean, sizeof(double), row, n);
	some->median = select_rows(from->median, sizeof(double), row, n);
	some->low = select_rows(from->low, sizeof(double), row, n);
	some->high = select_rows(from->high, sizeof(double), row, n);
	return some;
}

static MetricSet *
classes_set(const ClassSample *from, const uint32 *row, size_t n, const uint32 *user)
{
	const ClassSample *some = select_classes(from, row, n);
	MetricSet *set = some->number ? number_set(some) : class_set(some);

	set->user = user;
	return set;
}

/* Rows of an experiment are ranked, once for each treatment: user i of the set is the one of the row that comes there. */
static MetricSet *
experiment_set(const Predictions *from, const uint32 *row, size_t n, const uint32 *user)
{
	const UpliftTrial *some =
		uplift_trial_make(select_rows(from->uplift, from->treatments * sizeof(double), row, n),
						  select_rows(from->outcome, sizeof(double), row, n),
						  select_rows(from->arm, 1, row, n), n, from->treatments, from->arm_name + 1);
	MetricSet *set = uplift_set(some, NULL);

	set->user = select_rows(user, sizeof(uint32), set->user ? set->user : some->user[0], set->n);
	return set;
}

MetricSet *
predictions_set(const Predictions *from, const uint32 *row, size_t n, const uint32 *user, size_t users)
{
	MetricSet *set =
		from->classes ? classes_set(from->classes, row, n, user) : experiment_set(from, row, n, user);

	set->users = users;
	return set;
}

/* The labels of users and their classes. */
#include "postgres.h"

#include "miscadmin.h"

#include "labeler/pure/label.h"
#include "sequence/users_cells.h"
#include "server/memory.h"

/* What the periods count as: n numbers, each with its slack. The mean of a period without values is left out. */
static size_t
period_values(double *value, double *slack, const PeriodSum *slot, int periods, TrendMeasure measure)
{
	size_t n = 0;

	for (int i = 0; i < periods; i++)
	{
		const TrendCell cell = period_cell(&slot[i], (uint32) i);

		if (measure == MEASURE_MEAN && cell.count == 0)
			continue;
		trend_measure(&value[n], &slack[n], &cell, measure);
		n++;
	}
	return n;
}

/* What label() says by the rule: value has room for twice the periods. */
static int32_t
trend_class(double *value, const PeriodSum *slot, int periods, const TrendLabels *labels)
{
	double *slack = value + periods;
	const size_t n = period_values(value, slack, slot, periods, labels->measure);

	return trend_rule_class(&labels->rule, sign_score(value, slack, n));
}

SignScore
sequence_trend_score(const SequenceUsers *users, size_t i, TrendMeasure measure, double *room)
{
	const int periods = row_cells(users, i)->window.before;
	double *slack = room + periods;
	const size_t n = period_values(room, slack, row_slot(users, i), periods, measure);

	return sign_score(room, slack, n);
}

static void
label_by_trend(SequenceUsers *users)
{
	const SequenceCells *cells = users->cells[0]; /* in what is alike in all */
	const TrendLabels *labels = &cells->reading->trend_labels;
	double *value = palloc(2 * sizeof(double) * (size_t) cells->window.before);

	users->classes = labels->names;
	users->C = trend_rule_classes(&labels->rule);
	users->carried = memory_array(users->N, sizeof(int32_t));
	for (size_t i = 0; i < users->N; i++)
	{
		const PeriodSum *slot = row_slot(users, i);

		CHECK_FOR_INTERRUPTS();
		users->carried[i] = trend_class(value, slot, cells->window.before, labels);
		users->label[i] = trend_class(value, slot + cells->window.after, cells->window.before, labels);
	}
}

static void
label_by_column(SequenceUsers *users)
{
	int32 *class_of;

	users->classes = classes_finish(users->cells[0]->list, &class_of, &users->C);
	for (size_t i = 0; i < users->N; i++)
	{
		const ClassSeen *seen = &row_cells(users, i)->seen[users->in_cells[i]];

		users->label[i] = seen->value ? class_of[seen->value - 1] : -1;
	}
}

/* Number labels and carried classes by `names`; -1 for a class that is not among these. */
static void
rename_classes(SequenceUsers *users, const char *const *names, int C)
{
	int32_t *now = palloc(sizeof(*now) * (size_t) (users->C + 1));

	*now++ = -1; /* of -1 */
	for (int c = 0; c < users->C; c++)
	{
		now[c] = -1;
		for (int k = 0; k < C; k++)
			if (strcmp(users->classes[c], names[k]) == 0)
				now[c] = k;
	}
	for (size_t i = 0; i < users->N; i++)
	{
		users->label[i] = now[users->label[i]];
		if (users->carried)
			users->carried[i] = now[users->carried[i]];
	}
	users->classes = (const char **) names;
	users->C = C;
}

static void
count_classes(SequenceUsers *users)
{
	users->users = palloc0(sizeof(int64) * (size_t) Max(users->C, 1));
	for (size_t i = 0; i < users->N; i++)
		if (users->label[i] >= 0)
			users->users[users->label[i]]++;
}

void
users_label(SequenceUsers *users, const SequenceRead *read)
{
	const char *const *classes = read->classes;
	int C = read->C;

	users->label = memory_array(users->N, sizeof(int32_t));
	if (users->cells[0]->outcome)
		label_by_outcome(users, read->ranges, classes != NULL);
	else if (users->cells[0]->list)
		label_by_column(users);
	else
		label_by_trend(users);
	count_classes(users);
	if (!classes)
	{
		const char **occurring = palloc(sizeof(char *) * (size_t) Max(users->C, 1));

		for (int c = 0; c < users->C; c++)
			if (users->users[c] > 0)
				occurring[C++] = users->classes[c];
		classes = occurring;
	}
	rename_classes(users, classes, C);
	count_classes(users);
}

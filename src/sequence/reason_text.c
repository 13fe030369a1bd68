#include "postgres.h"

#include "sequence/reason_text.h"

#include <math.h>

#include "datatype/timestamp.h"

#include "server/number_text.h"

/* The word for one period; of sequences without dates, and of periods without a name: period. */
static const char *
period_word(const ReasonWords *of)
{
	const Interval *period = &of->reading->period;
	static const struct
	{
		Interval period;
		const char *word;
	} words[] = {{{.month = 12}, "year"},
				 {{.month = 3}, "quarter"},
				 {{.month = 1}, "month"},
				 {{.day = 7}, "week"},
				 {{.day = 1}, "day"},
				 {{.time = USECS_PER_HOUR}, "hour"},
				 {{.time = USECS_PER_MINUTE}, "minute"}};

	for (int i = 0; i < lengthof(words) && sequence_has_dates(of->users); i++)
		if (period->month == words[i].period.month && period->day == words[i].period.day &&
			period->time == words[i].period.time)
			return words[i].word;
	return "period";
}

/* "1 week", "14 weeks" */
static char *
periods_text(const ReasonWords *of, size_t n)
{
	return psprintf("%zu %s%s", n, period_word(of), n == 1 ? "" : "s");
}

/* "in the 7 weeks from 2026-08-03"; without dates "in the 7 periods from 3" */
static char *
stretch_text(const ReasonWords *of, const Reason *reason)
{
	const size_t n = reason->to - reason->from;

	return psprintf("in the %s from %s", n == 1 ? period_word(of) : periods_text(of, n),
					sequence_period_name(of->users, of->i, reason->from));
}

/* Silent for longer, or for less long, than usual. */
static char *
silence_text(const ReasonWords *of, const Reason *reason)
{
	const size_t W = sequence_window_periods(of->users);
	const TypicalFeature *typical = &of->model->typical->feature[reason->feature];
	const char *feature = of->model->features[reason->feature];
	const char *quiet = periods_text(of, reason->to - reason->from);

	if (typical->active == 0 || (size_t) typical->since >= W)
		return psprintf("no %s for %s; usual: none at all", feature, quiet);
	return psprintf("no %s for %s; usual: %d", feature, quiet, typical->since);
}

static char *
sum_text(const ReasonWords *of, const Reason *reason)
{
	const char *feature = of->model->features[reason->feature];
	const char *usual = number_text(reason->typical);
	const char *stretch = stretch_text(of, reason);

	if (reason->value == reason->typical)
		return psprintf("%s %s: as much as usual, at other times", feature, stretch);
	if (reason->value == 0)
		return psprintf("no %s %s; usual: %s a %s", feature, stretch, usual, period_word(of));
	return psprintf("%s %s a %s %s; usual: %s", feature, number_text(reason->value), period_word(of), stretch,
					usual);
}

static const char *
category_text(const Attribute *attribute, float row)
{
	if (row < ATTRIBUTE_VALUES)
		return row == ATTRIBUTE_UNKNOWN ? "not known" : "a new one";
	return attribute->value[(int) row - ATTRIBUTE_VALUES];
}

static const char *
attribute_text(const Attribute *attribute, float value)
{
	if (attribute->category)
		return category_text(attribute, value);
	return isnan(value) ? "not known" : number_text((double) value);
}

char *
reason_text(const ReasonWords *of, const Reason *reason)
{
	const int a = reason->attribute;

	if (a >= 0)
		return psprintf("%s: %s; usual: %s", of->model->attributes.of[a].name,
						attribute_text(&of->model->attributes.of[a], of->attribute[a]),
						attribute_text(&of->model->attributes.of[a], of->model->typical->attribute[a]));
	return reason->silent ? silence_text(of, reason) : sum_text(of, reason);
}

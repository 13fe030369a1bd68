#include "postgres.h"

#include "sequence/user_reasons.h"

#include "lib/stringinfo.h"

#include "sequence/reason_text.h"
#include "sequence/users_attributes.h"
#include "server/memory.h"

struct UserReasons
{
	const ClassifiedUsers *all;
	int top;
	int class; /* REASONS_ANY_CLASS: that which the user gets */
	bool some; /* of users whose probability of the class is at least the threshold */
	double threshold;
	Reasoner *reasoner;
	const AttributeCoder *coder;
	float *value;     /* of one user: W × F */
	float *attribute; /* A */
};

UserReasons *
user_reasons_make(const ClassifiedUsers *all, const ScoreChoice *choice)
{
	const SequenceModel *model = all->model;
	const size_t W = sequence_window_periods(all->users);
	UserReasons *reasons = palloc(sizeof(*reasons));

	*reasons = (UserReasons){.all = all,
							 .top = choice->reasons,
							 .class = choice->class ? sequence_model_class_named(model, choice->class)
													: REASONS_ANY_CLASS,
							 .some = choice->marks && choice->class,
							 .threshold = choice->threshold,
							 .reasoner = reasoner_make(model, W, REASONS_VALUES_FEW),
							 .coder = attribute_coder(all->users, &model->attributes),
							 .value = memory_array(W * (size_t) model->F, sizeof(float)),
							 .attribute = palloc(sizeof(float) * (size_t) Max(model->attributes.n, 1))};
	return reasons;
}

static bool
is_below(const UserReasons *reasons, size_t i)
{
	const size_t C = (size_t) reasons->all->model->C;

	return reasons->some && (double) reasons->all->prob[i * C + (size_t) reasons->class] < reasons->threshold;
}

char *
user_reasons_text(UserReasons *reasons, size_t i)
{
	const ClassifiedUsers *all = reasons->all;
	const ReasonWords words = {.reading = &all->reading,
							   .users = all->users,
							   .i = i,
							   .model = all->model,
							   .attribute = reasons->attribute};
	StringInfoData text;

	if (is_below(reasons, i))
		return NULL;
	sequence_window(all->users, i, reasons->value);
	attribute_coder_fill(reasons->attribute, reasons->coder, i, 1);

	const Reasons *found =
		reasoner_run(reasons->reasoner, reasons->value, reasons->attribute, reasons->class);

	initStringInfo(&text);
	for (int k = 0; k < found->n && k < reasons->top; k++)
		appendStringInfo(&text, "%s%s", k > 0 ? "\n" : "", reason_text(&words, &found->of[k]));
	return found->n > 0 ? text.data : NULL;
}

/*
 * Whether a new version is better than the promoted one, on the same users.
 *
 * Both say what they know at the same moment of the users that both held out; the truth is what the new training learns.
 * The promoted version reads its own features, periods and window, and only classes count that both have:
 *
 *   rows = held-out users whom both can be measured on, of a class that both have
 *   prob[new] = what was measured already;  prob[old] = score(old, read(old's features and window, rows))
 *   compare log_loss(probabilities of common classes, rows) of the two
 */
#include "postgres.h"

#include "sequence/features.h"
#include "sequence/train_sequence.h"

#include <math.h>

#include "utils/lsyscache.h"

#include "metrics/pure/metrics.h"
#include "server/memory.h"
#include "server/request.h"
#include "sequence/score.h"
#include "sequence/users_attributes.h"
#include "server/source.h"

/* Classes that two versions have. */
typedef struct CommonClasses
{
	int n;
	int *in_new, *in_old; /* n: number of the class in each */
	int32 *of_new;        /* of each of the new version's: its number here, -1: none */
} CommonClasses;

static CommonClasses
common_classes(const SequenceUsers *users, const SequenceModel *old)
{
	CommonClasses common = {.in_new = palloc(sizeof(int) * (size_t) users->C),
							.in_old = palloc(sizeof(int) * (size_t) users->C),
							.of_new = palloc(sizeof(int32) * (size_t) users->C)};

	for (int c = 0; c < users->C; c++)
	{
		common.of_new[c] = -1;
		for (int k = 0; k < old->C; k++)
			if (strcmp(users->classes[c], old->classes[k]) == 0)
			{
				common.in_new[common.n] = c;
				common.in_old[common.n] = k;
				common.of_new[c] = common.n++;
			}
	}
	return common;
}

/* -- What the promoted version reads ---------------------------------------- */

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same_reading(const SequenceReading *a, const SequenceReading *b)
{
	if (a->F != b->F || a->window_periods != b->window_periods || a->active_only != b->active_only ||
		a->closed != b->closed || memcmp(&a->period, &b->period, sizeof(a->period)) != 0 ||
		!same_text(a->time_zone, b->time_zone))
		return false;
	for (int f = 0; f < a->F; f++)
		if (strcmp(a->features[f], b->features[f]) != 0)
			return false;
	if (a->A != b->A)
		return false;
	for (int i = 0; i < a->A; i++)
		if (strcmp(a->attributes[i], b->attributes[i]) != 0)
			return false;
	return true;
}

/* Why the table of the new training does not do for a reading; NULL: it does. */
static const char *
missing_column(const SequenceReading *reading)
{
	const char *table = get_rel_name(reading->relation);

	for (int f = 0; f < reading->F; f++)
	{
		if (reading->expression && reading->expression[f])
			continue;

		const AttrNumber number = get_attnum(reading->relation, reading->features[f]);

		if (number == InvalidAttrNumber)
			return psprintf("it reads column \"%s\", which \"%s\" does not have", reading->features[f],
							table);
		if (!source_is_number(getBaseType(get_atttype(reading->relation, number))))
			return psprintf("it reads column \"%s\", which is no number in \"%s\"", reading->features[f],
							table);
	}
	return NULL;
}

/* The same of the table of users and a model's attributes. */
static const char *
missing_attribute(const SequenceReading *reading, const Attributes *attributes)
{
	for (int a = 0; a < attributes->n; a++)
	{
		const Attribute *attribute = &attributes->of[a];
		const AttrNumber number =
			OidIsValid(reading->users) ? get_attnum(reading->users, attribute->name) : InvalidAttrNumber;
		Oid type;

		if (number == InvalidAttrNumber)
			return psprintf("it reads attribute \"%s\", which the new training has no column for",
							attribute->name);
		type = getBaseType(get_atttype(reading->users, number));
		if (!attribute_possible(type) || source_is_category(type) != attribute->category)
			return psprintf("it reads attribute \"%s\", which is of another type now", attribute->name);
	}
	return NULL;
}

static void
read_attributes_of(SequenceReading *reading, const Attributes *attributes)
{
	reading->A = attributes->n;
	reading->attributes = palloc(sizeof(char *) * (size_t) Max(attributes->n, 1));
	for (int a = 0; a < attributes->n; a++)
		reading->attributes[a] = attributes->of[a].name;
}

/* The users as the promoted version reads them, up to the same moments; NULL: they cannot be read, *obstacle says why. */
static const SequenceUsers *
users_of_old(const char **obstacle, const TrainIncumbent *incumbent, const SequenceMeasured *measured)
{
	const SequenceModel *old = incumbent->model;
	SequenceReading *reading = palloc(sizeof(*reading)); /* the users keep it */
	const SequenceCutoffs cutoffs = {.n = measured->users->cutoffs, .at = measured->users->cutoff};

	*reading = measured->request->reading;
	reading->features = (const char **) old->features;
	reading->F = old->F;
	read_attributes_of(reading, &old->attributes);
	reading->expression =
		incumbent->spec ? features_expressions(reading->features, reading->F, incumbent->spec) : NULL;
	reading->label_column = reading->trend_of = reading->outcome = NULL;
	reading->horizon_periods = 0;
	if (incumbent->spec)
		sequence_spec_window(reading, incumbent->spec);
	*obstacle = missing_attribute(reading, &old->attributes);
	if (!*obstacle && same_reading(reading, &measured->request->reading))
		return measured->users;
	if (*obstacle)
		return NULL;
	if (!incumbent->spec)
		*obstacle = "it was imported, and reads other features";
	else if (incumbent->waiting)
		*obstacle = psprintf("%s, which it reads, is not approved", incumbent->waiting);
	else if (measured->users->N * (size_t) reading->F * (size_t) reading->window_periods * sizeof(double) >
			 memory_limit())
		*obstacle = "what it reads takes more memory than usercls.max_memory";
	else
		*obstacle = missing_column(reading);
	if (*obstacle)
		return NULL;
	return sequence_read(&(SequenceRead){.reading = reading,
										 .cutoffs = &cutoffs,
										 .labels = SEQUENCE_UNLABELED,
										 .whole = true,
										 .what = "training"});
}

/* -- On whom they are compared ---------------------------------------------- */

/* n users: their places among those of the new training and of the promoted version, and their common classes. */
typedef struct ComparedUsers
{
	size_t n;
	size_t *in_new, *in_old;
	int32_t *label;
} ComparedUsers;

static int
compare_sequences(const SequenceUsers *a, size_t i, const SequenceUsers *b, size_t j)
{
	if (a->hash[i] != b->hash[j])
		return a->hash[i] < b->hash[j] ? -1 : 1;
	return (int) a->at[i] - (int) b->at[j];
}

static ComparedUsers
compared_users(const TrainIncumbent *incumbent, const SequenceMeasured *measured, const SequenceUsers *as_old,
			   const CommonClasses *common)
{
	const SequenceUsers *users = measured->users;
	const size_t held_out = measured->held_out;
	ComparedUsers compared = {.in_new = memory_array(held_out, sizeof(size_t)),
							  .in_old = memory_array(held_out, sizeof(size_t)),
							  .label = memory_array(held_out, sizeof(int32_t))};
	size_t j = 0;

	/* Both lists are in the order of the hashes of the ids, and of the cutoffs. */
	for (size_t i = 0; i < held_out; i++)
	{
		const int32 class = common->of_new[users->label[i]];

		while (as_old != users && j < as_old->N && compare_sequences(as_old, j, users, i) < 0)
			j++;
		if (as_old == users)
			j = i;
		if (class < 0 || !train_measures(incumbent, users->hash[i], users->cutoff[users->at[i]]) ||
			j == as_old->N || compare_sequences(as_old, j, users, i) != 0)
			continue;
		compared.in_new[compared.n] = i;
		compared.in_old[compared.n] = j;
		compared.label[compared.n++] = class;
	}
	return compared;
}

/* -- Measuring --------------------------------------------------------------- */

/* Probabilities of the promoted version for the compared users: n × old->C. */
static real *
probabilities_of_old(const SequenceModel *old, const SequenceUsers *as_old, const ComparedUsers *compared)
{
	const size_t C = (size_t) old->C;
	size_t *start = memory_array(compared->n + 1, sizeof(*start));
	float *value = memory_array(compared->n * as_old->longest * as_old->F, sizeof(*value));
	real *prob = memory_array(compared->n * C, sizeof(*prob));
	const size_t A = (size_t) old->attributes.n;
	float *attribute = memory_array(compared->n * A, sizeof(*attribute));
	const AttributeCoder *coder = attribute_coder(as_old, &old->attributes);
	const SequenceSet set = {
		.N = compared->n, .F = as_old->F, .start = start, .value = value, .attribute = attribute};

	start[0] = 0;
	for (size_t i = 0; i < compared->n; i++)
	{
		size_t own[2];

		sequence_fill_part(as_old, compared->in_old[i], 1, own, value + start[i] * as_old->F);
		attribute_coder_fill(attribute + i * A, coder, compared->in_old[i], 1);
		start[i + 1] = start[i] + own[1];
	}
	sequence_probabilities(prob, sequence_model_batch(old, as_old->longest, SEQUENCE_BATCH, "training"), &set,
						   compared->n, C);
	return prob;
}

/*
 * log_loss where only common classes can be answered: their probabilities add up to 1. row[i]: place of user i in
 * prob, NULL: i; class: of each common class its number in prob.
 */
static double
common_log_loss(const real *prob, const SequenceModel *model, const size_t *row, const int *class,
				const ComparedUsers *compared, int n_classes)
{
	const size_t K = (size_t) n_classes;
	real *share = memory_array(compared->n * K, sizeof(*share));
	const ClassScores scores = {.prob = share, .label = compared->label, .n = compared->n, .C = K};

	for (size_t i = 0; i < compared->n; i++)
	{
		const real *p = prob + (row ? row[i] : i) * (size_t) model->C;
		double sum = 0;

		for (size_t k = 0; k < K; k++)
			sum += (double) p[class[k]];
		for (size_t k = 0; k < K; k++)
			share[i * K + k] = sum > 0 ? (real) ((double) p[class[k]] / sum) : 0;
	}

	const double loss = metric_log_loss(&scores);

	pfree(share);
	return loss;
}

void
sequence_compare(TrainOutcome *outcome, const TrainRun *run, const SequenceMeasured *measured)
{
	const TrainIncumbent *incumbent = train_incumbent(run, outcome);
	Comparison *comparison = &outcome->comparison;

	if (!incumbent)
		return;

	const SequenceModel *old = incumbent->model;
	const CommonClasses common = common_classes(measured->users, old);

	if (common.n < 2)
	{
		comparison->obstacle = psprintf("it has %d of the %d classes", common.n, measured->users->C);
		return;
	}

	const SequenceUsers *as_old = users_of_old(&comparison->obstacle, incumbent, measured);

	if (!as_old)
		return;

	const ComparedUsers compared = compared_users(incumbent, measured, as_old, &common);

	if (!train_compares(outcome, incumbent, compared.n, measured->held_out))
		return;
	comparison->smaller_is_better = true;
	comparison->value =
		common_log_loss(measured->prob, measured->model, compared.in_new, common.in_new, &compared, common.n);
	comparison->incumbent = common_log_loss(probabilities_of_old(old, as_old, &compared), old, NULL,
											common.in_old, &compared, common.n);
}

/*
 * loss = metric(sample) - metric(sample with one feature shuffled), or the reverse where less is better
 *   value: the mean over the shuffles; a replicate takes them in turn, so that its interval is of users and of shuffles
 */
#include "postgres.h"

#include "metrics/importance.h"

#include <math.h>

#include "miscadmin.h"

#include "nn/rng.h"
#include "server/memory.h"

/* Rows of a MetricSet that say something of a feature: those whose name is, or begins as if with a class, such a one. */
static const struct
{
	const char *name;
	double sign; /* 1: a feature that is needed makes it grow when it is shuffled */
} metrics[] = {{"log_loss", 1}, {"auc", -1}, {"mae", 1}, {"qini", -1}};

typedef struct ImportanceState
{
	MetricSet *as_is;
	MetricSet *const *shuffled; /* features × IMPORTANCE_SHUFFLES */
	int features;
	int metrics;
	int metric[lengthof(metrics)]; /* those that the sets have */
	double *value;                 /* of one set */
	uint32 *draw, *weight; /* how often each user was drawn, and of one set each row; NULL: rows are alike */
	uint64 replicate;
} ImportanceState;

static bool
is_of(const MetricRow *row, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(row->name, name, n) == 0 && (row->name[n] == '\0' || row->name[n] == '(');
}

/* A metric of a set that was measured, of one for each class the mean; NaN: there is none. */
static double
metric_of(const MetricSet *set, const double *value, int metric)
{
	double sum = 0, n = 0;

	for (int i = 0; i < set->rows; i++)
		if (is_of(&set->row[i], metrics[metric].name) && !isnan(value[i]))
		{
			sum += value[i];
			n++;
		}
	return n > 0 ? sum / n : NAN;
}

/* The weights of a set's rows, where these are in another order than those of the sample as it is. */
static const uint32 *
weights_of(ImportanceState *state, const MetricSet *set, const uint32 *weight)
{
	if (!weight || !set->user)
		return weight;
	for (size_t i = 0; i < set->n; i++)
		state->weight[i] = state->draw[set->user[i]];
	return state->weight;
}

/* Adds share × (sign × the metrics of a set - those in `than`) to out: of the same metrics nothing at all, not even by rounding. */
static void
add_metrics(double *out, ImportanceState *state, MetricSet *set, const uint32 *weight, double share,
			const double *than)
{
	CHECK_FOR_INTERRUPTS();
	set->measure(state->value, set->state, weights_of(state, set, weight));
	for (int m = 0; m < state->metrics; m++)
		out[m] += share *
				  (metrics[state->metric[m]].sign * metric_of(set, state->value, state->metric[m]) - than[m]);
}

static void
measure(double *value, void *arg, const uint32 *weight)
{
	ImportanceState *state = arg;
	const double nothing[lengthof(metrics)] = {0};
	double as_is[lengthof(metrics)] = {0};
	const int turn = weight ? (int) (state->replicate++ % IMPORTANCE_SHUFFLES) : -1;

	for (size_t i = 0; weight && state->draw && i < state->as_is->n; i++)
		state->draw[state->as_is->user[i]] = weight[i];
	add_metrics(as_is, state, state->as_is, weight, 1, nothing);
	for (int f = 0; f < state->features; f++)
	{
		double *out = value + f * state->metrics;

		memset(out, 0, sizeof(double) * (size_t) state->metrics);
		for (int k = 0; k < IMPORTANCE_SHUFFLES; k++)
			if (turn < 0 || turn == k)
				add_metrics(out, state, state->shuffled[f * IMPORTANCE_SHUFFLES + k], weight,
							turn < 0 ? 1.0 / IMPORTANCE_SHUFFLES : 1, as_is);
	}
}

/* The first row of a metric; NULL: the set has none. */
static const MetricRow *
row_of(const MetricSet *set, int metric)
{
	for (int i = 0; i < set->rows; i++)
		if (is_of(&set->row[i], metrics[metric].name))
			return &set->row[i];
	return NULL;
}

Importance *
importance_of(MetricSet *as_is, MetricSet *const *shuffled, const char *const *feature, int features)
{
	ImportanceState *state = palloc0(sizeof(*state));
	Importance *importance = palloc(sizeof(*importance));
	MetricSet *set = palloc(sizeof(*set));

	*state = (ImportanceState){.as_is = as_is,
							   .shuffled = shuffled,
							   .features = features,
							   .value = palloc(sizeof(double) * (size_t) as_is->rows)};
	if (as_is->user)
	{
		state->draw = memory_array(as_is->users, sizeof(uint32));
		state->weight = memory_array(as_is->n, sizeof(uint32));
	}
	for (int m = 0; m < lengthof(metrics); m++)
		if (row_of(as_is, m))
			state->metric[state->metrics++] = m;
	*set = (MetricSet){.rows = features * state->metrics,
					   .row = palloc0(sizeof(MetricRow) * (size_t) Max(features * state->metrics, 1)),
					   .n = as_is->n,
					   .user = as_is->user,
					   .users = as_is->users,
					   .measure = measure,
					   .state = state};
	for (int i = 0; i < set->rows; i++)
	{
		const int metric = state->metric[i % state->metrics];

		set->row[i] = (MetricRow){.name = pstrdup(metrics[metric].name), .n = row_of(as_is, metric)->n};
	}
	*importance = (Importance){features, feature, state->metrics, set};
	return importance;
}

void
importance_donors(uint32 *donor, size_t n, int feature, int shuffle, int64 seed)
{
	Rng rng = rng_seed((uint64) seed, (uint64) (feature * IMPORTANCE_SHUFFLES + shuffle));

	for (size_t i = 0; i < n; i++)
		donor[i] = (uint32) i;
	rng_shuffle(&rng, donor, n);
}

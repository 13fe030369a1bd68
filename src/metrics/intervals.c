/*
 *   value = set->measure(all weights 1);  foreach replicate: draw[r] = set->measure(how often each user was drawn)
 *   low, high = the 2.5th and 97.5th percentile of draw
 */
#include "postgres.h"

#include "metrics/intervals.h"

#include <math.h>

#include "miscadmin.h"

#include "metrics/pure/bootstrap.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"

#define REPLICATES_MAX 100000

Replicates
replicates_arg(FunctionCallInfo fcinfo, int n_arg, int seed_arg)
{
	const Replicates replicates = {arg_int(fcinfo, n_arg, "replicates"),
								   arg_bigint(fcinfo, seed_arg, "seed")};

	if (replicates.n < 0 || replicates.n > REPLICATES_MAX)
		error_out_of_range("replicates", psprintf("%d", replicates.n), psprintf("0 to %d", REPLICATES_MAX));
	return replicates;
}

/* How often each row counts in a replicate: as often as its user is drawn. draw: of the users, where rows are not users. */
static void
draw_rows(uint32 *weight, uint32 *draw, const MetricSet *set, int64 seed, int replicate)
{
	if (!set->user)
	{
		bootstrap_draw(weight, (uint64) seed, (uint64) replicate, set->n);
		return;
	}
	bootstrap_draw(draw, (uint64) seed, (uint64) replicate, set->users);
	for (size_t i = 0; i < set->n; i++)
		weight[i] = draw[set->user[i]];
}

/* By how much the mean of the replicates is above the value. */
static double
excess(const double *draw, int n, double value)
{
	double mean = 0;

	for (int r = 0; r < n; r++)
		mean += draw[r] / n;
	return mean - value;
}

static void
put_interval(MetricRow *row, double *draw, int n)
{
	const double shift = row->centred ? excess(draw, n, row->value) : 0;
	const Interval95 interval =
		row->error > 0 ? (Interval95){row->value - 1.96 * row->error, row->value + 1.96 * row->error}
					   : bootstrap_interval(draw, (size_t) n);

	row->low = interval.low - shift;
	row->high = interval.high - shift;
	if (row->centred)
		row->low = Max(row->low, 0);
}

static void
bootstrap(MetricSet *set, Replicates replicates)
{
	const Size n = (Size) replicates.n;
	const Size rows = (Size) set->rows;
	double *draws; /* rows × n */
	double *value = palloc(sizeof(double) * rows);
	uint32 *weight, *draw;

	memory_check((set->n + set->users) * sizeof(*weight) + sizeof(*draws) * rows * n, "evaluation");
	draws = memory_array(rows * n, sizeof(*draws));
	weight = memory_array(set->n, sizeof(*weight));
	draw = memory_array(set->users, sizeof(*draw));
	for (int r = 0; r < replicates.n; r++)
	{
		CHECK_FOR_INTERRUPTS();
		draw_rows(weight, draw, set, replicates.seed, r);
		set->measure(value, set->state, weight);
		for (Size i = 0; i < rows; i++)
			draws[i * n + (Size) r] = value[i];
	}
	for (Size i = 0; i < rows; i++)
		put_interval(&set->row[i], draws + i * n, replicates.n);
}

void
metric_set_measure(MetricSet *set, Replicates replicates)
{
	double *value = palloc(sizeof(double) * (Size) set->rows);

	set->measure(value, set->state, NULL);
	for (int i = 0; i < set->rows; i++)
	{
		set->row[i].value = value[i];
		set->row[i].low = set->row[i].high = NAN;
	}
	if (replicates.n > 0)
		bootstrap(set, replicates);
	pfree(value);
}

/*
 * Curves by one pass over the rows by falling uplift:
 *
 *   foreach tie of equal predictions do
 *     add its rows to the arms;  y = the incremental outcome so far;  area += a trapezium
 *   metric = (area - triangle to the end) / the same of the ideal ranking
 *
 * With outcomes 0 and 1 the ideal ranking is known from four counts (Cells); otherwise rows are ranked by hindsight.
 */
#include "metrics/pure/upliftmetrics.h"

#include <math.h>

/* Rows and sums of outcomes so far, [0] untreated and [1] treated. */
typedef struct Arms
{
	double n[2];
	double y[2];
} Arms;

typedef double (*CurveValue)(const Arms *arms);

static double
ratio(double a, double b)
{
	return b == 0 ? 0 : a / b;
}

static double
qini_value(const Arms *arms)
{
	return arms->y[1] - arms->y[0] * ratio(arms->n[1], arms->n[0]);
}

static double
gain_value(const Arms *arms)
{
	return (ratio(arms->y[1], arms->n[1]) - ratio(arms->y[0], arms->n[0])) * (arms->n[0] + arms->n[1]);
}

/* A curve as it grows, with the area under it, summed by trapezia. */
typedef struct Curve
{
	CurveValue value;
	Arms arms;
	CurvePoint last;
	double area;
} Curve;

static void
curve_extend(Curve *curve)
{
	const CurvePoint here = {curve->arms.n[0] + curve->arms.n[1], curve->value(&curve->arms)};

	curve->area += (here.x - curve->last.x) * (here.y + curve->last.y) / 2;
	curve->last = here;
}

/* The area between the curve and the straight line from its beginning to its end. */
static double
curve_excess(const Curve *curve)
{
	return curve->area - curve->last.x * curve->last.y / 2;
}

static double
row_weight(const UpliftScores *set, size_t i)
{
	return set->weight ? (double) set->weight[i] : 1.0;
}

static void
arms_add(Arms *arms, const UpliftScores *set, size_t i)
{
	const double weight = row_weight(set, i);

	arms->n[set->treated[i]] += weight;
	arms->y[set->treated[i]] += weight * set->outcome[i];
}

/*
 * Run the curve over all rows; returns how many points it has after (0, 0), and writes them to point unless that is
 * NULL.
 */
static size_t
curve_run(Curve *curve, CurvePoint *point, const UpliftScores *set)
{
	size_t points = 0;

	for (size_t i = 0; i < set->n;)
	{
		const double uplift = set->uplift[i];

		for (; i < set->n && set->uplift[i] == uplift; i++)
			arms_add(&curve->arms, set, i);
		curve_extend(curve);
		if (point)
			point[points] = curve->last;
		points++;
	}
	return points;
}

size_t
uplift_qini_curve(CurvePoint *point, const UpliftScores *set)
{
	Curve curve = {qini_value};

	point[0] = (CurvePoint){0, 0};
	return 1 + curve_run(&curve, point + 1, set);
}

size_t
uplift_gain_curve(CurvePoint *point, const UpliftScores *set)
{
	Curve curve = {gain_value};

	point[0] = (CurvePoint){0, 0};
	return 1 + curve_run(&curve, point + 1, set);
}

static double
ideal_score(double outcome, int treated)
{
	return treated ? outcome : -outcome;
}

void
uplift_ideal_score(double *score, const UpliftScores *set)
{
	for (size_t i = 0; i < set->n; i++)
		score[i] = ideal_score(set->outcome[i], set->treated[i]);
}

static void
ideal_run(Curve *curve, const UpliftScores *set)
{
	for (size_t i = 0; i < set->n;)
	{
		const size_t first = set->ideal[i];
		const double score = ideal_score(set->outcome[first], set->treated[first]);

		for (; i < set->n; i++)
		{
			const size_t row = set->ideal[i];

			if (ideal_score(set->outcome[row], set->treated[row]) != score)
				break;
			arms_add(&curve->arms, set, row);
		}
		curve_extend(curve);
	}
}

/* Rows by outcome and arm: with outcomes 0 and 1 this is all an ideal ranking needs. */
typedef struct Cells
{
	double n[2][2]; /* [outcome][treated] */
} Cells;

static Cells
cells_count(const UpliftScores *set)
{
	Cells cells = {{{0}}};

	for (size_t i = 0; i < set->n; i++)
		cells.n[set->outcome[i] == 1][set->treated[i]] += row_weight(set, i);
	return cells;
}

/* Run the curve over whole cells. rank[outcome][treated]: cells of rank 3 come first, those of one rank together. */
static void
cells_run(Curve *curve, const Cells *cells, const int rank[2][2])
{
	for (int at = 3; at >= 0; at--)
	{
		for (int y = 0; y < 2; y++)
			for (int t = 0; t < 2; t++)
				if (rank[y][t] == at)
				{
					curve->arms.n[t] += cells->n[y][t];
					curve->arms.y[t] += y * cells->n[y][t];
				}
		curve_extend(curve);
	}
}

static bool
arms_filled(const Arms *arms)
{
	return arms->n[0] > 0 && arms->n[1] > 0;
}

static double
quotient(double excess, double ideal_excess)
{
	return ideal_excess == 0 ? NAN : excess / ideal_excess;
}

double
metric_qini(const UpliftScores *set, bool negative_effect)
{
	Curve curve = {qini_value};
	Curve ideal = {qini_value};

	curve_run(&curve, NULL, set);
	if (!arms_filled(&curve.arms))
		return NAN;
	if (!negative_effect)
	{
		const double effect = curve.last.y;
		const double rows = curve.last.x;

		/* The corner (effect, effect) has to lie between 0 and the last row. */
		if (effect < 0 || effect > rows)
			return NAN;
		return quotient(curve_excess(&curve),
						effect * effect / 2 + (rows - effect) * effect - rows * effect / 2);
	}
	if (set->ideal)
		ideal_run(&ideal, set);
	else
	{
		static const int rank[2][2] = {[0] = {1, 1}, [1] = {0, 2}};
		const Cells cells = cells_count(set);

		cells_run(&ideal, &cells, rank);
	}
	return quotient(curve_excess(&curve), curve_excess(&ideal));
}

double
metric_auuc(const UpliftScores *set)
{
	/*
	 * scikit-uplift ranks by 2 (y = t) + y when more untreated responded than treated did not, otherwise by 2 (y = t)
	 * + t.
	 */
	static const int by_outcome[2][2] = {[0] = {2, 0}, [1] = {1, 3}};
	static const int by_treatment[2][2] = {[0] = {2, 1}, [1] = {0, 3}};
	Curve curve = {gain_value};
	Curve ideal = {gain_value};

	if (set->ideal)
		return NAN;
	curve_run(&curve, NULL, set);
	if (!arms_filled(&curve.arms))
		return NAN;

	const Cells cells = cells_count(set);

	cells_run(&ideal, &cells, cells.n[1][0] > cells.n[0][1] ? by_outcome : by_treatment);
	return quotient(curve_excess(&curve), curve_excess(&ideal));
}

/* Add what there is room for of rows that come together; room: rows that still fit, untreated and treated. */
static void
arms_take(Arms *seen, double *room, const Arms *tie, UpliftStrategy strategy)
{
	for (int t = 0; t < 2; t++)
	{
		const double rows = strategy == UPLIFT_OVERALL ? tie->n[0] + tie->n[1] : tie->n[t];
		const double part = rows > room[t] ? room[t] / rows : 1;

		seen->n[t] += part * tie->n[t];
		seen->y[t] += part * tie->y[t];
		room[t] -= part * rows;
	}
}

double
metric_uplift_at(const UpliftScores *set, double share, UpliftStrategy strategy, UpliftTies ties)
{
	Arms all = {{0}};
	Arms seen = {{0}};
	double room[2];

	for (size_t i = 0; i < set->n; i++)
		arms_add(&all, set, i);
	for (int t = 0; t < 2; t++)
		room[t] = floor((strategy == UPLIFT_OVERALL ? all.n[0] + all.n[1] : all.n[t]) * share);
	for (size_t i = 0; i < set->n && (room[0] > 0 || room[1] > 0);)
	{
		const double uplift = set->uplift[i];
		Arms tie = {{0}};

		do
			arms_add(&tie, set, i++);
		while (ties == UPLIFT_TIES_SHARED && i < set->n && set->uplift[i] == uplift);
		arms_take(&seen, room, &tie, strategy);
	}
	return arms_filled(&seen) ? seen.y[1] / seen.n[1] - seen.y[0] / seen.n[0] : NAN;
}

UpliftBin
uplift_group(const UpliftScores *set, size_t first, size_t n)
{
	UpliftBin bin = {{0}};
	double square[2] = {0, 0}; /* squared distances from the mean: Welford's update */
	double variance = 0;

	for (size_t i = first; i < first + n; i++)
	{
		const int t = set->treated[i];
		const double weight = row_weight(set, i);

		if (weight == 0)
			continue;
		bin.n[t] += weight;

		const double step = set->outcome[i] - bin.outcome[t];

		bin.outcome[t] += step * weight / bin.n[t];
		square[t] += weight * step * (set->outcome[i] - bin.outcome[t]);
		bin.predicted += (set->uplift[i] - bin.predicted) * weight / (bin.n[0] + bin.n[1]);
	}
	bin.highest = n > 0 ? set->uplift[first] : NAN;
	bin.lowest = n > 0 ? set->uplift[first + n - 1] : NAN;
	for (int t = 0; t < 2; t++)
	{
		if (bin.n[t] == 0)
			bin.outcome[t] = NAN;
		variance += bin.n[t] > 1 ? square[t] / (bin.n[t] - 1) / bin.n[t] : NAN;
	}
	if (bin.n[0] + bin.n[1] == 0)
		bin.predicted = NAN;
	bin.effect = bin.outcome[1] - bin.outcome[0];
	bin.standard_error = sqrt(variance);
	return bin;
}

void
uplift_by_bin(UpliftBin *bin, const UpliftScores *set, size_t bins)
{
	const UpliftScores once = {set->uplift, set->outcome, set->treated, NULL, NULL, set->n};
	size_t first = 0;

	for (size_t i = 0; i < bins; i++)
	{
		const size_t n = set->n / bins + (i < set->n % bins);

		bin[i] = uplift_group(&once, first, n);
		first += n;
	}
}

/*
 * An order of trends:
 *
 *   kind of time, period, start, window
 *   foreach period, the first ones first: sum, count; those of a period without rows are 0
 *
 * Sums compare as float8 does in PostgreSQL: NaN, which no trend holds, would equal itself and come last, and -0 is 0.
 */
#include "labeler/pure/trend.h"

#include <math.h>

static int
order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
order_double(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) != 0) - (isnan(b) != 0);
	return (a > b) - (a < b);
}

static int
order_shapes(const TrendShape *a, const TrendShape *b)
{
	const int64_t of_a[] = {a->grid.time, a->grid.months, a->grid.days,     a->grid.step, a->grid.origin,
							a->first,     a->periods,     a->grid.windowed, a->cut,       a->width};
	const int64_t of_b[] = {b->grid.time, b->grid.months, b->grid.days,     b->grid.step, b->grid.origin,
							b->first,     b->periods,     b->grid.windowed, b->cut,       b->width};

	for (size_t i = 0; i < sizeof(of_a) / sizeof(of_a[0]); i++)
		if (of_a[i] != of_b[i])
			return order_int(of_a[i], of_b[i]);
	return 0;
}

static int
order_cells(const TrendCell *a, const TrendCell *b)
{
	const int sums = order_double(a->sum, b->sum);

	return sums != 0 ? sums : order_int((int64_t) a->count, (int64_t) b->count);
}

int
trend_order(TrendReader *a, TrendReader *b)
{
	static const TrendCell empty;
	TrendCell of_a, of_b;
	int order = order_shapes(&a->shape, &b->shape);
	bool more_a = trend_read(a, &of_a), more_b = trend_read(b, &of_b);

	while (order == 0 && (more_a || more_b))
	{
		const bool in_a = more_a && (!more_b || of_a.index <= of_b.index);
		const bool in_b = more_b && (!more_a || of_b.index <= of_a.index);

		order = order_cells(in_a ? &of_a : &empty, in_b ? &of_b : &empty);
		more_a = in_a ? trend_read(a, &of_a) : more_a;
		more_b = in_b ? trend_read(b, &of_b) : more_b;
	}
	return order;
}

size_t
trend_write_order(void *bytes, TrendReader *reader)
{
	TrendWriter writer = trend_writer(bytes, &reader->shape);
	TrendCell cell;

	while (trend_read(reader, &cell))
	{
		cell.rest = 0.0f;
		cell.negative = 0;
		trend_write(&writer, &cell);
	}
	return writer.used;
}

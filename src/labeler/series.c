/*
 * trend(series, periods_per_bucket): the trend of a series that is kept in one row. Each bucket of neighbouring
 * values is a period; a last bucket that is cut short is kept and not compared.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"

#include "labeler/pure/trend.h"
#include "labeler/state.h"

#define BUCKETS 64 /* at a time */

#define CACHE_LINE_BYTES 64
#define AHEAD_BYTES 8192

/*
 * Ask for the cache lines of the series, up to AHEAD_BYTES, all at once: coming from a table it is seldom in the
 * cache.
 */
static void
prefetch(const double *value, size_t n)
{
	const char *at = (const char *) value;

	for (size_t i = 0; i < Min(n * sizeof(double), AHEAD_BYTES); i += CACHE_LINE_BYTES)
		__builtin_prefetch(at + i);
}

/* The error for the value that is not finite; called when there is one, so that only then it is searched for. */
static void
series_error(const ArrayType *series)
{
	const double *value = (const double *) ARR_DATA_PTR(series);
	const int64 bytes = ARR_SIZE(series) - ARR_DATA_OFFSET(series);

	for (int64 i = 0; i < bytes / (int64) sizeof(double); i++)
		if (!isfinite(value[i]))
			trend_state_error(value[i]);
	trend_state_error(0.0);
}

/* Write buckets that miss no value, the first of which has number `bucket`. */
static void
write_full(TrendWriter *writer, const ArrayType *series, const double *value, uint32 bucket,
		   size_t per_bucket, size_t buckets)
{
	double sum[BUCKETS];
	float rest[BUCKETS];
	uint8 negative[BUCKETS];

	while (buckets > 0)
	{
		const size_t n = Min(buckets, BUCKETS);

		trend_series(sum, rest, negative, value, per_bucket, n);
		for (size_t i = 0; i < n; i++)
			if (unlikely(!isfinite(sum[i]) || !isfinite(rest[i])))
				series_error(series);
		trend_write_run(writer, bucket, sum, rest, negative, per_bucket, n);
		value += n * per_bucket;
		bucket += (uint32) n;
		buckets -= n;
	}
}

/*
 * Write a series with nulls: value[] holds those that are not null, one after the other; a bucket is the ones it has.
 */
static void
write_sparse(TrendWriter *writer, const ArrayType *series, const double *value, const bits8 *present, int n,
			 int per_bucket)
{
	for (int from = 0, bucket = 0; from < n; bucket++)
	{
		const int to = (int) Min((int64) from + per_bucket, n);
		int count = 0;

		for (; from < to; from++)
			count += (present[from / 8] >> (from % 8)) & 1;
		if (count > 0)
			write_full(writer, series, value, (uint32) bucket, (size_t) count, 1);
		value += count;
	}
}

PG_FUNCTION_INFO_V1(usercls_trend);
Datum
usercls_trend(PG_FUNCTION_ARGS)
{
	const ArrayType *series = PG_GETARG_ARRAYTYPE_P(0);
	const int per_bucket = PG_GETARG_INT32(1);
	const int n = ArrayGetNItems(ARR_NDIM(series), ARR_DIMS(series));
	const double *value = (const double *) ARR_DATA_PTR(series);
	const bits8 *present = ARR_NULLBITMAP(series);

	if (per_bucket < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("periods_per_bucket must be positive"), errdetail("It is %d.", per_bucket)));
	if (ARR_NDIM(series) > 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("a series must be a one-dimensional array"),
			 errdetail("It has %d dimensions.", ARR_NDIM(series)),
			 errhint("Pass the values of one metric in the order of time; make a trend of each metric.")));

	if (!present)
		prefetch(value, (size_t) n);

	const int64 buckets = ((int64) n + per_bucket - 1) / per_bucket;

	if (buckets > TREND_PERIODS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("series has more than %d buckets", TREND_PERIODS_MAX),
						errhint("Put more values into a bucket.")));

	const TrendShape shape = {.grid = {.time = TREND_SERIES, .windowed = true, .step = per_bucket},
							  .periods = (uint32) buckets,
							  .width = 1,
							  .cut = n % per_bucket != 0};

	struct varlena *flat = palloc(VARHDRSZ + TREND_HEAD_MAX + TREND_CELL_MAX * (size_t) buckets);
	TrendWriter writer = trend_writer(VARDATA(flat), &shape);

	if (present)
		write_sparse(&writer, series, value, present, n, per_bucket);
	else
	{
		const size_t full = (size_t) (n / per_bucket);

		write_full(&writer, series, value, 0, (size_t) per_bucket, full);
		if (n % per_bucket != 0)
			write_full(&writer, series, value + full * (size_t) per_bucket, (uint32) full,
					   (size_t) (n % per_bucket), 1);
	}
	SET_VARSIZE(flat, VARHDRSZ + writer.used);
	PG_RETURN_POINTER(flat);
}

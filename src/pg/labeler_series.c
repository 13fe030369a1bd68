/* trend(series, periods_per_bucket): a series kept in one row. Buckets of neighbours; one cut short is not
 * compared. */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"

#include "nn/trend.h"
#include "pg/labeler_state.h"

/* Which value it was: looked for only when it is known to be there. */
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
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("a series must be a one-dimensional array"),
				 errdetail("It has %d dimensions.", ARR_NDIM(series)),
				 errhint("Pass the values of one metric in the order of time; make a trend of each metric.")));

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

	for (int64 from = 0, bucket = 0; from < n; from += per_bucket, bucket++)
	{
		TrendCell cell = {.index = (uint32) bucket};
		double sum = 0.0, lost = 0.0;

		for (int64 i = from; i < Min(from + per_bucket, n); i++)
		{
			if (present && !(present[i / 8] & (1 << (i % 8))))
				continue;

			/* As trend_sum, with the rest put off to the end: the sums of a bucket then do not wait for it.
			 */
			const double v = *value++, s = sum + v, b = s - sum;

			lost += (sum - (s - b)) + (v - b);
			sum = s;
			cell.count++;
		}
		if (cell.count == 0)
			continue;
		cell.sum = sum + lost;
		cell.rest = (float) (lost - (cell.sum - sum));
		if (unlikely(!isfinite(cell.sum)))
			series_error(series);
		trend_write(&writer, &cell);
	}
	SET_VARSIZE(flat, VARHDRSZ + writer.used);
	PG_RETURN_POINTER(flat);
}

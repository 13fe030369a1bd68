/*
 * A user's behaviour by period: sums and counts, and their stored form.
 *
 * Period k of a grid starts at origin + k × period and ends where the next one
 * starts. A trend covers `periods` of them from index `first`, with `width`
 * numbers each (1 for the trend of one value, F for a sequence of F features):
 * cell i is number i % width of period first + i / width.
 *
 * A sum carries what rounding took from it (Knuth 1969: two-sum), so that it
 * does not depend on the order of the rows but for the last bit of one slot in
 * millions; sums that float8 can hold exactly (integers, float4 values of like
 * magnitude) never do.
 *
 * Whether two sums differ is asked with trend_slack(): 27.94 + 15.96 is not the
 * float8 that 43.90 is, for none of the three is a float8, but the difference is
 * not more than rounding them explains. Where values of both signs cancel, a sum
 * does not say how large they were; so a bound of the negative ones is kept.
 *
 * The stored bytes are the same on every machine. A reader believes nothing.
 */
#ifndef USERCLS_LABELER_PURE_TREND_H
#define USERCLS_LABELER_PURE_TREND_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TREND_PERIODS_MAX 65536
#define TREND_CELLS_MAX (1u << 20)
#define TREND_FIRST_MAX ((int64_t) 1 << 61) /* of either sign: sums of two do not overflow */

typedef enum TrendTime
{
	TREND_SERIES,     /* position in an array */
	TREND_NUMBER,     /* bigint */
	TREND_TIMESTAMP,  /* microseconds without a time zone; dates too */
	TREND_TIMESTAMPTZ /* microseconds since 2000-01-01 UTC, days by the calendar of a time zone */
} TrendTime;

extern const char *const trend_time_names[];

typedef struct TrendGrid
{
	TrendTime time;
	bool windowed; /* the window was given; otherwise it is the user's own first to last period */
	int32_t months;
	int32_t days;
	int64_t step; /* microseconds, or units of bigint, or positions of a series */
	int64_t origin;
} TrendGrid;

typedef struct TrendShape
{
	TrendGrid grid;
	int64_t first;
	uint32_t periods;
	uint32_t width;
	bool cut; /* the window ends within the last period, which is then not compared */
} TrendShape;

/* One cell as it is stored and merged. */
typedef struct TrendCell
{
	uint32_t index;
	double sum;
	float rest; /* the exact sum is nearer to sum + rest; sum is the rounded value */
	uint8_t
		negative;   /* 0: no value is negative; otherwise all are above -2^(negative - TREND_NEGATIVE_BIAS) */
	uint64_t count; /* of values, at least 1 */
} TrendCell;

/* One cell while rows arrive. 52 of them and their head fit in 1 kB, with 8 bits for the count. */
typedef struct __attribute__((packed)) TrendSlot
{
	double sum;
	float rest;
	uint8_t count;    /* 0: empty. Past TREND_COUNT_MAX it starts again at 1, and the caller counts that. */
	uint8_t negative; /* as in TrendCell */
} TrendSlot;

#define TREND_COUNT_MAX UINT8_MAX
#define TREND_NEGATIVE_BIAS 126

/* TrendCell's `negative` of one value. 0 also for those above -2^-126, whose rounding nobody sees. */
static inline uint8_t
trend_negative(double v)
{
	const float f = (float) v;
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	bits >>= 23; /* the sign and 8 bits of exponent */
	return bits > 0x100 ? (uint8_t) bits : 0;
}

static inline uint8_t
trend_negative_of(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

/*
 * How far rounding may have moved a sum from that of the numbers that were meant: each of the values when it
 * became a float8, by 2^-53 of it, and the sum. All values together are at most |sum| + 2 × the negative ones.
 * A sum that is whole to its last bit is what it is: integers are compared exactly.
 */
static inline double
trend_slack(double sum, float rest, uint8_t negative, uint64_t count)
{
	const double most_negative = negative == 0 ? 0.0 : ldexp((double) count, negative - TREND_NEGATIVE_BIAS);

	if (rest == 0.0f && sum == rint(sum))
		return 0.0;
	return 0x1p-52 * fabs(sum) + 0x1p-52 * most_negative;
}

/*
 * Add v, with its own rest, to a sum and its rest. The result is not finite when v is not, or the sum left float8's
 * range.
 */
static inline void
trend_sum(double *sum, float *rest, double v, float v_rest)
{
	const double s = *sum + v;
	const double b = s - *sum;
	const double r = (*sum - (s - b)) + (v - b) + ((double) *rest + (double) v_rest);

	/* Without a branch for sums that have no rest: whether this one has is often not to be guessed. */
	*sum = s + r;
	*rest = (float) (r - (*sum - s));
}

/*
 * The same, and whether sum + rest is still the exact sum. While it is, taking a value away again leaves, bit by bit,
 * what adding the remaining values gives.
 */
static inline bool
trend_sum_exact(double *sum, float *rest, double v)
{
	const double s = *sum + v;
	const double b = s - *sum;
	const double e = (*sum - (s - b)) + (v - b);
	const double r = e + (double) *rest;
	const double c = r - e;
	const double lost = (e - (r - c)) + ((double) *rest - c);
	const double total = s + r;
	const double d = total - s;
	const double left = (s - (total - d)) + (r - d);

	*sum = total;
	*rest = (float) left;
	return lost == 0.0 && (double) *rest == left;
}

/* Add a value to a slot. False: its count was full and is 1 again; the caller notes TREND_COUNT_MAX more values. */
static inline bool
trend_slot_add(TrendSlot *slot, double v)
{
	double sum = slot->sum;
	float rest = slot->rest;

	trend_sum(&sum, &rest, v, 0.0f);
	slot->sum = sum;
	slot->rest = rest;
	slot->negative = trend_negative_of(slot->negative, trend_negative(v));
	if (++slot->count != 0)
		return true;
	slot->count = 1;
	return false;
}

/*
 * The same for n values, at least one and so many that the count does not start again: the rest is put off to
 * the end, so that a value waits for one addition and not for six.
 */
static inline void
trend_slot_add_run(TrendSlot *slot, const double *v, uint32_t n)
{
	double s = slot->sum, lost = (double) slot->rest, lowest = 0.0;

	for (uint32_t i = 0; i < n; i++)
	{
		const double t = s + v[i], b = t - s;

		lowest = v[i] < lowest ? v[i] : lowest;
		lost += (s - (t - b)) + (v[i] - b);
		s = t;
	}

	const double total = s + lost;

	slot->sum = total;
	slot->rest = (float) (lost - (total - s));
	slot->negative = trend_negative_of(slot->negative, trend_negative(lowest));
	slot->count = (uint8_t) (slot->count + n);
}

/*
 * The same of a series: sum, rest and negative of each of so many buckets of neighbours, of `bucket` values
 * each. A sum that is not finite has a value that is not, or left float8's range.
 */
extern void trend_series(double *sum, float *rest, uint8_t *negative, const double *value, size_t bucket,
						 size_t buckets);

extern bool trend_grid_equal(const TrendGrid *a, const TrendGrid *b);
extern bool trend_shape_equal(const TrendShape *a, const TrendShape *b);

/* Periods that may be compared: a last one that the window cuts short is not. */
extern uint32_t trend_complete(const TrendShape *shape);

/*
 * Stored form. A writer over NULL measures: `used` is what it would write.
 * Cells come in ascending order of index, each at most once, empty ones not at all.
 */
typedef struct TrendWriter
{
	unsigned char *bytes;
	size_t used;
	uint32_t next; /* the smallest index that may come */
} TrendWriter;

#define TREND_HEAD_MAX 64 /* bytes, at most, of what comes before the cells, */
#define TREND_CELL_MAX 25 /* and of one cell: 3 of the gap, 2 of `negative`, 8 of the count, 12 of the sum */

extern TrendWriter trend_writer(void *bytes, const TrendShape *shape);
extern void trend_write(TrendWriter *writer, const TrendCell *cell);

/* n cells side by side, of `count` values each. It writes and does not measure: room for TREND_CELL_MAX a
 * cell. */
extern void trend_write_run(TrendWriter *writer, uint32_t index, const double *sum, const float *rest,
							const uint8_t *negative, uint64_t count, size_t n);

/* Reading stops at the end or at damage; `damaged` tells them apart, with the byte and what was wrong. */
typedef struct TrendReader
{
	TrendShape shape;
	const unsigned char *bytes;
	size_t size;
	size_t at;
	uint32_t next;
	const char *damaged; /* NULL: nothing wrong so far */
} TrendReader;

extern TrendReader trend_reader(const void *bytes, size_t size);
extern bool trend_read(TrendReader *reader, TrendCell *cell);

/*
 * Which of two trends comes first: below 0, 0 or above 0. Equal are those of the same periods, with the same sum and
 * count in each. What a sum keeps beside it for its rounding is not compared: it depends on the order of the rows.
 * Both readers are at the first cell; the answer holds only when neither is damaged afterwards.
 */
extern int trend_order(TrendReader *a, TrendReader *b);

/* Write what trend_order() compares, so that equal trends have equal bytes; returns their number. */
extern size_t trend_write_order(void *bytes, TrendReader *reader);

/*
 * Text form:
 *   {timestamptz 0 7 0 from 820540800000000 first 0 periods 12 windowed: 0=12.5/3 4=0.3~-2.7e-17^11/2}
 * time, months, days and step of the period; origin; then index=sum/count of each cell that is not empty, with
 * ~rest behind the sum, and ^11 when it has negative values, all above -2^11.
 */

/* Bytes that the text of this many cells needs at most, its end included. */
extern size_t trend_text_size(size_t cells);
extern void trend_text(char *text, TrendReader *reader);

/* Returns NULL, or what is wrong at text[*where]. Writes nothing when bytes is NULL; *used is the size. */
extern const char *trend_parse(void *bytes, size_t *used, size_t *where, const char *text);

#endif

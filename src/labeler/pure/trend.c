/*
 * The stored form: all numbers are varints (7 bits a byte, low first) but for floating point.
 *
 *   format 1 | time, windowed, cut | months | days | step | zigzag origin | zigzag first | periods | width
 *   foreach cell that is not empty, by rising index:
 *     index - (the index before + 1) | count << 2 + form | sum: an integer, 4, 8, or 8 + 4 bytes, by its form
 *
 * Each sum has the shortest form that holds it, so that equal trends have equal bytes. NB: trend_write() and
 * trend_write_run() write what trend_read() and its fast way read_usual() read; text is made and parsed over the same
 * cells (labeler/pure/trendtext.c).
 */
#include "labeler/pure/trend.h"

#include <math.h>
#include <string.h>

#define FORMAT 1

/* What follows a cell's count in the stored form. */
enum
{
	SUM_INTEGER, /* zigzag varint */
	SUM_FLOAT,   /* 4 bytes */
	SUM_DOUBLE,  /* 8 bytes */
	SUM_REST     /* 8 bytes and the rest's 4 */
};

/* Where a cell's count would be, which is not 0: its `negative` follows, and then the count. */
#define NEGATIVE_FOLLOWS 0

#define INTEGER_MAX 9007199254740992.0 /* 2^53: every integer below is a float8 */
#define COUNT_MAX ((uint64_t) 1 << 53)

bool
trend_grid_equal(const TrendGrid *a, const TrendGrid *b)
{
	return a->time == b->time && a->windowed == b->windowed && a->months == b->months && a->days == b->days &&
		   a->step == b->step && a->origin == b->origin;
}

bool
trend_shape_equal(const TrendShape *a, const TrendShape *b)
{
	return trend_grid_equal(&a->grid, &b->grid) && a->first == b->first && a->periods == b->periods &&
		   a->width == b->width && a->cut == b->cut;
}

uint32_t
trend_complete(const TrendShape *shape)
{
	return shape->periods - (shape->cut && shape->periods > 0);
}

static uint64_t
zigzag(int64_t i)
{
	return ((uint64_t) i << 1) ^ (uint64_t) (i >> 63);
}

static int64_t
unzigzag(uint64_t u)
{
	return (int64_t) (u >> 1) ^ -(int64_t) (u & 1);
}

static inline unsigned char *
put_varint(unsigned char *to, uint64_t u)
{
	for (; u >= 0x80; u >>= 7)
		*to++ = (unsigned char) (u | 0x80);
	*to = (unsigned char) u;
	return to + 1;
}

/* Little end first; the compiler makes one store of the loop. */
static inline unsigned char *
put_double(unsigned char *to, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char) (bits >> 8 * i);
	return to + 8;
}

static inline unsigned char *
put_float(unsigned char *to, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char) (bits >> 8 * i);
	return to + 4;
}

static inline bool
is_integer(double v)
{
	return fabs(v) <= INTEGER_MAX && v == (double) (int64_t) v;
}

TrendWriter
trend_writer(void *bytes, const TrendShape *shape)
{
	const TrendGrid *grid = &shape->grid;
	unsigned char measured[TREND_HEAD_MAX];
	unsigned char *const from = bytes ? bytes : measured;
	unsigned char *to = from;

	to = put_varint(to, FORMAT);
	to = put_varint(to, (unsigned) grid->time | (unsigned) grid->windowed << 4 | (unsigned) shape->cut << 5);
	to = put_varint(to, (uint64_t) grid->months);
	to = put_varint(to, (uint64_t) grid->days);
	to = put_varint(to, (uint64_t) grid->step);
	to = put_varint(to, zigzag(grid->origin));
	to = put_varint(to, zigzag(shape->first));
	to = put_varint(to, shape->periods);
	to = put_varint(to, shape->width);
	return (TrendWriter){.bytes = bytes, .used = (size_t) (to - from)};
}

/*
 * The rest as it is stored: less than what would make another sum of it. Rounding it to a float may have brought it up
 * to half of the sum's last digit, where sum + rest goes to the even neighbour; then it is the next one towards 0.
 * NB: read_sum() and read_usual() take anything else for damage.
 */
static inline float
rest_stored(double sum, float rest)
{
	return sum + (double) rest == sum ? rest : nextafterf(rest, 0.0f);
}

void
trend_write(TrendWriter *writer, const TrendCell *cell)
{
	const double sum = cell->sum;
	const float rest = rest_stored(sum, cell->rest);
	unsigned char measured[TREND_CELL_MAX];
	unsigned char *const from = writer->bytes ? writer->bytes + writer->used : measured;
	unsigned char *to = from;
	int form;

	if (rest != 0.0f)
		form = SUM_REST;
	else if (is_integer(sum))
		form = SUM_INTEGER;
	else if (sum == (double) (float) sum)
		form = SUM_FLOAT;
	else
		form = SUM_DOUBLE;

	to = put_varint(to, cell->index - writer->next);
	if (cell->negative != 0)
	{
		*to++ = NEGATIVE_FOLLOWS;
		*to++ = cell->negative;
	}
	to = put_varint(to, cell->count << 2 | (unsigned) form);
	switch (form)
	{
		case SUM_INTEGER:
			to = put_varint(to, zigzag((int64_t) sum));
			break;
		case SUM_FLOAT:
			to = put_float(to, (float) sum);
			break;
		case SUM_DOUBLE:
			to = put_double(to, sum);
			break;
		case SUM_REST:
			to = put_double(to, sum);
			to = put_float(to, rest);
			break;
	}
	writer->used += (size_t) (to - from);
	writer->next = cell->index + 1;
}

void
trend_write_run(TrendWriter *writer, uint32_t index, const double *sum, const float *rest,
				const uint8_t *negative, uint64_t count, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		const float stored = rest_stored(sum[i], rest[i]);

		/*
		 * A cell that follows the one before, with a count of one byte, no negative value and a sum of 8 bytes or more, is written here.
		 */
		if (index + i != writer->next || count >= 0x80 >> 2 || negative[i] != 0 ||
			(stored == 0.0f && (sum[i] == (double) (float) sum[i] || is_integer(sum[i]))))
		{
			const TrendCell cell = {.index = index + (uint32_t) i,
									.sum = sum[i],
									.rest = rest[i],
									.negative = negative[i],
									.count = count};

			trend_write(writer, &cell);
			continue;
		}

		const bool has_rest = stored != 0.0f;
		unsigned char *to = writer->bytes + writer->used;

		to[0] = 0;
		to[1] = (unsigned char) (count << 2 | (has_rest ? SUM_REST : SUM_DOUBLE));
		put_float(put_double(to + 2, sum[i]), stored);
		writer->used += has_rest ? 14 : 10;
		writer->next++;
	}
}

static bool
damage(TrendReader *reader, const char *what)
{
	if (!reader->damaged)
		reader->damaged = what;
	return false;
}

static bool
read_long_varint(TrendReader *reader, uint64_t *u)
{
	*u = 0;
	for (int shift = 0; shift < 64; shift += 7)
	{
		if (reader->at == reader->size)
			return damage(reader, "it ends within a number");

		const uint64_t byte = reader->bytes[reader->at++];

		if (shift == 63 && byte > 1)
			break;
		*u |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return damage(reader, "a number is too long");
}

/* A varint; most have one byte. */
static inline bool
read_varint(TrendReader *reader, uint64_t *u)
{
	if (reader->at == reader->size || reader->bytes[reader->at] >= 0x80)
		return read_long_varint(reader, u);
	*u = reader->bytes[reader->at++];
	return true;
}

/* A varint that is at most max. */
static inline bool
read_limited(TrendReader *reader, uint64_t *u, uint64_t max, const char *what)
{
	if (!read_varint(reader, u))
		return false;
	return *u <= max || damage(reader, what);
}

/* Little end first: of an expression like these the compiler makes one load. */
static inline uint32_t
get_32(const unsigned char *from)
{
	return (uint32_t) from[0] | (uint32_t) from[1] << 8 | (uint32_t) from[2] << 16 | (uint32_t) from[3] << 24;
}

static inline double
get_double(const unsigned char *from)
{
	const uint64_t bits = (uint64_t) from[0] | (uint64_t) from[1] << 8 | (uint64_t) from[2] << 16 |
						  (uint64_t) from[3] << 24 | (uint64_t) from[4] << 32 | (uint64_t) from[5] << 40 |
						  (uint64_t) from[6] << 48 | (uint64_t) from[7] << 56;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static inline float
get_float(const unsigned char *from)
{
	const uint32_t bits = get_32(from);
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static inline bool
read_double(TrendReader *reader, double *v)
{
	if (reader->size - reader->at < 8)
		return damage(reader, "it ends within a number");
	*v = get_double(reader->bytes + reader->at);
	reader->at += 8;
	return isfinite(*v) || damage(reader, "a sum is not finite");
}

static inline bool
read_float(TrendReader *reader, float *v)
{
	if (reader->size - reader->at < 4)
		return damage(reader, "it ends within a number");
	*v = get_float(reader->bytes + reader->at);
	reader->at += 4;
	return isfinite(*v) || damage(reader, "a sum is not finite");
}

static const char *
shape_fault(const TrendShape *shape)
{
	const TrendGrid *grid = &shape->grid;
	const bool calendar = grid->time == TREND_TIMESTAMP || grid->time == TREND_TIMESTAMPTZ;

	if (grid->months < 0 || grid->days < 0 || grid->step < 0 ||
		(grid->months == 0 && grid->days == 0 && grid->step == 0) ||
		(!calendar && (grid->months != 0 || grid->days != 0)))
		return "its period is not positive";
	if (shape->periods > TREND_PERIODS_MAX)
		return "it has too many periods";
	if (shape->width == 0 || shape->width > TREND_CELLS_MAX ||
		(uint64_t) shape->periods * shape->width > TREND_CELLS_MAX)
		return "its width is out of range";
	if (shape->first > TREND_FIRST_MAX || shape->first < -TREND_FIRST_MAX)
		return "its first period is out of range";
	if (shape->cut && (!grid->windowed || shape->periods == 0))
		return "its last period cannot be cut short";
	return NULL;
}

static bool
read_head(TrendReader *reader)
{
	TrendShape *shape = &reader->shape;
	TrendGrid *grid = &shape->grid;

	if (reader->size < 2)
		return damage(reader, "it is too short");
	if (reader->bytes[reader->at++] != FORMAT)
		return damage(reader, "its format is unknown");

	const unsigned flags = reader->bytes[reader->at++];

	if ((flags & ~0x33u) != 0)
		return damage(reader, "its format is unknown");
	grid->time = (TrendTime) (flags & 3);
	grid->windowed = (flags & 0x10) != 0;
	shape->cut = (flags & 0x20) != 0;

	uint64_t months, days, step, origin, first, periods, width;

	if (!read_limited(reader, &months, INT32_MAX, "its period is out of range") ||
		!read_limited(reader, &days, INT32_MAX, "its period is out of range") ||
		!read_limited(reader, &step, INT64_MAX, "its period is out of range") ||
		!read_varint(reader, &origin) || !read_varint(reader, &first) ||
		!read_limited(reader, &periods, TREND_PERIODS_MAX, "it has too many periods") ||
		!read_limited(reader, &width, TREND_CELLS_MAX, "its width is out of range"))
		return false;
	grid->months = (int32_t) months;
	grid->days = (int32_t) days;
	grid->step = (int64_t) step;
	grid->origin = unzigzag(origin);
	shape->first = unzigzag(first);
	shape->periods = (uint32_t) periods;
	shape->width = (uint32_t) width;

	const char *fault = shape_fault(shape);

	return fault == NULL || damage(reader, fault);
}

TrendReader
trend_reader(const void *bytes, size_t size)
{
	TrendReader reader = {.bytes = bytes, .size = size};

	if (!read_head(&reader))
		reader.shape = (TrendShape){.width = 1};
	return reader;
}

static inline bool
read_sum(TrendReader *reader, TrendCell *cell, int form)
{
	uint64_t u;
	float f;

	cell->rest = 0.0f;
	switch (form)
	{
		case SUM_INTEGER:
			if (!read_limited(reader, &u, 2 * (uint64_t) INTEGER_MAX, "a sum is out of range"))
				return false;
			cell->sum = (double) unzigzag(u);
			return true;
		case SUM_FLOAT:
			if (!read_float(reader, &f))
				return false;
			cell->sum = f;
			return true;
		case SUM_DOUBLE:
			return read_double(reader, &cell->sum);
		default:
			if (!read_double(reader, &cell->sum) || !read_float(reader, &cell->rest))
				return false;
			return cell->sum + (double) cell->rest == cell->sum ||
				   damage(reader, "the rest of a sum is out of range");
	}
}

/* What stands before the count when there are negative values. */
static inline bool
read_negative(TrendReader *reader, TrendCell *cell)
{
	cell->negative = 0;
	if (reader->at == reader->size || reader->bytes[reader->at] != NEGATIVE_FOLLOWS)
		return true;
	reader->at++;
	if (reader->at == reader->size)
		return damage(reader, "it ends within a number");
	cell->negative = reader->bytes[reader->at++];
	return cell->negative != 0 || damage(reader, "a bound of negative values is out of range");
}

/*
 * Read the usual cell: a gap and a count of one byte each, no negative value, and a sum in 8 or 8 + 4 bytes. False, and nothing is read,
 * for any other cell, and for a damaged one.
 */
static inline bool
read_usual(TrendReader *reader, TrendCell *cell, uint32_t cells)
{
	const unsigned char *from = reader->bytes + reader->at;

	if (reader->size - reader->at < TREND_CELL_MAX || from[0] >= 0x80 || from[1] < 1 << 2 ||
		from[1] >= 0x80 || (from[1] & 3) < SUM_DOUBLE || from[0] >= cells - reader->next)
		return false;

	const bool has_rest = (from[1] & 3) == SUM_REST;
	const double sum = get_double(from + 2);
	const float rest = has_rest ? get_float(from + 10) : 0.0f;

	/* sum - sum is 0 only where sum is finite; sum + rest is sum only where rest is finite, and small. */
	if (sum - sum != 0.0 || sum + (double) rest != sum)
		return false;
	*cell = (TrendCell){.index = reader->next + from[0], .sum = sum, .rest = rest, .count = from[1] >> 2};
	reader->next = cell->index + 1;
	reader->at += has_rest ? 14 : 10;
	return true;
}

bool
trend_read(TrendReader *reader, TrendCell *cell)
{
	const uint32_t cells = reader->shape.periods * reader->shape.width;
	uint64_t gap, tag;

	if (reader->damaged || reader->at == reader->size)
		return false;
	if (read_usual(reader, cell, cells))
		return true;
	if (reader->next >= cells)
		return damage(reader, "bytes follow the last cell");
	if (!read_limited(reader, &gap, cells - reader->next - 1, "a cell is out of range") ||
		!read_negative(reader, cell) ||
		!read_limited(reader, &tag, COUNT_MAX << 2, "a count is out of range"))
		return false;
	cell->index = reader->next + (uint32_t) gap;
	cell->count = tag >> 2;
	if (cell->count == 0)
		return damage(reader, "a count is out of range");
	if (!read_sum(reader, cell, (int) (tag & 3)))
		return false;
	reader->next = cell->index + 1;
	return true;
}

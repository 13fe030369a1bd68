/* The text form of a trend, out and in (see labeler/pure/trend.h). NB: trend_parse() reads what trend_text() prints. */
#include "labeler/pure/trend.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const trend_time_names[] = {
	[TREND_SERIES] = "series",
	[TREND_NUMBER] = "bigint",
	[TREND_TIMESTAMP] = "timestamp",
	[TREND_TIMESTAMPTZ] = "timestamptz",
};

#define TIMES (sizeof(trend_time_names) / sizeof(trend_time_names[0]))
#define HEAD_TEXT_MAX 200
#define CELL_TEXT_MAX 76 /* ' ' 7 '=' 24 '~' 15 '^' 4 '/' 16 and some */

size_t
trend_text_size(size_t cells)
{
	return HEAD_TEXT_MAX + cells * CELL_TEXT_MAX;
}

/* The shortest of 15, 16 and 17 digits that reads back as v. */
static int
print_double(char *text, double v)
{
	int length = 0;

	for (int digits = 15; digits <= 17; digits++)
	{
		length = sprintf(text, "%.*g", digits, v);
		if (digits == 17 || strtod(text, NULL) == v)
			break;
	}
	return length;
}

void
trend_text(char *text, TrendReader *reader)
{
	const TrendShape *shape = &reader->shape;
	const TrendGrid *grid = &shape->grid;
	char *at = text;
	TrendCell cell;

	at += sprintf(
		at, "{%s %" PRId32 " %" PRId32 " %" PRId64 " from %" PRId64 " first %" PRId64 " periods %" PRIu32,
		trend_time_names[grid->time], grid->months, grid->days, grid->step, grid->origin, shape->first,
		shape->periods);
	if (shape->width != 1)
		at += sprintf(at, " width %" PRIu32, shape->width);
	if (grid->windowed)
		at += sprintf(at, " windowed");
	if (shape->cut)
		at += sprintf(at, " cut");
	*at++ = ':';
	while (trend_read(reader, &cell))
	{
		at += sprintf(at, " %" PRIu32 "=", cell.index);
		at += print_double(at, cell.sum);
		if (cell.rest != 0.0f)
			at += sprintf(at, "~%.9g", (double) cell.rest);
		if (cell.negative != 0)
			at += sprintf(at, "^%d", cell.negative - TREND_NEGATIVE_BIAS);
		at += sprintf(at, "/%" PRIu64, cell.count);
	}
	strcpy(at, "}");
}

typedef struct Parser
{
	const char *at;
	const char *fault;
} Parser;

static bool
fail(Parser *parser, const char *fault)
{
	if (!parser->fault)
		parser->fault = fault;
	return false;
}

static void
skip_space(Parser *parser)
{
	while (isspace((unsigned char) *parser->at))
		parser->at++;
}

/* Step over the word if it comes next, as a whole word; false: something else comes, and nothing is read. */
static bool
take(Parser *parser, const char *word)
{
	const size_t n = strlen(word);

	skip_space(parser);
	if (strncmp(parser->at, word, n) != 0 ||
		(isalnum((unsigned char) word[n - 1]) && isalnum((unsigned char) parser->at[n])))
		return false;
	parser->at += n;
	return true;
}

static bool
expect(Parser *parser, const char *word, const char *fault)
{
	return take(parser, word) || fail(parser, fault);
}

static bool
parse_int(Parser *parser, int64_t *i, int64_t min, int64_t max)
{
	char *end;

	skip_space(parser);
	if (*parser->at != '-' && !isdigit((unsigned char) *parser->at))
		return fail(parser, "expected an integer");
	errno = 0;

	const long long value = strtoll(parser->at, &end, 10);

	if (end == parser->at)
		return fail(parser, "expected an integer");
	if (errno != 0 || value < min || value > max)
		return fail(parser, "integer out of range");
	parser->at = end;
	*i = value;
	return true;
}

static bool
parse_double(Parser *parser, double *v)
{
	char *end;

	/* strtod would take hexadecimal digits, nan and infinity too. */
	const char *digits = parser->at + (*parser->at == '-');

	if (!isdigit((unsigned char) digits[0]) || digits[1] == 'x' || digits[1] == 'X')
		return fail(parser, "expected a number");
	*v = strtod(parser->at, &end);
	if (!isfinite(*v))
		return fail(parser, "number out of range");
	parser->at = end;
	return true;
}

static bool
parse_head(Parser *parser, TrendShape *shape)
{
	TrendGrid *grid = &shape->grid;
	int64_t time = -1, months, days, periods, width = 1;

	if (!expect(parser, "{", "expected \"{\""))
		return false;
	for (size_t i = 0; i < TIMES && time < 0; i++)
		if (take(parser, trend_time_names[i]))
			time = (int64_t) i;
	if (time < 0)
		return fail(parser, "expected timestamptz, timestamp, bigint or series");
	if (!parse_int(parser, &months, 0, INT32_MAX) || !parse_int(parser, &days, 0, INT32_MAX) ||
		!parse_int(parser, &grid->step, 0, INT64_MAX) || !expect(parser, "from", "expected \"from\"") ||
		!parse_int(parser, &grid->origin, INT64_MIN, INT64_MAX) ||
		!expect(parser, "first", "expected \"first\"") ||
		!parse_int(parser, &shape->first, INT64_MIN, INT64_MAX) ||
		!expect(parser, "periods", "expected \"periods\"") ||
		!parse_int(parser, &periods, 0, TREND_PERIODS_MAX))
		return false;
	if (take(parser, "width") && !parse_int(parser, &width, 1, TREND_CELLS_MAX))
		return false;
	grid->time = (TrendTime) time;
	grid->months = (int32_t) months;
	grid->days = (int32_t) days;
	grid->windowed = take(parser, "windowed");
	shape->cut = take(parser, "cut");
	shape->periods = (uint32_t) periods;
	shape->width = (uint32_t) width;
	return expect(parser, ":", "expected \":\"");
}

static bool
parse_cell(Parser *parser, TrendCell *cell, uint32_t next, uint32_t cells)
{
	int64_t index, count, negative = -TREND_NEGATIVE_BIAS;
	double rest = 0.0;

	if (next >= cells)
		return fail(parser, "expected \"}\"");
	if (!parse_int(parser, &index, next, (int64_t) cells - 1) || !expect(parser, "=", "expected \"=\"") ||
		!parse_double(parser, &cell->sum))
		return false;
	if (*parser->at == '~')
	{
		parser->at++;
		if (!parse_double(parser, &rest))
			return false;
	}
	if (*parser->at == '^')
	{
		parser->at++;
		if (!parse_int(parser, &negative, 1 - TREND_NEGATIVE_BIAS, UINT8_MAX - TREND_NEGATIVE_BIAS))
			return false;
	}
	cell->rest = (float) rest;
	cell->negative = (uint8_t) (negative + TREND_NEGATIVE_BIAS);
	if (cell->sum == 0.0)
		cell->sum = 0.0; /* no negative zero: it would print, and compare in bytes, differently */
	if (cell->sum + (double) cell->rest != cell->sum || !isfinite(cell->rest))
		return fail(parser, "the rest of a sum is out of range");
	if (!expect(parser, "/", "expected \"/\"") || !parse_int(parser, &count, 1, (int64_t) 1 << 53))
		return false;
	cell->index = (uint32_t) index;
	cell->count = (uint64_t) count;
	return true;
}

const char *
trend_parse(void *bytes, size_t *used, size_t *where, const char *text)
{
	Parser parser = {.at = text};
	TrendShape shape = {.width = 1};
	TrendWriter writer = {0};

	if (parse_head(&parser, &shape))
	{
		/* What the reader of the bytes refuses must not be written. */
		unsigned char head[96];
		const TrendWriter head_writer = trend_writer(head, &shape);
		const TrendReader reader = trend_reader(head, head_writer.used);

		if (reader.damaged)
			fail(&parser, reader.damaged);
		else
			writer = trend_writer(bytes, &shape);
	}
	while (!parser.fault && !take(&parser, "}"))
	{
		TrendCell cell;

		if (parse_cell(&parser, &cell, writer.next, shape.periods * shape.width))
			trend_write(&writer, &cell);
	}
	if (!parser.fault)
	{
		skip_space(&parser);
		if (*parser.at != '\0')
			fail(&parser, "expected the end");
	}
	*used = writer.used;
	*where = (size_t) (parser.at - text);
	return parser.fault;
}

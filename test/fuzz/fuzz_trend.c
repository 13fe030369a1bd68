/*
 * Both stored forms of a trend, over any bytes: what is accepted is written again in its one form, and that
 * form gives itself back, as bytes and as text.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "labeler/pure/trend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
rewrite(void *to, const void *bytes, size_t size, size_t *cells)
{
	TrendReader reader = trend_reader(bytes, size);
	TrendWriter writer = trend_writer(to, &reader.shape);
	TrendCell cell;

	for (*cells = 0; trend_read(&reader, &cell); ++*cells)
		trend_write(&writer, &cell);
	return reader.damaged ? 0 : writer.used;
}

static void
check_bytes(const void *bytes, size_t size)
{
	size_t cells, used, where;
	const size_t own = rewrite(NULL, bytes, size, &cells);

	if (own == 0)
		return;

	void *first = malloc(own), *again = malloc(own);
	char *text = malloc(trend_text_size(cells));

	if (rewrite(first, bytes, size, &cells) != own || rewrite(again, first, own, &cells) != own ||
		memcmp(first, again, own) != 0)
		abort();

	TrendReader reader = trend_reader(first, own), other = trend_reader(again, own);

	if (trend_order(&reader, &other) != 0 || reader.damaged || other.damaged)
		abort();
	reader = trend_reader(first, own);
	if (trend_write_order(NULL, &reader) > own)
		abort();
	reader = trend_reader(first, own);
	trend_text(text, &reader);
	if (strlen(text) >= trend_text_size(cells))
		abort();
	if (trend_parse(NULL, &used, &where, text) || used != own || trend_parse(again, &used, &where, text) ||
		memcmp(first, again, own) != 0)
		abort();
	free(first);
	free(again);
	free(text);
}

static void
check_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t used, where;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!trend_parse(NULL, &used, &where, text))
	{
		void *bytes = malloc(used);

		trend_parse(bytes, &used, &where, text);
		check_bytes(bytes, used);
		free(bytes);
	}
	else if (where > size)
		abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_bytes(data, size);
	check_text(data, size);
	return 0;
}

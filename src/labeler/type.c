/*
 * The types trend and sequence_state: in, out, recv, send. A period of a trend has one value, one of a state any
 * number.
 */
#include "postgres.h"

#include "server/majors.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "labeler/pure/trend.h"
#include "labeler/state.h"

static void
check_width(const void *bytes, size_t size)
{
	const TrendReader reader = trend_reader(bytes, size);

	if (reader.shape.width != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("a trend has one value per period, not %u", reader.shape.width),
						errhint("Pass what was written by the output function of usercls.trend.")));
}

static struct varlena *
parse(const char *text, const char *type)
{
	size_t used, where;
	const char *fault = trend_parse(NULL, &used, &where, text);

	if (fault)
		ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s: \"%s\"", type, text),
						errdetail("At character %zu: %s.", where + 1, fault)));

	struct varlena *flat = palloc(VARHDRSZ + used);

	SET_VARSIZE(flat, VARHDRSZ + used);
	trend_parse(VARDATA(flat), &used, &where, text);
	return flat;
}

static size_t
count_cells(const void *bytes, size_t size)
{
	TrendReader reader = trend_reader(bytes, size);
	TrendCell cell;
	size_t cells = 0;

	while (trend_read(&reader, &cell))
		cells++;
	if (reader.damaged)
		trend_damaged(&reader);
	return cells;
}

static char *
print(const struct varlena *flat)
{
	char *text = palloc(trend_text_size(count_cells(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat))));
	TrendReader reader = trend_reader(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));

	trend_text(text, &reader);
	return text;
}

/* Read the cells of `bytes` and write them to `to` (NULL: only measure), so that equal trends have equal bytes. */
static size_t
rewrite(void *to, const char *bytes, size_t size, const char *type)
{
	TrendReader reader = trend_reader(bytes, size);
	TrendWriter writer = trend_writer(to, &reader.shape);
	TrendCell cell;

	while (trend_read(&reader, &cell))
		trend_write(&writer, &cell);
	if (reader.damaged)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary input for type %s at byte %zu", type, reader.at),
						errdetail("The trend is not valid: %s.", reader.damaged)));
	return writer.used;
}

static struct varlena *
receive(StringInfo buffer, const char *type)
{
	const size_t size = (size_t) (buffer->len - buffer->cursor);
	const char *bytes = pq_getmsgbytes(buffer, (int) size);
	const size_t used = rewrite(NULL, bytes, size, type);
	struct varlena *flat = palloc(VARHDRSZ + used);

	SET_VARSIZE(flat, VARHDRSZ + used);
	rewrite(VARDATA(flat), bytes, size, type);
	return flat;
}

static bytea *
send(const struct varlena *flat)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendbytes(&buffer, VARDATA_ANY(flat), (int) VARSIZE_ANY_EXHDR(flat));
	return pq_endtypsend(&buffer);
}

PG_FUNCTION_INFO_V1(usercls__trend_in);
Datum
usercls__trend_in(PG_FUNCTION_ARGS)
{
	struct varlena *flat = parse(PG_GETARG_CSTRING(0), "usercls.trend");

	check_width(VARDATA(flat), VARSIZE(flat) - VARHDRSZ);
	PG_RETURN_POINTER(flat);
}

PG_FUNCTION_INFO_V1(usercls__trend_out);
Datum
usercls__trend_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(print(PG_GETARG_VARLENA_PP(0)));
}

PG_FUNCTION_INFO_V1(usercls__trend_recv);
Datum
usercls__trend_recv(PG_FUNCTION_ARGS)
{
	struct varlena *flat = receive((StringInfo) PG_GETARG_POINTER(0), "usercls.trend");

	check_width(VARDATA(flat), VARSIZE(flat) - VARHDRSZ);
	PG_RETURN_POINTER(flat);
}

PG_FUNCTION_INFO_V1(usercls__trend_send);
Datum
usercls__trend_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send(PG_GETARG_VARLENA_PP(0)));
}

PG_FUNCTION_INFO_V1(usercls__sequence_state_in);
Datum
usercls__sequence_state_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(parse(PG_GETARG_CSTRING(0), "usercls_private.sequence_state"));
}

PG_FUNCTION_INFO_V1(usercls__sequence_state_recv);
Datum
usercls__sequence_state_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive((StringInfo) PG_GETARG_POINTER(0), "usercls_private.sequence_state"));
}

/*
 * Writing a safetensors file: codec_write() of model/codec.h. The header is written twice by the same code, first over NULL
 * to measure it. NB: what is written here is what codec_open() and codec_read() accept.
 */
#include "model/codec.h"

#include <stdint.h>
#include <string.h>

#include "model/json.h"

#define ALIGNMENT 8 /* of the first tensor, by padding the header with spaces */

static void
write_size(char *out, size_t *used, size_t value)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do
		digits[--at] = (char) ('0' + value % 10);
	while ((value /= 10) > 0);
	json_write_raw(out, used, digits + at);
}

static size_t
write_header(char *out, const ParamTable *table, const CodecEntry *metadata, size_t entries)
{
	size_t used = 0;

	json_write_raw(out, &used, "{");
	if (entries > 0)
	{
		json_write_raw(out, &used, "\"__metadata__\":{");
		for (size_t i = 0; i < entries; i++)
		{
			json_write_raw(out, &used, i > 0 ? "," : "");
			json_write_string(out, &used, metadata[i].key);
			json_write_raw(out, &used, ":");
			json_write_string(out, &used, metadata[i].value);
		}
		json_write_raw(out, &used, table->count > 0 ? "}," : "}");
	}
	for (size_t i = 0; i < table->count; i++)
	{
		const Tensor *param = &table->param[i];

		json_write_raw(out, &used, i > 0 ? "," : "");
		json_write_string(out, &used, param->name);
		json_write_raw(out, &used, ":{\"dtype\":\"F32\",\"shape\":[");
		for (int d = 0; d < param->dims; d++)
		{
			json_write_raw(out, &used, d > 0 ? "," : "");
			write_size(out, &used, param->dim[d]);
		}
		json_write_raw(out, &used, "],\"data_offsets\":[");
		write_size(out, &used, 4 * param->offset);
		json_write_raw(out, &used, ",");
		write_size(out, &used, 4 * (param->offset + param->size));
		json_write_raw(out, &used, "]}");
	}
	json_write_raw(out, &used, "}");
	while (used % ALIGNMENT != 0)
		json_write_raw(out, &used, " ");
	return used;
}

static void
store_le(unsigned char *p, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++, value >>= 8)
		p[i] = (unsigned char) value;
}

size_t
codec_write(void *out, size_t cap, const ParamTable *table, const float *w, const CodecEntry *metadata,
			size_t entries)
{
	const size_t header = write_header(NULL, table, metadata, entries);
	const size_t size = CODEC_PREFIX + header + 4 * table->total;
	unsigned char *p = out;

	if (out == NULL)
		return size;
	if (cap < size)
		return 0;
	store_le(p, header, CODEC_PREFIX);
	p += CODEC_PREFIX;
	write_header((char *) p, table, metadata, entries);
	p += header;
	for (size_t i = 0; i < table->total; i++, p += 4)
	{
		uint32_t bits;

		memcpy(&bits, &w[i], sizeof(bits));
		store_le(p, bits, 4);
	}
	return size;
}

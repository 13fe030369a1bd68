/* The safetensors reader over any bytes: what it accepts, it can read, and a rewritten file says the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/codec.h"
#include "model/names.h"

/* Reading and writing use the table of the file's own tensors. Scalars and empty ones have no place in a
 * table. */
static bool
table_of(ParamTable *table, const Codec *codec)
{
	table->count = table->total = 0;
	for (size_t i = 0; i < codec->count; i++)
	{
		const CodecTensor *t = &codec->tensor[i];

		if (t->dims == 0 || t->size == 0 || table->total + t->size > 1 << 20)
			return false;
		params_add(table, t->name, INIT_CONSTANT, 0, t->dims, t->dim[0], t->dims > 1 ? t->dim[1] : 0,
				   t->dims > 2 ? t->dim[2] : 0);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Codec codec, again;
	static ParamTable table;
	static CodecEntry entry[CODEC_METADATA_MAX];

	if (codec_open(&codec, data, size).code != STATUS_SUCCESS)
		return 0;
	for (size_t i = 0; i < codec.entries; i++)
	{
		const size_t n = codec_metadata_size(&codec, codec.entry[i].key);
		char *value = malloc(n);
		char name[32];
		size_t at = 0;

		assert(n > 0 && codec_metadata(&codec, codec.entry[i].key, value, n) && strlen(value) == n - 1);
		while (names_next(value, &at, name, sizeof(name)))
			;
		entry[i] = (CodecEntry){codec.entry[i].key, value};
	}
	if (table_of(&table, &codec))
	{
		float *w = malloc(sizeof(float) * table.total + 1);
		float *back = malloc(sizeof(float) * table.total + 1);

		if (codec_read(&codec, &table, w).code == STATUS_SUCCESS)
		{
			const size_t n = codec_write(NULL, 0, &table, w, entry, codec.entries);
			unsigned char *file = malloc(n);

			assert(codec_write(file, n, &table, w, entry, codec.entries) == n);
			/* Escaping may take more room than what was read had. */
			if (n < CODEC_HEADER_MAX)
			{
				assert(codec_open(&again, file, n).code == STATUS_SUCCESS);
				assert(again.count == codec.count && again.entries == codec.entries);
				assert(codec_read(&again, &table, back).code == STATUS_SUCCESS);
				assert(memcmp(w, back, sizeof(float) * table.total) == 0);
			}
			free(file);
		}
		free(w);
		free(back);
	}
	for (size_t i = 0; i < codec.entries; i++)
		free((void *) entry[i].value);
	return 0;
}

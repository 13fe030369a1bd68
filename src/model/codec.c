/*
 * Reading a safetensors file:
 *
 *   n = first 8 bytes;  header = JSON of the next n bytes
 *   foreach name: object in header do
 *     "__metadata__": remember where each value stands
 *     else: tensor = dtype, shape, offsets; they must agree with each other and lie within the file
 *   the tensors, sorted by offset, must follow each other without a gap and end with the file
 *
 * Whatever is not so ends in STATUS_DAMAGED with the byte; the readers below return false once it is noted.
 *
 * NB: model/codecwrite.c writes such files.
 */
#include "model/codec.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/json.h"

static const struct
{
	const char *name;
	size_t size;
} types[] = {
	[CODEC_F32] = {"F32", 4},
	[CODEC_F64] = {"F64", 8},
	[CODEC_F16] = {"F16", 2},
	[CODEC_BF16] = {"BF16", 2},
};

/* The integer in so many bytes at p, little-endian. */
static uint64_t
load_le(const unsigned char *p, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | p[i];
	return value;
}

static bool
read_type(JsonReader *json, CodecType *type)
{
	char name[8];
	const size_t at = json->at;

	if (!json_string(json, name, sizeof(name), NULL))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
		{
			*type = (CodecType) i;
			return true;
		}
	return json_fail(json, at, "one of the types F32, F64, F16 and BF16");
}

static bool
read_shape(JsonReader *json, CodecTensor *tensor)
{
	tensor->dims = 0;
	tensor->size = 1;
	if (!json_expect(json, '['))
		return false;
	if (json_accept(json, ']'))
		return true;
	do
	{
		const size_t at = json->at;
		size_t d;

		if (tensor->dims == PARAM_DIMS_MAX)
			return json_fail(json, at, "at most three dimensions");
		if (!json_size(json, &d))
			return false;
		if (__builtin_mul_overflow(tensor->size, d, &tensor->size))
			return json_fail(json, at, "a smaller shape");
		tensor->dim[tensor->dims++] = d;
	} while (json_accept(json, ','));
	return json_expect(json, ']');
}

static bool
read_offsets(JsonReader *json, CodecTensor *tensor)
{
	return json_expect(json, '[') && json_size(json, &tensor->begin) && json_expect(json, ',') &&
		   json_size(json, &tensor->end) && json_expect(json, ']');
}

/* {"dtype": ..., "shape": ..., "data_offsets": ...}, in any order; data_size: bytes that follow the header. */
static bool
read_tensor(JsonReader *json, CodecTensor *tensor, size_t data_size)
{
	bool has_type = false, has_shape = false, has_offsets = false;
	const size_t start = json->at;

	if (!json_expect(json, '{'))
		return false;
	do
	{
		char key[16];
		const size_t at = json->at;

		if (!json_string(json, key, sizeof(key), NULL) || !json_expect(json, ':'))
			return false;
		if (strcmp(key, "dtype") == 0 && !has_type)
			has_type = read_type(json, &tensor->type);
		else if (strcmp(key, "shape") == 0 && !has_shape)
			has_shape = read_shape(json, tensor);
		else if (strcmp(key, "data_offsets") == 0 && !has_offsets)
			has_offsets = read_offsets(json, tensor);
		else
			return json_fail(json, at, "dtype, shape and data_offsets, each once");
	} while (json_accept(json, ','));
	if (!json_expect(json, '}'))
		return false;
	if (!has_type || !has_shape || !has_offsets)
		return json_fail(json, start, "dtype, shape and data_offsets, each once");

	size_t bytes;

	if (tensor->begin > tensor->end || tensor->end > data_size)
		return json_fail(json, start, "data_offsets inside the file");
	if (__builtin_mul_overflow(tensor->size, types[tensor->type].size, &bytes) ||
		bytes != tensor->end - tensor->begin)
		return json_fail(json, start, "data_offsets as far apart as dtype and shape say");
	return true;
}

static bool
read_metadata(JsonReader *json, Codec *codec)
{
	if (!json_expect(json, '{'))
		return false;
	if (json_accept(json, '}'))
		return true;
	do
	{
		const size_t at = json->at;

		if (codec->entries == CODEC_METADATA_MAX)
			return json_fail(json, at, "at most 128 metadata entries");

		char *key = codec->entry[codec->entries].key;

		if (!json_string(json, key, PARAM_NAME_MAX, NULL) || !json_expect(json, ':'))
			return false;
		for (size_t i = 0; i < codec->entries; i++)
			if (strcmp(codec->entry[i].key, key) == 0)
				return json_fail(json, at, "a metadata key that is not there already");
		codec->entry[codec->entries++].value = CODEC_PREFIX + json->at;
		if (!json_string(json, NULL, 0, NULL))
			return false;
	} while (json_accept(json, ','));
	return json_expect(json, '}');
}

static bool
read_header(JsonReader *json, Codec *codec, size_t data_size)
{
	bool has_metadata = false;

	if (!json_expect(json, '{'))
		return false;
	if (json_accept(json, '}'))
		return json_end(json);
	do
	{
		char name[PARAM_NAME_MAX];
		const size_t at = json->at;

		if (!json_string(json, name, sizeof(name), NULL) || !json_expect(json, ':'))
			return false;
		if (strcmp(name, "__metadata__") == 0)
		{
			if (has_metadata)
				return json_fail(json, at, "a name that is not there already");
			has_metadata = true;
			if (!read_metadata(json, codec))
				return false;
			continue;
		}
		if (codec->count == PARAM_COUNT_MAX)
			return json_fail(json, at, "at most 256 tensors");
		if (codec_find(codec, name) != NULL)
			return json_fail(json, at, "a name that is not there already");

		CodecTensor *tensor = &codec->tensor[codec->count];

		if (!read_tensor(json, tensor, data_size))
			return false;
		strcpy(tensor->name, name);
		codec->count++;
	} while (json_accept(json, ','));
	return json_expect(json, '}') && json_end(json);
}

/* Whether each tensor starts where the one before it ends, and the last one at the end of the file. */
static Status
check_tiling(const Codec *codec)
{
	unsigned short order[PARAM_COUNT_MAX];
	size_t reached = 0;

	for (size_t i = 0; i < codec->count; i++)
	{
		const CodecTensor *tensor = &codec->tensor[i];
		size_t j = i;

		/* Insertion by begin; of two tensors that begin at one byte the empty one comes first. */
		while (j > 0 && (codec->tensor[order[j - 1]].begin > tensor->begin ||
						 (codec->tensor[order[j - 1]].begin == tensor->begin &&
						  codec->tensor[order[j - 1]].end > tensor->end)))
		{
			order[j] = order[j - 1];
			j--;
		}
		order[j] = (unsigned short) i;
	}
	for (size_t i = 0; i < codec->count; i++)
	{
		const CodecTensor *tensor = &codec->tensor[order[i]];

		if (tensor->begin != reached)
			return status_make(STATUS_DAMAGED, codec->data + reached, "tensors without gap or overlap");
		reached = tensor->end;
	}
	if (codec->data + reached != codec->size)
		return status_make(STATUS_DAMAGED, codec->data + reached, "the end of the file");
	return STATUS_FINE;
}

Status
codec_open(Codec *codec, const void *bytes, size_t size)
{
	codec->bytes = bytes;
	codec->size = size;
	codec->count = 0;
	codec->entries = 0;
	if (size < CODEC_PREFIX)
		return status_make(STATUS_DAMAGED, size, "the length of the header in 8 bytes");

	const uint64_t header = load_le(codec->bytes, CODEC_PREFIX);

	if (header > CODEC_HEADER_MAX)
		return status_make(STATUS_DAMAGED, 0, "a header of at most 1 MB");
	if (header > size - CODEC_PREFIX)
		return status_make(STATUS_DAMAGED, size, "the rest of the header");
	codec->data = CODEC_PREFIX + (size_t) header;

	JsonReader json = {.text = (const char *) codec->bytes + CODEC_PREFIX, .size = (size_t) header};

	if (!read_header(&json, codec, size - codec->data))
		return status_make(STATUS_DAMAGED, CODEC_PREFIX + json.at, json.expected);
	return check_tiling(codec);
}

const CodecTensor *
codec_find(const Codec *codec, const char *name)
{
	for (size_t i = 0; i < codec->count; i++)
		if (strcmp(codec->tensor[i].name, name) == 0)
			return &codec->tensor[i];
	return NULL;
}

static float
from_bits32(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The value of an IEEE 754 binary16; infinities and NaN stay what they are. */
static float
from_half(uint32_t half)
{
	const uint32_t exponent = half >> 10 & 0x1F;
	const uint32_t fraction = half & 0x3FF;
	const float sign = half & 0x8000 ? -1.0f : 1.0f;

	if (exponent == 0x1F)
		return from_bits32((half & 0x8000) << 16 | 0x7F800000 | fraction << 13);
	if (exponent == 0)
		return sign * ldexpf((float) fraction, -24);
	return sign * ldexpf((float) (fraction | 0x400), (int) exponent - 25);
}

static float
load_element(const unsigned char *p, CodecType type)
{
	switch (type)
	{
		case CODEC_F32:
			return from_bits32((uint32_t) load_le(p, 4));
		case CODEC_BF16:
			return from_bits32((uint32_t) load_le(p, 2) << 16);
		case CODEC_F16:
			return from_half((uint32_t) load_le(p, 2));
		case CODEC_F64:
			break;
	}

	const uint64_t bits = load_le(p, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return (float) value; /* beyond float's range: infinity, refused as such */
}

Status
codec_read_tensor(const Codec *codec, const CodecTensor *tensor, float *w)
{
	const unsigned char *p = codec->bytes + codec->data + tensor->begin;
	const size_t step = types[tensor->type].size;

	for (size_t i = 0; i < tensor->size; i++)
	{
		w[i] = load_element(p + i * step, tensor->type);
		if (!isfinite(w[i]))
			return status_make(STATUS_NOT_FINITE, i, tensor->name);
	}
	return STATUS_FINE;
}

/* A stored scalar (no dimensions) fits a tensor of one element. */
static bool
same_shape(const CodecTensor *tensor, const Tensor *param)
{
	if (tensor->dims == 0)
		return param->dims == 1 && param->dim[0] == 1;
	if (tensor->dims != param->dims)
		return false;
	for (int i = 0; i < param->dims; i++)
		if (tensor->dim[i] != param->dim[i])
			return false;
	return true;
}

Status
codec_check(const Codec *codec, const ParamTable *table)
{
	for (size_t i = 0; i < codec->count; i++)
		if (params_find(table, codec->tensor[i].name) == NULL)
			return status_make(STATUS_EXTRA_TENSOR, codec->data + codec->tensor[i].begin,
							   codec->tensor[i].name);

	for (size_t i = 0; i < table->count; i++)
	{
		const Tensor *param = &table->param[i];
		const CodecTensor *tensor = codec_find(codec, param->name);

		if (tensor == NULL)
			return status_make(STATUS_MISSING_TENSOR, codec->size, param->name);
		if (!same_shape(tensor, param))
			return status_make(STATUS_WRONG_SHAPE, codec->data + tensor->begin, param->name);
	}
	return STATUS_FINE;
}

Status
codec_read(const Codec *codec, const ParamTable *table, float *w)
{
	const Status fits = codec_check(codec, table);

	if (fits.code != STATUS_SUCCESS)
		return fits;
	for (size_t i = 0; i < table->count; i++)
	{
		const Tensor *param = &table->param[i];
		const Status status = codec_read_tensor(codec, codec_find(codec, param->name), w + param->offset);

		if (status.code != STATUS_SUCCESS)
			return status;
	}
	return STATUS_FINE;
}

/* Where the value of a metadata key begins in the file; 0: there is no such key. */
static size_t
find_value(const Codec *codec, const char *key)
{
	for (size_t i = 0; i < codec->entries; i++)
		if (strcmp(codec->entry[i].key, key) == 0)
			return codec->entry[i].value;
	return 0;
}

bool
codec_metadata(const Codec *codec, const char *key, char *out, size_t cap)
{
	const size_t at = find_value(codec, key);
	JsonReader json = {.text = (const char *) codec->bytes, .size = codec->data, .at = at};

	return at != 0 && out != NULL && json_string(&json, out, cap, NULL);
}

size_t
codec_metadata_size(const Codec *codec, const char *key)
{
	const size_t at = find_value(codec, key);
	JsonReader json = {.text = (const char *) codec->bytes, .size = codec->data, .at = at};
	size_t length;

	return at != 0 && json_string(&json, NULL, 0, &length) ? length + 1 : 0;
}

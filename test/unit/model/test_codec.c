/* The safetensors reader and writer: round trips, the types of other writers, and every way to be damaged. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/codec.h"
#include "model/names.h"

static Codec codec;

static ParamTable *
small_table(void)
{
	static ParamTable table;

	memset(&table, 0, sizeof(table));
	params_add(&table, "lstm.weight_ih_l0", INIT_CONSTANT, 0, 2, 2, 3, 0);
	params_add(&table, "lstm.bias_ih_l0", INIT_CONSTANT, 0, 1, 2, 0, 0);
	params_add(&table, "conv.weight", INIT_CONSTANT, 0, 3, 1, 2, 2);
	return &table;
}

/* A file of that header and n bytes of data behind it; in a block of its exact size, so that ASan sees
 * overruns. */
static unsigned char *
make_file(const char *header, size_t n, size_t *size)
{
	const size_t length = strlen(header);
	unsigned char *file = calloc(1, 8 + length + n + 1);

	for (int i = 0; i < 8; i++)
		file[i] = (unsigned char) (length >> 8 * i);
	memcpy(file + 8, header, length);
	*size = 8 + length + n;
	return file;
}

static Status
open_header(const char *header, size_t n)
{
	size_t size;
	unsigned char *file = make_file(header, n, &size);
	const Status status = codec_open(&codec, file, size);

	free(file);
	return status;
}

static void
assert_damaged(Status status, size_t where, const char *what)
{
	assert_int_equal(status.code, STATUS_DAMAGED);
	assert_string_equal(status.what, what);
	assert_int_equal(status.where, where);
}

static void
test_round_trip(void **state)
{
	const ParamTable *table = small_table();
	const CodecEntry entries[] = {{"usercls", "1"}, {"quoted", "a \"b\" \\ \n \x01 \xC3\xA9"}, {"empty", ""}};
	float w[12], back[12];

	for (int i = 0; i < 12; i++)
		w[i] = 0.1f * (float) i - 0.3f;
	w[3] = -0.0f;
	w[4] = 1e-45f;

	const size_t size = codec_write(NULL, 0, table, w, entries, 3);
	unsigned char *file = malloc(size);

	assert_int_equal(codec_write(file, size - 1, table, w, entries, 3), 0);
	assert_int_equal(codec_write(file, size, table, w, entries, 3), size);
	assert_int_equal(codec_open(&codec, file, size).code, STATUS_SUCCESS);
	assert_int_equal(codec.data % 8, 0);
	assert_int_equal(codec.count, 3);
	assert_int_equal(codec_find(&codec, "conv.weight")->dim[2], 2);
	assert_null(codec_find(&codec, "conv"));
	assert_int_equal(codec_read(&codec, table, back).code, STATUS_SUCCESS);
	assert_memory_equal(w, back, sizeof(w));
	for (int i = 0; i < 3; i++)
	{
		char text[64];

		assert_int_equal(codec_metadata_size(&codec, entries[i].key), strlen(entries[i].value) + 1);
		assert_true(codec_metadata(&codec, entries[i].key, text, sizeof(text)));
		assert_string_equal(text, entries[i].value);
		assert_false(codec_metadata(&codec, entries[i].key, text, strlen(entries[i].value)));
	}
	assert_int_equal(codec_metadata_size(&codec, "other"), 0);
	free(file);
}

/* Cut anywhere, the file is refused, and no byte behind the cut is read. */
static void
test_every_truncation(void **state)
{
	const ParamTable *table = small_table();
	const CodecEntry entry = {"kind", "sequence"};
	float w[12] = {0};
	const size_t size = codec_write(NULL, 0, table, w, &entry, 1);
	unsigned char *file = malloc(size);

	codec_write(file, size, table, w, &entry, 1);
	for (size_t n = 0; n < size; n++)
	{
		unsigned char *cut = malloc(n > 0 ? n : 1);

		memcpy(cut, file, n);
		assert_int_equal(codec_open(&codec, cut, n).code, STATUS_DAMAGED);
		free(cut);
	}
	free(file);
}

#define T "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"

static void
test_damaged_headers(void **state)
{
	unsigned char huge[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};

	assert_damaged(codec_open(&codec, huge, 3), 3, "the length of the header in 8 bytes");
	assert_damaged(codec_open(&codec, huge, 8), 0, "a header of at most 1 MB");
	huge[2] = 1, memset(huge + 3, 0, 5), huge[0] = huge[1] = 0;
	assert_damaged(codec_open(&codec, huge, 8), 8, "the rest of the header");

	assert_damaged(open_header("", 0), 8, "{");
	assert_damaged(open_header("[]", 0), 8, "{");
	assert_damaged(open_header("{\"a\":" T, 4), 8 + 5 + strlen(T), ", or }");
	assert_damaged(open_header("{\"a\":" T "}x", 4), 8 + 6 + strlen(T), "the end of the JSON text");
	assert_damaged(open_header("{\"a\":" T ",}", 4), 8 + 6 + strlen(T), "a string");
	assert_damaged(open_header("{\"a\":" T ",\"a\":" T "}", 8), 8 + 6 + strlen(T),
				   "a name that is not there already");
	assert_damaged(open_header("{\"a\" " T "}", 4), 13, ":");
	assert_damaged(open_header("{\"\x80\":" T "}", 4), 10, "UTF-8");
	assert_damaged(open_header("{\"\xC0\x80\":" T "}", 4), 10, "UTF-8");
	assert_damaged(open_header("{\"\xED\xA0\x80\":" T "}", 4), 10, "UTF-8");
	assert_damaged(open_header("{\"\\u0000\":" T "}", 4), 10, "an escape other than that of U+0000");
	assert_damaged(open_header("{\"\\ud800x\":" T "}", 4), 10, "an escape other than that of U+0000");
	assert_damaged(open_header("{\"\\x\":" T "}", 4), 10, "an escape other than that of U+0000");
	assert_damaged(open_header("{\"\n\":" T "}", 4), 10, "an escaped control character");
	assert_damaged(
		open_header("{\"0123456789012345678901234567890123456789012345678901234567890123\":" T "}", 4),
		8 + 2 + 63, "a shorter string");
}

static void
test_damaged_tensors(void **state)
{
	static const char *const each_once = "dtype, shape and data_offsets, each once";

	assert_damaged(open_header("{\"a\":{}}", 0), 14, "a string");
	assert_damaged(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4), 13, each_once);
	assert_damaged(open_header("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4), 28, each_once);
	assert_damaged(open_header("{\"a\":{\"colour\":\"red\"}}", 4), 14, each_once);
	assert_damaged(open_header("{\"a\":{\"dtype\":\"I64\"}}", 4), 22,
				   "one of the types F32, F64, F16 and BF16");
	assert_damaged(open_header("{\"a\":{\"shape\":[-1]}}", 4), 23, "an integer of 0 or more");
	assert_damaged(open_header("{\"a\":{\"shape\":[1.0]}}", 4), 23, "an integer of 0 or more");
	assert_damaged(open_header("{\"a\":{\"shape\":[01]}}", 4), 23, "an integer of 0 or more");
	assert_damaged(open_header("{\"a\":{\"shape\":[18446744073709551616]}}", 4), 23, "a smaller number");
	assert_damaged(open_header("{\"a\":{\"shape\":[4294967296,4294967296]}}", 4), 34, "a smaller shape");
	assert_damaged(open_header("{\"a\":{\"shape\":[1,1,1,1]}}", 4), 29, "at most three dimensions");
	assert_damaged(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", 4), 13,
				   "data_offsets inside the file");
	assert_damaged(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4), 13,
				   "data_offsets inside the file");
	assert_damaged(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4), 13,
				   "data_offsets as far apart as dtype and shape say");
	assert_damaged(
		open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", 4),
		13, "data_offsets as far apart as dtype and shape say");
	/* a gap, an overlap, and bytes behind the last tensor */
	assert_damaged(
		open_header("{\"a\":" T ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", 12),
		8 + 12 + 2 * strlen(T) + 4, "tensors without gap or overlap");
	assert_damaged(open_header("{\"a\":" T ",\"b\":" T "}", 4), 8 + 11 + 2 * strlen(T) + 4,
				   "tensors without gap or overlap");
	assert_damaged(open_header("{\"a\":" T "}", 5), 8 + 6 + strlen(T) + 4, "the end of the file");
}

static void
test_metadata(void **state)
{
	static const char header[] = "{\"__metadata__\":{\"a\":\"\\u00e9\\ud83d\\ude00\\/\",\"b\":\"\"}}";
	size_t size;
	unsigned char *file = make_file(header, 0, &size);
	char text[16];

	assert_int_equal(codec_open(&codec, file, size).code, STATUS_SUCCESS);
	assert_true(codec_metadata(&codec, "a", text, sizeof(text)));
	assert_string_equal(text, "\xC3\xA9\xF0\x9F\x98\x80/");
	assert_int_equal(codec_metadata_size(&codec, "b"), 1);
	free(file);
	assert_damaged(open_header("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0), 32,
				   "a metadata key that is not there already");
	assert_damaged(open_header("{\"__metadata__\":{\"a\":1}}", 0), 29, "a string");
	assert_damaged(open_header("{\"__metadata__\":{},\"__metadata__\":{}}", 0), 27,
				   "a name that is not there already");
	assert_int_equal(open_header("{}", 0).code, STATUS_SUCCESS);
	assert_int_equal(open_header("{ } \n", 0).code, STATUS_SUCCESS);
}

/* Tensors in another order than their data, a scalar, and an empty one are all right. */
static void
test_order_and_shapes(void **state)
{
	static const char header[] = "{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]},"
								 "\"e\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[4,4]},"
								 "\"a\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[1]}}";
	static ParamTable table;
	size_t size;
	unsigned char *file = make_file(header, 8, &size);
	float w[2];

	memset(&table, 0, sizeof(table));
	params_add(&table, "a", INIT_CONSTANT, 0, 1, 1, 0, 0);
	params_add(&table, "b", INIT_CONSTANT, 0, 1, 1, 0, 0);
	memcpy(file + size - 8, (float[]){1.5f, -2.5f}, 8);
	assert_int_equal(codec_open(&codec, file, size).code, STATUS_SUCCESS);

	const Status extra = codec_read(&codec, &table, w);

	assert_int_equal(extra.code, STATUS_EXTRA_TENSOR);
	assert_string_equal(extra.what, "e");
	params_add(&table, "e", INIT_CONSTANT, 0, 2, 0, 3, 0);
	assert_int_equal(codec_read(&codec, &table, w).code, STATUS_SUCCESS);
	assert_true(w[0] == 1.5f && w[1] == -2.5f);

	params_add(&table, "missing", INIT_CONSTANT, 0, 1, 1, 0, 0);
	assert_int_equal(codec_read(&codec, &table, w).code, STATUS_MISSING_TENSOR);
	table.count--;
	table.param[0].dim[0] = 2;
	assert_int_equal(codec_read(&codec, &table, w).code, STATUS_WRONG_SHAPE);
	table.param[0].dim[0] = 1;
	memcpy(file + size - 4, (float[]){NAN}, 4);

	const Status nan = codec_read(&codec, &table, w);

	assert_int_equal(nan.code, STATUS_NOT_FINITE);
	assert_string_equal(nan.what, "b");
	free(file);
}

/* Read the one number of that type; the file's bytes are given. */
static float
read_one(const char *type, const void *bytes, size_t n, StatusCode expected)
{
	char header[128];
	static ParamTable table;
	size_t size;
	float w = 0;

	snprintf(header, sizeof(header), "{\"a\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%zu]}}",
			 type, n);

	unsigned char *file = make_file(header, n, &size);

	memcpy(file + size - n, bytes, n);
	memset(&table, 0, sizeof(table));
	params_add(&table, "a", INIT_CONSTANT, 0, 1, 1, 0, 0);
	assert_int_equal(codec_open(&codec, file, size).code, STATUS_SUCCESS);
	assert_int_equal(codec_read(&codec, &table, &w).code, expected);
	free(file);
	return w;
}

static void
test_other_types(void **state)
{
	static const struct
	{
		uint16_t bits;
		float value;
	} halves[] = {{0x3C00, 1},
				  {0xC000, -2},
				  {0x7BFF, 65504},
				  {0x0001, 0x1p-24f},
				  {0x83FF, -1023 * 0x1p-24f},
				  {0x0400, 0x1p-14f},
				  {0x3555, 0.333251953125f},
				  {0, 0}};

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
	{
		const unsigned char bytes[2] = {(unsigned char) halves[i].bits,
										(unsigned char) (halves[i].bits >> 8)};

		assert_true(read_one("F16", bytes, 2, STATUS_SUCCESS) == halves[i].value);
	}
	assert_true(read_one("BF16", (unsigned char[]){0x80, 0x3F}, 2, STATUS_SUCCESS) == 1.0f);
	assert_true(read_one("F64", (double[]){-0.1}, 8, STATUS_SUCCESS) == -0.1f);
	read_one("F16", (unsigned char[]){0x00, 0x7C}, 2, STATUS_NOT_FINITE);
	read_one("F16", (unsigned char[]){0x01, 0x7C}, 2, STATUS_NOT_FINITE);
	read_one("BF16", (unsigned char[]){0x80, 0xFF}, 2, STATUS_NOT_FINITE);
	read_one("F64", (double[]){1e300}, 8, STATUS_NOT_FINITE);
	read_one("F32", (float[]){-INFINITY}, 4, STATUS_NOT_FINITE);
}

static void
test_names(void **state)
{
	const char *const names[] = {"spend", "a \"quoted\" one", "", "\xC3\xA9"};
	char text[128], name[32];
	size_t at = 0;

	assert_int_equal(names_write(NULL, names, 4), names_write(text, names, 4));
	for (int i = 0; i < 4; i++)
	{
		assert_true(names_next(text, &at, name, sizeof(name)));
		assert_string_equal(name, names[i]);
	}
	assert_false(names_next(text, &at, name, sizeof(name)));
	assert_int_not_equal(at, NAMES_DAMAGED);

	static const char *const damaged[] = {"",         "{}",       "[",   "[1]", "[\"a\"",
										  "[\"a\",]", "[\"a\"]x", "[]x", "[,]"};

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
	{
		at = 0;
		while (names_next(damaged[i], &at, name, sizeof(name)))
			;
		assert_int_equal(at, NAMES_DAMAGED);
	}
	at = 0;
	assert_false(names_next(" [ ] ", &at, name, sizeof(name)));
	assert_int_equal(at, 0);
	assert_false(names_next("[\"too long\"]", &at, name, 8));
	assert_int_equal(at, NAMES_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_damaged_headers), cmocka_unit_test(test_damaged_tensors),
		cmocka_unit_test(test_metadata),        cmocka_unit_test(test_order_and_shapes),
		cmocka_unit_test(test_other_types),     cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

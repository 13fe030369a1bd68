/*
 * A strict JSON reader that allocates nothing: it pulls one token at a time
 * from text that need not end in NUL and may be hostile.
 *
 * The first thing that is not as expected sets `expected`; every later call
 * then fails too, and `at` stays at the offending byte. So a caller may read a
 * whole structure and look once.
 */
#ifndef USERCLS_MODEL_JSON_H
#define USERCLS_MODEL_JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef struct JsonReader
{
	const char *text;
	size_t size;
	size_t at;            /* next byte to read */
	const char *expected; /* what should have stood at `at`; NULL while all is well */
} JsonReader;

/* Step over c, which must be the next character that is not white space. */
extern bool json_expect(JsonReader *json, char c);

/* The same where c may be missing: then nothing is read, and nothing is wrong. */
extern bool json_accept(JsonReader *json, char c);

/*
 * A string, unescaped, into out with a NUL behind it. Strings that are not
 * UTF-8, that hold U+0000 or that do not fit in cap bytes (out may be NULL with
 * cap 0: any length) are refused. length may be NULL.
 */
extern bool json_string(JsonReader *json, char *out, size_t cap, size_t *length);

/* An integer of 0 or more that fits size_t, without fraction or exponent. */
extern bool json_size(JsonReader *json, size_t *value);

/* Whether only white space is left; anything else is an error. */
extern bool json_end(JsonReader *json);

/* Say at this byte what was expected there instead (a promise beyond syntax was broken); returns false. */
extern bool json_fail(JsonReader *json, size_t at, const char *expected);

/*
 * Append to out at *used: text as it is, or a string quoted and escaped (at most
 * 6 × strlen + 2 bytes). out NULL only counts.
 */
extern void json_write_raw(char *out, size_t *used, const char *text);
extern void json_write_string(char *out, size_t *used, const char *string);

#endif

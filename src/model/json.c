#include "model/json.h"

#include <stdint.h>
#include <string.h>

bool
json_fail(JsonReader *json, size_t at, const char *expected)
{
	if (json->expected == NULL)
	{
		json->at = at;
		json->expected = expected;
	}
	return false;
}

static void
skip_space(JsonReader *json)
{
	while (json->at < json->size && strchr(" \t\n\r", json->text[json->at]) && json->text[json->at] != '\0')
		json->at++;
}

bool
json_accept(JsonReader *json, char c)
{
	if (json->expected != NULL)
		return false;
	skip_space(json);
	if (json->at >= json->size || json->text[json->at] != c)
		return false;
	json->at++;
	return true;
}

bool
json_expect(JsonReader *json, char c)
{
	switch (c)
	{
		case '{':
			return json_accept(json, c) || json_fail(json, json->at, "{");
		case '}':
			return json_accept(json, c) || json_fail(json, json->at, ", or }");
		case '[':
			return json_accept(json, c) || json_fail(json, json->at, "[");
		case ']':
			return json_accept(json, c) || json_fail(json, json->at, ", or ]");
		case ':':
			return json_accept(json, c) || json_fail(json, json->at, ":");
		case ',':
			return json_accept(json, c) || json_fail(json, json->at, ",");
		default:
			return json_accept(json, c) || json_fail(json, json->at, "another character");
	}
}

bool
json_end(JsonReader *json)
{
	if (json->expected != NULL)
		return false;
	skip_space(json);
	return json->at == json->size || json_fail(json, json->at, "the end of the JSON text");
}

/* The value of four hexadecimal digits at p; -1: they are not all digits. */
static int32_t
read_hex4(const char *p)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++)
	{
		const char c = p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			return -1;
	}
	return value;
}

/* The code point that the escape at `at` (its backslash) stands for, and the escape's length; 0: it is none, or U+0000. */
static uint32_t
read_escape(const JsonReader *json, size_t at, size_t *length)
{
	static const char letter[] = "\"\\/bfnrt";
	static const char meaning[] = "\"\\/\b\f\n\r\t";
	const size_t left = json->size - at;
	const char *p = json->text + at;

	if (left < 2)
		return 0;
	if (p[1] != 'u')
	{
		const char *found = p[1] == '\0' ? NULL : strchr(letter, p[1]);

		*length = 2;
		return found ? (unsigned char) meaning[found - letter] : 0;
	}

	const int32_t high = left < 6 ? -1 : read_hex4(p + 2);

	*length = 6;
	if (high <= 0 || (high >= 0xDC00 && high <= 0xDFFF))
		return 0;
	if (high < 0xD800 || high > 0xDBFF)
		return (uint32_t) high;

	/* A high surrogate: only a low one may follow. */
	const int32_t low = left < 12 || p[6] != '\\' || p[7] != 'u' ? -1 : read_hex4(p + 8);

	*length = 12;
	if (low < 0xDC00 || low > 0xDFFF)
		return 0;
	return 0x10000 + (((uint32_t) high - 0xD800) << 10) + ((uint32_t) low - 0xDC00);
}

/* The code point as UTF-8; returns its bytes, 1 to 4. */
static size_t
write_utf8(char out[4], uint32_t c)
{
	if (c < 0x80)
	{
		out[0] = (char) c;
		return 1;
	}
	if (c < 0x800)
	{
		out[0] = (char) (0xC0 | c >> 6);
		out[1] = (char) (0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000)
	{
		out[0] = (char) (0xE0 | c >> 12);
		out[1] = (char) (0x80 | (c >> 6 & 0x3F));
		out[2] = (char) (0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char) (0xF0 | c >> 18);
	out[1] = (char) (0x80 | (c >> 12 & 0x3F));
	out[2] = (char) (0x80 | (c >> 6 & 0x3F));
	out[3] = (char) (0x80 | (c & 0x3F));
	return 4;
}

/* How many bytes the UTF-8 character at text has, of which left > 0 are there; 0: it is no character (RFC 3629). */
static size_t
utf8_length(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *) text;
	/* What the second byte may be: it rules out overlong forms, surrogates and what is above U+10FFFF. */
	unsigned char lowest = 0x80, highest = 0xBF;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		length = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		length = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		length = 4;
	else
		return 0;
	if (left < length)
		return 0;
	if (p[0] == 0xE0)
		lowest = 0xA0;
	else if (p[0] == 0xED)
		highest = 0x9F;
	else if (p[0] == 0xF0)
		lowest = 0x90;
	else if (p[0] == 0xF4)
		highest = 0x8F;
	if (p[1] < lowest || p[1] > highest)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return length;
}

bool
json_string(JsonReader *json, char *out, size_t cap, size_t *length)
{
	if (!json_accept(json, '"'))
		return json_fail(json, json->at, "a string");

	size_t used = 0;

	while (json->at < json->size && json->text[json->at] != '"')
	{
		const char *piece = json->text + json->at;
		char decoded[4];
		size_t taken, n;

		if ((unsigned char) *piece < 0x20)
			return json_fail(json, json->at, "an escaped control character");
		if (*piece == '\\')
		{
			const uint32_t c = read_escape(json, json->at, &taken);

			if (c == 0)
				return json_fail(json, json->at, "an escape other than that of U+0000");
			n = write_utf8(decoded, c);
			piece = decoded;
		}
		else
		{
			n = taken = utf8_length(piece, json->size - json->at);
			if (n == 0)
				return json_fail(json, json->at, "UTF-8");
		}
		if (out != NULL)
		{
			if (used + n >= cap)
				return json_fail(json, json->at, "a shorter string");
			memcpy(out + used, piece, n);
		}
		used += n;
		json->at += taken;
	}
	if (json->at >= json->size)
		return json_fail(json, json->at, "the end of a string");
	if (out != NULL)
	{
		if (used >= cap)
			return json_fail(json, json->at, "a shorter string");
		out[used] = '\0';
	}
	json->at++;
	if (length != NULL)
		*length = used;
	return true;
}

bool
json_size(JsonReader *json, size_t *value)
{
	if (json->expected != NULL)
		return false;
	skip_space(json);

	const size_t start = json->at;

	*value = 0;
	while (json->at < json->size && json->text[json->at] >= '0' && json->text[json->at] <= '9')
	{
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, (size_t) (json->text[json->at] - '0'), value))
			return json_fail(json, start, "a smaller number");
		json->at++;
	}

	const bool leading_zero = json->at - start > 1 && json->text[start] == '0';
	const bool more =
		json->at < json->size && strchr(".eE", json->text[json->at]) && json->text[json->at] != '\0';

	if (json->at == start || leading_zero || more)
		return json_fail(json, start, "an integer of 0 or more");
	return true;
}

void
json_write_raw(char *out, size_t *used, const char *text)
{
	const size_t n = strlen(text);

	if (out != NULL)
		memcpy(out + *used, text, n);
	*used += n;
}

void
json_write_string(char *out, size_t *used, const char *string)
{
	static const char digit[] = "0123456789abcdef";

	json_write_raw(out, used, "\"");
	for (const char *p = string; *p != '\0'; p++)
	{
		const unsigned char c = (unsigned char) *p;
		const char control[] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15], '\0'};
		const char escaped[] = {'\\', *p, '\0'};
		const char plain[] = {*p, '\0'};

		json_write_raw(out, used, c < 0x20 ? control : c == '"' || c == '\\' ? escaped : plain);
	}
	json_write_raw(out, used, "\"");
}

#include "postgres.h"

#include "registry/metadata.h"

#include <math.h>

#include "mb/pg_wchar.h"

#include "model/names.h"
#include "server/errors.h"

char *
metadata_to_text(const char *utf8)
{
	return pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8);
}

const char *
metadata_from_text(const char *text)
{
	return pg_server_to_any(text, (int) strlen(text), PG_UTF8);
}

/* As it is in the file. */
static char *
metadata_utf8(const Codec *codec, const char *key)
{
	const size_t size = codec_metadata_size(codec, key);
	char *value = palloc(size + 1);

	return codec_metadata(codec, key, value, size) ? value : NULL;
}

char *
metadata_text(const Codec *codec, const char *key)
{
	char *value = metadata_utf8(codec, key);

	return value ? metadata_to_text(value) : NULL;
}

void
metadata_check_kind(const Codec *codec, const ModelKind *kind, const char *model, int32 version)
{
	const char *name = metadata_text(codec, "kind");

	if (name == NULL)
		report_weights(status_make(STATUS_DAMAGED, 8, "metadata key kind"), model, version);

	const ModelKind *found = model_kind(name);

	if (found != kind)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("weights are not of kind %s", kind->name),
						errdetail("They are of kind %s.", found->name), errhint("%s", found->usage)));
}

char **
metadata_names(int *n, const Codec *codec, const char *key)
{
	const char *list = metadata_utf8(codec, key);
	size_t at = 0;

	*n = 0;
	if (list == NULL)
		return NULL;

	const size_t room = strlen(list) + 1;
	char **names = palloc(sizeof(char *) * room); /* each takes more than a byte of the list */
	char *name = palloc(room);

	while (names_next(list, &at, name, room))
		names[(*n)++] = pstrdup(metadata_to_text(name));
	return at == NAMES_DAMAGED ? NULL : names;
}

/* false: it is none. */
static bool
read_number(double *number, const char *text)
{
	char *end;

	*number = strtod(text, &end);
	return end != text && *end == '\0' && !isinf(*number);
}

double *
metadata_numbers(int *n, const Codec *codec, const char *key)
{
	char **text = metadata_names(n, codec, key);
	double *number = text ? palloc(sizeof(double) * (size_t) Max(*n, 1)) : NULL;
	const int found = *n;

	for (int i = 0; i < found; i++)
	{
		if (!read_number(&number[i], text[i]))
			*n = -1;
		pfree(text[i]);
	}
	return number;
}

const char *
metadata_from_numbers(const double *number, int n, int digits)
{
	const char **text = palloc(sizeof(char *) * (size_t) Max(n, 1));

	for (int i = 0; i < n; i++)
		text[i] = isnan(number[i]) ? "NaN" : psprintf("%.*g", digits, number[i]);
	return metadata_from_names(text, n);
}

const char *
metadata_from_names(const char *const *names, int n)
{
	const char **utf8 = palloc(sizeof(char *) * (size_t) Max(n, 1));

	for (int i = 0; i < n; i++)
		utf8[i] = metadata_from_text(names[i]);

	char *list = palloc(names_write(NULL, utf8, (size_t) n));

	names_write(list, utf8, (size_t) n);
	return list;
}

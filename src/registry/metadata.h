/*
 * The metadata of a safetensors file in the encoding of the database; in the
 * file it is UTF-8. Results are in the current memory context.
 */
#ifndef USERCLS_REGISTRY_METADATA_H
#define USERCLS_REGISTRY_METADATA_H

#include "model/codec.h"
#include "registry/model_kind.h"

/* The value under key; NULL: there is none. */
extern char *metadata_text(const Codec *codec, const char *key);

/* The list of names under key and how many there are; NULL: there is none, or it is damaged. */
extern char **metadata_names(int *n, const Codec *codec, const char *key);

/*
 * The same of numbers, which are texts in the file, too: finite ones, and NaN. NULL: there is no list; n = -1: something in
 * it is no number.
 */
extern double *metadata_numbers(int *n, const Codec *codec, const char *key);

/* Raises, with the names it gets, unless the file says that it is of the kind. */
extern void metadata_check_kind(const Codec *codec, const ModelKind *kind, const char *model, int32 version);

/* The way back: a text, and a list of names or numbers, as they are written into a file. */
extern const char *metadata_from_text(const char *text);
extern const char *metadata_from_names(const char *const *names, int n);
extern const char *metadata_from_numbers(const double *number, int n, int digits);

/* A name in the file (a tensor's, a key) for people to read. */
extern char *metadata_to_text(const char *utf8);

#endif

/*
 * Options of a model: one table describes a flat struct.
 *
 * Defaults, parsing, printing, range checks, hyperparameters() and the
 * metadata of a stored model all read the same table. The struct and the table
 * are made of one list, so a new option is one row:
 *
 *   #define THING_OPTIONS(OPTION) OPTION(INT, layers, 2, 1, 4, NULL, "Layers.") …
 *   typedef struct ThingConfig { THING_OPTIONS(OPTION_MEMBER) } ThingConfig;
 *
 *   #define ROW(...) OPTION_ROW(ThingConfig, __VA_ARGS__)
 *   const Option thing_options[] = {THING_OPTIONS(ROW)};
 */
#ifndef USERCLS_MODEL_CONFIG_H
#define USERCLS_MODEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "model/status.h"

/* Bytes that hold any value as text, the terminating NUL included. */
#define CONFIG_TEXT_MAX 64

typedef enum OptionKind
{
	OPTION_INT,   /* int */
	OPTION_REAL,  /* double */
	OPTION_BOOL,  /* bool */
	OPTION_CHOICE /* int, an index into choices */
} OptionKind;

typedef struct Option
{
	const char *name;
	OptionKind kind;
	size_t offset;              /* of the member in the config struct */
	double fallback;            /* its default; for a choice the index */
	double min, max;            /* inclusive; not used for bool and choice */
	const char *const *choices; /* NULL-ended; NULL unless kind is OPTION_CHOICE */
	const char *help;           /* one line for hyperparameters() */
} Option;

/* For a list of options: a row is kind, name, fallback, min, max, choices, help. */
#define OPTION_TYPE_INT int
#define OPTION_TYPE_REAL double
#define OPTION_TYPE_BOOL bool
#define OPTION_TYPE_CHOICE int
#define OPTION_MEMBER(kind, name, ...) OPTION_TYPE_##kind name;
#define OPTION_ROW(Config, kind, name, ...) {#name, OPTION_##kind, offsetof(Config, name), __VA_ARGS__},

extern void config_defaults(void *config, const Option *options, size_t n);

/* The option of that name, or NULL. */
extern const Option *config_find(const Option *options, size_t n, const char *name);

/*
 * Set one option from text. STATUS_UNKNOWN_OPTION or STATUS_BAD_VALUE (not of the
 * option's kind, not finite, or out of range), with the name in `what`; config is then unchanged.
 */
extern Status config_set(void *config, const Option *options, size_t n, const char *name, const char *text);

/* The value as text that config_set reads back to the same value; returns strlen, as snprintf does. */
extern size_t config_text(char *out, size_t cap, const void *config, const Option *option);

#endif

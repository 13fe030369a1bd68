/*
 * Hyperparameters: from jsonb to a config struct and to text, strictly.
 */
#ifndef USERCLS_SERVER_OPTIONS_H
#define USERCLS_SERVER_OPTIONS_H

#include "utils/jsonb.h"

#include "model/config.h"

/*
 * Set the options that the object names; the others keep what config holds.
 * An unknown key is an error with the nearest name, a value of the wrong kind or out of range one with the
 * range; `argument` (hyperparams) names the SQL argument in the messages.
 */
extern void options_from_jsonb(void *config, const Option *options, size_t n, const Jsonb *given,
							   const char *argument);

/* "last | mean" of a NULL-ended list. */
extern const char *choices_text(const char *const *choices);

/* What an option takes, in words: "1 to 4096", "last | mean"; and "integer", "number", "boolean" or "text". */
extern const char *option_range(const Option *option);
extern const char *option_type(const Option *option);

/* Every option with its value, as a jsonb object: what a stored model says about itself. */
extern Jsonb *options_to_jsonb(const void *config, const Option *options, size_t n);

#endif

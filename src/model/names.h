/*
 * Lists of names as JSON arrays of strings: how a model's metadata holds its
 * features and classes.
 */
#ifndef USERCLS_MODEL_NAMES_H
#define USERCLS_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_DAMAGED ((size_t) -1)

/*
 * The next name of a list: start with *at = 0. False: there is none, because the
 * list ends, or because it is damaged (no array of strings, or a name that does
 * not fit in cap bytes); *at is then NAMES_DAMAGED.
 */
extern bool names_next(const char *text, size_t *at, char *out, size_t cap);

/* Write a list with a NUL behind it; returns its size, the NUL included. out NULL measures. */
extern size_t names_write(char *out, const char *const *names, size_t n);

#endif

/* Names of columns of a table of scores that are made of what users call a class or an arm. */
#ifndef USERCLS_REGISTRY_SCORE_NAMES_H
#define USERCLS_REGISTRY_SCORE_NAMES_H

#include "registry/model_kind.h"

/*
 * prefix_name without what would have to be quoted: lower case, and _ for what is no letter, digit or _. Where one of the n
 * columns before has the same name, this one gets a number.
 */
extern const char *score_column_name(const ScoreColumn *before, int n, const char *prefix, const char *name);

#endif

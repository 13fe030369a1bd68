/*
 * A sequence given as float8[]: periods × features, or periods of one feature; NULL is missing.
 */
#ifndef USERCLS_PG_SEQUENCE_ARRAY_H
#define USERCLS_PG_SEQUENCE_ARRAY_H

#include "utils/array.h"

/* Periods of the sequence; an error unless it has F features. model, for that error, is NULL when weights came by value. */
extern size_t sequence_array_steps(const ArrayType *array, int F, const char *model);

/* Its values, steps × F, NaN where missing. NaN, infinity and what does not fit a float are errors. */
extern void sequence_array_values(float *value, const ArrayType *array, size_t n);

/* Periods before the first value, of which the network is told nothing; at most steps - 1. */
extern size_t sequence_empty_steps(const float *value, size_t steps, size_t F);

#endif

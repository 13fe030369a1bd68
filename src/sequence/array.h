/*
 * A sequence given as float8[]: periods × features, or periods of one feature; NULL is missing.
 */
#ifndef USERCLS_SEQUENCE_ARRAY_H
#define USERCLS_SEQUENCE_ARRAY_H

#include "utils/array.h"

/* What an error says of a sequence beside what is wrong with it. */
typedef struct SequenceOrigin
{
	const char *model; /* that is to read it; NULL: weights came by value */
	int window;        /* periods that the model reads; 0: not known */
	Oid id_type;       /* of the user whose it is; InvalidOid: not known */
	Datum id;
} SequenceOrigin;

/* Periods of the sequence; an error unless it has F features, and no more periods than the model reads. */
extern size_t sequence_array_steps(const ArrayType *array, int F, const SequenceOrigin *origin);

/* Its values, steps × F, NaN where missing. NaN, infinity and what does not fit a float are errors. */
extern void sequence_array_values(float *value, const ArrayType *array, size_t n,
								  const SequenceOrigin *origin);

/* Periods before the first value, of which the network is told nothing; at most steps - 1. */
extern size_t sequence_empty_steps(const float *value, size_t steps, size_t F);

#endif

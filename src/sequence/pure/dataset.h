/*
 * Sequences of many users, one after the other.
 *
 * Sequences are ragged: sequence i is the steps start[i] .. start[i + 1] - 1,
 * oldest first, F values a step. Every model reads them aligned at their last
 * step, as if nothing (a zero state) came before a sequence's first one.
 */
#ifndef USERCLS_SEQUENCE_PURE_DATASET_H
#define USERCLS_SEQUENCE_PURE_DATASET_H

#include <stddef.h>
#include <stdint.h>

typedef struct SequenceSet
{
	size_t N;                /* sequences */
	size_t F;                /* values a step */
	const size_t *start;     /* N + 1: index of each sequence's first step; each has at least one step */
	const float *value;      /* steps × F; NaN is missing, infinities are a broken promise */
	const int32_t *label;    /* N: class, or -1 for none; NULL when scoring and for a numeric target */
	const float *target;     /* N: numeric target, NaN for none; NULL for classes */
	const uint8_t *held_out; /* N: 1 is held out of training; NULL when scoring */
	const float *attribute; /* N × attributes, as sequence/pure/attributes.h has them; NULL: there are none */
} SequenceSet;

#endif

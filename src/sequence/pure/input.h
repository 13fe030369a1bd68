/*
 * What a sequence network is shown of plain values: the channels of each step, a summary of the whole
 * sequence, and the row of the table of baselines.
 *
 *   for each step and feature:  the standardised value; with INPUTS_CHANGES also the value by the user's own
 *                               mean and spread, its change, the sign of that, and whether it is not 0; with
 *                               the option mask whether it is missing
 *   for the whole sequence:     SUMMARY_FEATURE numbers a feature, SUMMARY_TREND of the trend, and its length
 *   for the baseline:           the trend's class today, and the net sign of the label's window so far
 *
 * For changes and summaries a period without a value is a sum of 0, as it is for the labeler; a sequence that is
 * shorter than the window has such periods before it. Of a longer one the labeler sees the window alone.
 */
#ifndef USERCLS_SEQUENCE_PURE_INPUT_H
#define USERCLS_SEQUENCE_PURE_INPUT_H

#include <stddef.h>

#include "sequence/pure/net.h"
#include "nn/real.h"

/* Net signs with a row of their own in the table of baselines; those beyond share the last one. */
#define BASELINE_NET_MAX 24
#define BASELINE_GROUPS 3 /* the trend of the window that is read: falls, neither, rises */

/* Standardised inputs beyond this say no more, and must not overflow in the products. */
#define INPUT_LIMIT 1e6f

/* A sequence, and by what it is measured: F each. */
typedef struct InputSequence
{
	const float *value; /* steps × F */
	size_t steps, F;
	const real *mean, *scale, *change; /* over all users; change: NULL without INPUTS_CHANGES */
	real *own_mean, *own_spread;       /* of this user: written by input_measure_user() */
} InputSequence;

/* Inputs of a step; numbers of a summary and rows of the table of baselines (0: there is none). */
extern size_t input_count(const SequenceConfig *config, size_t F);
extern size_t summary_count(const SequenceConfig *config, size_t F);
extern size_t baseline_rows(const SequenceConfig *config);

/* Before the others: own_mean and own_spread. */
extern void input_measure_user(InputSequence *sequence);

/* The value of step t by the user's own mean and spread; a period without a value is a sum of 0. */
extern real input_own_value(const InputSequence *sequence, size_t t, size_t f);

/* x (input_count) of step t. */
extern void input_write(real *x, const InputSequence *sequence, size_t t, const SequenceConfig *config);

/* out (summary_count): numbers of order 1. */
extern void summary_write(real *out, const InputSequence *sequence, const SequenceConfig *config);

/*
 * Numbers that are read by bins beside the attributes, 0 where there are none; and the j-th of a sequence (steps × F): of
 * each feature the mean, the last value and the one before.
 */
extern size_t binned_count(const SequenceConfig *config, size_t F);
extern float binned_number(const float *value, size_t steps, size_t F, size_t j);

/* The row of this sequence, from 0. */
extern size_t baseline_row(const float *value, size_t steps, size_t F, const SequenceConfig *config);

#endif

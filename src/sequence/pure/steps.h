/*
 * A chunk of sequences of unequal length, packed by time.
 *
 * Sequences are aligned at their last step and sorted longest first, so at step
 * t those that have begun are the first row[t + 1] - row[t] of B, and that number
 * never falls. A matrix over the chunk has a row for each of them, step after
 * step: sequence b at step t is row[t] + b. Nothing is padded.
 */
#ifndef USERCLS_SEQUENCE_PURE_STEPS_H
#define USERCLS_SEQUENCE_PURE_STEPS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Steps
{
	size_t T;    /* steps of the longest sequence */
	size_t B;    /* sequences; all of them are active at step T - 1 */
	size_t *row; /* T + 1: first row of each step; row[T] rows in all */

	/* NULL, or what makes a walk over the steps give up when it is not 0: outputs are then worth nothing. */
	const volatile sig_atomic_t *interrupt;
} Steps;

static inline bool
steps_interrupted(const Steps *steps)
{
	return steps->interrupt && *steps->interrupt;
}

static inline size_t
steps_active(const Steps *steps, size_t t)
{
	return steps->row[t + 1] - steps->row[t];
}

#endif

/*
 * Private to the training: the head of an encoder that is not trained (a minirocket's), in closed form.
 *
 * Of up to CLOSED_ROWS sequences. The network begins as its baseline; ridge regression of what that gets wrong
 * (1 - probability for a sequence's own class, - probability for the others; of a number, the number) on the
 * features and the summary, each standardised, makes the weights. The penalty, and the factor that makes scores of the
 * regression's answer, are those of the least loss that each sequence has when the others predict it.
 */
#ifndef USERCLS_SEQUENCE_PURE_TRAIN_CLOSED_H
#define USERCLS_SEQUENCE_PURE_TRAIN_CLOSED_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/arena.h"
#include "nn/real.h"

/* Sequences that the closed form is made of, at most: it takes their number's square of memory, and its cube of time. */
#define CLOSED_ROWS 2048

struct SequenceTask;

/* Shared, but for the pointers. n sequences, O outputs. */
typedef struct ClosedTask
{
	struct ClosedState *state;
	bool *constant;       /* inputs of a step: no kernel reads those that say the same of all */
	real *x;              /* columns of a part × ridge_stride(n): a feature of all sequences side by side */
	real *mean, *inverse; /* columns: of a feature's mean, and one over its spread; 0: it is constant */
	real *gram, *root;    /* n × ridge_stride(n) */
	real *block;          /* ridge_block_size(n) */
	real *weight;         /* ridge_stride(n): roots of the sequences' weights in the loss */
	real *base;           /* n × O: scores of the baseline */
	real *target;         /* n × O: what it gets wrong; then times weight, without its mean */
	real *mean_target;    /* O */
	real *score;          /* O: to work in, */
	double *sum;          /* O: and so is this */
	real *alpha, *other;  /* n × O: of the penalty at hand */
	real *best;           /* n × O: alpha of the best one */
	real *beta;           /* O × ridge_stride(n): the same, turned */
} ClosedTask;

extern void closed_carve(struct SequenceTask *task, Arena *arena);

/* Whether an item of this phase may give up, and be run again. */
extern bool closed_gives_up(const struct SequenceTask *task);

/* Items of the first phase; of the next one, 0: over; and one of them. */
extern size_t closed_begin(struct SequenceTask *task);
extern size_t closed_next(struct SequenceTask *task);
extern void closed_run(struct SequenceTask *task, size_t item);

#endif

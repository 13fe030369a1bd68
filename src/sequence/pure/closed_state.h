/*
 * Private to train_closed.c and train_penalty.c: how far a closed form is.
 */
#ifndef USERCLS_SEQUENCE_PURE_CLOSED_STATE_H
#define USERCLS_SEQUENCE_PURE_CLOSED_STATE_H

#include "sequence/pure/train_state.h"

typedef enum ClosedPhase
{
	CLOSED_KERNELS,
	CLOSED_FEATURES,
	CLOSED_SCALE,
	CLOSED_GRAM,
	CLOSED_PENALTY,
	CLOSED_HEAD
} ClosedPhase;

struct ClosedState
{
	ClosedPhase phase;
	size_t n;    /* sequences */
	size_t pair; /* the part's first pair; rocket_pairs(): the part is the summary */
	size_t pair_end;
	size_t columns;  /* of the part */
	bool fitted;     /* the second walk over the parts */
	int penalty;     /* the one at hand */
	size_t ridge_at; /* how far its factor is */
	bool ridge_failed;
	double best_loss, best_factor;
};

/* The class of the i-th sequence of a closed form. */
static inline size_t
closed_class(const SequenceTask *task, size_t i)
{
	return (size_t) task->set.label[task->order[i]];
}

/*
 * train_penalty.c: once the Gram matrix is there, then penalty_step() while penalty_next() is true. After it the best
 * penalty's answer is known, unless best_loss is infinite.
 */
extern void penalties_begin(SequenceTask *task);
extern bool penalty_next(SequenceTask *task);
extern void penalty_step(SequenceTask *task);

#endif

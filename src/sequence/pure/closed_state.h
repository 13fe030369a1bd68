/*
 * Private to train_closed.c, train_columns.c and train_penalty.c: how far a closed form is.
 */
#ifndef USERCLS_SEQUENCE_PURE_CLOSED_STATE_H
#define USERCLS_SEQUENCE_PURE_CLOSED_STATE_H

#include "nn/ridge.h"
#include "sequence/pure/train_state.h"

/* Numbers that a sum takes side by side. */
#define CLOSED_LANES 8

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
	size_t n;              /* sequences */
	double total;          /* of their weights */
	size_t pair, pair_end; /* the part's first pair, and the one behind its last */
	size_t features;       /* columns of the part that are theirs */
	size_t columns;        /* of the part: features, and in the last one the numbers beside them */
	bool last;
	size_t added;    /* of its columns, those that the Gram matrix has */
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

static inline size_t
closed_rows_max(const SequenceTask *task)
{
	return task->setup.N < CLOSED_ROWS ? task->setup.N : CLOSED_ROWS;
}

/* From a column, or a row of the Gram matrix, to the next. */
static inline size_t
closed_stride(const SequenceTask *task)
{
	return ridge_stride(task->closed.state->n);
}

/* Numbers beside the encoder that go to the scores directly: the summary's and the attributes'. */
static inline size_t
closed_beside(const SequenceTask *task)
{
	return task->net.S + task->net.Z;
}

/*
 * train_columns.c: a part of the columns at a time, of all sequences. part_begin(): the part from state->pair on, and items
 * of part_make(); then items of part_standardise(), and for every PART_GRAM_COLUMNS of its columns of part_add_gram().
 */
#define PART_ITEM_COLUMNS 64 /* that an item standardises, or weighs */
#define PART_GRAM_COLUMNS 1024

extern size_t part_columns_max(const SequenceTask *task);
extern void parts_begin(SequenceTask *task);
extern size_t part_begin(SequenceTask *task);
extern size_t part_column_items(const SequenceTask *task);
extern size_t part_gram_items(const SequenceTask *task);
extern size_t part_item_end(const SequenceTask *task, size_t item);
extern void part_make(SequenceTask *task, size_t item);
extern void part_standardise(SequenceTask *task, size_t item);
extern void part_add_gram(SequenceTask *task, size_t item);

/*
 * train_penalty.c: once the Gram matrix is there, then penalty_step() while penalty_next() is true. After it the best
 * penalty's answer is known, unless best_loss is infinite.
 */
extern void penalties_begin(SequenceTask *task);
extern bool penalty_next(SequenceTask *task);
extern void penalty_step(SequenceTask *task);

#endif

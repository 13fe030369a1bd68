/*
 * The state of the ranking aggregates: scored rows, gathered in arrays.
 *
 * A real varlena (bytea) and not an internal pointer, so that engines that split
 * aggregates over nodes can ship it. Nine bytes a row (score and label), or 17
 * with an outcome; a varlena holds 1 GB. Nothing in a state that came from
 * elsewhere is believed: score_state() reads the header before anything else.
 */
#ifndef USERCLS_METRICS_AGGREGATE_STATE_H
#define USERCLS_METRICS_AGGREGATE_STATE_H

#include "fmgr.h"

typedef enum ScoreKind
{
	SCORE_BINARY = 0x75630001, /* score and label */
	SCORE_UPLIFT = 0x75630002  /* predicted uplift, treated, outcome */
} ScoreKind;

/* A choice that the aggregate was called with: the same for all rows. */
typedef struct ScoreOption
{
	double share;
	int32 choice;
	int32 unused; /* 0, so that the bytes of equal states are equal */
} ScoreOption;

typedef struct ScoreState
{
	int32 vl_len_; /* of all capacity */
	int32 kind;
	uint32 n, capacity;
	ScoreOption option;
	/* double score[capacity]; double outcome[capacity] in SCORE_UPLIFT; uint8 mark[capacity] (label, or treated) */
} ScoreState;

/* The state in an argument of a support function, checked; NULL before the first row. An error outside an aggregate. */
extern ScoreState *score_state(FunctionCallInfo fcinfo, int arg, ScoreKind kind);

/* The state with room for more rows: itself, or a larger copy in the current context (the executor moves it). */
extern ScoreState *score_state_reserve(ScoreState *state, ScoreKind kind, uint64 more);

extern double *score_state_scores(ScoreState *state);
extern double *score_state_outcomes(ScoreState *state);
extern uint8 *score_state_marks(ScoreState *state);

/* The rows of src after those of dst, which has room for them. */
extern void score_state_append(ScoreState *dst, ScoreState *src);

#endif

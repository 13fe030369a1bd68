#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/majors.h"
#include "metrics/aggregate_state.h"

#define FIRST_CAPACITY 8

static Size
row_size(ScoreKind kind)
{
	return kind == SCORE_UPLIFT ? 2 * sizeof(double) + 1 : sizeof(double) + 1;
}

static Size
state_size(ScoreKind kind, uint64 capacity)
{
	return MAXALIGN(sizeof(ScoreState)) + capacity * row_size(kind);
}

ScoreState *
score_state(FunctionCallInfo fcinfo, int arg, ScoreKind kind)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		error_outside_aggregate();
	if (PG_ARGISNULL(arg))
		return NULL;

	bytea *bytes = PG_GETARG_BYTEA_P(arg);
	ScoreState *state = (ScoreState *) bytes;

	if (VARSIZE(bytes) < sizeof(ScoreState) || state->kind != (int32) kind || state->n > state->capacity ||
		VARSIZE(bytes) != state_size(kind, state->capacity))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("aggregate state is damaged"),
				 errdetail("The header of %u bytes does not describe them.", (unsigned) VARSIZE(bytes)),
				 errhint("Do not call this aggregate's support functions from an aggregate of your own.")));

	/* A state that lies in a tuple is aligned to 4 bytes only, and its doubles need 8: copy it. */
	if (state != (ScoreState *) MAXALIGN(state))
		state = memcpy(palloc(VARSIZE(bytes)), bytes, VARSIZE(bytes));
	return state;
}

double *
score_state_scores(ScoreState *state)
{
	return (double *) ((char *) state + MAXALIGN(sizeof(ScoreState)));
}

double *
score_state_outcomes(ScoreState *state)
{
	return score_state_scores(state) + state->capacity;
}

uint8 *
score_state_marks(ScoreState *state)
{
	return (uint8 *) (score_state_scores(state) +
					  state->capacity * (state->kind == SCORE_UPLIFT ? (Size) 2 : 1));
}

ScoreState *
score_state_reserve(ScoreState *state, ScoreKind kind, uint64 more)
{
	const uint64 rows = (state ? state->n : 0) + more;
	const uint64 most = (MaxAllocSize - MAXALIGN(sizeof(ScoreState))) / row_size(kind);

	if (state && rows <= state->capacity)
		return state;
	if (rows > most)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows for one aggregate"),
						errdetail("A state holds at most " UINT64_FORMAT " rows.", most),
						errhint("Aggregate a sample: FROM ... TABLESAMPLE SYSTEM (10).")));

	const uint64 doubled = Max(FIRST_CAPACITY, state ? 2 * (uint64) state->capacity : 0);
	const uint64 capacity = Min(most, Max(rows, doubled));
	const Size size = state_size(kind, capacity);
	ScoreState *grown = palloc0(size);

	SET_VARSIZE(grown, size);
	grown->kind = kind;
	grown->capacity = (uint32) capacity;
	if (state)
	{
		grown->option = state->option;
		score_state_append(grown, state);
	}
	return grown;
}

void
score_state_append(ScoreState *dst, ScoreState *src)
{
	Assert(dst->kind == src->kind && (uint64) dst->n + src->n <= dst->capacity);
	memcpy(score_state_scores(dst) + dst->n, score_state_scores(src), src->n * sizeof(double));
	if (src->kind == SCORE_UPLIFT)
		memcpy(score_state_outcomes(dst) + dst->n, score_state_outcomes(src), src->n * sizeof(double));
	memcpy(score_state_marks(dst) + dst->n, score_state_marks(src), src->n);
	dst->n += src->n;
}

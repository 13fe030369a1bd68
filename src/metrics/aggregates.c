/*
 * The metrics of a ranking as aggregates over any query: auc, average_precision, qini, auuc, uplift_at.
 *
 *   state = NULL;  foreach row without a NULL do check its values, append them to the state's arrays
 *   combine: append the other state's arrays
 *   final: the arrays in the order of falling score (metrics/ranked.h);  metric of them, NULL where it is not defined
 *
 * auc and average_precision share their state and its functions. What needs no order is in metrics/sums.c.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"

#include "server/errors.h"
#include "metrics/aggregate_arguments.h"
#include "metrics/ranked.h"
#include "metrics/aggregate_state.h"

static Datum
defined_or_null(FunctionCallInfo fcinfo, double value)
{
	if (isnan(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/* A state that is NULL before the first row stays NULL. */
static Datum
unchanged(FunctionCallInfo fcinfo, ScoreState *state)
{
	if (!state)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(usercls__auc_accum);
Datum
usercls__auc_accum(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_BINARY);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged(fcinfo, state);

	const double score = aggregate_finite(fcinfo, 1, "score");
	const uint8 label = aggregate_binary(fcinfo, 2, "label");

	state = score_state_reserve(state, SCORE_BINARY, 1);
	score_state_scores(state)[state->n] = score;
	score_state_marks(state)[state->n] = label;
	state->n++;
	PG_RETURN_POINTER(state);
}

static void
require_same_option(const ScoreOption *a, const ScoreOption *b)
{
	if (memcmp(a, b, sizeof *a) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("share, strategy and negative_effect must be the same for all rows"),
						errhint("Pass constants, and use one aggregate for each choice.")));
}

static Datum
combine(FunctionCallInfo fcinfo, ScoreKind kind)
{
	ScoreState *state = score_state(fcinfo, 0, kind);
	ScoreState *other = score_state(fcinfo, 1, kind);

	if (!other)
		return unchanged(fcinfo, state);
	if (!state)
		PG_RETURN_POINTER(other);
	require_same_option(&state->option, &other->option);
	state = score_state_reserve(state, kind, other->n);
	score_state_append(state, other);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(usercls__auc_combine);
Datum
usercls__auc_combine(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, SCORE_BINARY);
}

PG_FUNCTION_INFO_V1(usercls__auc_final);
Datum
usercls__auc_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_BINARY);

	if (!state)
		PG_RETURN_NULL();

	const BinaryScores set = ranked_binary(score_state_scores(state), score_state_marks(state), state->n);

	return defined_or_null(fcinfo, metric_auc(&set));
}

PG_FUNCTION_INFO_V1(usercls__average_precision_final);
Datum
usercls__average_precision_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_BINARY);

	if (!state)
		PG_RETURN_NULL();

	const BinaryScores set = ranked_binary(score_state_scores(state), score_state_marks(state), state->n);

	return defined_or_null(fcinfo, metric_average_precision(&set));
}

/*
 * Append a row of (uplift, treated, outcome). option: the choices of this call, an error unless those of the rows
 * before.
 */
static Datum
uplift_row(FunctionCallInfo fcinfo, ScoreState *state, ScoreOption option, bool binary_outcome)
{
	const double uplift = aggregate_finite(fcinfo, 1, "uplift");
	const uint8 treated = aggregate_binary(fcinfo, 2, "treated");
	const double outcome =
		binary_outcome ? aggregate_binary(fcinfo, 3, "outcome") : aggregate_finite(fcinfo, 3, "outcome");
	const bool first = !state;

	if (!first)
		require_same_option(&state->option, &option);
	state = score_state_reserve(state, SCORE_UPLIFT, 1);
	if (first)
		state->option = option;
	score_state_scores(state)[state->n] = uplift;
	score_state_outcomes(state)[state->n] = outcome;
	score_state_marks(state)[state->n] = treated;
	state->n++;
	PG_RETURN_POINTER(state);
}

static bool
row_is_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3);
}

static void
require_option(FunctionCallInfo fcinfo, int arg, const char *what)
{
	if (PG_ARGISNULL(arg))
		error_null_argument(what);
}

PG_FUNCTION_INFO_V1(usercls__qini_accum);
Datum
usercls__qini_accum(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);
	ScoreOption option = {.choice = 1};

	if (row_is_null(fcinfo))
		return unchanged(fcinfo, state);
	if (PG_NARGS() > 4)
	{
		require_option(fcinfo, 4, "negative_effect");
		option.choice = PG_GETARG_BOOL(4);
	}
	return uplift_row(fcinfo, state, option, false);
}

PG_FUNCTION_INFO_V1(usercls__auuc_accum);
Datum
usercls__auuc_accum(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);

	if (row_is_null(fcinfo))
		return unchanged(fcinfo, state);
	return uplift_row(fcinfo, state, (ScoreOption){0}, true);
}

static UpliftStrategy
strategy_named(const char *name)
{
	if (strcmp(name, "overall") == 0)
		return UPLIFT_OVERALL;
	if (strcmp(name, "by_group") == 0)
		return UPLIFT_BY_GROUP;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown strategy \"%s\"", name),
					errhint("Use \"overall\" (first share of all rows) or \"by_group\" (of each arm).")));
}

PG_FUNCTION_INFO_V1(usercls__uplift_at_accum);
Datum
usercls__uplift_at_accum(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);
	ScoreOption option = {.choice = UPLIFT_OVERALL};

	if (row_is_null(fcinfo))
		return unchanged(fcinfo, state);
	require_option(fcinfo, 4, "share");
	option.share = PG_GETARG_FLOAT8(4);
	if (!(option.share > 0 && option.share <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("share must be above 0 and at most 1, not %g", option.share),
						errhint("For the top 30 %% pass 0.3.")));
	if (PG_NARGS() > 5)
	{
		require_option(fcinfo, 5, "strategy");
		option.choice = strategy_named(text_to_cstring(PG_GETARG_TEXT_PP(5)));
	}
	return uplift_row(fcinfo, state, option, false);
}

PG_FUNCTION_INFO_V1(usercls__uplift_combine);
Datum
usercls__uplift_combine(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, SCORE_UPLIFT);
}

static UpliftScores
ranked_state(ScoreState *state)
{
	return ranked_uplift(score_state_scores(state), score_state_outcomes(state), score_state_marks(state),
						 state->n);
}

PG_FUNCTION_INFO_V1(usercls__qini_final);
Datum
usercls__qini_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);

	if (!state)
		PG_RETURN_NULL();

	const UpliftScores set = ranked_state(state);

	return defined_or_null(fcinfo, metric_qini(&set, state->option.choice != 0));
}

PG_FUNCTION_INFO_V1(usercls__auuc_final);
Datum
usercls__auuc_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);

	if (!state)
		PG_RETURN_NULL();

	const UpliftScores set = ranked_state(state);

	return defined_or_null(fcinfo, metric_auuc(&set));
}

/* ORDER BY inside the call settles the order of equal predictions; otherwise there is none. */
static UpliftTies
ties_of(FunctionCallInfo fcinfo)
{
	const Aggref *call = AggGetAggref(fcinfo);

	return call && call->aggorder ? UPLIFT_TIES_IN_ORDER : UPLIFT_TIES_SHARED;
}

PG_FUNCTION_INFO_V1(usercls__uplift_at_final);
Datum
usercls__uplift_at_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo, 0, SCORE_UPLIFT);

	if (!state)
		PG_RETURN_NULL();

	const UpliftScores set = ranked_state(state);

	return defined_or_null(
		fcinfo, metric_uplift_at(&set, state->option.share, state->option.choice, ties_of(fcinfo)));
}

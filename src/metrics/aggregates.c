/*
 * The metrics as aggregates over any query: auc, log_loss, qini, auuc, uplift_at.
 *
 *   state = NULL;  foreach row without a NULL do check its values, append them to the state's arrays
 *   combine: append the other state's arrays
 *   final: the arrays in the order of falling score (metrics/ranked.h);  metric of them, NULL where it is not defined
 *
 * log_loss needs no order: its state is {rows, their loss}.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/errors.h"
#include "metrics/ranked.h"
#include "metrics/aggregate_state.h"
#include "server/source.h"

/*
 * The types of the arguments: looked up once for each call in a query, and kept on fn_extra. They are the function's own:
 * an expression that would know better is not there where servers call each other's transition functions. Only the form
 * for any type, which takes what the others refuse, asks it.
 */
static const Oid *
arg_types(FunctionCallInfo fcinfo)
{
	if (!fcinfo->flinfo->fn_extra)
	{
		const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Oid *type;
		int n;

		get_func_signature(fcinfo->flinfo->fn_oid, &type, &n);
		for (int i = 0; i < n; i++)
			if (IsPolymorphicType(type[i]))
				type[i] = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, i));
		fcinfo->flinfo->fn_extra = type;
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

/* A number or a boolean (false is 0) of whatever type the caller's column has. */
static double
arg_number(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const Oid type = arg_types(fcinfo)[arg];

	if (!source_is_number(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be a number or a boolean, not %s", what, format_type_be(type)),
				 source_is_category(type) ? errhint("Say which value counts, for example %s = '...'.", what)
										  : errhint("Cast the argument, for example (%s)::integer.", what)));
	return source_number(PG_GETARG_DATUM(arg), type);
}

static double
arg_finite(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const double value = arg_number(fcinfo, arg, what);

	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is not finite: %g", what, value),
						errdetail("Such a value has no place in a ranking."),
						errhint("Leave such rows out: FILTER (WHERE ...).")));
	return value;
}

static uint8
arg_binary(FunctionCallInfo fcinfo, int arg, const char *what)
{
	const double value = arg_number(fcinfo, arg, what);

	if (value != 0 && value != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be 0 or 1, not %g", what, value),
				 errdetail("This metric is of outcomes that happened or did not."),
				 errhint("Pass a condition, for example (%s > 0).", what)));
	return value == 1;
}

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

	const double score = arg_finite(fcinfo, 1, "score");
	const uint8 label = arg_binary(fcinfo, 2, "label");

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

/* The state of log_loss: {rows, their loss}. */
static ArrayType *
loss_state(FunctionCallInfo fcinfo, int arg)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(arg);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != 2 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != FLOAT8OID)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("state of log_loss must be an array of two double precision values"),
						errhint("Call usercls.log_loss, not its support functions.")));
	return array;
}

static double *
loss_sums(ArrayType *state)
{
	return (double *) ARR_DATA_PTR(state);
}

static Datum
loss_add(FunctionCallInfo fcinfo, double rows, double loss)
{
	ArrayType *state = loss_state(fcinfo, 0);

	if (!AggCheckCallContext(fcinfo, NULL)) /* called by somebody else: the argument is not ours to change */
		state = DatumGetArrayTypePCopy(PG_GETARG_DATUM(0));
	loss_sums(state)[0] += rows;
	loss_sums(state)[1] += loss;
	PG_RETURN_ARRAYTYPE_P(state);
}

PG_FUNCTION_INFO_V1(usercls__log_loss_accum);
Datum
usercls__log_loss_accum(PG_FUNCTION_ARGS)
{
	const double p = PG_GETARG_FLOAT8(1);
	const uint8 label = arg_binary(fcinfo, 2, "label");

	if (!(p >= 0 && p <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("probability must be between 0 and 1, not %g", p),
						errhint("Pass what predict() or score() return, not a score of another scale.")));
	return loss_add(fcinfo, 1, metric_surprise(label ? p : 1 - p));
}

PG_FUNCTION_INFO_V1(usercls__log_loss_combine);
Datum
usercls__log_loss_combine(PG_FUNCTION_ARGS)
{
	const double *more = loss_sums(loss_state(fcinfo, 1));

	return loss_add(fcinfo, more[0], more[1]);
}

PG_FUNCTION_INFO_V1(usercls__log_loss_final);
Datum
usercls__log_loss_final(PG_FUNCTION_ARGS)
{
	const double *sum = loss_sums(loss_state(fcinfo, 0));

	if (sum[0] == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sum[1] / sum[0]);
}

/*
 * Append a row of (uplift, treated, outcome). option: the choices of this call, an error unless those of the rows
 * before.
 */
static Datum
uplift_row(FunctionCallInfo fcinfo, ScoreState *state, ScoreOption option, bool binary_outcome)
{
	const double uplift = arg_finite(fcinfo, 1, "uplift");
	const uint8 treated = arg_binary(fcinfo, 2, "treated");
	const double outcome =
		binary_outcome ? arg_binary(fcinfo, 3, "outcome") : arg_finite(fcinfo, 3, "outcome");
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

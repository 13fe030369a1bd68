/*
 * The uplift network as plain SQL: a layer is a GROUP BY over edges.
 *
 * gnn_input, attend, gnn_layer, gnn_heads take the weights by value and read no
 * table, so they run under parallel query, in distributed engines, and on
 * graphs larger than memory. A user's state and the aggregate's are real[].
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "uplift/pure/net_row.h"
#include "uplift/decision.h"
#include "work/train.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/reals.h"

PG_FUNCTION_INFO_V1(usercls_gnn_input);
PG_FUNCTION_INFO_V1(usercls__attend_accum);
PG_FUNCTION_INFO_V1(usercls__attend_combine);
PG_FUNCTION_INFO_V1(usercls__attend_final);
PG_FUNCTION_INFO_V1(usercls_gnn_layer);
PG_FUNCTION_INFO_V1(usercls_gnn_heads);

/* -- Weights by value ----------------------------------------------------- */

/*
 * The model of the last call. Its key is the whole argument, byte for byte (a toasted one: its pointer): answers depend
 * on every weight, and a value of another row may lie at the same address.
 */
typedef struct WeightsCall
{
	MemoryContext holder; /* of argument and model: what came before is let go, for the cache to drop */
	const void *given;
	Size size;
	const UpliftModel *model; /* NULL: none yet */

	/* gnn_heads only. */
	TupleDesc columns;
} WeightsCall;

static WeightsCall *
weights_call(FunctionCallInfo fcinfo)
{
	const MemoryContext context = fcinfo->flinfo->fn_mcxt;
	WeightsCall *call = fcinfo->flinfo->fn_extra;

	if (call)
		return call;
	call = MemoryContextAllocZero(context, sizeof(WeightsCall));
	call->holder = AllocSetContextCreate(context, "usercls weights", ALLOCSET_SMALL_SIZES);
	return fcinfo->flinfo->fn_extra = call;
}

/* The model in argument arg, decoded once as long as it stays the same. */
static const UpliftModel *
weights_arg(FunctionCallInfo fcinfo, int arg)
{
	WeightsCall *call = weights_call(fcinfo);
	const void *given = PG_GETARG_POINTER(arg);
	const Size size = VARSIZE_ANY(given);

	if (call->model && call->size == size && memcmp(call->given, given, size) == 0)
		return call->model;
	call->model = NULL;
	MemoryContextReset(call->holder);
	call->size = size;
	call->given = memcpy(memory_array_in(call->holder, size, 1), given, size);
	call->model = modelcache_get_value(PG_GETARG_BYTEA_P(arg), &uplift_kind, call->holder);
	return call->model;
}

/* -- real[] --------------------------------------------------------------- */

static void
error_wrong_state(const char *name, int got, size_t want)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("%s does not belong to these weights", name),
			 errdetail("It has %d elements, expected %zu.", got, want),
			 errhint("Pass what usercls.gnn_input() or usercls.gnn_layer() made with the same weights.")));
}

/* The values of an argument that must be n reals without nulls; they may lie in the argument. */
static const real *
reals_arg(FunctionCallInfo fcinfo, int arg, size_t n, const char *name)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(arg);
	const int got = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || (size_t) got != n)
		error_wrong_state(name, got, n);
	return reals_of(array);
}

static size_t
layer_arg(FunctionCallInfo fcinfo, int arg, const UpliftNet *net)
{
	const int32 layer = PG_GETARG_INT32(arg);

	if (layer < 0 || (size_t) layer >= net->L)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is no layer %d", layer),
						errdetail("The model has %zu layers, from 0 on.", net->L)));
	return (size_t) layer;
}

/* -- A user's own part ---------------------------------------------------- */

Datum
usercls_gnn_input(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_WEIGHTS,
		ARG_FEATURES
	};
	const UpliftModel *model = weights_arg(fcinfo, ARG_WEIGHTS);
	const UpliftNet *net = &model->net;
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(ARG_FEATURES);
	Datum *value;
	bool *isnull;
	int n;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value, &isnull,
					  &n);
	if ((size_t) n != net->F)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array has %d features, expected %zu", n, net->F),
				 errhint("Pass the features in the order that the model was trained with, NULL for what is "
						 "not known.")));

	float *feature = palloc(sizeof(float) * Max(n, 1));
	ArrayType *state = reals_make(uplift_state_width(net));

	for (int i = 0; i < n; i++)
	{
		feature[i] = isnull[i] ? NAN : (float) DatumGetFloat8(value[i]);
		if (!isnull[i] && !isfinite(feature[i]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("feature \"%s\" is %g", model->feature[i], DatumGetFloat8(value[i])),
							errhint("Replace such values by NULL, which means \"not known\".")));
	}
	uplift_row_input(reals_of(state), net, model->w, feature);
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
usercls_gnn_layer(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_WEIGHTS,
		ARG_LAYER,
		ARG_SELF,
		ARG_ATTENDED
	};
	for (int arg = ARG_WEIGHTS; arg <= ARG_SELF; arg++)
		if (PG_ARGISNULL(arg))
			PG_RETURN_NULL();

	const UpliftModel *model = weights_arg(fcinfo, ARG_WEIGHTS);
	const UpliftNet *net = &model->net;
	const size_t layer = layer_arg(fcinfo, ARG_LAYER, net);
	const real *self = reals_arg(fcinfo, ARG_SELF, uplift_state_width(net), "self");
	const size_t width = uplift_accumulator_width(net);
	ArrayType *state = reals_make(uplift_state_width(net));

	if (PG_ARGISNULL(ARG_ATTENDED))
	{
		/* Nobody to listen to. */
		real *nothing = palloc(sizeof(real) * width);

		uplift_row_start(nothing, net);
		uplift_row_finish(reals_of(state), net, model->w, layer, self, nothing);
	}
	else
		uplift_row_finish(reals_of(state), net, model->w, layer, self,
						  reals_arg(fcinfo, ARG_ATTENDED, width, "attended"));
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
usercls_gnn_heads(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_WEIGHTS,
		ARG_HIDDEN,
		ARG_VALUE,
		ARG_COST
	};
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();

	WeightsCall *call = weights_call(fcinfo);
	const UpliftModel *model = weights_arg(fcinfo, ARG_WEIGHTS);
	const UpliftDecision decision = uplift_decision(
		fcinfo, (DecisionArguments){.value = ARG_VALUE, .cost = ARG_COST, .budget = -1}, model);
	UpliftScore score[UPLIFT_TREATMENTS_MAX];
	Datum value[SCORE_COLUMNS + ARM_COLUMNS];
	bool isnull[SCORE_COLUMNS + ARM_COLUMNS];

	uplift_row_heads(score, &model->net, model->w,
					 reals_arg(fcinfo, ARG_HIDDEN, uplift_state_width(&model->net), "hidden"));

	const size_t chosen = uplift_choose(&decision, score);

	if (!call->columns)
	{
		const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &call->columns) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "usercls.gnn_heads must return a row");
		BlessTupleDesc(call->columns);
		MemoryContextSwitchTo(old);
	}
	uplift_put_score(value, isnull, model, score, chosen);
	uplift_put_arms(value + SCORE_COLUMNS, isnull + SCORE_COLUMNS, model, score, chosen);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(call->columns, value, isnull)));
}

/* -- The aggregate -------------------------------------------------------- */

/*
 * The state is an accumulator of uplift/pure/net_row.h behind the sizes that a combine
 * function, which sees no weights, needs to merge two of them.
 */
enum
{
	STATE_NETWORKS,
	STATE_RELATIONS,
	STATE_HEADS,
	STATE_HIDDEN,
	STATE_AGGREGATE,
	STATE_LEVELS,
	STATE_ACCUMULATOR
};

static size_t
state_width(const UpliftNet *net)
{
	return STATE_ACCUMULATOR + uplift_accumulator_width(net);
}

static ArrayType *
state_start(const UpliftNet *net)
{
	ArrayType *state = reals_make(state_width(net));
	real *value = reals_of(state);

	value[STATE_NETWORKS] = (real) net->networks;
	value[STATE_RELATIONS] = (real) net->R;
	value[STATE_HEADS] = (real) net->K;
	value[STATE_HIDDEN] = (real) net->H;
	value[STATE_AGGREGATE] = (real) net->config.aggregate;
	value[STATE_LEVELS] = (real) net->levels;
	uplift_row_start(value + STATE_ACCUMULATOR, net);
	return state;
}

static bool
state_is_of(ArrayType *state, const UpliftNet *net)
{
	const real *value = reals_of(state);

	return ARR_NDIM(state) == 1 && !ARR_HASNULL(state) && (size_t) ARR_DIMS(state)[0] == state_width(net) &&
		   value[STATE_NETWORKS] == (real) net->networks && value[STATE_RELATIONS] == (real) net->R &&
		   value[STATE_HEADS] == (real) net->K && value[STATE_HIDDEN] == (real) net->H &&
		   value[STATE_AGGREGATE] == (real) net->config.aggregate &&
		   value[STATE_LEVELS] == (real) net->levels;
}

/* A network of the sizes that a state names, as far as an accumulator depends on them; an error when it is no state. */
static UpliftNet
state_net(ArrayType *state)
{
	const real *value = reals_of(state);
	UpliftNet net = {0};
	bool good = ARR_NDIM(state) == 1 && !ARR_HASNULL(state) && ARR_ELEMTYPE(state) == FLOAT4OID &&
				ARR_DIMS(state)[0] > STATE_ACCUMULATOR;

	good = good && value[STATE_NETWORKS] >= 1 && value[STATE_NETWORKS] <= ENSEMBLE_MAX &&
		   value[STATE_RELATIONS] >= 1 && value[STATE_RELATIONS] <= UPLIFT_RELATIONS_MAX &&
		   value[STATE_HEADS] >= 1 && value[STATE_HEADS] <= UPLIFT_HEADS_MAX && value[STATE_HIDDEN] >= 1 &&
		   value[STATE_HIDDEN] <= ARR_DIMS(state)[0] && value[STATE_AGGREGATE] >= AGGREGATE_ATTENTION &&
		   value[STATE_AGGREGATE] <= AGGREGATE_ATTENTION_SUM && value[STATE_LEVELS] >= 0 &&
		   value[STATE_LEVELS] <= ARR_DIMS(state)[0];
	if (good)
	{
		net.networks = (size_t) value[STATE_NETWORKS];
		net.R = (size_t) value[STATE_RELATIONS];
		net.K = (size_t) value[STATE_HEADS];
		net.H = (size_t) value[STATE_HIDDEN];
		net.config.heads = (int) net.K;
		net.config.hidden_size = (int) net.H;
		net.config.aggregate = (int) value[STATE_AGGREGATE];
		net.levels = (size_t) value[STATE_LEVELS];
		good = state_is_of(state, &net);
	}
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("this is no state of usercls.attend"),
				 errhint("Only the server calls this function, within the aggregate.")));
	return net;
}

/* The number of an edge's relation; RELATION_NONE: the model knows none of that name. */
static uint8_t
relation_arg(const UpliftModel *model, const text *name)
{
	if (!name && model->relations->n > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this model tells the relations of edges apart"),
						errdetail("It knows %s.", uplift_relations_text(model->relations)),
						errhint("Pass the relation of each edge as the last argument of usercls.attend().")));
	if (name && model->relations->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this model does not tell the relations of edges apart"),
				 errdetail("It was trained without relation_column, and the relation \"%s\" is given.",
						   text_to_cstring(name)),
				 errhint("Leave out the last argument of usercls.attend(), and pass each neighbour once.")));
	return name ? uplift_relation_named(model->relations, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) : 0;
}

Datum
usercls__attend_accum(PG_FUNCTION_ARGS)
{
	enum
	{
		ARG_STATE,
		ARG_WEIGHTS,
		ARG_LAYER,
		ARG_SELF,
		ARG_NEIGHBOUR,
		ARG_WEIGHT,
		ARG_RELATION /* of the aggregate that has it */
	};
	ArrayType *state = PG_ARGISNULL(ARG_STATE) ? NULL : PG_GETARG_ARRAYTYPE_P(ARG_STATE);

	if (!AggCheckCallContext(fcinfo, NULL))
		error_outside_aggregate();

	/* A user without neighbours comes from an outer join as one row without them. */
	for (int arg = ARG_WEIGHTS; arg < PG_NARGS(); arg++)
		if (PG_ARGISNULL(arg))
		{
			if (state)
				PG_RETURN_ARRAYTYPE_P(state);
			PG_RETURN_NULL();
		}

	const UpliftModel *model = weights_arg(fcinfo, ARG_WEIGHTS);
	const UpliftNet *net = &model->net;
	const size_t width = uplift_state_width(net);
	const double weight = PG_GETARG_FLOAT8(ARG_WEIGHT);
	const uint8_t relation =
		relation_arg(model, PG_NARGS() > ARG_RELATION ? PG_GETARG_TEXT_PP(ARG_RELATION) : NULL);

	if (!(weight >= 0.0) || isinf(weight))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("weight of an edge is %g", weight),
						errhint("Weights of edges are finite and not negative; 0 means no edge.")));
	if (!state)
		state = state_start(net); /* the server copies it to where it belongs; later calls write in place */
	else if (!state_is_of(state, net))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights must be the same for all rows of a group"),
						errdetail("Rows before were of a network of another shape."),
						errhint("Pass the weights of one version, from one usercls.export_model().")));
	if (weight > 0.0 && relation != RELATION_NONE)
		uplift_row_attend(
			reals_of(state) + STATE_ACCUMULATOR, net, model->w, layer_arg(fcinfo, ARG_LAYER, net),
			reals_arg(fcinfo, ARG_SELF, width, "self"),
			&(UpliftRowEdge){reals_arg(fcinfo, ARG_NEIGHBOUR, width, "neighbour"), relation, weight});
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
usercls__attend_combine(PG_FUNCTION_ARGS)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		error_outside_aggregate();
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}

	ArrayType *other = PG_GETARG_ARRAYTYPE_P(1);
	const UpliftNet net = state_net(other);

	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(other);

	ArrayType *state = PG_GETARG_ARRAYTYPE_P(0);

	if (!state_is_of(state, &net))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights must be the same for all rows of a group"),
						errdetail("Rows before were of a network of another shape."),
						errhint("Pass the weights of one version, from one usercls.export_model().")));
	uplift_row_merge(reals_of(state) + STATE_ACCUMULATOR, &net, reals_of(other) + STATE_ACCUMULATOR);
	PG_RETURN_ARRAYTYPE_P(state);
}

/* The accumulator without the sizes before it: the argument `attended` of gnn_layer(). */
Datum
usercls__attend_final(PG_FUNCTION_ARGS)
{
	ArrayType *state = PG_GETARG_ARRAYTYPE_P(0);
	const UpliftNet net = state_net(state);
	const size_t width = uplift_accumulator_width(&net);
	ArrayType *attended = reals_make(width);

	memcpy(reals_of(attended), reals_of(state) + STATE_ACCUMULATOR, sizeof(real) * width);
	PG_RETURN_ARRAYTYPE_P(attended);
}

#include "postgres.h"

#include "uplift/decision.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/source.h"

/* -- Amounts -------------------------------------------------------------- */

static double
amount_check(double amount, const char *name)
{
	if (!(amount >= 0.0) || isinf(amount))
		error_out_of_range(name, psprintf("%g", amount), "0 or more");
	return amount;
}

static void
error_amount(const char *name, const char *given, const UpliftArms *arms)
{
	StringInfoData key;

	initStringInfo(&key);
	escape_json(&key, arms->name[1]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is neither a number nor one for each treatment", name), errdetail("It is %s.", given),
			 errhint("Pass a number, or an object: {%s: 1.5, ...}.", key.data)));
}

static double
amount_of(const JsonbValue *value, const char *name, const UpliftArms *arms)
{
	if (value->type != jbvNumeric)
		error_amount(name, jsonb_scalar_text(value), arms);
	return amount_check(
		DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(value->val.numeric))), name);
}

/* {"Mens E-Mail": 0.1, ...}: every treatment, and nothing else. */
static void
amounts_of_object(double *amount, const Jsonb *object, const char *name, const UpliftArms *arms)
{
	bool given[UPLIFT_TREATMENTS_MAX] = {false};
	JsonbIterator *it = NULL;
	const char *key;
	JsonbValue value;

	while (jsonb_next_member(&it, object, &key, &value))
	{
		const int arm = uplift_arm_named(arms, key);

		if (arm < 1)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s names %s, which is no treatment", name, quote_literal_cstr(key)),
							errdetail("The arms are %s; the first is the control.", uplift_arms_text(arms)),
							errhint_nearest(nearest_name(key, arms->name + 1, (int) arms->treatments),
											"Name each treatment once.")));
		amount[arm - 1] = amount_of(&value, name, arms);
		given[arm - 1] = true;
	}
	for (size_t k = 0; k < arms->treatments; k++)
		if (!given[k])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s says nothing of the treatment %s", name,
								   quote_literal_cstr(arms->name[1 + k])),
							errdetail("The arms are %s; the first is the control.", uplift_arms_text(arms)),
							errhint("Give a number for each treatment, or one number for all.")));
}

static void
amounts_of_jsonb(double *amount, const Jsonb *given, const char *name, const UpliftArms *arms)
{
	JsonbValue scalar;

	if (JB_ROOT_IS_OBJECT(given))
	{
		amounts_of_object(amount, given, name, arms);
		return;
	}
	if (!JB_ROOT_IS_SCALAR(given) || !JsonbExtractScalar((JsonbContainer *) &given->root, &scalar))
		error_amount(name, "an array", arms);

	const double one = amount_of(&scalar, name, arms);

	for (size_t k = 0; k < arms->treatments; k++)
		amount[k] = one;
}

/* Whether the text is a number and nothing else. */
static bool
is_number(double *number, const char *text)
{
	char *end;

	*number = strtod(text, &end);
	return end != text && *end == '\0';
}

/* What was passed: jsonb, or NULL and in *one a number. */
static const Jsonb *
amounts_given(double *one, FunctionCallInfo fcinfo, int arg, const char *name)
{
	const Oid type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, arg));
	const Datum given = PG_GETARG_DATUM(arg);

	if (type == JSONBOID)
		return DatumGetJsonbP(given);
	if (type == UNKNOWNOID || type == TEXTOID || type == VARCHAROID || type == JSONOID)
	{
		const char *written = type == UNKNOWNOID ? DatumGetCString(given) : TextDatumGetCString(given);

		return is_number(one, written)
				   ? NULL
				   : DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(written)));
	}
	if (type == BOOLOID || !source_is_number(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("%s is of type %s", name, format_type_be(type)),
				 errhint("Pass a number, or a jsonb object that has one for each treatment.")));
	*one = source_number(given, type);
	return NULL;
}

/* An amount for each treatment; null: `otherwise` for all. */
static void
amounts_arg(double *amount, FunctionCallInfo fcinfo, int arg, const char *name, const UpliftArms *arms,
			double otherwise)
{
	double one = otherwise;

	if (!PG_ARGISNULL(arg))
	{
		const Jsonb *given = amounts_given(&one, fcinfo, arg, name);

		if (given)
		{
			amounts_of_jsonb(amount, given, name, arms);
			return;
		}
		amount_check(one, name);
	}
	for (size_t k = 0; k < arms->treatments; k++)
		amount[k] = one;
}

/* -- Decisions ------------------------------------------------------------ */

static double
budget_arg(FunctionCallInfo fcinfo, int arg)
{
	if (arg < 0 || PG_ARGISNULL(arg))
		return INFINITY;
	return amount_check(PG_GETARG_FLOAT8(arg), "budget");
}

/* Where no treatment costs anything each takes 1 from the budget. */
static UpliftDecision
decision_of(const double *value, const double *cost, size_t treatments, double budget)
{
	UpliftDecision decision = {.treatments = treatments, .budget = budget};
	bool priced = false;

	for (size_t k = 0; k < treatments; k++)
		priced = priced || cost[k] > 0;
	for (size_t k = 0; k < treatments; k++)
		decision.offer[k] =
			(UpliftOffer){.value = value[k], .cost = cost[k], .price = priced ? cost[k] : 1.0};
	return decision;
}

UpliftDecision
uplift_decision_by_average(const UpliftModel *model)
{
	double value[UPLIFT_TREATMENTS_MAX], cost[UPLIFT_TREATMENTS_MAX];

	for (size_t k = 0; k < model->net.treatments; k++)
	{
		value[k] = 1.0;
		cost[k] = Max(model->average_effect, 0.0);
	}
	return decision_of(value, cost, model->net.treatments, INFINITY);
}

UpliftDecision
uplift_decision(FunctionCallInfo fcinfo, DecisionArguments at, const UpliftModel *model)
{
	const double budget = budget_arg(fcinfo, at.budget);
	double value[UPLIFT_TREATMENTS_MAX], cost[UPLIFT_TREATMENTS_MAX];

	if (PG_ARGISNULL(at.value) && PG_ARGISNULL(at.cost) && isinf(budget))
		return uplift_decision_by_average(model);
	amounts_arg(value, fcinfo, at.value, "value", model->arms, 1.0);
	amounts_arg(cost, fcinfo, at.cost, "cost", model->arms, 0.0);
	return decision_of(value, cost, model->net.treatments, budget);
}

uint8_t *
uplift_decide(const UpliftDecision *decision, const UpliftScore *score, size_t n, size_t beside)
{
	uint8_t *arm = memory_array(n, sizeof(*arm));
	UpliftAllotment allotment;
	Arena arena = arena_measure();

	if (isinf(decision->budget))
	{
		for (size_t i = 0; i < n; i++)
			arm[i] = (uint8_t) uplift_choose(decision, score + i * decision->treatments);
		return arm;
	}
	uplift_allot_carve(&allotment, &arena, n, decision->treatments);

	const size_t bytes = arena.used + ARENA_ALIGNMENT;

	memory_check(beside + bytes + n * decision->treatments * sizeof(*score), "scoring");

	void *block = memory_array(bytes, 1);

	arena = arena_over(arena_align(block), bytes - ARENA_ALIGNMENT);
	uplift_allot_carve(&allotment, &arena, n, decision->treatments);
	uplift_allot(arm, &allotment, decision, score, n);
	pfree(block);
	return arm;
}

/* -- Answers -------------------------------------------------------------- */

static const char *const segment_names[] = {[SEGMENT_PERSUADABLE] = "persuadable",
											[SEGMENT_SURE_THING] = "sure_thing",
											[SEGMENT_LOST_CAUSE] = "lost_cause",
											[SEGMENT_SLEEPING_DOG] = "sleeping_dog"};

void
uplift_put_score(Datum *value, bool *isnull, const UpliftModel *model, const UpliftScore *score,
				 size_t chosen)
{
	const UpliftScore *best = score + uplift_best(score, model->net.treatments);
	const UpliftSegment segment = uplift_segment(best, chosen > 0);

	for (size_t k = 0; k < model->net.treatments; k++)
		if (!isfinite(score[k].uplift))
			error_score_overflow();
	value[0] = Float8GetDatum(best->p_first);
	value[1] = Float8GetDatum(best->p_second);
	value[2] = Float8GetDatum(best->uplift);
	isnull[0] = isnan(best->p_first);
	isnull[1] = isnan(best->p_second);
	isnull[2] = false;
	isnull[3] = segment == SEGMENT_NONE;
	value[3] = isnull[3] ? (Datum) 0 : CStringGetTextDatum(segment_names[segment]);
}

void
uplift_put_arms(Datum *value, bool *isnull, const UpliftModel *model, const UpliftScore *score, size_t chosen)
{
	const UpliftArms *arms = model->arms;
	const size_t best = uplift_best(score, arms->treatments);
	double uplift[UPLIFT_TREATMENTS_MAX], sd[UPLIFT_TREATMENTS_MAX];

	for (size_t k = 0; k < arms->treatments; k++)
	{
		uplift[k] = score[k].uplift;
		sd[k] = score[k].sd;
	}
	value[0] = CStringGetTextDatum(arms->name[1 + best]);
	value[1] = chosen ? CStringGetTextDatum(arms->name[chosen]) : (Datum) 0;
	value[2] = JsonbPGetDatum(uplift_arms_jsonb(arms, uplift));
	isnull[0] = isnull[2] = false;
	isnull[1] = chosen == 0;
	isnull[3] = isnull[4] = model->net.networks == 1;
	value[3] = isnull[3] ? (Datum) 0 : Float8GetDatum(sd[best]);
	value[4] = isnull[4] ? (Datum) 0 : JsonbPGetDatum(uplift_arms_jsonb(arms, sd));
}

/*
 * explain_uplift(): why the uplift of a user is what it is: his own features, his friends, and theirs.
 *
 *   parts = his columns, the friends he listens to most, all other friends, and whoever is farther away
 *   foreach order of the parts: all are typical users; foreach part of the order: it has its own features; score the user
 *   contribution of a part = mean over the orders of the change that it makes (nn/shapley.h)
 *
 * Who is whose friend stays as it is. A typical user has the mean of each number, and of each text the most frequent value.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "nn/shapley.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/number_text.h"
#include "server/rows.h"
#include "server/userid.h"
#include "uplift/centre.h"

/* Friends who are parts of their own, and scores that are taken of surroundings that are not large. */
#define FRIENDS_MAX 10
#define VALUES 128
#define VALUES_LARGE 2
#define LARGE_EDGES 10000

typedef struct Part
{
	int column;      /* of his own; -1: none */
	size_t from, to; /* places in `order` of whom it is; one place: a friend */
	double contribution;
} Part;

/* A user who is explained. */
typedef struct Explained
{
	const UpliftModel *model;
	const NeighbourLookup *lookup;
	const UpliftInputs *inputs;
	const Neighbourhood *near;
	Centre *centre;
	size_t best;   /* number, from 0 on, of the treatment that does most to him */
	uint32 *order; /* N: himself, friends from the one he listens to most, then all others */
	double *attention;
	bool attends;
	float *typical; /* F */
	float *feature; /* N × F: of users who are becoming others */
	Part *part;
	size_t parts;
	double uplift, typical_uplift;
} Explained;

/* ---- The typical user ---- */

/* Of a text the input of its most frequent value is 1; nobody's value known: as nobody's is. */
static void
typical_column(float *typical, const UpliftColumn *column, const real *mean)
{
	int best = 0;

	for (int i = 1; i < column->n; i++)
		if (mean[column->first + i] > mean[column->first + best])
			best = i;
	for (int i = 0; i < column->n; i++)
		typical[column->first + i] =
			column->is_number ? (float) mean[column->first + i] : (float) (i == best);
}

static float *
typical_user(const Explained *user)
{
	float *typical = palloc(sizeof(float) * Max(user->model->net.F, 1));

	for (int c = 0; c < user->inputs->columns; c++)
		typical_column(typical, &user->inputs->column[c], user->model->w + user->model->net.mean);
	return typical;
}

/* ---- Parts ---- */

static int
compare_attention(const void *a, const void *b, void *arg)
{
	const double *attention = arg;
	const uint32 x = *(const uint32 *) a, y = *(const uint32 *) b;

	if (attention[x] != attention[y])
		return attention[x] > attention[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
order_users(Explained *user)
{
	const size_t friends = user->near->within[1];

	user->order = memory_array(user->near->N, sizeof(uint32));
	for (size_t i = 0; i < user->near->N; i++)
		user->order[i] = (uint32) i;
	qsort_arg(user->order + 1, friends - 1, sizeof(uint32), compare_attention, user->attention);
}

static const float *
features_of(const Explained *user, size_t place)
{
	return user->near->feature + user->order[place] * user->model->net.F;
}

static bool
is_typical(const Explained *user, const float *feature, size_t first, size_t n)
{
	for (size_t f = first; f < first + n; f++)
		if (isnan(feature[f]) || feature[f] != user->typical[f])
			return false;
	return true;
}

static void
add_part(Explained *user, int column, size_t from, size_t to)
{
	if (from < to)
		user->part[user->parts++] = (Part){.column = column, .from = from, .to = to};
}

static void
make_parts(Explained *user)
{
	const UpliftInputs *inputs = user->inputs;
	const size_t N = user->near->N, friends = user->near->within[1];
	const size_t alone = Min(friends, 1 + FRIENDS_MAX);

	user->part = palloc(sizeof(Part) * ((size_t) inputs->columns + FRIENDS_MAX + 2));
	for (int c = 0; c < inputs->columns; c++)
		if (!is_typical(user, user->near->feature, (size_t) inputs->column[c].first,
						(size_t) inputs->column[c].n))
			add_part(user, c, 0, 1);
	for (size_t i = 1; i < alone; i++)
		add_part(user, -1, i, i + 1);
	add_part(user, -1, alone, friends);
	add_part(user, -1, friends, N);
}

/* ---- Values ---- */

static void
take_part(Explained *user, const Part *part)
{
	const size_t F = user->model->net.F;

	if (part->column >= 0)
	{
		const UpliftColumn *column = &user->inputs->column[part->column];

		memcpy(user->feature + column->first, user->near->feature + column->first,
			   sizeof(float) * (size_t) column->n);
		return;
	}
	for (size_t i = part->from; i < part->to; i++)
		memcpy(user->feature + user->order[i] * F, features_of(user, i), sizeof(float) * F);
}

static void
all_typical(Explained *user)
{
	const size_t F = user->model->net.F;

	for (size_t i = 0; i < user->near->N; i++)
		memcpy(user->feature + i * F, user->typical, sizeof(float) * F);
}

static double
uplift_now(Explained *user)
{
	UpliftScore score[UPLIFT_TREATMENTS_MAX];

	CHECK_FOR_INTERRUPTS();
	centre_run(user->centre, user->feature);
	centre_scores(score, user->centre);
	if (!isfinite(score[user->best].uplift))
		error_score_overflow();
	return score[user->best].uplift;
}

/* As he is: his uplift, by the treatment that does most to him, and whom he listens to. */
static void
score_himself(Explained *user)
{
	UpliftScore score[UPLIFT_TREATMENTS_MAX];

	user->attention = memory_array(user->near->N, sizeof(double));
	centre_run(user->centre, user->near->feature);
	user->attends = centre_attention(user->attention, user->centre);
	centre_scores(score, user->centre);
	user->best = uplift_best(score, user->model->net.treatments);
	user->uplift = score[user->best].uplift;
	if (!isfinite(user->uplift))
		error_score_overflow();
}

static void
share_out(Explained *user)
{
	const size_t n = user->parts;
	const size_t orders = shapley_orders(n, user->near->E > LARGE_EDGES ? VALUES_LARGE : VALUES);
	uint32_t *order = palloc(sizeof(uint32_t) * Max(n, 1));
	double *value = palloc(sizeof(double) * (n + 1));
	double *share = palloc0(sizeof(double) * Max(n, 1));

	for (size_t number = 0; n > 0 && number < orders; number++)
	{
		shapley_order(order, n, number);
		all_typical(user);
		value[0] = user->typical_uplift;
		value[n] = user->uplift;
		for (size_t k = 1; k < n; k++)
		{
			take_part(user, &user->part[order[k - 1]]);
			value[k] = uplift_now(user);
		}
		shapley_add(share, order, value, n, orders);
	}
	for (size_t i = 0; i < n; i++)
		user->part[i].contribution = share[i];
}

static int
compare_parts(const void *a, const void *b)
{
	const Part *p = a, *q = b;
	const double x = fabs(p->contribution), y = fabs(q->contribution);

	if (x != y)
		return x < y ? 1 : -1;
	return p->column != q->column ? p->column - q->column : (p->from > q->from) - (p->from < q->from);
}

static void
explain(Explained *user)
{
	user->inputs = neighbour_inputs(user->lookup);
	user->centre = centre_make(user->model, user->near);
	user->typical = typical_user(user);
	user->feature = memory_array(user->near->N * user->model->net.F, sizeof(float));
	score_himself(user);
	order_users(user);
	make_parts(user);
	all_typical(user);
	user->typical_uplift = uplift_now(user);
	share_out(user);
	qsort(user->part, user->parts, sizeof(Part), compare_parts);
}

/* ---- Rows ---- */

enum
{
	OUT_FEATURE,
	OUT_FRIEND,
	OUT_ATTENTION,
	OUT_VALUE,
	OUT_TYPICAL,
	OUT_CONTRIBUTION,
	OUT_REASON,
	OUT_UPLIFT,
	OUT_TYPICAL_UPLIFT,
	OUT_COLUMNS
};

/* A column's value among a user's features, for people. */
static const char *
value_text(const UpliftColumn *column, const float *feature)
{
	if (isnan(feature[column->first]))
		return "not known";
	if (column->is_number)
		return number_text((double) feature[column->first]);
	for (int i = 0; i < column->n; i++)
		if (feature[column->first + i] == 1)
			return column->category[i];
	return "not known";
}

/* Numbers that only the sequence model understands. */
static void
put_behaviour(Datum *value, bool *null, const Explained *user, const UpliftColumn *column)
{
	const bool known = !isnan(user->near->feature[column->first]);

	value[OUT_FEATURE] = CStringGetTextDatum(column->name);
	value[OUT_REASON] = CStringGetTextDatum(psprintf(known ? "%s: as model %s reads it; usual: the mean"
														   : "%s: not known to model %s; usual: the mean",
													 column->name, neighbour_behaviour(user->lookup)));
	null[OUT_FEATURE] = null[OUT_REASON] = false;
}

static void
put_column(Datum *value, bool *null, const Explained *user, const UpliftColumn *column)
{
	value[OUT_FEATURE] = CStringGetTextDatum(column->name);
	if (column->is_number)
	{
		rows_number(value, null, OUT_VALUE, (double) user->near->feature[column->first]);
		rows_number(value, null, OUT_TYPICAL, (double) user->typical[column->first]);
	}
	value[OUT_REASON] = CStringGetTextDatum(psprintf("%s: %s; usual: %s", column->name,
													 value_text(column, user->near->feature),
													 value_text(column, user->typical)));
	null[OUT_FEATURE] = null[OUT_REASON] = false;
}

static void
put_users(Datum *value, bool *null, const Explained *user, const Part *part)
{
	const bool alone = part->to <= Min(user->near->within[1], 1 + FRIENDS_MAX);
	const size_t n = part->to - part->from;
	const char *id = source_id_text(neighbour_id_type(user->lookup), user->near->id[user->order[part->from]]);
	double attention = 0;

	for (size_t i = part->from; i < part->to; i++)
		attention += user->attention[user->order[i]];
	value[OUT_FEATURE] = CStringGetTextDatum(alone                                ? "friend"
											 : part->from < user->near->within[1] ? "other friends"
																				  : "friends of friends");
	value[OUT_FRIEND] = CStringGetTextDatum(id);
	null[OUT_FRIEND] = !alone;
	value[OUT_ATTENTION] = Float8GetDatum(attention);
	null[OUT_ATTENTION] = !user->attends || part->from >= user->near->within[1];
	value[OUT_REASON] = CStringGetTextDatum(
		alone ? psprintf(user->attends ? "friend %s, with %s %% of the attention" : "friend %s", id,
						 number_text(100 * attention))
			  : psprintf("%zu %s", n,
						 part->from < user->near->within[1] ? "other friends" : "friends of friends"));
	null[OUT_FEATURE] = null[OUT_REASON] = false;
}

static void
put_part(FunctionCallInfo fcinfo, const Explained *user, const Part *part)
{
	Datum value[OUT_COLUMNS] = {0};
	bool null[OUT_COLUMNS];

	memset(null, true, sizeof(null));
	if (part->column >= 0 && user->inputs->column[part->column].first == user->inputs->behaviour_first &&
		user->inputs->behaviour_n > 0)
		put_behaviour(value, null, user, &user->inputs->column[part->column]);
	else if (part->column >= 0)
		put_column(value, null, user, &user->inputs->column[part->column]);
	else
		put_users(value, null, user, part);
	rows_number(value, null, OUT_CONTRIBUTION, part->contribution);
	rows_number(value, null, OUT_UPLIFT, user->uplift);
	rows_number(value, null, OUT_TYPICAL_UPLIFT, user->typical_uplift);
	rows_put(fcinfo, value, null);
}

enum
{
	ARG_MODEL,
	ARG_USER,
	ARG_TOP
};

PG_FUNCTION_INFO_V1(usercls_explain_uplift);
Datum
usercls_explain_uplift(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const Model *version = registry_promoted(arg_text(fcinfo, ARG_MODEL, "model"), &uplift_kind, RIGHT_SCORE);
	const int top = arg_count_or_all(fcinfo, ARG_TOP, "top");
	const UpliftModel *model = modelcache_get(version, CurrentMemoryContext);
	NeighbourLookup *lookup = neighbour_lookup(version, model);
	Explained user = {.model = model, .lookup = lookup};

	if (!PG_ARGISNULL(ARG_USER))
		user.near =
			neighbourhood_read(lookup,
							   user_id_convert(PG_GETARG_DATUM(ARG_USER),
											   getBaseType(get_fn_expr_argtype(fcinfo->flinfo, ARG_USER)),
											   neighbour_id_type(lookup)),
							   &model->net);
	if (user.near)
		explain(&user);
	for (size_t i = 0; i < user.parts && (top == 0 || i < (size_t) top); i++)
		put_part(fcinfo, &user, &user.part[i]);
	rows_end(old);
	return (Datum) 0;
}

/*
 * Contributions of a user's parts: see reasons.h.
 *
 *   parts = of each feature its stretches, and each attribute, that are not as the typical user's
 *   foreach order of the parts: copy = the typical user; foreach part of the order: copy has the user's; score(copy)
 *   contribution of a part = mean over the orders of the change that it makes
 */
#include "postgres.h"

#include "sequence/reasons.h"

#include <math.h>

#include "nn/shapley.h"
#include "server/memory.h"

/* Stretches of a feature at most, and of all features together about. */
#define STRETCHES_MAX 4
#define STRETCHES_ALL 24

struct Reasoner
{
	const SequenceModel *model;
	size_t W, F, A;
	int values;
	Variants *variants;
	float *typical;             /* W × F */
	float *work;                /* W × F: a user who is becoming another */
	float *work_known;          /* A */
	uint32_t *order;            /* orders × parts */
	double *value;              /* orders × (parts + 1) */
	double *share;              /* parts */
	double *to[VARIANTS_BATCH]; /* where the values of the variants go that wait for a score */
	Reasons reasons;
	const float *user, *known; /* of the user at hand */
};

static size_t
stretches_of(const Reasoner *reasoner)
{
	return Max(1, Min(STRETCHES_MAX, STRETCHES_ALL / reasoner->F));
}

Reasoner *
reasoner_make(const SequenceModel *model, size_t W, int values)
{
	Reasoner *reasoner = palloc0(sizeof(*reasoner));
	const size_t F = (size_t) model->F, A = (size_t) model->attributes.n;

	*reasoner = (Reasoner){.model = model,
						   .W = W,
						   .F = F,
						   .A = A,
						   .values = values,
						   .variants = variants_make(model, W, "explanation"),
						   .typical = memory_array(W * F, sizeof(float)),
						   .work = memory_array(W * F, sizeof(float)),
						   .work_known = palloc(sizeof(float) * Max(A, 1))};

	const size_t room = F * stretches_of(reasoner) + A;
	const size_t all =
		(size_t) values + 2 * (SHAPLEY_ORDERS_MAX + room + 1); /* shapley_orders() keeps to it */

	reasoner->order = memory_array(all, sizeof(uint32_t));
	reasoner->value = memory_array(all, sizeof(double));
	reasoner->share = memory_array(room, sizeof(double));
	reasoner->reasons.of = memory_array(room, sizeof(Reason));
	typical_sequence(reasoner->typical, model->typical, W, F);
	return reasoner;
}

/* ---- Parts ---- */

static bool
same_float(float a, float b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Mean of a feature over a stretch, a period without a value being 0; whether it is the same as the typical user's. */
static bool
compare_stretch(double *mean, double *typical, const Reasoner *reasoner, const Reason *part)
{
	const size_t F = reasoner->F, f = (size_t) part->feature;
	bool same = true;

	*mean = *typical = 0;
	for (size_t t = part->from; t < part->to; t++)
	{
		const float a = reasoner->user[t * F + f], b = reasoner->typical[t * F + f];

		*mean += isnan(a) ? 0 : (double) a;
		*typical += isnan(b) ? 0 : (double) b;
		same = same && same_float(a, b);
	}
	*mean /= (double) (part->to - part->from);
	*typical /= (double) (part->to - part->from);
	return same;
}

static void
add_stretch(Reasoner *reasoner, size_t f, size_t from, size_t to, bool silent)
{
	Reasons *reasons = &reasoner->reasons;
	Reason *part = &reasons->of[reasons->n];

	if (from == to)
		return;
	*part = (Reason){.feature = (int) f, .attribute = -1, .from = from, .to = to, .silent = silent};
	reasons->n += !compare_stretch(&part->value, &part->typical, reasoner, part);
}

/* Periods at the end without a value but 0. */
static size_t
silence(const Reasoner *reasoner, size_t f)
{
	size_t t = reasoner->W;

	while (t > 0)
	{
		const float v = reasoner->user[(t - 1) * reasoner->F + f];

		if (!isnan(v) && v != 0)
			break;
		t--;
	}
	return reasoner->W - t;
}

static void
add_feature(Reasoner *reasoner, size_t f)
{
	const size_t quiet = silence(reasoner, f), rest = reasoner->W - quiet;
	const size_t stretches = stretches_of(reasoner);
	const size_t equal = quiet > 0 ? stretches - 1 : stretches;

	/* Where a feature has one stretch, that is all of it. */
	if (equal == 0)
	{
		add_stretch(reasoner, f, 0, reasoner->W, rest == 0);
		return;
	}
	for (size_t i = 0; i < equal; i++)
		add_stretch(reasoner, f, rest * i / equal, rest * (i + 1) / equal, false);
	add_stretch(reasoner, f, rest, reasoner->W, true);
}

static void
add_attribute(Reasoner *reasoner, size_t a)
{
	Reasons *reasons = &reasoner->reasons;
	const float known = reasoner->known[a], typical = reasoner->model->typical->attribute[a];
	const bool number = !reasoner->model->attributes.of[a].category;

	if (!same_float(known, typical))
		reasons->of[reasons->n++] = (Reason){.feature = -1,
											 .attribute = (int) a,
											 .value = number ? (double) known : NAN,
											 .typical = number ? (double) typical : NAN};
}

/* ---- Values ---- */

/* The class's probability, or the mean of the number. */
static double
score_of(const Reasoner *reasoner, const real *prob)
{
	const Reasons *reasons = &reasoner->reasons;
	const NumberRanges *ranges = reasoner->model->ranges;
	double mean = 0;

	if (reasons->class >= 0)
		return (double) prob[reasons->class];
	for (int k = 0; k < ranges->n; k++)
		mean += (double) prob[k] * ranges->mean[k];
	return mean;
}

/* The sequence and attributes that are being mixed take this part from the user; what they had came from the typical one. */
static void
take_part(Reasoner *reasoner, const Reason *part)
{
	const size_t F = reasoner->F;

	if (part->attribute >= 0)
		reasoner->work_known[part->attribute] = reasoner->known[part->attribute];
	else
		for (size_t t = part->from; t < part->to; t++)
			reasoner->work[t * F + (size_t) part->feature] = reasoner->user[t * F + (size_t) part->feature];
}

static void
score_waiting(Reasoner *reasoner)
{
	const size_t n = variants_count(reasoner->variants), C = (size_t) reasoner->model->C;
	const real *prob = n > 0 ? variants_score(reasoner->variants) : NULL;

	for (size_t i = 0; i < n; i++)
		*reasoner->to[i] = score_of(reasoner, prob + i * C);
}

/* Both ends: the typical user, and this one, whose class is the one to explain unless another was asked for. */
static void
score_ends(Reasoner *reasoner, int class)
{
	const SequenceModel *model = reasoner->model;
	Reasons *reasons = &reasoner->reasons;

	variants_add(reasoner->variants, reasoner->typical, model->typical->attribute);
	variants_add(reasoner->variants, reasoner->user, reasoner->known);

	const real *prob = variants_score(reasoner->variants);
	const real *own = prob + model->C;

	reasons->class = class >= 0 || model->ranges ? class : sequence_model_class(model, own);
	reasons->score = score_of(reasoner, own);
	reasons->typical = score_of(reasoner, prob);
}

/* value[k]: the typical user with the first k of n parts of the order. */
static void
score_order(double *value, Reasoner *reasoner, const uint32_t *order, size_t n)
{
	const Reasons *reasons = &reasoner->reasons;

	memcpy(reasoner->work, reasoner->typical, sizeof(float) * reasoner->W * reasoner->F);
	memcpy(reasoner->work_known, reasoner->model->typical->attribute, sizeof(float) * reasoner->A);
	value[0] = reasons->typical;
	value[n] = reasons->score;
	for (size_t k = 1; k < n; k++)
	{
		take_part(reasoner, &reasons->of[order[k - 1]]);
		if (variants_count(reasoner->variants) == VARIANTS_BATCH)
			score_waiting(reasoner);
		reasoner->to[variants_count(reasoner->variants)] = &value[k];
		variants_add(reasoner->variants, reasoner->work, reasoner->work_known);
	}
}

static void
share_out(Reasoner *reasoner)
{
	Reasons *reasons = &reasoner->reasons;
	const size_t n = (size_t) reasons->n, orders = shapley_orders(n, (size_t) reasoner->values);

	for (size_t i = 0; i < orders; i++)
	{
		shapley_order(reasoner->order + i * n, n, i);
		score_order(reasoner->value + i * (n + 1), reasoner, reasoner->order + i * n, n);
	}
	score_waiting(reasoner);
	memset(reasoner->share, 0, sizeof(double) * n);
	for (size_t i = 0; i < orders; i++)
		shapley_add(reasoner->share, reasoner->order + i * n, reasoner->value + i * (n + 1), n, orders);
	for (size_t i = 0; i < n; i++)
		reasons->of[i].contribution = reasoner->share[i];
}

static int
compare_reasons(const void *a, const void *b)
{
	const double x = fabs(((const Reason *) a)->contribution), y = fabs(((const Reason *) b)->contribution);

	return (x < y) - (x > y);
}

const Reasons *
reasoner_run(Reasoner *reasoner, const float *value, const float *attribute, int class)
{
	Reasons *reasons = &reasoner->reasons;

	reasoner->user = value;
	reasoner->known = attribute;
	reasons->n = 0;
	for (size_t f = 0; f < reasoner->F; f++)
		add_feature(reasoner, f);
	for (size_t a = 0; a < reasoner->A; a++)
		add_attribute(reasoner, a);
	score_ends(reasoner, class);

	if (reasons->n > 0)
		share_out(reasoner);
	qsort(reasons->of, (size_t) reasons->n, sizeof(Reason), compare_reasons);
	return reasons;
}

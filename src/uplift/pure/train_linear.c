/*
 * The linear path of a network that sums (uplift/pure/linear.h), before the first epoch: least squares in closed form.
 *
 *   spread: z_i = the levels S^k [x, 1] of user i, k = 0 .. L, level after level
 *   fit, foreach pass do
 *     measure the weights b on held-out users;  add up Σ weight (d · z) z over the users that are learned from
 *     a step of conjugate gradients along d, towards (Σ weight z zᵀ + penalty) b = Σ weight z target
 *   until the residual or patience is gone;  keep the b that was best
 *   apply: what b adds to each user's heads
 *
 * Every head has equations of its own, and all of them take their steps together. The penalty of an input is what one
 * user of the head adds to its square: little, but equations have one solution then, however few users there are. Fewer
 * steps shrink the weights as well (a Krylov space grows by what explains the targets most), and held-out users say
 * how many are best.
 */
#include "uplift/pure/train_linear.h"

#include <math.h>
#include <string.h>

#include "uplift/pure/linear.h"

#define PASSES_MAX 100
#define PATIENCE 10  /* passes without improvement on held-out users */
#define SOLVED 1e-12 /* the residual's square, as a share of the first one */

/* Without edges all levels are the first one. */
static size_t
last_level(const UpliftTask *task)
{
	return uplifttrain_alone(task) ? 0 : task->net.L;
}

/* Inputs of a head in the equations. */
static size_t
inputs_of(const UpliftTask *task)
{
	return (last_level(task) + 1) * linear_inputs(&task->net);
}

void
trainlinear_carve(TrainLinear *fit, Arena *arena, const UpliftTask *task)
{
	const size_t inputs = inputs_of(task), all = task->net.C * inputs;

	*fit = (TrainLinear){0};
	if (task->net.levels == 0)
		return;
	fit->z = (real *) arena_take(arena, task->graph.N, inputs * sizeof(real));
	fit->added = (real *) arena_take(arena, task->graph.N, task->net.C * sizeof(real));
	fit->b = ARENA_TAKE(arena, double, all);
	fit->best = ARENA_TAKE(arena, double, all);
	fit->way = ARENA_TAKE(arena, double, all);
	fit->residual = ARENA_TAKE(arena, double, all);
	fit->diagonal = ARENA_TAKE(arena, double, all);
	fit->head = ARENA_TAKE(arena, FitHead, task->net.C);
	fit->state = ARENA_TAKE(arena, FitState, 1);
}

size_t
trainlinear_sums(const UpliftTask *task)
{
	return task->net.levels > 0 ? 2 * task->net.C * inputs_of(task) : 0;
}

bool
trainlinear_skips(const UpliftTask *task, int stage)
{
	if (stage == STAGE_FIT && task->data.initial)
		return true;
	return stage >= STAGE_SPREAD && stage <= STAGE_APPLY && task->net.levels == 0;
}

/* -- spread ---------------------------------------------------------------- */

void
trainlinear_spread(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	const UpliftNet *net = &task->net;
	const size_t inputs = linear_inputs(net), width = inputs_of(task), level = task->linear.state->level;

	for (size_t i = from; i < end; i++)
	{
		real *z = task->linear.z + i * width;

		if (level == 0)
			linear_input(z, net, task->w, task->data.feature + i * net->F);
		else
			linear_sum(z + level * inputs, task->linear.z, width, (level - 1) * inputs, inputs,
					   &task->graph.in, i, 1 / task->w[net->degree_mean]);
	}
}

bool
trainlinear_spread_end(UpliftTask *task)
{
	FitState *state = task->linear.state;

	if (state->level < last_level(task))
		return ++state->level > 0;
	state->level = 0;
	return false;
}

/* -- fit ------------------------------------------------------------------- */

static double
along(const double *b, const real *z, size_t n)
{
	double sum = 0;

	for (size_t s = 0; s < n; s++)
		sum += b[s] * z[s];
	return sum;
}

void
trainlinear_fit(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	const TrainLinear *fit = &task->linear;
	const size_t n = inputs_of(task);
	double *equation = sum + sum_fit(&task->net);

	for (size_t i = from; i < end; i++)
	{
		if (task->data.arm[i] == UPLIFT_OUTSIDE)
			continue;

		const UpliftTerms terms = uplifttrain_terms(task, i);
		const real *z = fit->z + i * n;
		const size_t at = terms.first * n;
		const double left = terms.target[0] - along(fit->b + at, z, n);

		if (task->data.held_out[i])
		{
			sum[SUM_VALID_LOSS] += terms.weight[0] * left * left;
			continue;
		}

		/* Of the first pass the right-hand side, and the diagonal behind it. */
		const double factor = terms.weight[0] * (fit->state->pass == 0 ? left : along(fit->way + at, z, n));

		for (size_t s = 0; s < n; s++)
			equation[at + s] += factor * z[s];
		for (size_t s = 0; fit->state->pass == 0 && s < n; s++)
			equation[(task->net.C + terms.first) * n + s] += terms.weight[0] * z[s] * z[s];
	}
}

/* The way to go: the residual, in the measure of the diagonal, and of the last way so much that both are conjugate. */
static void
choose_way(TrainLinear *fit, size_t head, size_t n)
{
	FitHead *of = &fit->head[head];
	const double before = of->square;
	const size_t at = head * n;

	of->square = 0;
	for (size_t s = at; s < at + n; s++)
		of->square += fit->diagonal[s] > 0 ? fit->residual[s] * fit->residual[s] / fit->diagonal[s] : 0;
	if (fit->state->pass == 0)
		of->first = of->square;
	for (size_t s = at; s < at + n; s++)
		fit->way[s] = (fit->diagonal[s] > 0 ? fit->residual[s] / fit->diagonal[s] : 0) +
					  (fit->state->pass > 0 ? of->square / before * fit->way[s] : 0);
}

/* The first pass: what b leaves, of each head. The diagonal gets the penalty, but for the intercept. */
static void
begin_head(TrainLinear *fit, const UpliftTask *task, size_t head, size_t n, const double *equation)
{
	const size_t at = head * n, intercept = at + task->net.F;
	const double users = fmax(equation[task->net.C * n + intercept], 1);

	fit->head[head].users = users;
	for (size_t s = at; s < at + n; s++)
	{
		const bool fitted = s - at < (fit->state->level + 1) * linear_inputs(&task->net);
		const double square = fitted ? equation[task->net.C * n + s] : 0;
		const double penalty = s == intercept ? 0 : square / users;

		fit->diagonal[s] = square + penalty;
		fit->residual[s] = equation[s] - penalty * fit->b[s];
	}
	choose_way(fit, head, n);
}

/* One step of conjugate gradients. */
static void
step_head(TrainLinear *fit, const UpliftTask *task, size_t head, size_t n, double *equation)
{
	FitHead *of = &fit->head[head];
	const size_t at = head * n, intercept = at + task->net.F;
	double bend = 0;

	if (!(of->square > SOLVED * of->first))
		return;
	for (size_t s = at; s < at + n; s++)
	{
		if (s != intercept)
			equation[s] += fit->diagonal[s] / (of->users + 1) * fit->way[s];
		bend += equation[s] * fit->way[s];
	}
	for (size_t s = at; bend > 0 && s < at + n; s++)
	{
		fit->b[s] += of->square / bend * fit->way[s];
		fit->residual[s] -= of->square / bend * equation[s];
	}
	if (bend > 0)
		choose_way(fit, head, n);
	else
		of->square = 0;
}

/* Keep the weights that were measured, if they are the best. Without held-out users the last ones are. */
static void
keep(TrainLinear *fit, const UpliftTask *task, double valid_loss, size_t all)
{
	FitState *state = fit->state;
	const bool held_out = task->state->result.held_out.treated + task->state->result.held_out.control > 0;

	state->waited++;
	if (held_out && !(valid_loss < state->best))
		return;
	state->best = valid_loss;
	state->waited = 0;
	memcpy(fit->best, fit->b, all * sizeof(double));
}

static bool
solved(const TrainLinear *fit, size_t heads)
{
	for (size_t h = 0; h < heads; h++)
		if (fit->head[h].square > SOLVED * fit->head[h].first)
			return false;
	return true;
}

/* The best weights become the tensor: its levels that were not fitted stay 0. */
static void
store(UpliftTask *task, size_t n)
{
	const size_t all = (task->net.L + 1) * linear_inputs(&task->net);

	for (size_t h = 0; h < task->net.C; h++)
		for (size_t s = 0; s < n; s++)
			task->w[task->net.linear + h * all + s] = (real) task->linear.best[h * n + s];
}

/* True: there is one more level to fit, beginning at the best weights so far. */
static bool
level_end(UpliftTask *task, size_t n)
{
	TrainLinear *fit = &task->linear;

	if (fit->state->level == last_level(task))
	{
		store(task, n);
		return false;
	}
	fit->state->level++;
	fit->state->pass = fit->state->waited = 0;
	memcpy(fit->b, fit->best, task->net.C * n * sizeof(double));
	return true;
}

void
trainlinear_begin(UpliftTask *task)
{
	TrainLinear *fit = &task->linear;
	const size_t n = inputs_of(task);

	*fit->state = (FitState){.best = INFINITY};
	memset(fit->b, 0, task->net.C * n * sizeof(double));
	for (size_t h = 0; h < task->net.C; h++)
		fit->b[h * n + task->net.F] = task->state->constant[h];
}

bool
trainlinear_fit_end(UpliftTask *task, double *sum)
{
	TrainLinear *fit = &task->linear;
	const size_t heads = task->net.C, n = inputs_of(task);
	double *equation = sum + sum_fit(&task->net);

	keep(fit, task, sum[SUM_VALID_LOSS], heads * n);
	if (fit->state->pass > 0 &&
		(solved(fit, heads) || fit->state->waited >= PATIENCE || fit->state->pass >= PASSES_MAX))
		return level_end(task, n);
	for (size_t h = 0; h < heads; h++)
		if (fit->state->pass == 0)
			begin_head(fit, task, h, n, equation);
		else
			step_head(fit, task, h, n, equation);
	fit->state->pass++;
	return true;
}

/* -- apply ----------------------------------------------------------------- */

static double
product(const real *b, const real *z, size_t n)
{
	double sum = 0;

	for (size_t s = 0; s < n; s++)
		sum += (double) b[s] * z[s];
	return sum;
}

void
trainlinear_apply(double *sum, const UpliftTask *task, size_t from, size_t end)
{
	const UpliftNet *net = &task->net;
	const size_t n = inputs_of(task), all = (net->L + 1) * linear_inputs(net);

	for (size_t i = from; i < end; i++)
	{
		real *added = task->linear.added + i * net->C;

		for (size_t c = 0; c < net->C; c++)
			added[c] = (real) product(task->w + net->linear + c * all, task->linear.z + i * n, n);
		if (task->data.arm[i] == UPLIFT_OUTSIDE || task->data.held_out[i])
			continue;

		const UpliftTerms terms = uplifttrain_terms(task, i);

		sum[SUM_TRAIN_LOSS] += uplift_loss(NULL, added, &terms, 0);
	}
}

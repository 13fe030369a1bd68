/*
 * A causal convolution over a packed chunk, only at the steps that are needed:
 *
 *   for each block of needed steps of about 128 rows:
 *     y = bias
 *     for tap j = 0 .. taps - 1: for each run of rows that follow each other, here and `back` steps before:
 *       y[run] += x[run, back] · W_j                                        (one product for the whole run)
 *
 * What lies before a sequence's first step is zero, and is never read. Backward the same runs, with dw and dx.
 */
#include "sequence/pure/conv.h"

#include <string.h>

#include "nn/panel.h"

/* Rows of a block that all taps pass one after the other: they stay in the second-level cache. */
#define BLOCK_ROWS 128

void
conv_carve_weights(Conv *conv, Arena *arena)
{
	conv->w = ARENA_TAKE(arena, real, conv->taps * panel_size(conv->I, conv->O));
	conv->wt = ARENA_TAKE(arena, real, conv->taps * panel_size(conv->O, conv->I));
	conv->bias = ARENA_TAKE(arena, real, conv->O);
}

void
conv_carve_work(Conv *conv, Arena *arena, bool training)
{
	if (training)
		conv->dw = ARENA_TAKE(arena, real, conv->taps * conv->I * conv->O);
}

static real *
tap_weights(const Conv *conv, size_t j)
{
	return conv->w + j * panel_size(conv->I, conv->O);
}

static real *
tap_transposed(const Conv *conv, size_t j)
{
	return conv->wt + j * panel_size(conv->O, conv->I);
}

void
conv_pack(Conv *conv, const real *w, const real *b)
{
	const size_t I = conv->I;
	const size_t O = conv->O;
	const size_t taps = conv->taps;

	for (size_t j = 0; j < taps; j++)
	{
		panel_pack(tap_weights(conv, j), I, O, 0, I, w + j, taps, I * taps);
		panel_pack(tap_transposed(conv, j), O, I, 0, O, w + j, I * taps, taps);
	}
	memcpy(conv->bias, b, O * sizeof(real));
}

void
conv_fold(Conv *conv, const real *scale, const real *offset)
{
	for (size_t j = 0; j < conv->taps; j++)
		for (size_t i = 0; i < conv->I; i++)
			for (size_t o = 0; o < conv->O; o++)
				*panel_at(tap_weights(conv, j), conv->I, i, o) *= scale[o];
	for (size_t o = 0; o < conv->O; o++)
		conv->bias[o] = scale[o] * conv->bias[o] + offset[o];
}

/* *s = the step that tap j reads at step t; false: that is before the first step. */
static bool
tap_step(size_t *s, const Conv *conv, size_t t, size_t j)
{
	const size_t back = (conv->taps - 1 - j) * conv->dilation;

	*s = t - back;
	return back <= t;
}

void
conv_need(const Conv *conv, uint8_t *need_in, const uint8_t *need_out, size_t T)
{
	for (size_t t = 0; t < T; t++)
		for (size_t j = 0; need_out[t] && j < conv->taps; j++)
		{
			size_t s;

			if (tap_step(&s, conv, t, j))
				need_in[s] = 1;
		}
}

/*
 * A run: needed steps from t on whose rows lie at one distance from each other, as do the rows of the steps from s on
 * that a tap reads. Usually they follow each other; where each step has one row, equally many steps that are not needed
 * may lie between two.
 */
typedef struct Run
{
	size_t t, s;
	size_t rows;
	size_t stride; /* from one of its rows to the next */
	size_t end;    /* where to look for the next run */
} Run;

static size_t
next_needed(const uint8_t *need, size_t t, size_t limit)
{
	while (t < limit && !need[t])
		t++;
	return t;
}

/* The next run of tap j from run->end on, before the step limit. */
static bool
next_run(Run *run, const Conv *conv, size_t j, const uint8_t *need, const Steps *steps, size_t limit)
{
	size_t t = next_needed(need, run->end, limit);

	while (t < limit && !tap_step(&run->s, conv, t, j))
		t = next_needed(need, t + 1, limit);
	if (t == limit)
		return false;

	/* Rows that the tap reads: fewer than step t has where sequences begin between s and t, which read zeros. */
	const size_t n = steps_active(steps, run->s);
	size_t next = next_needed(need, t + 1, limit);
	size_t last = t;

	run->t = t;
	run->stride = n == 1 && next < limit ? next - t : 1;
	while (next < limit && next - last == run->stride && steps_active(steps, next) == n &&
		   steps_active(steps, last) == n && steps_active(steps, run->s + (next - t)) == n)
	{
		last = next;
		next = next_needed(need, next + 1, limit);
	}
	run->rows = n * ((last - t) / run->stride + 1);
	run->end = last + 1;
	return true;
}

/* The end of the block of steps that begins with step t: about BLOCK_ROWS rows of needed steps. */
static size_t
block_end(const uint8_t *need, const Steps *steps, size_t t)
{
	for (size_t rows = 0; t < steps->T && rows < BLOCK_ROWS; t++)
		rows += need[t] ? steps_active(steps, t) : 0;
	return t;
}

void
conv_forward(Conv *conv, real *y, const real *x, const uint8_t *need, const Steps *steps)
{
	const size_t I = conv->I;
	const size_t O = conv->O;

	for (size_t begin = 0, end; begin < steps->T && !steps_interrupted(steps); begin = end)
	{
		end = block_end(need, steps, begin);
		for (size_t t = begin; t < end; t++)
			for (size_t r = steps->row[t]; need[t] && r < steps->row[t + 1]; r++)
				memcpy(y + r * O, conv->bias, O * sizeof(real));
		for (size_t j = 0; j < conv->taps; j++)
			for (Run run = {.end = begin}; next_run(&run, conv, j, need, steps, end);)
				panel_product(y + steps->row[run.t] * O, run.stride * O, x + steps->row[run.s] * I,
							  run.stride * I, tap_weights(conv, j), run.rows, O, I, PANEL_ADD);
	}
}

USERCLS_CLONES static void
add_rows(real *restrict db, const real *restrict dy, size_t n, size_t O)
{
	for (size_t r = 0; r < n; r++)
		for (size_t o = 0; o < O; o++)
			db[o] += dy[r * O + o];
}

void
conv_backward(Conv *conv, real *dx, real *dw, real *db, const real *dy, const real *x, const uint8_t *need,
			  const Steps *steps)
{
	const size_t I = conv->I;
	const size_t O = conv->O;
	const size_t taps = conv->taps;

	memset(conv->dw, 0, taps * I * O * sizeof(real));
	for (size_t begin = 0, end; begin < steps->T && !steps_interrupted(steps); begin = end)
	{
		end = block_end(need, steps, begin);
		for (size_t j = 0; j < taps; j++)
			for (Run run = {.end = begin}; next_run(&run, conv, j, need, steps, end);)
			{
				const real *d = dy + steps->row[run.t] * O;

				panel_outer(conv->dw + j * I * O, O, x + steps->row[run.s] * I, run.stride * I, d,
							run.stride * O, I, O, run.rows);
				if (dx)
					panel_product(dx + steps->row[run.s] * I, run.stride * I, d, run.stride * O,
								  tap_transposed(conv, j), run.rows, I, O, PANEL_ADD);
			}
		for (size_t t = begin; t < end; t++)
			if (need[t])
				add_rows(db, dy + steps->row[t] * O, steps_active(steps, t), O);
	}
	for (size_t o = 0; o < O; o++)
		for (size_t i = 0; i < I; i++)
			for (size_t j = 0; j < taps; j++)
				dw[(o * I + i) * taps + j] += conv->dw[(j * I + i) * O + o];
}

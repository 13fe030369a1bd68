/*
 * What the recurrent cells have in common:
 *
 *   a[row] = [h of the step before | 1 | x] for each row of the chunk: recurrent_input() writes 1 and x, the cell h
 *   for i = 0 .. T - 1: step = recurrent_step(i): the sequences that have begun, and those that bring a state along
 *   backward: gate gradients of some steps are gathered until the product for dw and dx is worth it (recurrent_gather)
 */
#include "sequence/pure/recurrent.h"

#include <string.h>

#include "nn/panel.h"

/* Rows worth a product: over fewer, dw is read and written too often; more leave the second-level cache before it. */
#define GATHERED_ROWS 64

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
recurrent_carve_weights(Recurrent *layer, Arena *arena)
{
	const size_t H = layer->H;
	const size_t K = H + 1 + layer->I;

	layer->w = ARENA_TAKE(arena, real, panel_size(K, 2 * H) + 2 * panel_size(K, H));
	layer->wt_h = ARENA_TAKE(arena, real, panel_size(4 * H, H));
	layer->wt_x = ARENA_TAKE(arena, real, panel_size(4 * H, layer->I));
}

void
recurrent_carve_work(Recurrent *layer, Arena *arena, size_t rows, size_t B, bool training)
{
	const size_t H = layer->H;
	const size_t K = H + 1 + layer->I;
	const size_t kept = training ? rows : 2 * B;

	layer->training = training;
	layer->ldgate = panel_stride(4 * H);
	layer->a = ARENA_TAKE(arena, real, rows * K);
	layer->gate = ARENA_TAKE(arena, real, kept * layer->ldgate);
	layer->state = ARENA_TAKE(arena, real, kept * H);
	layer->zero = ARENA_TAKE(arena, real, H);
	if (!training)
		return;
	layer->dh = ARENA_TAKE(arena, real, B * H);
	layer->dc = ARENA_TAKE(arena, real, B * H);
	layer->dw = ARENA_TAKE(arena, real, (K + 1) * layer->ldgate);
}

void
recurrent_input(Recurrent *layer, const real *x, const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;

	for (size_t r = 0; r < steps->row[steps->T]; r++)
	{
		real *a = layer->a + r * K + H;

		a[0] = 1;
		memcpy(a + 1, x + r * I, I * sizeof(real));
	}
	memset(layer->zero, 0, H * sizeof(real));
}

RecurrentStep
recurrent_step(const Recurrent *layer, const Steps *steps, size_t i)
{
	const size_t last = steps->T - 1;
	RecurrentStep s = {.t = layer->reverse ? last - i : i};

	s.active = steps_active(steps, s.t);
	if (i > 0)
	{
		s.before = layer->reverse ? s.t + 1 : s.t - 1;
		s.carried = least(s.active, steps_active(steps, s.before));
	}
	if (i < last)
	{
		s.after = layer->reverse ? s.t - 1 : s.t + 1;
		s.passed = least(s.active, steps_active(steps, s.after));
	}
	return s;
}

bool
recurrent_gather(RecurrentRows *rows, const Steps *steps, size_t t, bool last)
{
	if (rows->n == 0 || steps->row[t] < rows->begin)
		rows->begin = steps->row[t];
	rows->n += steps_active(steps, t);
	return last || rows->n >= GATHERED_ROWS;
}

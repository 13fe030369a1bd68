#include "nn/conv.h"

#include <string.h>

#include "nn/blas.h"

/* Rows gathered for one product: enough to be efficient, few enough to stay in the second-level cache. */
#define BLOCK_ROWS 192

/* A run of needed steps, whose rows go into one product. */
typedef struct Block
{
	size_t begin, end; /* steps */
	size_t rows;
} Block;

static size_t
row_length(const Conv *conv)
{
	return conv->taps * conv->I + 1;
}

void
conv_carve_weights(Conv *conv, Arena *arena)
{
	conv->w = ARENA_TAKE(arena, real, row_length(conv) * conv->O);
	conv->wt = ARENA_TAKE(arena, real, row_length(conv) * conv->O);
}

void
conv_carve_work(Conv *conv, Arena *arena, size_t B, bool training)
{
	const size_t K = row_length(conv);

	conv->gather = ARENA_TAKE(arena, real, (BLOCK_ROWS + B) * K);
	if (!training)
		return;
	conv->dgather = ARENA_TAKE(arena, real, (BLOCK_ROWS + B) * K);
	conv->dw = ARENA_TAKE(arena, real, conv->O * K);
}

void
conv_pack(Conv *conv, const real *w, const real *b)
{
	const size_t I = conv->I;
	const size_t K = row_length(conv);

	for (size_t o = 0; o < conv->O; o++)
	{
		real *row = conv->wt + o * K;

		for (size_t i = 0; i < I; i++)
			for (size_t j = 0; j < conv->taps; j++)
				row[j * I + i] = w[(o * I + i) * conv->taps + j];
		row[K - 1] = b[o];
		for (size_t k = 0; k < K; k++)
			conv->w[k * conv->O + o] = row[k];
	}
}

/* The step that tap j reads at step t; false before the first. */
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

/* The next block at or after step t; its rows follow each other in y, since its steps do. */
static Block
next_block(const uint8_t *need, const Steps *steps, size_t t)
{
	while (t < steps->T && !need[t])
		t++;

	Block block = {t, t, 0};

	while (block.end < steps->T && need[block.end] && block.rows < BLOCK_ROWS)
		block.rows += steps_active(steps, block.end++);
	return block;
}

static void
gather(Conv *conv, const real *x, const Steps *steps, const Block *block)
{
	const size_t I = conv->I;
	const size_t K = row_length(conv);
	real *row = conv->gather;

	for (size_t t = block->begin; t < block->end; t++)
	{
		const size_t n = steps_active(steps, t);

		for (size_t j = 0; j < conv->taps; j++)
		{
			size_t s;
			const size_t known = tap_step(&s, conv, t, j) ? steps_active(steps, s) : 0;

			for (size_t b = 0; b < known; b++)
				memcpy(row + b * K + j * I, x + (steps->row[s] + b) * I, I * sizeof(real));
			for (size_t b = known; b < n; b++)
				memset(row + b * K + j * I, 0, I * sizeof(real));
		}
		for (size_t b = 0; b < n; b++)
			row[b * K + K - 1] = 1;
		row += n * K;
	}
}

void
conv_forward(Conv *conv, real *y, const real *x, const uint8_t *need, const Steps *steps)
{
	const size_t O = conv->O;
	const size_t K = row_length(conv);

	for (Block block = next_block(need, steps, 0); block.rows > 0; block = next_block(need, steps, block.end))
	{
		gather(conv, x, steps, &block);
		blas_nn(y + steps->row[block.begin] * O, O, conv->gather, K, conv->w, O, block.rows, O, K, BLAS_SET);
	}
}

USERCLS_CLONES static void
scatter(const Conv *conv, real *dx, const Steps *steps, const Block *block)
{
	const size_t I = conv->I;
	const size_t K = row_length(conv);
	const real *row = conv->dgather;

	for (size_t t = block->begin; t < block->end; t++)
	{
		for (size_t j = 0; j < conv->taps; j++)
		{
			size_t s;
			const size_t known = tap_step(&s, conv, t, j) ? steps_active(steps, s) : 0;

			for (size_t b = 0; b < known; b++)
			{
				real *restrict to = dx + (steps->row[s] + b) * I;
				const real *restrict from = row + b * K + j * I;

				for (size_t i = 0; i < I; i++)
					to[i] += from[i];
			}
		}
		row += steps_active(steps, t) * K;
	}
}

void
conv_backward(Conv *conv, real *dx, real *dw, real *db, const real *dy, const real *x, const uint8_t *need,
			  const Steps *steps)
{
	const size_t I = conv->I;
	const size_t O = conv->O;
	const size_t K = row_length(conv);

	memset(conv->dw, 0, O * K * sizeof(real));
	for (Block block = next_block(need, steps, 0); block.rows > 0; block = next_block(need, steps, block.end))
	{
		const real *d = dy + steps->row[block.begin] * O;

		gather(conv, x, steps, &block);
		blas_tn(conv->dw, K, d, O, conv->gather, K, O, K, block.rows, BLAS_ADD);
		if (!dx)
			continue;
		blas_nn(conv->dgather, K, d, O, conv->wt, K, block.rows, K - 1, O, BLAS_SET);
		scatter(conv, dx, steps, &block);
	}
	for (size_t o = 0; o < O; o++)
	{
		const real *row = conv->dw + o * K;

		for (size_t i = 0; i < I; i++)
			for (size_t j = 0; j < conv->taps; j++)
				dw[(o * I + i) * conv->taps + j] += row[j * I + i];
		db[o] += row[K - 1];
	}
}

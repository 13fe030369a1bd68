/*
 * A residual block:
 *
 *   mid = f1(x);  inner = f2(mid);  y = relu(inner + x), or relu(inner + W_0 x) where the widths differ
 *   f = dropout of whole channels ∘ relu ∘ normalisation ∘ causal convolution, at the needed steps alone
 *
 * While scoring, the normalisation is folded into the convolution's weights. Backward: the outer relu, both halves in
 * reverse order, and the residual path.
 */
#include "sequence/pure/tcn.h"

#include <string.h>

#include "nn/blas.h"
#include "nn/dropout.h"

void
tcn_init(TcnBlock *block, size_t I, size_t H, size_t taps, size_t dilation, double dropout, bool normalised)
{
	*block = (TcnBlock){.I = I, .H = H, .dropout = dropout};
	block->conv1 = (Conv){.I = I, .O = H, .taps = taps, .dilation = dilation};
	block->conv2 = (Conv){.I = H, .O = H, .taps = taps, .dilation = dilation};
	block->norm1.H = block->norm2.H = normalised ? H : 0;
}

void
tcn_carve_weights(TcnBlock *block, Arena *arena)
{
	conv_carve_weights(&block->conv1, arena);
	conv_carve_weights(&block->conv2, arena);
	norm_carve_weights(&block->norm1, arena);
	norm_carve_weights(&block->norm2, arena);
	if (block->I == block->H)
		return;
	block->w0 = ARENA_TAKE(arena, real, block->H * block->I);
	block->b0 = ARENA_TAKE(arena, real, block->H);
}

void
tcn_carve_work(TcnBlock *block, Arena *arena, size_t T, size_t B, bool training)
{
	const size_t size = T * B * block->H;

	block->folded = !training;
	conv_carve_work(&block->conv1, arena, training);
	conv_carve_work(&block->conv2, arena, training);
	norm_carve_work(&block->norm1, arena, T * B, training);
	norm_carve_work(&block->norm2, arena, T * B, training);
	block->need_mid = ARENA_TAKE(arena, uint8_t, T);
	block->need_out = ARENA_TAKE(arena, uint8_t, T);
	block->mid = ARENA_TAKE(arena, real, size);
	block->inner = ARENA_TAKE(arena, real, size);
	block->y = ARENA_TAKE(arena, real, size);
	if (!training)
		return;
	block->keep = block->dropout > 0 ? ARENA_TAKE(arena, real, B * block->H) : NULL;
	block->dmid = ARENA_TAKE(arena, real, size);
	block->dinner = ARENA_TAKE(arena, real, size);
}

static void
half_pack(const TcnBlock *block, Conv *conv, Norm *norm, const real *w, const real *b,
		  const NormTensors *tensors)
{
	conv_pack(conv, w, b);
	norm_pack(norm, tensors);
	if (norm->H && block->folded)
		conv_fold(conv, norm->scale, norm->offset);
}

void
tcn_pack(TcnBlock *block, const TcnTensors *tensors)
{
	half_pack(block, &block->conv1, &block->norm1, tensors->w1, tensors->b1, &tensors->norm1);
	half_pack(block, &block->conv2, &block->norm2, tensors->w2, tensors->b2, &tensors->norm2);
	if (block->I == block->H)
		return;
	memcpy(block->w0, tensors->w0, block->H * block->I * sizeof(real));
	memcpy(block->b0, tensors->b0, block->H * sizeof(real));
}

void
tcn_need(TcnBlock *block, uint8_t *need_in, size_t T)
{
	memset(block->need_mid, 0, T);
	conv_need(&block->conv2, block->need_mid, block->need_out, T);
	conv_need(&block->conv1, need_in, block->need_mid, T);
}

USERCLS_CLONES static void
relu(real *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = y[i] > 0 ? y[i] : 0;
}

/*
 * The backward of relu and dropout together: y is 0 where relu cut off and where dropout dropped; scale: dropout's 1
 * / (1 - p).
 */
USERCLS_CLONES static void
relu_backward(real *restrict dx, const real *restrict dy, const real *restrict y, real scale, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dx[i] = y[i] > 0 ? dy[i] * scale : 0;
}

USERCLS_CLONES static void
relu_mask(real *restrict dy, const real *restrict y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dy[i] = y[i] > 0 ? dy[i] : 0;
}

USERCLS_CLONES static void
add_relu(real *restrict y, const real *restrict a, const real *restrict b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a[i] + b[i] > 0 ? a[i] + b[i] : 0;
}

USERCLS_CLONES static void
add(real *restrict y, const real *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

/* y = dropout(relu(norm(convolution of x))) */
static void
half_forward(TcnBlock *block, Conv *conv, Norm *norm, real *y, const real *x, const uint8_t *need,
			 const Steps *steps, Rng *rng)
{
	const size_t H = block->H;

	if (rng && block->keep)
		dropout_draw(block->keep, rng, block->dropout, steps->B * H);
	conv_forward(conv, y, x, need, steps);
	if (norm->H && !block->folded)
		norm_forward(norm, y, need, steps, rng != NULL);
	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t at = steps->row[t] * H;
		const size_t n = steps_active(steps, t) * H;

		if (!need[t])
			continue;
		relu(y + at, n);
		if (rng && block->keep)
			dropout_apply(y + at, block->keep, n);
	}
}

void
tcn_forward(TcnBlock *block, const real *x, const Steps *steps, Rng *rng)
{
	const size_t H = block->H;

	half_forward(block, &block->conv1, &block->norm1, block->mid, x, block->need_mid, steps, rng);
	half_forward(block, &block->conv2, &block->norm2, block->inner, block->mid, block->need_out, steps, rng);
	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t row = steps->row[t];
		const size_t n = steps_active(steps, t);
		real *y = block->y + row * H;

		if (!block->need_out[t])
			continue;
		if (block->I == H)
		{
			add_relu(y, block->inner + row * H, x + row * H, n * H);
			continue;
		}
		for (size_t b = 0; b < n; b++)
			memcpy(y + b * H, block->b0, H * sizeof(real));
		blas_nt(y, H, x + row * block->I, block->I, block->w0, block->I, n, H, block->I, BLAS_ADD);
		add(y, block->inner + row * H, n * H);
		relu(y, n * H);
	}
}

/* The gradient of the residual path; dy is the one before the outer relu. */
static void
residual_backward(const TcnBlock *block, real *dx, const TcnTensors *d, const real *dy, const real *x,
				  size_t n)
{
	const size_t H = block->H;
	const size_t I = block->I;

	if (I == H)
	{
		if (dx)
			add(dx, dy, n * H);
		return;
	}
	blas_tn(d->w0, I, dy, H, x, I, H, I, n, BLAS_ADD);
	for (size_t b = 0; b < n; b++)
		add(d->b0, dy + b * H, H);
	if (dx)
		blas_nn(dx, I, dy, H, block->w0, I, n, I, H, BLAS_ADD);
}

void
tcn_backward(TcnBlock *block, real *dx, const TcnTensors *d, real *dy, const real *x, const Steps *steps,
			 bool training)
{
	const size_t H = block->H;
	const real scale = training ? (real) (1.0 / (1.0 - block->dropout)) : 1;

	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t row = steps->row[t];
		const size_t n = steps_active(steps, t);

		if (block->need_mid[t])
			memset(block->dmid + row * H, 0, n * H * sizeof(real));
		if (!block->need_out[t])
			continue;
		relu_mask(dy + row * H, block->y + row * H, n * H);
		relu_backward(block->dinner + row * H, dy + row * H, block->inner + row * H, scale, n * H);
		residual_backward(block, dx ? dx + row * block->I : NULL, d, dy + row * H, x + row * block->I, n);
	}
	if (block->norm2.H)
		norm_backward(&block->norm2, &d->norm2, block->dinner, block->need_out, steps, training);
	conv_backward(&block->conv2, block->dmid, d->w2, d->b2, block->dinner, block->mid, block->need_out,
				  steps);
	for (size_t t = 0; t < steps->T; t++)
	{
		const size_t at = steps->row[t] * H;

		/* dinner's room holds the gradient of f1's output from here on. */
		if (block->need_mid[t])
			relu_backward(block->dinner + at, block->dmid + at, block->mid + at, scale,
						  steps_active(steps, t) * H);
	}
	if (block->norm1.H)
		norm_backward(&block->norm1, &d->norm1, block->dinner, block->need_mid, steps, training);
	conv_backward(&block->conv1, dx, d->w1, d->b1, block->dinner, x, block->need_mid, steps);
}

#include "nn/recurrent.h"

#include <string.h>

#include "nn/act.h"
#include "nn/blas.h"

/*
 * Rows of w and columns of wt: [h | 1 | x]. The four blocks of gates are n (input part), r, z, n (hidden
 * part): the first three are fed by x with b_ih, the last three by h with b_hh, so each product is over one
 * range.
 */
static const size_t input_gate[] = {2, 0, 1};  /* PyTorch's number of block 0, 1, 2 */
static const size_t hidden_gate[] = {0, 1, 2}; /* of block 1, 2, 3 */

/*
 * The 1 of a row meets b_ih in the blocks 0 to 2 and b_hh in 3; those of r and z are added up in b_ih's
 * place. Where a block has no input (x for 3, h for 0), nothing is stored, and nothing read.
 */
static void
gru_pack(Recurrent *layer, const RecurrentTensors *tensors)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;

	for (size_t block = 0; block < 4; block++)
		for (size_t j = 0; j < H; j++)
		{
			real *row = layer->wt + (block * H + j) * K;

			memset(row, 0, K * sizeof(real));
			if (block < 3)
			{
				const size_t g = input_gate[block] * H + j;

				memcpy(row + H + 1, tensors->w_ih + g * I, I * sizeof(real));
				row[H] += tensors->b_ih[g];
			}
			if (block > 0)
			{
				const size_t g = hidden_gate[block - 1] * H + j;

				memcpy(row, tensors->w_hh + g * H, H * sizeof(real));
				row[H] += tensors->b_hh[g];
			}
			for (size_t k = 0; k < K; k++)
				layer->w[k * 4 * H + block * H + j] = row[k];
		}
}

/* gate (4H: n's input part, r, z, n's hidden part) becomes n, r, z, hidden part. */
USERCLS_CLONES static void
cell_forward(real *restrict h, real *restrict gate, const real *restrict hidden, const real *restrict bias,
			 const real *restrict before, size_t H)
{
	for (size_t j = 0; j < H; j++)
	{
		const real r = act_sigmoid(gate[H + j] + hidden[j]);
		const real z = act_sigmoid(gate[2 * H + j] + hidden[H + j]);
		const real m = hidden[2 * H + j] + bias[j];
		const real n = act_tanh(gate[j] + r * m);

		gate[j] = n;
		gate[H + j] = r;
		gate[2 * H + j] = z;
		gate[3 * H + j] = m;
		h[j] = n + z * (before[j] - n);
	}
}

/* gate becomes the gradient before activation; dh that of the state before, but for the products. */
USERCLS_CLONES static void
cell_backward(real *restrict gate, real *restrict dh, const real *restrict dy, const real *restrict before,
			  size_t H)
{
	for (size_t j = 0; j < H; j++)
	{
		const real n = gate[j];
		const real r = gate[H + j];
		const real z = gate[2 * H + j];
		const real d = dh[j] + dy[j];
		const real dn = d * (1 - z) * (1 - n * n);

		gate[j] = dn;
		gate[H + j] = dn * gate[3 * H + j] * r * (1 - r);
		gate[2 * H + j] = d * (before[j] - n) * z * (1 - z);
		gate[3 * H + j] = dn * r;
		dh[j] = d * z;
	}
}

static void
gru_forward(Recurrent *layer, real *y, size_t ldy, const real *x, const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	const real *bias = layer->w + H * 4 * H + 3 * H;

	recurrent_input(layer, x, steps);
	for (size_t i = 0; i < steps->T; i++)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *a = layer->a + row * K;
		real *gate = layer->gate + (layer->training ? row : 0) * 4 * H;

		for (size_t b = s.carried; b < s.active; b++)
			memset(a + b * K, 0, H * sizeof(real));
		blas_nn(gate, 4 * H, a + H, K, layer->w + H * 4 * H, 4 * H, s.active, 3 * H, 1 + I, BLAS_SET);
		blas_nn(layer->carry, 3 * H, a, K, layer->w + H, 4 * H, s.active, 3 * H, H, BLAS_SET);
		for (size_t b = 0; b < s.active; b++)
		{
			real *h = y + (row + b) * ldy;

			cell_forward(h, gate + b * 4 * H, layer->carry + b * 3 * H, bias, a + b * K, H);
			if (b < s.passed)
				memcpy(layer->a + (steps->row[s.after] + b) * K, h, H * sizeof(real));
		}
	}
}

static void
gru_backward(Recurrent *layer, real *dx, const RecurrentTensors *d, const real *dy, size_t ldy,
			 const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	const size_t rows = steps->row[steps->T];

	for (size_t i = steps->T; i-- > 0;)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *gate = layer->gate + row * 4 * H;

		/* Nothing flows back to a sequence that passed no state on. */
		memset(layer->dh + s.passed * H, 0, (s.active - s.passed) * H * sizeof(real));
		for (size_t b = 0; b < s.active; b++)
			cell_backward(gate + b * 4 * H, layer->dh + b * H, dy + (row + b) * ldy, layer->a + (row + b) * K,
						  H);
		blas_nn(layer->dh, H, gate + H, 4 * H, layer->wt + H * K, K, s.carried, H, 3 * H, BLAS_ADD);
	}

	/* dw: blocks r, z, n of the hidden part over [h | 1], then n, r, z of the input part over [1 | x]. */
	real *dw_hh = layer->dw;
	real *dw_ih = layer->dw + 3 * H * (H + 1);

	blas_tn(dw_hh, H + 1, layer->gate + H, 4 * H, layer->a, K, 3 * H, H + 1, rows, BLAS_SET);
	blas_tn(dw_ih, I + 1, layer->gate, 4 * H, layer->a + H, K, 3 * H, I + 1, rows, BLAS_SET);
	for (size_t block = 0; block < 3; block++)
		for (size_t j = 0; j < H; j++)
		{
			const size_t h = hidden_gate[block] * H + j;
			const size_t g = input_gate[block] * H + j;
			const real *from_h = dw_hh + (block * H + j) * (H + 1);
			const real *from_x = dw_ih + (block * H + j) * (I + 1);

			for (size_t k = 0; k < H; k++)
				d->w_hh[h * H + k] += from_h[k];
			d->b_hh[h] += from_h[H];
			d->b_ih[g] += from_x[0];
			for (size_t k = 0; k < I; k++)
				d->w_ih[g * I + k] += from_x[1 + k];
		}
	if (dx)
		blas_nn(dx, I, layer->gate, 4 * H, layer->wt + H + 1, K, rows, I, 3 * H, BLAS_ADD);
}

const RecurrentCell gru_cell = {"gru", 3, gru_pack, gru_forward, gru_backward};

#include "nn/recurrent.h"

#include <string.h>

#include "nn/act.h"
#include "nn/blas.h"

/* Rows of w and columns of wt: [h | 1 | x]. Both biases of PyTorch act as one. */
static void
lstm_pack(Recurrent *layer, const RecurrentTensors *tensors)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;

	for (size_t g = 0; g < 4 * H; g++)
	{
		real *row = layer->wt + g * K;

		memcpy(row, tensors->w_hh + g * H, H * sizeof(real));
		row[H] = tensors->b_ih[g] + tensors->b_hh[g];
		memcpy(row + H + 1, tensors->w_ih + g * I, I * sizeof(real));
		for (size_t k = 0; k < K; k++)
			layer->w[k * 4 * H + g] = row[k];
	}
}

/* gate (4H: i f g o) is activated in place; c and h of this step from the c before. */
USERCLS_CLONES static void
cell_forward(real *restrict h, real *restrict c, real *restrict gate, const real *restrict before, size_t H)
{
	for (size_t j = 0; j < H; j++)
	{
		const real i = act_sigmoid(gate[j]);
		const real f = act_sigmoid(gate[H + j]);
		const real g = act_tanh(gate[2 * H + j]);
		const real o = act_sigmoid(gate[3 * H + j]);
		const real s = f * before[j] + i * g;

		gate[j] = i;
		gate[H + j] = f;
		gate[2 * H + j] = g;
		gate[3 * H + j] = o;
		c[j] = s;
		h[j] = o * act_tanh(s);
	}
}

/* gate becomes the gradient before activation; dc that of the state before. */
USERCLS_CLONES static void
cell_backward(real *restrict gate, real *restrict dc, const real *restrict dh, const real *restrict dy,
			  const real *restrict c, const real *restrict before, size_t H)
{
	for (size_t j = 0; j < H; j++)
	{
		const real i = gate[j];
		const real f = gate[H + j];
		const real g = gate[2 * H + j];
		const real o = gate[3 * H + j];
		const real tanh_c = act_tanh(c[j]);
		const real d = dh[j] + dy[j];
		const real ds = dc[j] + d * o * (1 - tanh_c * tanh_c);

		gate[j] = ds * g * i * (1 - i);
		gate[H + j] = ds * before[j] * f * (1 - f);
		gate[2 * H + j] = ds * i * (1 - g * g);
		gate[3 * H + j] = d * tanh_c * o * (1 - o);
		dc[j] = ds * f;
	}
}

static void
lstm_forward(Recurrent *layer, real *y, size_t ldy, const real *x, const Steps *steps)
{
	const size_t H = layer->H;
	const size_t K = H + 1 + layer->I;

	recurrent_input(layer, x, steps);
	for (size_t i = 0; i < steps->T; i++)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *a = layer->a + row * K;
		/* Without a backward pass two steps' states take turns. */
		real *gate = layer->gate + (layer->training ? row : 0) * 4 * H;
		real *state = layer->state + (layer->training ? row : i % 2 * steps->B) * H;
		const real *before =
			layer->state + (layer->training ? steps->row[s.before] : (i + 1) % 2 * steps->B) * H;

		for (size_t b = s.carried; b < s.active; b++)
			memset(a + b * K, 0, H * sizeof(real));
		blas_nn(gate, 4 * H, a, K, layer->w, 4 * H, s.active, 4 * H, K, BLAS_SET);
		for (size_t b = 0; b < s.active; b++)
		{
			real *h = y + (row + b) * ldy;

			cell_forward(h, state + b * H, gate + b * 4 * H, b < s.carried ? before + b * H : layer->zero, H);
			if (b < s.passed)
				memcpy(layer->a + (steps->row[s.after] + b) * K, h, H * sizeof(real));
		}
	}
}

static void
lstm_backward(Recurrent *layer, real *dx, const RecurrentTensors *d, const real *dy, size_t ldy,
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
		memset(layer->dc + s.passed * H, 0, (s.active - s.passed) * H * sizeof(real));
		for (size_t b = 0; b < s.active; b++)
			cell_backward(gate + b * 4 * H, layer->dc + b * H, layer->dh + b * H, dy + (row + b) * ldy,
						  layer->state + (row + b) * H,
						  b < s.carried ? layer->state + (steps->row[s.before] + b) * H : layer->zero, H);
		blas_nn(layer->dh, H, gate, 4 * H, layer->wt, K, s.carried, H, 4 * H, BLAS_SET);
	}

	blas_tn(layer->dw, K, layer->gate, 4 * H, layer->a, K, 4 * H, K, rows, BLAS_SET);
	for (size_t g = 0; g < 4 * H; g++)
	{
		const real *row = layer->dw + g * K;

		for (size_t k = 0; k < H; k++)
			d->w_hh[g * H + k] += row[k];
		d->b_ih[g] += row[H];
		d->b_hh[g] += row[H];
		for (size_t k = 0; k < I; k++)
			d->w_ih[g * I + k] += row[H + 1 + k];
	}
	if (dx)
		blas_nn(dx, I, layer->gate, 4 * H, layer->wt + H + 1, K, rows, I, 4 * H, BLAS_ADD);
}

const RecurrentCell lstm_cell = {"lstm", 4, lstm_pack, lstm_forward, lstm_backward};

/*
 * A GRU's direction over a chunk:
 *
 *   for each step:  gate = [n's input part | r | z | n's hidden part] by three products of a's pieces
 *     r, z = sigmoid;  n = tanh(input part + r · hidden part);  h = n + z (h_before - n)
 *   backward as in sequence/pure/lstm.c, with two products for dw, one for each part
 */
#include "sequence/pure/recurrent.h"

#include <string.h>

#include "nn/act.h"
#include "nn/panel.h"

/*
 * The four blocks of gates are n (input part), r, z, n (hidden part). A row [h | 1 | x] feeds r and z, whose
 * two biases are added; its end [1 | x] feeds n's input part, and its begin [h | 1] the hidden one. So the
 * gradients of the first three blocks go to the input's weights, and those of the last three to h's.
 */
static const size_t input_gate[] = {2, 0,
									1}; /* PyTorch's number of block 0, 1, 2; those of 1, 2, 3 are 0, 1, 2 */

static real *
hidden_weights(const Recurrent *layer)
{
	return layer->w + panel_size(layer->H + 1 + layer->I, 2 * layer->H);
}

static real *
input_weights(const Recurrent *layer)
{
	return hidden_weights(layer) + panel_size(layer->H + 1, layer->H);
}

static void
gru_pack(Recurrent *layer, const RecurrentTensors *tensors)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	real *w_n = hidden_weights(layer);
	real *w_x = input_weights(layer);

	panel_pack(layer->w, K, 2 * H, 0, H, tensors->w_hh, 1, H);
	panel_pack(layer->w, K, 2 * H, H, 1, tensors->b_ih, 0, 1);
	for (size_t j = 0; j < 2 * H; j++)
		*panel_at(layer->w, K, H, j) += tensors->b_hh[j];
	panel_pack(layer->w, K, 2 * H, H + 1, I, tensors->w_ih, 1, I);

	panel_pack(w_n, H + 1, H, 0, H, tensors->w_hh + 2 * H * H, 1, H);
	panel_pack(w_n, H + 1, H, H, 1, tensors->b_hh + 2 * H, 0, 1);
	panel_pack(w_x, 1 + I, H, 0, 1, tensors->b_ih + 2 * H, 0, 1);
	panel_pack(w_x, 1 + I, H, 1, I, tensors->w_ih + 2 * H * I, 1, I);

	panel_pack(layer->wt_h, 3 * H, H, 0, 3 * H, tensors->w_hh, H, 1);
	for (size_t block = 0; block < 3; block++)
		panel_pack(layer->wt_x, 3 * H, I, block * H, H, tensors->w_ih + input_gate[block] * H * I, I, 1);
}

/* For n sequences: gate (n's input part, r, z, n's hidden part) becomes n, r, z, n's hidden part. */
USERCLS_CLONES static void
cell_forward(real *restrict h, size_t ldh, real *restrict gate, size_t ldgate, const real *restrict before,
			 size_t ldbefore, size_t n, size_t H)
{
	for (size_t b = 0; b < n; b++, h += ldh, gate += ldgate, before += ldbefore)
	{
		for (size_t j = H; j < 3 * H; j++)
			gate[j] = act_sigmoid(gate[j]);
		for (size_t j = 0; j < H; j++)
		{
			const real new = act_tanh(gate[j] + gate[H + j] * gate[3 * H + j]);

			gate[j] = new;
			h[j] = new + gate[2 * H + j] * (before[j] - new);
		}
	}
}

/* gate becomes its gradient before activation; dh the part of the gradient of h_before that goes past the products. */
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

/* The products by the weights of h: from the first panel to the last, or from the last to the first (nn/panel.h). */
static void
multiply_hidden(const Recurrent *layer, real *gate, const real *a, size_t n, PanelOp turn)
{
	const size_t H = layer->H;
	const size_t K = H + 1 + layer->I;
	const size_t ld = layer->ldgate;

	if (turn & PANEL_BACKWARDS)
		panel_product(gate + 3 * H, ld, a, K, hidden_weights(layer), n, H, H + 1, turn);
	panel_product(gate + H, ld, a, K, layer->w, n, 2 * H, K, turn);
	if (!(turn & PANEL_BACKWARDS))
		panel_product(gate + 3 * H, ld, a, K, hidden_weights(layer), n, H, H + 1, turn);
}

static void
gru_forward(Recurrent *layer, real *y, size_t ldy, const real *x, const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	const size_t ldgate = layer->ldgate;

	recurrent_input(layer, x, steps);
	for (size_t i = 0; i < steps->T && !steps_interrupted(steps); i++)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *a = layer->a + row * K;
		real *h = y + row * ldy;
		real *gate = layer->gate + (layer->training ? row : 0) * ldgate;

		for (size_t b = s.carried; b < s.active; b++)
			memset(a + b * K, 0, H * sizeof(real));
		panel_product(gate, ldgate, a + H, K, input_weights(layer), s.active, H, 1 + I, PANEL_SET);
		multiply_hidden(layer, gate, a, s.active, panel_turn(i));
		cell_forward(h, ldy, gate, ldgate, a, K, s.active, H);
		for (size_t b = 0; b < s.passed; b++)
			memcpy(layer->a + (steps->row[s.after] + b) * K, h + b * ldy, H * sizeof(real));
	}
}

/* dw_h: blocks r, z, n of the hidden part over [h | 1]; dw_x: n, r, z of the input part over [1 | x]. */
static void
add_gradients(const RecurrentTensors *d, const real *dw_h, const real *dw_x, size_t ld, size_t H, size_t I)
{
	for (size_t g = 0; g < 3 * H; g++)
	{
		const size_t from = input_gate[g / H] * H + g % H;

		for (size_t k = 0; k < H; k++)
			d->w_hh[g * H + k] += dw_h[k * ld + g];
		d->b_hh[g] += dw_h[H * ld + g];
		d->b_ih[from] += dw_x[g];
		for (size_t k = 0; k < I; k++)
			d->w_ih[from * I + k] += dw_x[(1 + k) * ld + g];
	}
}

static void
gru_backward(Recurrent *layer, real *dx, const RecurrentTensors *d, const real *dy, size_t ldy,
			 const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	const size_t ldgate = layer->ldgate;
	real *dw_h = layer->dw;
	real *dw_x = layer->dw + (H + 1) * ldgate;
	RecurrentRows done = {0};

	memset(layer->dw, 0, (K + 1) * ldgate * sizeof(real));
	for (size_t i = steps->T; i-- > 0 && !steps_interrupted(steps);)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *gate = layer->gate + row * ldgate;

		/* Nothing flows back to a sequence that passed no state on. */
		memset(layer->dh + s.passed * H, 0, (s.active - s.passed) * H * sizeof(real));
		for (size_t b = 0; b < s.active; b++)
			cell_backward(gate + b * ldgate, layer->dh + b * H, dy + (row + b) * ldy,
						  layer->a + (row + b) * K, H);
		panel_product(layer->dh, H, gate + H, ldgate, layer->wt_h, s.carried, H, 3 * H, PANEL_ADD);
		if (!recurrent_gather(&done, steps, s.t, i == 0))
			continue;

		const real *a = layer->a + done.begin * K;
		const real *g = layer->gate + done.begin * ldgate;

		panel_outer(dw_h, ldgate, a, K, g + H, ldgate, H + 1, 3 * H, done.n);
		panel_outer(dw_x, ldgate, a + H, K, g, ldgate, 1 + I, 3 * H, done.n);
		if (dx)
			panel_product(dx + done.begin * I, I, g, ldgate, layer->wt_x, done.n, I, 3 * H, PANEL_ADD);
		done.n = 0;
	}
	add_gradients(d, dw_h, dw_x, ldgate, H, I);
}

const RecurrentCell gru_cell = {"gru", 3, gru_pack, gru_forward, gru_backward};

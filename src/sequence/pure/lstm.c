/*
 * An LSTM's direction over a chunk:
 *
 *   for each step:  gate = a · w                                            (all of [h | 1 | x] in one product)
 *     i, f, o = sigmoid, g = tanh of gate;  c = f c_before + i g;  h = o tanh(c);  h goes into the next step's a
 *   backward, from the last step to the first:
 *     gate = its gradient before activation;  dh, dc of the step before = gate · wt_h, dc f
 *     every 64 rows or so:  dw += aᵀ gate;  dx += gate · wt_x
 *   dw is taken apart into PyTorch's tensors at the end
 */
#include "sequence/pure/recurrent.h"

#include <string.h>

#include "nn/act.h"
#include "nn/panel.h"

/* Pack [w_hh | b_ih + b_hh | w_ih] as one matrix: PyTorch's two biases act as one. */
static void
lstm_pack(Recurrent *layer, const RecurrentTensors *tensors)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;

	panel_pack(layer->w, K, 4 * H, 0, H, tensors->w_hh, 1, H);
	panel_pack(layer->w, K, 4 * H, H, 1, tensors->b_ih, 0, 1);
	for (size_t g = 0; g < 4 * H; g++)
		*panel_at(layer->w, K, H, g) += tensors->b_hh[g];
	panel_pack(layer->w, K, 4 * H, H + 1, I, tensors->w_ih, 1, I);
	panel_pack(layer->wt_h, 4 * H, H, 0, 4 * H, tensors->w_hh, H, 1);
	panel_pack(layer->wt_x, 4 * H, I, 0, 4 * H, tensors->w_ih, I, 1);
}

/*
 * For n sequences: gate (i f g o) is activated in place; c and h of this step from the c before. A loop for
 * each activation, not one for all: a processor looks some hundred operations ahead, and so meets several
 * iterations.
 */
USERCLS_CLONES static void
cell_forward(real *restrict h, size_t ldh, real *restrict c, real *restrict gate, size_t ldgate,
			 const real *restrict before, size_t ldbefore, size_t n, size_t H)
{
	for (size_t b = 0; b < n; b++, h += ldh, c += H, gate += ldgate, before += ldbefore)
	{
		for (size_t j = 0; j < 2 * H; j++)
			gate[j] = act_sigmoid(gate[j]);
		for (size_t j = 2 * H; j < 3 * H; j++)
			gate[j] = act_tanh(gate[j]);
		for (size_t j = 3 * H; j < 4 * H; j++)
			gate[j] = act_sigmoid(gate[j]);
		for (size_t j = 0; j < H; j++)
			c[j] = gate[H + j] * before[j] + gate[j] * gate[2 * H + j];
		for (size_t j = 0; j < H; j++)
			h[j] = gate[3 * H + j] * act_tanh(c[j]);
	}
}

/* gate becomes its gradient before activation; dc the gradient of the state before. */
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
	const size_t ldgate = layer->ldgate;

	recurrent_input(layer, x, steps);
	for (size_t i = 0; i < steps->T && !steps_interrupted(steps); i++)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *a = layer->a + row * K;
		real *h = y + row * ldy;
		/* Without a backward pass two steps' states take turns. */
		real *gate = layer->gate + (layer->training ? row : 0) * ldgate;
		real *state = layer->state + (layer->training ? row : i % 2 * steps->B) * H;
		const real *before =
			layer->state + (layer->training ? steps->row[s.before] : (i + 1) % 2 * steps->B) * H;

		for (size_t b = s.carried; b < s.active; b++)
			memset(a + b * K, 0, H * sizeof(real));
		panel_product(gate, ldgate, a, K, layer->w, s.active, 4 * H, K, panel_turn(i));
		cell_forward(h, ldy, state, gate, ldgate, before, H, s.carried, H);
		cell_forward(h + s.carried * ldy, ldy, state + s.carried * H, gate + s.carried * ldgate, ldgate,
					 layer->zero, 0, s.active - s.carried, H);
		for (size_t b = 0; b < s.passed; b++)
			memcpy(layer->a + (steps->row[s.after] + b) * K, h + b * ldy, H * sizeof(real));
	}
}

static void
add_gradients(const RecurrentTensors *d, const real *dw, size_t ld, size_t H, size_t I)
{
	for (size_t g = 0; g < 4 * H; g++)
	{
		for (size_t k = 0; k < H; k++)
			d->w_hh[g * H + k] += dw[k * ld + g];
		d->b_ih[g] += dw[H * ld + g];
		d->b_hh[g] += dw[H * ld + g];
		for (size_t k = 0; k < I; k++)
			d->w_ih[g * I + k] += dw[(H + 1 + k) * ld + g];
	}
}

static void
lstm_backward(Recurrent *layer, real *dx, const RecurrentTensors *d, const real *dy, size_t ldy,
			  const Steps *steps)
{
	const size_t H = layer->H;
	const size_t I = layer->I;
	const size_t K = H + 1 + I;
	const size_t ldgate = layer->ldgate;
	RecurrentRows done = {0};

	memset(layer->dw, 0, K * ldgate * sizeof(real));
	for (size_t i = steps->T; i-- > 0 && !steps_interrupted(steps);)
	{
		const RecurrentStep s = recurrent_step(layer, steps, i);
		const size_t row = steps->row[s.t];
		real *gate = layer->gate + row * ldgate;

		/* Nothing flows back to a sequence that passed no state on. */
		memset(layer->dh + s.passed * H, 0, (s.active - s.passed) * H * sizeof(real));
		memset(layer->dc + s.passed * H, 0, (s.active - s.passed) * H * sizeof(real));
		for (size_t b = 0; b < s.active; b++)
			cell_backward(gate + b * ldgate, layer->dc + b * H, layer->dh + b * H, dy + (row + b) * ldy,
						  layer->state + (row + b) * H,
						  b < s.carried ? layer->state + (steps->row[s.before] + b) * H : layer->zero, H);
		panel_product(layer->dh, H, gate, ldgate, layer->wt_h, s.carried, H, 4 * H, PANEL_SET);
		if (!recurrent_gather(&done, steps, s.t, i == 0))
			continue;
		panel_outer(layer->dw, ldgate, layer->a + done.begin * K, K, layer->gate + done.begin * ldgate,
					ldgate, K, 4 * H, done.n);
		if (dx)
			panel_product(dx + done.begin * I, I, layer->gate + done.begin * ldgate, ldgate, layer->wt_x,
						  done.n, I, 4 * H, PANEL_ADD);
		done.n = 0;
	}
	add_gradients(d, layer->dw, ldgate, H, I);
}

const RecurrentCell lstm_cell = {"lstm", 4, lstm_pack, lstm_forward, lstm_backward};

#include "uplift/pure/gate.h"

#include "nn/act.h"
#include "nn/blas.h"
#include "nn/dense.h"

USERCLS_CLONES static void
gate_activate(real *h, real *memory, real *gate, const real *before, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++)
	{
		real *g = gate + r * 4 * H;

		for (size_t c = 0; c < 3 * H; c++)
			g[c] = act_sigmoid(g[c]);
		for (size_t c = 3 * H; c < 4 * H; c++)
			g[c] = act_tanh(g[c]);
		for (size_t c = 0; c < H; c++)
			memory[r * H + c] = g[c] * g[3 * H + c] + (before ? g[H + c] * before[r * H + c] : 0);
		for (size_t c = 0; c < H; c++)
			h[r * H + c] = g[2 * H + c] * act_tanh(memory[r * H + c]);
	}
}

void
gate_forward(real *h, real *memory, real *gate, const real *m, const real *before, const real *w,
			 const real *b, size_t n, size_t H)
{
	dense_forward(gate, m, w, b, n, H, 4 * H);
	gate_activate(h, memory, gate, before, n, H);
}

USERCLS_CLONES static void
gate_slope(real *dbefore, real *gate, const real *dh, const real *dmemory, const real *memory,
		   const real *before, size_t n, size_t H)
{
	for (size_t r = 0; r < n; r++)
	{
		real *i = gate + r * 4 * H;
		real *f = i + H;
		real *o = f + H;
		real *g = o + H;

		for (size_t c = 0; c < H; c++)
		{
			const size_t at = r * H + c;
			const real t = act_tanh(memory[at]);
			const real dC = (dmemory ? dmemory[at] : 0) + dh[at] * o[c] * (1 - t * t);
			const real C = before ? before[at] : 0;
			const real slope_i = dC * g[c] * i[c] * (1 - i[c]);
			const real slope_g = dC * i[c] * (1 - g[c] * g[c]);

			if (dbefore)
				dbefore[at] = dC * f[c];
			f[c] = dC * C * f[c] * (1 - f[c]);
			o[c] = dh[at] * t * o[c] * (1 - o[c]);
			i[c] = slope_i;
			g[c] = slope_g;
		}
	}
}

void
gate_backward(real *dm, real *dbefore, real *dw, real *db, real *gate, const real *dh, const real *dmemory,
			  const real *memory, const real *before, const real *m, const real *w, size_t n, size_t H)
{
	gate_slope(dbefore, gate, dh, dmemory, memory, before, n, H);
	dense_backward(NULL, dw, db, gate, m, w, n, H, 4 * H);
	blas_nn(dm, H, gate, 4 * H, w, H, n, H, 4 * H, BLAS_SET);
}

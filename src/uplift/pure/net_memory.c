/* The memory of a pass: rows of all nodes, and a worker's scratch (uplift/pure/net_pass.h has what each holds). */
#include "uplift/pure/net_pass.h"

#include "uplift/pure/linear.h"

void
upliftrows_carve(UpliftRows *rows, Arena *arena, const UpliftNet *net, size_t N, bool training)
{
	const size_t H = net->H;
	const size_t NR = N * net->R;
	size_t NH, NRH;

	*rows = (UpliftRows){.own_stride = training ? 2 * H : H};
	if (__builtin_mul_overflow(N, H, &NH) || __builtin_mul_overflow(NH, net->R, &NRH))
		NH = NRH = SIZE_MAX; /* which no arena has */
	for (size_t l = 0; l < net->L; l++)
	{
		const bool first = l == 0;

		rows->hidden[l] = training || first ? ARENA_TAKE(arena, real, NH) : rows->hidden[0];
		if (net->config.depth == DEPTH_GATED)
			rows->memory[l] = training || first ? ARENA_TAKE(arena, real, NH) : rows->memory[0];
		if (!training)
			continue;
		rows->att[l] = ARENA_TAKE(arena, real, NRH);
		rows->dhidden[l] = net->R > 1 ? ARENA_TAKE(arena, real, NH) : rows->att[l];
		if (uplift_sums(net))
			rows->sum[l] = ARENA_TAKE(arena, real, NRH);
		if (uplift_attends(net))
			rows->lse[l] = ARENA_TAKE(arena, real, NR * net->K);
	}
	rows->pair = (real *) arena_take(arena, NRH, 2 * sizeof(real));
	rows->own = (real *) arena_take(arena, NR, rows->own_stride * sizeof(real));
	if (training && uplift_attends(net))
		rows->level = (real *) arena_take(arena, NR, 2 * net->K * sizeof(real));
	rows->u = ARENA_TAKE(arena, real, net->L * net->R * H);
	if (uplift_sums(net))
		rows->sum_scale = ARENA_TAKE(arena, real, net->R);
	if (net->levels > 0 && !training)
	{
		rows->linear = (real *) arena_take(arena, N, linear_width(net) * sizeof(real));
		rows->linear_heard = (real *) arena_take(arena, N, linear_width(net) * sizeof(real));
	}
}

void
upliftscratch_carve(UpliftScratch *scratch, Arena *arena, const UpliftNet *net)
{
	const size_t H = net->H;
	const size_t rows = UPLIFT_BLOCK * net->R;

	scratch->x = ARENA_TAKE(arena, real, UPLIFT_BLOCK * net->D);
	scratch->product = ARENA_TAKE(arena, real, rows * 3 * H);
	scratch->dropped = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->att = ARENA_TAKE(arena, real, rows * H);
	scratch->sum = ARENA_TAKE(arena, real, rows * H);
	scratch->degree = ARENA_TAKE(arena, real, rows);
	if (net->R > 1)
		scratch->own = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->m = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->gate = ARENA_TAKE(arena, real, UPLIFT_BLOCK * 4 * H);
	scratch->h = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->dh = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->dm = ARENA_TAKE(arena, real, UPLIFT_BLOCK * H);
	scratch->logit = ARENA_TAKE(arena, real, UPLIFT_BLOCK * net->C);
	scratch->dlogit = ARENA_TAKE(arena, real, UPLIFT_BLOCK * net->C);
	scratch->du = ARENA_TAKE(arena, real, net->R * H);
}

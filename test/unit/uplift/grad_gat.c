/* Gradients of the attention kernel against central differences, for each width that has code of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "upliftcase.h"
#include "uplift/pure/gat.h"

#define N 40

typedef struct Kernel
{
	Graph graph;
	Gat gat;
	size_t H, width;
	real *product, *bias, *u, *gain; /* what the objective depends on */
	real *att, *sum, *lse, *weight;  /* weight: of att and of sum in the objective, the same */
} Kernel;

static double
objective(Kernel *k)
{
	double total = 0;

	gat_fill(&k->gat, k->product, k->bias, 0, N);
	gat_forward(k->att, k->sum, k->lse, &k->gat, &k->graph.in, 0, N);
	for (size_t i = 0; i < N * k->H; i++)
		total += k->weight[i] *
				 ((k->gat.attend ? k->att[i] : 0) + (k->gat.sum ? k->gain[i % k->H] * k->sum[i] : 0));
	return total;
}

static real *
randoms(size_t n, double scale, Rng *rng)
{
	real *x = malloc(n * sizeof(real));

	for (size_t i = 0; i < n; i++)
		x[i] = (real) (scale * rng_normal(rng));
	return x;
}

static void
compare(Kernel *k, real *x, double gradient)
{
	static const double place[4] = {-2, -1, 1, 2};
	const double step = 1e-4;
	const double kept = *x;
	double f[4];

	for (int p = 0; p < 4; p++)
	{
		*x = kept + place[p] * step;
		f[p] = objective(k);
	}
	*x = kept;

	const double difference = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * step);

	if (!(fabs(difference - gradient) < 1e-6 * fmax(1e-2, fabs(difference) + fabs(gradient))))
		fail_msg("H %zu, K %zu: backward %.12g, difference %.12g", k->H, k->gat.K, gradient, difference);
}

/* Shares add up to 1; with one head, and nothing dropped, what is heard is the values by their shares. */
static void
check_shares(const Kernel *k)
{
	const Adjacency *in = &k->graph.in;
	const size_t H = k->H;

	for (size_t i = 0; k->gat.attend && i < N; i++)
	{
		real share[N], sum = 0, heard = 0;

		gat_shares(share, &k->gat, in, i);
		for (size_t j = in->start[i]; j < in->start[i + 1]; j++)
		{
			sum += share[j - in->start[i]];
			heard += share[j - in->start[i]] * k->gat.pair[in->node[j] * 2 * H + H];
		}
		assert_true(fabs(sum - 1) < 1e-9);
		if (k->gat.K == 1 && k->gat.drop == 0)
			assert_true(fabs(heard - k->att[i * H]) < 1e-9);
	}
}

static void
check(size_t H, size_t K, bool attend, bool sum, bool weighted, double drop)
{
	const GraphSetup setup = {N, 900, true, weighted}; /* rows longer than a chunk, and empty ones */
	Rng rng = rng_seed(3, H);
	Arena measure = arena_measure();
	GraphCounts counts;
	const real sum_scale = (real) 0.3;
	Kernel k = {.H = H, .width = attend ? 3 * H : H};

	graph_carve(&k.graph, &measure, &setup);

	void *block = malloc(measure.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measure.used);

	case_graph(&k.graph, &counts, &arena, &setup, &rng);
	k.product = randoms(N * k.width, 0.7, &rng);
	k.bias = randoms(H, 0.5, &rng);
	k.u = randoms(H, 1, &rng);
	k.gain = randoms(H, 1, &rng);
	k.weight = randoms(N * H, 1, &rng);
	k.att = randoms(N * H, 0, &rng);
	k.sum = randoms(N * H, 0, &rng);
	k.lse = randoms(N * K, 0, &rng);
	k.gat = (Gat){.H = H,
				  .K = K,
				  .R = 1,
				  .attend = attend,
				  .sum = sum,
				  .u = k.u,
				  .sum_scale = &sum_scale,
				  .gain = k.gain,
				  .drop = (real) drop,
				  .key = 9,
				  .pair = randoms(N * 2 * H, 0, &rng),
				  .own = randoms(N * 2 * H, 0, &rng),
				  .own_stride = 2 * H,
				  .level = randoms(N * 2 * K, 0, &rng)};

	const size_t first = attend ? H : 0; /* half products that are a node's own */
	real *ds = calloc(N * H, sizeof(real));
	real *dother = calloc(N * k.width, sizeof(real));
	real *du = calloc(H, sizeof(real));

	objective(&k);
	check_shares(&k);
	gat_backward_fill(&k.gat, k.weight, k.att, k.lse, 0, N);
	for (size_t from = 0; from < N; from += 15)
	{
		const size_t n = N - from < 15 ? N - from : 15;

		if (attend)
			gat_backward_self(ds + from * H, du, &k.gat, &k.graph.in, from, n);
		gat_backward_others(dother + from * (k.width - first), &k.gat, &k.graph.out, from, n);
	}
	for (int trial = 0; trial < 60; trial++)
	{
		const size_t at = rng_below(&rng, N * k.width);
		const size_t i = at / k.width, c = at % k.width;

		compare(&k, &k.product[at], c < first ? ds[i * H + c] : dother[i * (k.width - first) + c - first]);
	}
	for (size_t c = 0; attend && c < H; c += H / 4)
		compare(&k, &k.u[c], du[c]);

	free(block);
	free(k.product);
	free(k.bias);
	free(k.u);
	free(k.gain);
	free(k.weight);
	free(k.att);
	free(k.sum);
	free(k.lse);
	free(k.gat.pair);
	free(k.gat.own);
	free(k.gat.level);
	free(ds);
	free(dother);
	free(du);
}

static void
test_widths(void **state)
{
	static const size_t width[] = {4, 7, 8, 16, 24, 32, 64};

	for (size_t i = 0; i < sizeof(width) / sizeof(width[0]); i++)
	{
		check(width[i], 1, true, false, false, 0);
		check(width[i] * 3, 3, true, i % 2 == 0, true, 0.3);
	}
}

static void
test_sum(void **state)
{
	check(8, 2, false, true, true, 0);
	check(8, 1, true, true, false, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The product of panel.c for one level of processor; included once for each, with
 *
 *   LEVEL(name)   the name with the level's suffix
 *   VECTOR_BYTES  width of a register
 *   TILE_ROWS     rows of a tile, whose sums stay in registers
 *   TILE_PANELS   panels of a tile: 1 or 4
 *
 * A tile's sums, a row's vectors of b, and one number of a must fit the registers; there must be enough sums
 * to hide the latency of a multiply-add (4 or 5 times its throughput). GCC's vector types, since
 * target_clones cannot say how many registers a clone has.
 */
typedef real LEVEL(Vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

#define LANES (VECTOR_BYTES / sizeof(real))
#define PANEL_VECTORS (PANEL_COLUMNS / LANES)
#define INLINE static inline __attribute__((always_inline))

/* rows and panels are constants where this is called from, so the loops over them leave straight code. */
INLINE void
LEVEL(tile)(real *out, size_t ldout, const real *a, size_t am, size_t ak, const real *b, size_t bp, size_t bk,
			size_t K, size_t rows, size_t panels, PanelOp op)
{
	const size_t vectors = panels * PANEL_VECTORS;
	LEVEL(Vector) sum[TILE_ROWS][TILE_PANELS * PANEL_VECTORS];

#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < vectors; v++)
			sum[r][v] = (LEVEL(Vector)){0};

	for (size_t k = 0; k < K; k++)
	{
		LEVEL(Vector) row[TILE_PANELS * PANEL_VECTORS];

#pragma GCC unroll 16
		for (size_t v = 0; v < vectors; v++)
			row[v] =
				*(const LEVEL(Vector) *) (b + v / PANEL_VECTORS * bp + k * bk + v % PANEL_VECTORS * LANES);
#pragma GCC unroll 16
		for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
			for (size_t v = 0; v < vectors; v++)
				sum[r][v] += a[r * am + k * ak] * row[v];
	}

#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < vectors; v++)
		{
			LEVEL(Vector) *to = (LEVEL(Vector) *) (out + r * ldout + v * LANES);

			if (op & PANEL_ADD)
				sum[r][v] += *to;
			*to = sum[r][v];
		}
}

/* All M rows of out, in `panels` whole panels. */
INLINE void
LEVEL(strip)(real *out, size_t ldout, const real *a, size_t am, size_t ak, const real *b, size_t bp,
			 size_t bk, size_t M, size_t K, size_t panels, PanelOp op)
{
	size_t m = 0;

	for (; m + TILE_ROWS <= M; m += TILE_ROWS)
		LEVEL(tile)(out + m * ldout, ldout, a + m * am, am, ak, b, bp, bk, K, TILE_ROWS, panels, op);
	for (; m + 2 <= M; m += 2)
		LEVEL(tile)(out + m * ldout, ldout, a + m * am, am, ak, b, bp, bk, K, 2, panels, op);
	if (m < M)
		LEVEL(tile)(out + m * ldout, ldout, a + m * am, am, ak, b, bp, bk, K, 1, panels, op);
}

/* All M rows of out, in the first n columns of one panel. */
static void
LEVEL(edge)(real *out, size_t ldout, const real *a, size_t am, size_t ak, const real *b, size_t bp, size_t bk,
			size_t M, size_t n, size_t K, PanelOp op)
{
	for (size_t m = 0; m < M; m++)
	{
		real sum[PANEL_COLUMNS];

		LEVEL(tile)(sum, PANEL_COLUMNS, a + m * am, am, ak, b, bp, bk, K, 1, 1, PANEL_SET);
		for (size_t j = 0; j < n; j++)
			out[m * ldout + j] = op & PANEL_ADD ? out[m * ldout + j] + sum[j] : sum[j];
	}
}

/* All of out. Strips are the outer loop: their part of b stays in the first-level cache while all rows of a pass. */
static void
LEVEL(multiply)(real *out, size_t ldout, const real *a, size_t am, size_t ak, const real *b, size_t bp,
				size_t bk, size_t M, size_t N, size_t K, PanelOp op)
{
	const size_t whole = N / PANEL_COLUMNS;
	const size_t strips = (whole + TILE_PANELS - 1) / TILE_PANELS;

	for (size_t i = 0; i < strips; i++)
	{
		const size_t p = (op & PANEL_BACKWARDS ? strips - 1 - i : i) * TILE_PANELS;
		real *to = out + p * PANEL_COLUMNS;
		const real *from = b + p * bp;

		switch (whole - p)
		{
#if TILE_PANELS > 1
			case 1:
				LEVEL(strip)(to, ldout, a, am, ak, from, bp, bk, M, K, 1, op);
				break;
			case 2:
				LEVEL(strip)(to, ldout, a, am, ak, from, bp, bk, M, K, 2, op);
				break;
			case 3:
				LEVEL(strip)(to, ldout, a, am, ak, from, bp, bk, M, K, 3, op);
				break;
#endif
			default:
				LEVEL(strip)(to, ldout, a, am, ak, from, bp, bk, M, K, TILE_PANELS, op);
		}
	}
	if (N % PANEL_COLUMNS > 0)
		LEVEL(edge)
	(out + whole * PANEL_COLUMNS, ldout, a, am, ak, b + whole * bp, bp, bk, M, N % PANEL_COLUMNS, K, op);
}

#undef LEVEL
#undef VECTOR_BYTES
#undef TILE_ROWS
#undef TILE_PANELS
#undef LANES
#undef PANEL_VECTORS
#undef INLINE

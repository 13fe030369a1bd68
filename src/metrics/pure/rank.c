#include "metrics/pure/rank.h"

#include <stdbool.h>
#include <string.h>

#define DIGIT_BITS 8
#define DIGITS 256
#define PASSES 8

/* Bits that sort as unsigned integers from the highest score to the lowest. */
static uint64_t
falling_key(double score)
{
	const double unsigned_zero = score + 0.0; /* -0 + 0 is 0 */
	uint64_t bits;

	memcpy(&bits, &unsigned_zero, sizeof bits);
	return bits >> 63 ? bits : ~bits & ~(UINT64_C(1) << 63);
}

void
rank_descending(uint32_t *order, RankItem *scratch, const double *score, size_t n)
{
	RankItem *from = scratch;
	RankItem *to = scratch + n;
	size_t count[PASSES][DIGITS] = {{0}};

	/* The sort is stable: to come first among equals, later rows start first. */
	for (size_t i = 0; i < n; i++)
	{
		const uint32_t row = (uint32_t) (n - 1 - i);
		const uint64_t key = falling_key(score[row]);

		from[i] = (RankItem){key, row};
		for (int pass = 0; pass < PASSES; pass++)
			count[pass][key >> (pass * DIGIT_BITS) & (DIGITS - 1)]++;
	}
	for (int pass = 0; pass < PASSES; pass++)
	{
		size_t at = 0;
		bool moves = true;

		for (int digit = 0; digit < DIGITS; digit++)
		{
			const size_t here = count[pass][digit];

			if (here == n)
				moves = false;
			count[pass][digit] = at;
			at += here;
		}
		if (!moves) /* one digit for all: usual where floats were widened to doubles */
			continue;
		for (size_t i = 0; i < n; i++)
			to[count[pass][from[i].key >> (pass * DIGIT_BITS) & (DIGITS - 1)]++] = from[i];

		RankItem *const swapped = from;

		from = to;
		to = swapped;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = from[i].row;
}

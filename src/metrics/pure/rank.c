/*
 * The rows by falling score, by radix sort:
 *
 *   key = the score's bits, turned so that a smaller key is a higher score;  start from the last row
 *   for digit = lowest byte .. highest byte, unless all keys have the same one there:
 *     count the keys by digit;  move each to its place, keeping the order of equal ones
 *
 * All counts are made in one pass over the scores, before the first move.
 */
#include "metrics/pure/rank.h"

#include <stdbool.h>
#include <string.h>

#define DIGIT_BITS 8
#define DIGITS 256
#define PASSES 8

/* The score's key: a higher score has a smaller one, as unsigned integers; -0 and 0 have the same. */
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

	/*
	 * The sort keeps the order of equal keys: the later row comes first among them, as rows are put in from the last.
	 */
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

/* The order of scores: what every ranking metric starts from. */
#ifndef USERCLS_METRICS_PURE_RANK_H
#define USERCLS_METRICS_PURE_RANK_H

#include <stddef.h>
#include <stdint.h>

typedef struct RankItem
{
	uint64_t key;
	uint32_t row;
} RankItem;

/*
 * order: the n rows by falling score; among equal scores the later row first,
 * as a reversed stable argsort gives it (numpy, and so scikit-uplift).
 *
 * Scores are finite, -0 equals 0, n <= UINT32_MAX; scratch holds 2n items. A
 * radix sort: the time is that of at most nine passes, whatever the values are.
 */
extern void rank_descending(uint32_t *order, RankItem *scratch, const double *score, size_t n);

#endif

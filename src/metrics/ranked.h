/*
 * From rows in any order to the ranked arrays that metrics read.
 *
 * Copies, in the current memory context. Scores are finite; a mark (label,
 * treated) other than 0 counts as 1.
 */
#ifndef USERCLS_METRICS_RANKED_H
#define USERCLS_METRICS_RANKED_H

#include "metrics/pure/metrics.h"
#include "metrics/pure/upliftmetrics.h"

extern BinaryScores ranked_binary(const double *score, const uint8 *label, Size n);

/* With the ideal order when there are outcomes other than 0 and 1. */
extern UpliftScores ranked_uplift(const double *uplift, const double *outcome, const uint8 *treated, Size n);

#endif

/*
 * How the trend of a column makes the label of a training: the argument trend_rule, in the words of label().
 *
 *   {"measure": "sum" | "mean" | "count"}          what a period counts as
 *   {"significance": 0.05}                         as label(trend), at another level than 0.1
 *   {"potential_at": 3, "high_risk_at": -3}        as label(trend, potential_at, high_risk_at)
 *   {"cuts": [-8, -3, 3, 8], "names": [...]}       as label(trend, cuts, names); two or four cuts need no names
 */
#ifndef USERCLS_SEQUENCE_TREND_LABELS_H
#define USERCLS_SEQUENCE_TREND_LABELS_H

#include "utils/jsonb.h"

#include "labeler/pure/label.h"

typedef struct TrendLabels
{
	const Jsonb *given; /* NULL: nothing was */
	TrendMeasure measure;
	TrendRule rule;
	const char **names; /* of its classes, from worst to best */
} TrendLabels;

/* given NULL: the sums, by significance at 0.1. */
extern TrendLabels trend_labels_read(const Jsonb *given);

#endif

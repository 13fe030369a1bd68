/*
 * What a trend is called: high_risk, stable or potential, from the score of its difference-sign test.
 */
#ifndef USERCLS_LABELER_PURE_LABEL_H
#define USERCLS_LABELER_PURE_LABEL_H

#include "labeler/pure/signtest.h"

/* From worst to best, as the SQL type trend_label has them. */
typedef enum TrendLabel
{
	LABEL_HIGH_RISK,
	LABEL_STABLE,
	LABEL_POTENTIAL,
	LABELS
} TrendLabel;

extern const char *const trend_label_names[LABELS];

/* By significance: stable unless a score this far from 0 has a probability of at most 0.1 without a trend. */
extern TrendLabel trend_label(SignScore score);

/* By cut points of the net sign: potential from potential_at up, high_risk from high_risk_at down. */
extern TrendLabel trend_label_at(SignScore score, int potential_at, int high_risk_at);

/* Rises minus falls. */
static inline int
sign_net(SignScore score)
{
	return (int) (score.rises - score.falls);
}

#endif

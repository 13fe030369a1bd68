#include "labeler/pure/label.h"

/* The largest p-value of a trend that is not stable. */
#define SIGNIFICANT 0.1

const char *const trend_label_names[LABELS] = {
	[LABEL_HIGH_RISK] = "high_risk",
	[LABEL_STABLE] = "stable",
	[LABEL_POTENTIAL] = "potential",
};

TrendLabel
trend_label(SignScore score)
{
	if (sign_p(score) > SIGNIFICANT)
		return LABEL_STABLE;
	return score.rises > score.falls ? LABEL_POTENTIAL : LABEL_HIGH_RISK;
}

TrendLabel
trend_label_at(SignScore score, int potential_at, int high_risk_at)
{
	const int net = sign_net(score);

	return net >= potential_at ? LABEL_POTENTIAL : net <= high_risk_at ? LABEL_HIGH_RISK : LABEL_STABLE;
}

#include "labeler/pure/label.h"

const char *const trend_label_names[LABELS] = {
	[LABEL_HIGH_RISK] = "high_risk", [LABEL_DECLINING] = "declining", [LABEL_STABLE] = "stable",
	[LABEL_RISING] = "rising",       [LABEL_POTENTIAL] = "potential",
};

const char *const trend_measure_names[MEASURES] = {
	[MEASURE_SUM] = "sum",
	[MEASURE_MEAN] = "mean",
	[MEASURE_COUNT] = "count",
};

void
trend_measure(double *value, double *slack, const TrendCell *cell, TrendMeasure measure)
{
	const double count = (double) cell->count;

	*value = measure == MEASURE_COUNT ? count : cell->sum;
	*slack = measure == MEASURE_COUNT ? 0.0 : trend_slack(cell->sum, cell->rest, cell->negative, cell->count);
	if (measure != MEASURE_MEAN)
		return;
	*value /= count;
	*slack = *slack / count + 0x1p-53 * fabs(*value);
}

int
trend_rule_classes(const TrendRule *rule)
{
	return rule->cuts > 0 ? rule->cuts + 1 : 3;
}

int
trend_rule_class(const TrendRule *rule, SignScore score)
{
	int class = 0;

	if (rule->cuts == 0)
		return sign_p(score) > rule->significance ? 1 : score.rises > score.falls ? 2 : 0;
	while (class < rule->cuts && sign_net(score) >= rule->cut[class])
		class ++;
	return class;
}

TrendLabel
trend_label_of(int class, int classes)
{
	return classes == LABELS ? (TrendLabel) class : (TrendLabel) (2 * class);
}

TrendLabel
trend_label(SignScore score)
{
	return trend_label_of(trend_rule_class(&(TrendRule){.significance = TREND_SIGNIFICANCE}, score), 3);
}

TrendLabel
trend_label_at(SignScore score, int potential_at, int high_risk_at)
{
	const int net = sign_net(score);

	return net >= potential_at ? LABEL_POTENTIAL : net <= high_risk_at ? LABEL_HIGH_RISK : LABEL_STABLE;
}

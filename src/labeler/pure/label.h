/*
 * What a trend is called: high_risk, stable or potential, or one of five classes, from the score of its
 * difference-sign test.
 */
#ifndef USERCLS_LABELER_PURE_LABEL_H
#define USERCLS_LABELER_PURE_LABEL_H

#include "labeler/pure/signtest.h"
#include "labeler/pure/trend.h"

/* From worst to best, as the SQL type trend_label has them. Three classes are the first, the middle and the last. */
typedef enum TrendLabel
{
	LABEL_HIGH_RISK,
	LABEL_DECLINING,
	LABEL_STABLE,
	LABEL_RISING,
	LABEL_POTENTIAL,
	LABELS
} TrendLabel;

extern const char *const trend_label_names[LABELS];

/* What a period counts as: the sum of its values, their mean (periods without any are left out), or their number. */
typedef enum TrendMeasure
{
	MEASURE_SUM,
	MEASURE_MEAN,
	MEASURE_COUNT,
	MEASURES
} TrendMeasure;

extern const char *const trend_measure_names[MEASURES];

/* What a cell counts as, and how far rounding may have moved that: for sign_score(). */
extern void trend_measure(double *value, double *slack, const TrendCell *cell, TrendMeasure measure);

/* The largest p-value of a trend that is not stable, unless another one is asked for. */
#define TREND_SIGNIFICANCE 0.1

#define TREND_CUTS_MAX 20

/* Classes by significance (worse, neither, better), or by cut points of the net sign. */
typedef struct TrendRule
{
	double significance;
	int cuts; /* 0: by significance */
	int cut[TREND_CUTS_MAX];
} TrendRule;

/* Classes that the rule tells apart, and the one of a score: 0 is the worst. */
extern int trend_rule_classes(const TrendRule *rule);
extern int trend_rule_class(const TrendRule *rule, SignScore score);

/* The label of a class among `classes`, three or five. */
extern TrendLabel trend_label_of(int class, int classes);

/* By significance at TREND_SIGNIFICANCE. */
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
